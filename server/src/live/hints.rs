//! Hints as server-sent events: a message per hint, numbered; `reset` when some may have been missed.

use super::hub::Since;
use super::pump::{self, End, Out, Reader};
use crate::app::App;
use crate::caller::Credential;
use crate::problem::internal;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::response::sse::Event;
use domain::access::{Action, Caller};
use domain::api::Reply;
use domain::hint::Hint;
use domain::id::OrgId;

pub fn open(
    app: &App,
    caller: Caller,
    credential: Credential,
    headers: &HeaderMap,
) -> Reply<Response> {
    let org = caller.org.clone();
    let resume = headers
        .get("last-event-id")
        .and_then(|v| v.to_str().ok())
        .map(str::to_owned);
    let reader = Reader {
        caller,
        credential,
        action: Action::Read,
    };
    pump::open(app, reader, |out| {
        let app = app.clone();
        async move {
            write(&app, &org, resume.as_deref(), &out)
                .await
                .err()
                .unwrap_or(End::Complete)
        }
    })
}

async fn write(app: &App, org: &OrgId, resume: Option<&str>, out: &Out) -> Result<(), End> {
    let mut heads = app.hub.subscribe();
    let mut position = greet(app, org, resume, out).await?;
    loop {
        heads.borrow_and_update();
        match app.hub.since(position, org) {
            Since::Gap { .. } => return Err(End::Slow),
            Since::Hints { hints, head } => {
                for (number, hint) in hints {
                    out.send(message(&hint)?.id(app.hub.event_id(number)))
                        .await?;
                }
                position = head;
            }
        }
        heads.changed().await.map_err(|_| End::Stopping)?;
    }
}

/// The first event: `ready` where the reader goes on, `reset` where it must read everything anew.
/// Its id is a position already, so that a connection that breaks early resumes as well.
async fn greet(app: &App, org: &OrgId, resume: Option<&str>, out: &Out) -> Result<u64, End> {
    let kept = resume.and_then(|id| app.hub.position(id));
    let kept = kept.filter(|position| matches!(app.hub.since(*position, org), Since::Hints { .. }));
    let name = if resume.is_some() && kept.is_none() {
        "reset"
    } else {
        "ready"
    };
    let position = kept.unwrap_or_else(|| app.hub.head());
    out.send(
        Event::default()
            .event(name)
            .id(app.hub.event_id(position))
            .data(name),
    )
    .await?;
    Ok(position)
}

fn message(hint: &Hint) -> Result<Event, End> {
    Event::default().json_data(hint).map_err(|error| {
        internal("writing a hint", error);
        End::Broken
    })
}
