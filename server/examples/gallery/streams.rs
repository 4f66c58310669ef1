//! The live ends of the gallery: a quiet stream of hints, and logs that go on being written.

use axum::Router;
use axum::extract::{Path, Query};
use axum::response::Redirect;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::{get, post};
use domain::time::Time;
use domain::view::LogPage;
use futures_util::Stream;
use futures_util::stream;
use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

pub fn routes(now: Time) -> Router {
    Router::new()
        .route("/live/hints", get(hints))
        .route(
            "/live/logs/{stream}",
            get(move |path, query| lines(now, path, query)),
        )
        .route(
            "/uploads",
            post(async || {
                Redirect::to("/projects/new/bundle?upload=upl_00000000000000000000000001")
            }),
        )
}

async fn hints() -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    Sse::new(stream::pending()).keep_alive(KeepAlive::default())
}

/// Two lines a second, from where the page asks, up to line 2,000.
async fn lines(
    now: Time,
    Path(name): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let from = query.get("from").and_then(|n| n.parse().ok()).unwrap_or(1);
    let lines = stream::unfold(from, move |seq: u64| {
        let name = name.clone();
        async move {
            if seq > 2_000 {
                return None;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
            let lines = vec![crate::world::log_line(now, &name, seq)];
            let page = LogPage {
                lines,
                last_seq: seq,
                ..LogPage::default()
            };
            let event = Event::default().id(seq.to_string()).json_data(&page).ok()?;
            Some((Ok(event), seq + 1))
        }
    });
    Sse::new(lines).keep_alive(KeepAlive::default())
}
