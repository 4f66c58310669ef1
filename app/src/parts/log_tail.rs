//! The lines of a log: the server renders its end, or the place that a search leads to; then new
//! lines stream in. Chunks that are off screen cost nothing (`content-visibility`).

use super::dynamic::{dynamic, when};
use super::icon::{Icon, icon};
use super::lines::{self, Anchor, Dress};
use super::loaded::{Skeleton, loaded};
use super::log_feed::{Feed, OPENED};
use super::log_find::{Finder, places};
use super::log_steps::log_steps;
use super::log_time::{self, Times};
use crate::answer::Answer;
use crate::error::Fault;
use crate::format;
use crate::live::use_live;
use crate::read::Read;
use crate::server_fns::deployments::{find_in_log, log};
use domain::api::{LogFilter, LogFind, LogQuery};
use domain::time::Time;
use domain::view::{LogFound, LogPage};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Streams of jobs begin so; only they have steps.
pub const JOB: &str = "job/";
/// Relative times are written again this often.
const REWRITTEN_MS: i64 = 10_000;
const SAID: Duration = Duration::from_secs(2);

/// What a log is opened with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Opened {
    filter: LogFilter,
    page: LogPage,
    found: Option<LogFound>,
}

async fn open(
    stream: String,
    filter: LogFilter,
    find: Option<LogFind>,
) -> Result<Answer<Opened>, Fault> {
    let found = match find {
        Some(find) => Some(find_in_log(stream.clone(), find).await?.read()?),
        None => None,
    };
    let query = LogQuery {
        around: found.and_then(|found| found.seq),
        limit: Some(OPENED),
        filter: filter.clone(),
        ..LogQuery::default()
    };
    let page = log(stream, query).await?.read()?;
    Answer::of(Opened {
        filter,
        page,
        found,
    })
}

/// Read again when another filter is chosen, and then built again.
pub fn tail(finder: Finder, anchor: Anchor) -> AnyView {
    let stream = finder.stream.get_value();
    let data = Read::new(
        move || (stream.clone(), finder.filter.get(), finder.first()),
        move |(stream, filter, find)| open(stream, filter, find),
    );
    loaded(data, Skeleton::Lines(8), move |opened| {
        dynamic(move || lines_of(finder, anchor, opened.get()))
    })
}

fn lines_of(finder: Finder, anchor: Anchor, opened: Opened) -> AnyView {
    let Opened {
        filter,
        page,
        found,
    } = opened;
    let stream = finder.stream.get_value();
    let steps = (stream.starts_with(JOB) && filter.is_empty()).then(|| stream.clone());
    let feed = Feed::new(stream, filter, anchor, &page);
    let at = found.and_then(|found| found.seq);
    feed.found.set_value(at);
    finder.found.set(found);
    finder.feed.set(Some(feed));
    on_cleanup(move || {
        let _ = finder.feed.try_set(None);
    });
    Effect::new(move |_| {
        if feed.scroller.get().is_some() && feed.body.get().is_some() {
            feed.attach();
        }
    });
    keep_times(feed);
    let class = match at {
        None => "log log-still",
        Some(_) => "log",
    };
    let html = lines::html(&page.lines, Dress::plain(anchor, at));
    view! {
        {steps.map(|stream| log_steps(stream, feed))}
        {places(finder)}
        <div class=class role="log" aria-live="off" tabindex="0" aria-label="Lines" node_ref=feed.scroller on:scroll=move |_| feed.scrolled()>
            <div class="log-in">
                {when(move || feed.earlier.get(), move || view! {
                    <button type="button" class="log-more" on:click=move |_| feed.load_earlier()>{dynamic(move || earlier(finder, feed))}</button>
                })}
                <div class="log-lines" node_ref=feed.body inner_html=html on:click=move |event| feed.pick(&event)></div>
                {when(move || feed.later.get(), move || view! {
                    <button type="button" class="log-more" on:click=move |_| feed.load_later()>"Show later lines"</button>
                })}
                {end(finder, feed)}
            </div>
        </div>
        <div class="log-float">
            {picked(feed)}
            {when(move || feed.unseen.get() > 0 || feed.later.get(), move || view! {
                <button type="button" class="log-new" on:click=move |_| feed.follow()>
                    {dynamic(move || match feed.unseen.get() { 0 => "To the end".to_owned(), 1 => "1 new line".to_owned(), n => format!("{} new lines", format::count(n)) })}{icon(Icon::ArrowDown)}
                </button>
            })}
        </div>
        {announced(feed)}
    }
    .into_any()
}

/// How many there are is known only where every line is shown.
fn earlier(finder: Finder, feed: Feed) -> String {
    match finder.filter.with(LogFilter::is_empty) {
        true => format!(
            "Show earlier lines ({} above)",
            format::count(feed.first.get().saturating_sub(1))
        ),
        false => "Show earlier lines".to_owned(),
    }
}

fn end(finder: Finder, feed: Feed) -> AnyView {
    let some = move || finder.filter.with(|f| !f.is_empty());
    let state = move || match (feed.ended.get(), feed.last.get()) {
        (true, 0) => "This log is empty.".to_owned(),
        (false, 0) => "Nothing was written yet.".to_owned(),
        (ended, n) => {
            let end = if ended { "End of the log, " } else { "" };
            let so_far = if ended { "" } else { " so far" };
            let only = if some() {
                " Only those of the chosen level and stream are shown."
            } else {
                ""
            };
            let lines = if n == 1 { "line" } else { "lines" };
            format!("{end}{} {lines}{so_far}.{only}", format::count(n))
        }
    };
    when(
        move || !feed.later.get(),
        move || view! { <p class="log-end">{dynamic(state)}</p> },
    )
}

/// The lines that the address names, and what can be done with them.
fn picked(feed: Feed) -> AnyView {
    let (copied, linked) = (RwSignal::new(false), RwSignal::new(false));
    let told = move || match feed.picked.get() {
        Some((from, to)) if from != to => {
            format!("Lines {}–{}", format::count(from), format::count(to))
        }
        Some((from, _)) => format!("Line {}", format::count(from)),
        None => String::new(),
    };
    let link = move |_| {
        let href = location().href().unwrap_or_default();
        let _ = window().navigator().clipboard().write_text(&href);
        said(linked);
    };
    Effect::new(move |_| {
        if copied.get() {
            for_a_while(copied)
        }
    });
    when(
        move || feed.picked.get().is_some(),
        move || {
            view! {
                <div class="log-picked" role="group" aria-label="Marked lines">
                    <span>{dynamic(told)}</span>
                    <button type="button" on:click=move |_| feed.copy_picked(copied)>{done("Copy text", copied)}</button>
                    <button type="button" on:click=link>{done("Copy link", linked)}</button>
                    <button type="button" aria-label="Unmark" on:click=move |_| feed.pick_range(None)>{icon(Icon::X)}</button>
                </div>
            }
        },
    )
}

fn done(name: &'static str, is: RwSignal<bool>) -> AnyView {
    dynamic(move || if is.get() { "Copied" } else { name })
}

fn said(flag: RwSignal<bool>) {
    flag.set(true);
    for_a_while(flag);
}

fn for_a_while(flag: RwSignal<bool>) {
    let done = move || {
        let _ = flag.try_set(false);
    };
    set_timeout(done, SAID);
}

/// For whoever listens to the page: how far the log is, now and then.
fn announced(feed: Feed) -> AnyView {
    let now = use_live().now;
    let last = Memo::new(move |before: Option<&(i64, u64)>| {
        let now = now.get().map_or(0, |now| now.0);
        match before {
            Some((at, n)) if now - at < REWRITTEN_MS => (*at, *n),
            _ => (now, feed.last.get_untracked()),
        }
    });
    let lines = Memo::new(move |_| last.get().1);
    let told = move || match lines.get() {
        0 => String::new(),
        n => format!("{n} lines"),
    };
    view! { <p class="sr-only" role="status">{dynamic(told)}</p> }.into_any()
}

/// The times of the lines that are here, when they are wanted otherwise and as time goes by.
fn keep_times(feed: Feed) {
    let (times, now) = (expect_context::<RwSignal<Times>>(), use_live().now);
    Effect::new(move |last: Option<(Times, Option<Time>)>| {
        let (times, now) = (times.get(), now.get());
        let (before, at) = last.unwrap_or_default();
        let old = match (now, at) {
            (Some(now), Some(at)) => times == Times::Relative && now.since_ms(at) >= REWRITTEN_MS,
            _ => true,
        };
        let (Some(time), Some((_, body))) = (now, feed.parts()) else {
            return (before, at);
        };
        if times != before || old {
            log_time::rewrite(&body, times, time);
            return (times, now);
        }
        (before, at)
    });
}
