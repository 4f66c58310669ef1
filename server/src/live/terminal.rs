//! A terminal's WebSocket: what is typed goes in, what is printed comes out, until the command ends,
//! the person leaves or loses the right, or the server stops.

use crate::app::App;
use crate::caller::Credential;
use crate::limits::ms;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use domain::access::{Action, Caller};
use domain::api::{Hears, Terminal, Types};
use domain::refusal::Refusal;
use domain::terminal::{Ended, Heard, MOST_TYPED, Screen, Typed};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use std::time::Duration;

/// A reader that takes nothing for so long is gone.
const STALL: Duration = Duration::from_secs(30);

type Writing = SplitSink<WebSocket, Message>;
type Reading = SplitStream<WebSocket>;

/// Text messages of a person.
#[derive(Deserialize)]
#[serde(untagged)]
enum Said {
    Screen(Screen),
    End {
        #[serde(rename = "end")]
        _end: bool,
    },
}

/// Who uses it, and by what right.
struct Line {
    app: App,
    caller: Caller,
    credential: Credential,
}

pub fn carry(
    line: (App, Caller, Credential),
    terminal: Terminal,
    upgrade: WebSocketUpgrade,
) -> Response {
    let (app, caller, credential) = line;
    let line = Line {
        app,
        caller,
        credential,
    };
    upgrade
        .max_message_size(MOST_TYPED)
        .max_frame_size(MOST_TYPED)
        .on_upgrade(|socket| line.carry(terminal, socket))
}

/// Opened only to say why not.
pub fn refuse(upgrade: WebSocketUpgrade, no: &Refusal) -> Response {
    let way_out = no.way_out.as_deref().unwrap_or_default();
    let ended = over(format!("{} {way_out}", no.sentence).trim_end());
    upgrade.on_upgrade(async move |socket| {
        let (mut into, _from) = socket.split();
        say(&mut into, &ended).await;
    })
}

impl Line {
    async fn carry(self, terminal: Terminal, socket: WebSocket) {
        let Terminal { screen, keys } = terminal;
        let (mut into, from) = socket.split();
        let ended = tokio::select! {
            ended = print(screen, &mut into) => ended,
            () = type_in(from, keys) => None,
            () = self.refused() => Some(over("You may not use this terminal any more.")),
            () = self.app.stop.cancelled() => Some(over("The server stops.")),
        };
        if let Some(ended) = ended {
            say(&mut into, &ended).await;
        }
    }

    /// A store that does not answer takes no right away.
    async fn refused(&self) {
        loop {
            tokio::time::sleep(ms(self.app.limits.recheck_ms)).await;
            match self.credential.caller(&self.app).await {
                Ok(now) if now.org == self.caller.org && now.may(Action::Exec).is_ok() => {}
                Err(refusal) if refusal.kind.status() >= 500 => {}
                _ => return,
            }
        }
    }
}

/// `None`: nobody reads any more.
async fn print(mut screen: Box<dyn Hears>, into: &mut Writing) -> Option<Ended> {
    loop {
        match screen.hear().await {
            Heard::Bytes(bytes) => put(into, Message::Binary(bytes.into())).await?,
            Heard::Ended(ended) => return Some(ended),
        }
    }
}

/// Until the person leaves. What no longer reads is heard when it ends.
async fn type_in(mut from: Reading, mut keys: Box<dyn Types>) {
    while let Some(Ok(message)) = from.next().await {
        match typed(message) {
            Some(Some(typed)) => {
                keys.type_in(typed).await;
            }
            Some(None) => {}
            None => return,
        }
    }
}

async fn say(into: &mut Writing, ended: &Ended) {
    let last = serde_json::to_string(ended).unwrap_or_default();
    let _ = put(into, Message::Text(last.into())).await;
    let _ = put(into, Message::Close(None)).await;
}

fn over(sentence: &str) -> Ended {
    Ended {
        code: None,
        sentence: sentence.to_owned(),
    }
}

async fn put(socket: &mut Writing, message: Message) -> Option<()> {
    let sent = tokio::time::timeout(STALL, socket.send(message)).await;
    sent.ok()?.ok()
}

/// `None`: the person leaves. `Some(None)`: nothing for the command.
fn typed(message: Message) -> Option<Option<Typed>> {
    Some(match message {
        Message::Binary(bytes) => Some(Typed::Bytes(bytes.to_vec())),
        Message::Text(text) => match serde_json::from_str(&text).ok()? {
            Said::Screen(screen) => Some(Typed::Screen(screen)),
            Said::End { .. } => Some(Typed::End),
        },
        Message::Ping(_) | Message::Pong(_) => None,
        Message::Close(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i10_messages_are_keys_sizes_and_the_end() {
        let text = |t: &str| typed(Message::Text(t.into()));
        let screen = Screen {
            columns: 80,
            rows: 24,
        };
        assert_eq!(
            text(r#"{"columns":80,"rows":24}"#),
            Some(Some(Typed::Screen(screen)))
        );
        assert_eq!(text(r#"{"end":true}"#), Some(Some(Typed::End)));
        assert_eq!(text("ls"), None, "what is no message of ours ends it");
        let keys = typed(Message::Binary(b"ls"[..].into()));
        assert_eq!(keys, Some(Some(Typed::Bytes(b"ls".to_vec()))));
        assert_eq!(typed(Message::Close(None)), None);
    }
}
