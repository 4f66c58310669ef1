//! What the gallery's builds and apps write.

use domain::api::{LogFilter, LogFind, LogFinder, LogQuery};
use domain::log_level::Level;
use domain::time::Time;
use domain::view::{LogFound, LogLine, LogPage, Stream};

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
        level: Level::of(text),
        text: text.to_owned(),
    }
}

/// A log of `last` lines.
pub fn all(now: Time, stream: &str, last: u64) -> Vec<LogLine> {
    (1..=last).map(|seq| log_line(now, stream, seq)).collect()
}

/// A build that did not work, with its last lines.
pub fn broken(now: Time) -> Vec<LogLine> {
    let end = [
        "#4 | \u{1b}[1;31merror[E0425]\u{1b}[0m: cannot find value `basket_total` in this scope",
        "#4 |   \u{1b}[34m-->\u{1b}[0m src/checkout.rs:88:21",
        "#4 | \u{1b}[1;31merror\u{1b}[0m: could not compile `shop` (bin \"shop\") due to 1 previous error",
        "#4 ERROR: process \"cargo build --release --locked\" did not complete successfully: exit code: 101",
    ];
    let ends = end.iter().zip(181..).map(|(text, seq)| LogLine {
        seq,
        at: now,
        stream: Stream::Err,
        level: Level::of(text),
        text: (*text).into(),
    });
    all(now, "job", 180).into_iter().chain(ends).collect()
}

/// Which of them are wanted.
pub fn page(all: Vec<LogLine>, ended: bool, query: &LogQuery) -> LogPage {
    let last_seq = all.last().map_or(0, |line| line.seq);
    let limit = query.limit.unwrap_or(500) as usize;
    let mut lines: Vec<_> = all
        .into_iter()
        .filter(|line| is_wanted(&query.filter, line))
        .collect();
    let from = query
        .around
        .map(|seq| seq.saturating_sub(10))
        .or(query.from);
    lines.retain(|l| l.seq >= from.unwrap_or(0) && l.seq < query.before.unwrap_or(u64::MAX));
    let over = lines.len().saturating_sub(limit);
    match from {
        Some(_) => lines.truncate(limit),
        None => drop(lines.drain(..over)),
    }
    LogPage {
        lines,
        last_seq,
        ended,
        earlier: from.map_or(over > 0, |from| from > 1),
        later: from.is_some() && over > 0,
    }
}

/// The next of them, and how many there are.
pub fn find(all: &[LogLine], find: &LogFind) -> LogFound {
    let mut finder = LogFinder::new(find);
    all.iter()
        .filter(|line| is_wanted(&find.filter, line))
        .for_each(|line| finder.push(line.seq));
    finder.finish()
}

fn is_wanted(filter: &LogFilter, line: &LogLine) -> bool {
    let text = filter.text().map(str::to_lowercase);
    let holds = text.is_none_or(|text| line.text.to_lowercase().contains(&text));
    holds && filter.takes(line.stream, || line.level)
}
