//! Hints and logs as they happen.

use crate::support::client::{Server, as_who, request};
use crate::support::fixture::Fixture;
use axum::body::{Body, BodyDataStream};
use domain::hint::{Hint, Topic};
use futures_util::StreamExt;
use server::app::Reach;
use server::limits::Limits;
use std::time::Duration;

/// An open stream, read event by event.
struct Events {
    body: BodyDataStream,
    text: String,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Event {
    name: String,
    id: String,
    data: String,
}

async fn open(server: &Server, path: &str, who: &str, last: Option<&str>) -> Events {
    let mut builder = as_who(request("GET", path), who);
    if let Some(last) = last {
        builder = builder.header("last-event-id", last);
    }
    let response = server.open(builder.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), 200, "{path}");
    Events {
        body: response.into_body().into_data_stream(),
        text: String::new(),
    }
}

impl Events {
    /// The next event; `None` when the stream is over.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let event = parse(event);
                self.text = rest.to_owned();
                if event != Event::default() {
                    return Some(event);
                }
                continue;
            }
            let piece = tokio::time::timeout(Duration::from_secs(5), self.body.next())
                .await
                .expect("no event came")?;
            self.text += std::str::from_utf8(&piece.unwrap()).unwrap();
        }
    }

    async fn lines(&mut self) -> Vec<u64> {
        let event = self.next().await.unwrap();
        let page: domain::view::LogPage =
            serde_json::from_str(&event.data).unwrap_or_else(|e| panic!("{e}: {event:?}"));
        assert_eq!(event.id, page.lines.last().unwrap().seq.to_string());
        page.lines.iter().map(|l| l.seq).collect()
    }

    async fn end(&mut self) -> String {
        let event = self.next().await.unwrap();
        assert_eq!(event.name, "end", "{event:?}");
        assert_eq!(self.next().await, None);
        event.data
    }
}

fn parse(text: &str) -> Event {
    let mut event = Event::default();
    for line in text.lines() {
        match line.split_once(": ") {
            Some(("event", value)) => event.name = value.into(),
            Some(("id", value)) => event.id = value.into(),
            Some(("data", value)) => event.data += value,
            _ => {}
        }
    }
    event
}

fn hint(org: u128) -> Hint {
    Hint {
        org: Fixture::org(org),
        topic: Topic::Runtimes,
    }
}

#[tokio::test]
async fn i1_hints_reach_their_own_organization_only() {
    let server = Server::start().await;
    let mut ours = open(&server, "/live/hints", "viewer", None).await;
    let mut theirs = open(&server, "/v2/events/stream", "stranger", None).await;
    assert_eq!(
        (
            ours.next().await.unwrap().name,
            theirs.next().await.unwrap().name
        ),
        ("ready".into(), "ready".into())
    );
    server.product.changes.send(hint(1)).unwrap();
    server.product.changes.send(hint(2)).unwrap();
    let (to_us, to_them) = (
        ours.next().await.unwrap().data,
        theirs.next().await.unwrap().data,
    );
    assert_eq!(serde_json::from_str::<Hint>(&to_us).unwrap(), hint(1));
    assert_eq!(serde_json::from_str::<Hint>(&to_them).unwrap(), hint(2));
}

#[tokio::test]
async fn x21_a_stream_resumes_without_gap_or_duplicate_or_says_that_it_can_not() {
    let server = Server::start().await;
    let mut first = open(&server, "/live/hints", "viewer", None).await;
    let ready = first.next().await.unwrap();
    for _ in 0..3 {
        server.product.changes.send(hint(1)).unwrap();
    }
    let seen = first.next().await.unwrap();
    drop(first);
    let mut second = open(&server, "/live/hints", "viewer", Some(&seen.id)).await;
    assert_eq!(second.next().await.unwrap().name, "ready");
    let (a, b) = (
        second.next().await.unwrap().id,
        second.next().await.unwrap().id,
    );
    assert!(seen.id < a && a < b);
    let mut from_start = open(&server, "/live/hints", "viewer", Some(&ready.id)).await;
    assert_eq!(from_start.next().await.unwrap().id, ready.id);
    assert_eq!(from_start.next().await.unwrap().id, seen.id);
    let mut other = open(&server, "/live/hints", "viewer", Some("00000000-1")).await;
    assert_eq!(other.next().await.unwrap().name, "reset");
}

#[tokio::test]
async fn p21_a_log_is_followed_from_any_line_to_its_end() {
    let server = Server::start().await;
    server.product.print(&["a", "b", "c"], false);
    let mut events = open(&server, "/live/logs/build?from=2", "viewer", None).await;
    assert_eq!(events.lines().await, [2, 3]);
    server.product.print(&["d"], true);
    assert_eq!(events.lines().await, [4]);
    // Without a hint, the floor of polling finds it.
    server.product.print(&["e"], false);
    assert_eq!(events.lines().await, [5]);
    let mut resumed = open(&server, "/v2/logs/build/follow", "viewer", Some("3")).await;
    assert_eq!(resumed.lines().await, [4, 5]);
    server.product.log.lock().unwrap().ended = true;
    assert_eq!(
        (events.end().await, resumed.end().await),
        ("complete".into(), "complete".into())
    );
}

#[tokio::test]
async fn p21_a_long_log_is_followed_page_by_page() {
    let server = Server::start().await;
    let lines: Vec<_> = (0..1200).map(|n| n.to_string()).collect();
    server
        .product
        .print(&lines.iter().map(String::as_str).collect::<Vec<_>>(), false);
    server.product.log.lock().unwrap().ended = true;
    let mut events = open(&server, "/live/logs/build?from=1", "viewer", None).await;
    let all = [
        events.lines().await,
        events.lines().await,
        events.lines().await,
    ]
    .concat();
    assert_eq!(all, (1..=1200).collect::<Vec<_>>());
    assert_eq!(events.end().await, "complete");
}

#[tokio::test]
async fn p21_a_log_is_downloaded_whole() {
    let server = Server::start().await;
    let lines: Vec<_> = (1..=12_000).map(|n| format!("line {n}")).collect();
    server
        .product
        .print(&lines.iter().map(String::as_str).collect::<Vec<_>>(), false);
    let said = server.get("/v2/logs/build?raw=1", "viewer").await;
    assert!(
        said.header("content-type").starts_with("text/plain")
            && said.header("content-disposition").starts_with("attachment")
    );
    assert_eq!(said.text.lines().count(), 12_000);
    assert!(said.text.ends_with("1970-01-01T00:00:00Z line 12000\n"));
}

const MIXED: [&str; 6] = [
    "INFO starting",
    "WARN slow",
    "ERROR lost the database",
    "DEBUG again",
    "ERROR lost it again",
    "INFO found it",
];

#[tokio::test]
async fn p21_lines_are_filtered_by_level_stream_and_text_as_pages_and_as_a_file() {
    let server = Server::start().await;
    server.product.print(&MIXED, false);
    let seqs = async |query: &str| {
        let said = server
            .get(&format!("/v2/logs/build?{query}"), "viewer")
            .await;
        let page: domain::view::LogPage = serde_json::from_str(&said.text).expect(&said.text);
        page.lines.iter().map(|l| l.seq).collect::<Vec<_>>()
    };
    assert_eq!(seqs("level=warn").await, [2, 3, 5]);
    assert_eq!(seqs("level=error&limit=1").await, [5]);
    assert_eq!(seqs("level=error&before=5").await, [3]);
    assert_eq!(seqs("stream=stderr").await, [3, 5]);
    assert_eq!(seqs("stream=stdout&level=info&from=2").await, [2, 6]);
    assert_eq!(seqs("search=again&level=error").await, [5]);
    let said = server.get("/v2/logs/build?level=error", "viewer").await;
    assert!(said.text.contains("\"level\":\"error\""), "{}", said.text);
    let file = server
        .get("/v2/logs/build?raw=1&level=error", "viewer")
        .await;
    assert_eq!(file.text.lines().count(), 2);
    for wrong in ["level=loud", "stream=side", "from=x"] {
        let path = format!("/v2/logs/build?{wrong}");
        let status = server.get(&path, "viewer").await.status;
        assert!((400..=422).contains(&status.as_u16()), "{wrong}: {status}");
    }
}

#[tokio::test]
async fn p21_a_search_says_which_of_how_many_it_is_at() {
    let server = Server::start().await;
    server.product.print(&MIXED, false);
    let find = async |query: &str| {
        let path = format!("/v2/logs/build/find?{query}");
        let said = server.get(&path, "viewer").await;
        let found: domain::view::LogFound = serde_json::from_str(&said.text).expect(&said.text);
        (found.position, found.total, found.seq)
    };
    assert_eq!(find("search=again").await, (1, 2, Some(4)));
    assert_eq!(find("search=again&at=4").await, (2, 2, Some(5)));
    assert_eq!(find("search=again&at=4&back=true").await, (2, 2, Some(5)));
    assert_eq!(find("level=error").await, (1, 2, Some(3)));
    assert_eq!(find("search=nothing").await, (0, 0, None));
    let foreign = server.get("/v2/logs/build/find?search=a", "stranger").await;
    assert_eq!(foreign.status, 404);
}

#[tokio::test]
async fn p21_a_followed_log_brings_only_what_its_filter_lets_through() {
    let server = Server::start().await;
    server.product.print(&MIXED, false);
    let path = "/live/logs/build?from=1&level=error";
    let mut events = open(&server, path, "viewer", None).await;
    assert_eq!(events.lines().await, [3, 5]);
    server.product.print(&["INFO x", "ERROR y", "INFO z"], true);
    assert_eq!(events.lines().await, [8]);
    // Whoever comes back gets what came after the last line that it got.
    server.product.print(&["ERROR last"], false);
    let mut resumed = open(&server, path, "viewer", Some("8")).await;
    assert_eq!(resumed.lines().await, [10]);
    server.product.log.lock().unwrap().ended = true;
    assert_eq!(resumed.end().await, "complete");
}

#[tokio::test]
async fn x11_a_removed_members_stream_ends() {
    let server = Server::with(
        Limits {
            recheck_ms: 50,
            ..Limits::default()
        },
        Reach::default(),
    )
    .await;
    let mut by_token = open(&server, "/live/hints", "developer", None).await;
    let cookie = server.sign_in("developer").await;
    let builder = request("GET", "/live/logs/build").header("cookie", &cookie);
    let response = server.open(builder.body(Body::empty()).unwrap()).await;
    let mut by_cookie = Events {
        body: response.into_body().into_data_stream(),
        text: String::new(),
    };
    assert_eq!(by_token.next().await.unwrap().name, "ready");
    tokio::time::sleep(Duration::from_millis(120)).await;
    server.product.remove("developer");
    assert_eq!(
        (by_token.end().await, by_cookie.end().await),
        ("refused".into(), "refused".into())
    );
}

#[tokio::test]
async fn x10_signing_out_ends_the_sessions_streams() {
    let server = Server::with(
        Limits {
            recheck_ms: 50,
            ..Limits::default()
        },
        Reach::default(),
    )
    .await;
    let cookie = server.sign_in("viewer").await;
    let builder = request("GET", "/live/hints").header("cookie", &cookie);
    let response = server.open(builder.body(Body::empty()).unwrap()).await;
    let mut events = Events {
        body: response.into_body().into_data_stream(),
        text: String::new(),
    };
    assert_eq!(events.next().await.unwrap().name, "ready");
    server.form("/session/end", &cookie, "").await;
    assert_eq!(events.end().await, "refused");
}

#[tokio::test]
async fn a_slow_reader_is_dropped_and_told() {
    let limits = Limits {
        stream_queue: 4,
        stream_stall_ms: 50,
        hints_kept: 1000,
        ..Limits::default()
    };
    let server = Server::with(limits, Reach::default()).await;
    let mut events = open(&server, "/live/hints", "viewer", None).await;
    for _ in 0..10 {
        server.product.changes.send(hint(1)).unwrap();
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(events.next().await.unwrap().name, "ready");
    let mut last = events.next().await.unwrap();
    while last.name != "end" {
        last = events.next().await.unwrap();
    }
    assert_eq!((last.data.as_str(), events.next().await), ("slow", None));
}

#[tokio::test]
async fn streams_are_limited_per_user_and_end_with_the_server() {
    let server = Server::with(
        Limits {
            streams_per_user: 1,
            ..Limits::default()
        },
        Reach::default(),
    )
    .await;
    let mut events = open(&server, "/live/hints", "viewer", None).await;
    let said = server.get("/live/hints", "viewer").await;
    assert_eq!(
        (said.status.as_u16(), &said.json()["code"]),
        (429, &"too_many_streams".into())
    );
    assert_eq!(events.next().await.unwrap().name, "ready");
    server.stop.cancel();
    assert_eq!(events.end().await, "stopping");
}

#[tokio::test]
async fn a_heartbeat_comes_when_nothing_else_does() {
    let server = Server::with(
        Limits {
            heartbeat_ms: 50,
            ..Limits::default()
        },
        Reach::default(),
    )
    .await;
    let mut events = open(&server, "/live/hints", "viewer", None).await;
    assert_eq!(events.next().await.unwrap().name, "ready");
    let piece = tokio::time::timeout(Duration::from_secs(2), events.body.next())
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    assert!(piece.starts_with(b":"), "{piece:?}");
}
