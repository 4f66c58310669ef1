//! `sealdock exec`: a command in an instance of a debug environment, with this terminal around it.

use super::client::{Client, Socket, escape};
use super::exit::{Done, Exit, Failure, Got};
use super::keyboard::{self, Keys};
use super::{find, say::Say};
use clap::Args;
use domain::terminal::{Ended, Screen, Typed};
use futures_util::{SinkExt, StreamExt};
use std::io::Write;
use tokio_tungstenite::tungstenite::Message;

#[derive(Args)]
pub struct Exec {
    project: String,
    /// One that was added with `--debug`.
    #[arg(long, default_value = "production")]
    environment: String,
    /// In which instance, counted from 1.
    #[arg(long, value_name = "N", default_value_t = 1)]
    instance: u32,
    /// Pipes instead of a terminal; the default where there is none.
    #[arg(short = 'T', long)]
    no_tty: bool,
    /// The command and its words; no shell is involved. `sh` when not said.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

impl Exec {
    pub async fn run(self, say: &Say) -> Done {
        let client = Client::from_profile()?;
        let project = find::project(&client, &self.project).await?;
        let environment = find::environment(&project, &self.environment)?;
        let screen = keyboard::screen().filter(|_| !self.no_tty);
        let path = format!(
            "/v2/environments/{}/terminal{}",
            environment.id,
            self.query(screen)
        );
        let socket = client.socket(&path).await?;
        let ended = carry(socket, screen).await?;
        if ended.code == Some(0) {
            return Ok(Exit::Ok);
        }
        say.note(&ended.sentence);
        Ok(Exit::Failed)
    }

    fn query(&self, screen: Option<Screen>) -> String {
        let mut query = format!("?instance={}", self.instance);
        if !self.command.is_empty() {
            let words = serde_json::to_string(&self.command).unwrap_or_default();
            query += &format!("&argv={}", escape(&words));
        }
        if let Some(Screen { columns, rows }) = screen {
            query += &format!("&columns={columns}&rows={rows}");
        }
        query
    }
}

/// Keys there, output here, until the command ends.
async fn carry(socket: Socket, screen: Option<Screen>) -> Got<Ended> {
    let raw = screen.is_some().then(keyboard::raw);
    let (mut into, mut from) = socket.split();
    let mut keys = Keys::listen(screen.is_some());
    let type_in = async {
        while let Some(typed) = keys.next().await {
            if into.send(message(typed)).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await
    };
    let print = async {
        while let Some(Ok(message)) = from.next().await {
            match message {
                Message::Binary(bytes) => print(&bytes),
                Message::Text(text) => return serde_json::from_str(&text).ok(),
                _ => {}
            }
        }
        None
    };
    let ended: Option<Ended> = tokio::select! {
        ended = print => ended,
        () = type_in => None,
    };
    drop(raw);
    ended.ok_or_else(|| Failure::unreachable("The connection broke, and the command was ended."))
}

fn message(typed: Typed) -> Message {
    match typed {
        Typed::Bytes(bytes) => Message::Binary(bytes.into()),
        Typed::Screen(screen) => {
            Message::Text(serde_json::to_string(&screen).unwrap_or_default().into())
        }
        Typed::End => Message::Text("{\"end\":true}".into()),
    }
}

/// Whoever reads us may have gone; the command is not ended for that.
fn print(bytes: &[u8]) {
    let mut out = std::io::stdout();
    let _ = out.write_all(bytes).and_then(|()| out.flush());
}
