//! A log as it is written: pages of lines as server-sent events, each with the number of its last
//! line as its id, so that whoever comes back misses none and sees none twice.

use super::hub::Since;
use super::pump::{self, End, Out, Reader};
use crate::app::App;
use crate::caller::Credential;
use crate::limits::ms;
use crate::problem::internal;
use crate::rest::From;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::response::sse::Event;
use domain::access::{Action, Caller};
use domain::api::{LogFilter, LogQuery, Reply};
use domain::hint::Topic;
use domain::refusal::Kind;
use domain::view::LogPage;
use tokio::sync::watch;

/// A browser takes pages of this size without a hitch.
const LINES_PER_EVENT: u32 = 500;

pub async fn open(
    app: &App,
    caller: Caller,
    credential: Credential,
    stream: String,
    which: From,
    headers: &HeaderMap,
) -> Reply<Response> {
    let from = resumed(headers).or(which.from);
    let filter = which.filter();
    // Read once before the answer begins: what is not there, or another organization's, is a 404.
    let first = page(app, &caller, &stream, from, &filter).await?;
    let follow = Follow {
        app: app.clone(),
        caller: caller.clone(),
        stream,
        filter,
    };
    let reader = Reader {
        caller,
        credential,
        action: Action::ReadLogs,
    };
    pump::open(app, reader, |out| async move {
        follow
            .write(first, from, &out)
            .await
            .err()
            .unwrap_or(End::Complete)
    })
}

/// The line after the last one that the reader has.
fn resumed(headers: &HeaderMap) -> Option<u64> {
    let last: u64 = headers.get("last-event-id")?.to_str().ok()?.parse().ok()?;
    Some(last.saturating_add(1))
}

async fn page(
    app: &App,
    caller: &Caller,
    stream: &str,
    from: Option<u64>,
    filter: &LogFilter,
) -> Reply<LogPage> {
    let query = LogQuery {
        from,
        limit: Some(LINES_PER_EVENT),
        filter: filter.clone(),
        ..LogQuery::default()
    };
    app.api.log(caller, stream, &query).await
}

struct Follow {
    app: App,
    caller: Caller,
    stream: String,
    filter: LogFilter,
}

impl Follow {
    async fn write(self, first: LogPage, from: Option<u64>, out: &Out) -> Result<(), End> {
        let mut heads = self.app.hub.subscribe();
        let mut position = self.app.hub.head();
        let mut next = from.unwrap_or(first.last_seq + 1);
        let mut page = first;
        loop {
            if let Some(last) = page.lines.last().map(|line| line.seq) {
                next = last + 1;
                out.send(message(&page)?.id(last.to_string())).await?;
            }
            // What lies behind is not wanted.
            if !page.later {
                next = next.max(page.last_seq + 1);
            }
            if next > page.last_seq {
                if page.ended {
                    return Ok(());
                }
                position = self.news(&mut heads, position).await;
            }
            page = self::page(
                &self.app,
                &self.caller,
                &self.stream,
                Some(next),
                &self.filter,
            )
            .await
            .map_err(|refusal| match refusal.kind {
                Kind::NotFound | Kind::Forbidden => End::Refused,
                _ => End::Broken,
            })?;
        }
    }

    /// Waits until this log was written to, or for the floor of polling. Answers with the position
    /// in the hints up to which it looked.
    async fn news(&self, heads: &mut watch::Receiver<u64>, mut position: u64) -> u64 {
        let written = async {
            loop {
                heads.borrow_and_update();
                match self.app.hub.since(position, &self.caller.org) {
                    Since::Gap { head } => return head,
                    Since::Hints { hints, head } => {
                        position = head;
                        if hints.iter().any(|(_, hint)| matches!(&hint.topic, Topic::Log(name) if *name == self.stream)) {
                            return head;
                        }
                    }
                }
                if heads.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        let found = tokio::time::timeout(ms(self.app.limits.log_poll_ms), written).await;
        found.unwrap_or_else(|_| self.app.hub.head())
    }
}

fn message(page: &LogPage) -> Result<Event, End> {
    Event::default().json_data(page).map_err(|error| {
        internal("writing lines of a log", error);
        End::Broken
    })
}
