//! The log viewer. The server renders the tail; then lines stream in, in batches of one frame.
//! Chunks of lines that are off screen cost nothing (`content-visibility`), the window is
//! limited, and what came before it is loaded on demand.

use super::dynamic::{dynamic, flag, text, when};
use super::icon::{Icon, icon};
use super::lines::{self, Anchor};
use super::loaded::{Skeleton, loaded};
use super::log_feed::Feed;
use super::log_steps::log_steps;
use crate::answer::Answer;
use crate::format;
use crate::pages::query;
use crate::read::Read;
use crate::server_fns::deployments::log;
use domain::view::LogPage;
use leptos::either::Either;
use leptos::prelude::*;

/// Streams of jobs begin so; only they have steps.
const JOB: &str = "job/";
/// Lines that the server renders.
const TAIL: u32 = 500;
/// Lines of one answer to a search.
const FOUND: u32 = 500;

/// `stream` is one log; `anchor` tells it from another on the same page.
#[component]
pub fn Log(stream: String, title: String, anchor: Anchor) -> AnyView {
    let name = if anchor == lines::MAIN {
        "find"
    } else {
        "find-before"
    };
    let find = query(name);
    let (wrap, times, folded) = (
        RwSignal::new(true),
        RwSignal::new(false),
        RwSignal::new(false),
    );
    let is_job = stream.starts_with(JOB);
    let job = query("job");
    let raw = format!("/v2/logs/{stream}?raw=1");
    let searched = RwSignal::new(find.get_untracked().unwrap_or_default());
    let (tail_of, search_in) = (stream.clone(), stream.clone());
    let tail = Read::new(
        || (),
        move |()| log(tail_of.clone(), None, Some(TAIL), None),
    );
    let found = Read::new(
        move || searched.get(),
        move |text| {
            let stream = search_in.clone();
            async move {
                if text.is_empty() {
                    Ok(Answer::none())
                } else {
                    log(stream, Some(1), Some(FOUND), Some(text))
                        .await
                        .map(Answer::some)
                }
            }
        },
    );
    let searching = Memo::new(move |_| !searched.with(String::is_empty));
    view! {
        <section class="log-box" class:log-nowrap=flag(move || !wrap.get()) class:log-times=times class:log-folded=folded aria-label=format!("Log: {title}")>
            <p class="log-title clip" aria-hidden="true">{title.clone()}</p>
            <div class="log-bar">
                <form method="get" role="search" class="log-search" on:submit=|event| event.prevent_default()>
                    {icon(Icon::Search)}
                    {dynamic(move || job.get().map(|job| view! { <input type="hidden" name="job" value=job/> }))}
                    <input
                        type="search"
                        name=name
                        aria-label="Search this log"
                        placeholder="Search this log"
                        autocomplete="off"
                        prop:value=text(move || searched.get())
                        value=find.get_untracked()
                        on:input:target=debounced(move |text| searched.set(text))
                    />
                </form>
                {is_job.then(|| toggle("Fold", Icon::ChevronRight, folded))}
                {toggle("Wrap", Icon::WrapText, wrap)}
                {toggle("Times", Icon::Clock, times)}
                <a class="log-tool" href=raw download rel="external">{icon(Icon::Download)}<span>"Raw"</span></a>
            </div>
            <div class:hidden=searching>
                {loaded(tail, Skeleton::Lines(8), move |page| view! { <Tail stream=stream.clone() anchor page=page.get_untracked()/> })}
            </div>
            {when(move || searching.get(), move || loaded(found, Skeleton::Lines(4), move |page| view! { <Found page searched anchor/> }))}
        </section>
    }
    .into_any()
}

fn toggle(name: &'static str, mark: Icon, on: RwSignal<bool>) -> AnyView {
    view! {
        <button type="button" class="log-tool" aria-pressed=text(move || on.get().to_string()) on:click=move |_| on.update(|o| *o = !*o)>
            {icon(mark)}<span>{name}</span>
        </button>
    }
    .into_any()
}

/// Calls `then` when typing rests.
fn debounced(
    then: impl Fn(String) + Copy + 'static,
) -> impl FnMut(leptos::ev::Targeted<leptos::web_sys::Event, leptos::web_sys::HtmlInputElement>) {
    let turn = StoredValue::new(0_u32);
    move |event| {
        let (mine, text) = (turn.get_value() + 1, event.target().value());
        turn.set_value(mine);
        let rest = move || {
            if turn.try_get_value() == Some(mine) {
                then(text.trim().to_owned());
            }
        };
        set_timeout(rest, std::time::Duration::from_millis(250));
    }
}

#[component]
fn Tail(stream: String, anchor: Anchor, page: LogPage) -> AnyView {
    let first = page.lines.first().map_or(1, |l| l.seq);
    let steps_of = stream.starts_with(JOB).then(|| stream.clone());
    let feed = Feed::new(stream, anchor, first, page.last_seq, page.ended);
    Effect::new(move |_| {
        if feed.scroller.get().is_some() && feed.body.get().is_some() {
            feed.attach();
        }
    });
    let state = move || match (feed.ended.get(), feed.last.get()) {
        (true, 0) => "This log is empty.".to_owned(),
        (false, 0) => "Nothing was written yet.".to_owned(),
        (true, n) => format!("End of the log, {} lines.", format::count(n)),
        (false, n) => format!("{} lines so far.", format::count(n)),
    };
    view! {
        {steps_of.map(|stream| log_steps(stream, feed))}
        <div class="log" role="log" aria-live="off" tabindex="0" aria-label="Lines" node_ref=feed.scroller on:scroll=move |_| feed.scrolled()>
            {when(move || feed.first.get() > 1, move || view! {
                <button type="button" class="log-more" on:click=move |_| feed.load_earlier()>
                    {dynamic(move || format!("Show earlier lines ({} above)", format::count(feed.first.get() - 1)))}
                </button>
            })}
            <div class="log-lines" node_ref=feed.body inner_html=lines::html(&page.lines, anchor) on:click=move |event| feed.pick(&event)></div>
            <p class="log-end">{state}</p>
        </div>
        {when(move || feed.unseen.get() > 0, move || view! {
            <button type="button" class="log-new" on:click=move |_| feed.follow()>
                {dynamic(move || match feed.unseen.get() { 1 => "1 new line".to_owned(), n => format!("{} new lines", format::count(n)) })}{icon(Icon::ArrowDown)}
            </button>
        })}
    }
    .into_any()
}

#[component]
fn Found(page: Signal<Option<LogPage>>, searched: RwSignal<String>, anchor: Anchor) -> AnyView {
    let count = move || page.with(|p| p.as_ref().map_or(0, |p| p.lines.len()));
    let told = move || match count() {
        0 => "No line contains this.".to_owned(),
        1 => "1 line contains this.".to_owned(),
        n if n as u32 == FOUND => format!("The first {FOUND} lines that contain this."),
        n => format!("{n} lines contain this."),
    };
    view! {
        <div class="log" role="log" tabindex="0" aria-label="Lines found">
            <p class="log-end" role="status">{told}" "<button type="button" class="link" on:click=move |_| searched.set(String::new())>"Show all lines"</button></p>
            {dynamic(move || page.with(|p| match p {
                Some(p) => Either::Left(view! { <div class="log-lines" inner_html=lines::html(&p.lines, anchor) on:click=move |_| searched.set(String::new())></div> }),
                None => Either::Right(()),
            }))}
        </div>
    }
    .into_any()
}
