//! What the gallery's builds and apps write.

use domain::api::LogQuery;
use domain::time::Time;
use domain::view::{LogLine, LogPage, Stream};

const BUILD: [&str; 14] = [
    "#1 [build 1/4] FROM rust:1.99-slim",
    "#1 CACHED",
    "#2 [build 2/4] WORKDIR /src",
    "#2 DONE 0.1s",
    "#3 [build 3/4] COPY Cargo.toml Cargo.lock ./",
    "#3 DONE 0.1s",
    "#4 [build 4/4] RUN cargo build --release --locked",
    "#4 | \u{1b}[32m   Compiling\u{1b}[0m serde v1.0.228",
    "#4 | \u{1b}[33mwarning\u{1b}[0m: unused variable: `basket`",
    "#4 |   \u{1b}[34m-->\u{1b}[0m src/checkout.rs:41:9",
    "#4 |    | see https://doc.rust-lang.org/rustc/lints/listing/warn-by-default.html#unused-variables",
    "#4 | \u{1b}[32m   Compiling\u{1b}[0m hyper v1.8.1",
    "#4 | \u{1b}[38;5;208mcache\u{1b}[0m: 118 of 121 layers reused",
    "#4 | \u{1b}[32m   Compiling\u{1b}[0m shop v1.4.2 (/src)",
];

const APP: [&str; 6] = [
    "listening on 0.0.0.0:8080",
    "GET /products 200 3 ms",
    "GET /products/41 200 2 ms",
    "POST /basket 201 9 ms",
    "\u{1b}[33mWARN\u{1b}[0m the payment provider took 1204 ms",
    "GET /healthz 200 0 ms",
];

/// The line `seq` of `stream`: the same for ever.
pub fn log_line(now: Time, stream: &str, seq: u64) -> LogLine {
    let app = stream.contains(".web.");
    let lines: &[&str] = if app { &APP } else { &BUILD };
    let text = lines[(seq as usize - 1) % lines.len()];
    let kind = match (seq, text.contains("warning") || text.contains("WARN")) {
        (1, _) if !app => Stream::Note,
        (_, true) => Stream::Err,
        _ => Stream::Out,
    };
    LogLine {
        seq,
        at: now.plus_ms(-600_000 + seq as i64 * 180),
        stream: kind,
        text: text.to_owned(),
    }
}

/// A log of `last` lines.
pub fn page(now: Time, stream: &str, last: u64, ended: bool, query: &LogQuery) -> LogPage {
    let limit = u64::from(query.limit.unwrap_or(500));
    let from = query
        .from
        .unwrap_or_else(|| last.saturating_sub(limit) + 1)
        .max(1);
    let all = (from..=last).map(|seq| log_line(now, stream, seq));
    let wanted = |l: &LogLine| {
        query
            .search
            .as_ref()
            .is_none_or(|s| l.text.to_lowercase().contains(&s.to_lowercase()))
    };
    LogPage {
        lines: all.filter(wanted).take(limit as usize).collect(),
        last_seq: last,
        ended,
    }
}

/// The last lines of a build that did not work.
pub fn broken(now: Time, query: &LogQuery) -> LogPage {
    let mut page = page(now, "job", 180, true, query);
    let end = [
        "#4 | \u{1b}[1;31merror[E0425]\u{1b}[0m: cannot find value `basket_total` in this scope",
        "#4 |   \u{1b}[34m-->\u{1b}[0m src/checkout.rs:88:21",
        "#4 | \u{1b}[1;31merror\u{1b}[0m: could not compile `shop` (bin \"shop\") due to 1 previous error",
        "#4 ERROR: process \"cargo build --release --locked\" did not complete successfully: exit code: 101",
    ];
    let hits = end.iter().zip(181..).map(|(text, seq)| LogLine {
        seq,
        at: now,
        stream: Stream::Err,
        text: (*text).into(),
    });
    let wanted = |l: &LogLine| {
        query
            .search
            .as_ref()
            .is_none_or(|s| l.text.to_lowercase().contains(&s.to_lowercase()))
    };
    page.lines.extend(hits.filter(wanted));
    page.last_seq = 184;
    page
}
