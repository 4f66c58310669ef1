//! The log viewer: what is looked for and how it is shown, above the lines. Its filters and its
//! search are in the address, and are a plain form until the page's wasm has loaded.

use super::dynamic::{dynamic, flag, text};
use super::icon::{Icon, icon};
use super::lines::Anchor;
use super::log_find::{Finder, key};
use super::log_tail::{JOB, tail};
use super::log_time::{self, Times};
use crate::pages::query;
use domain::log_level::Level;
use domain::view::Stream;
use leptos::prelude::*;
use leptos::web_sys::{Event, HtmlInputElement};
use std::time::Duration;

const LEVELS: [(&str, &str); 4] = [
    ("", "All levels"),
    (Level::Error.word(), "Errors"),
    (Level::Warning.word(), "Warnings and errors"),
    (Level::Info.word(), "Info and up"),
];
const STREAMS: [(&str, &str); 4] = [
    ("", "All streams"),
    (Stream::Out.word(), "stdout"),
    (Stream::Err.word(), "stderr"),
    (Stream::Note.word(), "Sealdock"),
];

/// `stream` is one log; `anchor` tells it from another on the same page.
#[component]
pub fn Log(stream: String, title: String, anchor: Anchor) -> AnyView {
    let (wrap, folded, ready) = (
        RwSignal::new(true),
        RwSignal::new(false),
        RwSignal::new(false),
    );
    let times = expect_context::<RwSignal<Times>>();
    if let Some(word) = query("times").get_untracked() {
        times.set(Times::parse(&word));
    }
    let is_job = stream.starts_with(JOB);
    let raw = crate::paths::raw_log(&stream);
    let finder = Finder::new(stream, anchor);
    Effect::new(move |_| ready.set(true));
    view! {
        <section class="log-box" class:log-ready=ready class:log-nowrap=flag(move || !wrap.get()) class:log-times=flag(move || times.get() != Times::Off) class:log-folded=folded aria-label=format!("Log: {title}")>
            <p class="log-title clip" aria-hidden="true">{title.clone()}</p>
            <div class="log-bar">
                {form(&title, finder, times)}
                <div class="log-tools">
                    {(!is_job).then(|| first_error(finder))}
                    {is_job.then(|| toggle("Fold", Icon::ChevronRight, folded))}
                    {toggle("Wrap", Icon::WrapText, wrap)}
                    <a class="log-tool" href=raw download rel="external">{icon(Icon::Download)}<span>"Raw"</span></a>
                </div>
            </div>
            {tail(finder, anchor)}
        </section>
    }
    .into_any()
}

fn form(title: &str, finder: Finder, times: RwSignal<Times>) -> AnyView {
    let job = query("job");
    let (level, from) = (
        move || finder.filter.with(|f| f.level.map_or("", Level::word)),
        move || finder.filter.with(|f| f.stream.map_or("", Stream::word)),
    );
    let names = finder.names;
    let clocks = Times::ALL.map(|(_, word, name)| (word, name));
    view! {
        <form method="get" role="search" aria-label=format!("In the log: {title}") class="log-form" on:submit=|event| event.prevent_default()>
            <div class="log-search">
                {icon(Icon::Search)}
                {dynamic(move || job.get().map(|job| view! { <input type="hidden" name="job" value=job/> }))}
                <input
                    type="search"
                    name=names.find
                    aria-label="Search this log"
                    aria-keyshortcuts="/"
                    placeholder="Search this log"
                    autocomplete="off"
                    value=finder.text.get_untracked()
                    on:input:target=debounced(move |text| finder.typed(text))
                    on:keydown=move |event| key(finder, &event)
                />
            </div>
            {choice(names.level, "Level", LEVELS, level, move |word| finder.say(names.level, word))}
            {choice(names.stream, "Stream", STREAMS, from, move |word| finder.say(names.stream, word))}
            {choice("times", "Times", clocks, move || times.get().word(), move |word| log_time::choose(times, &word))}
            <noscript><button class="log-tool">"Show"</button></noscript>
        </form>
    }
    .into_any()
}

fn choice(
    name: &'static str,
    label: &'static str,
    options: [(&'static str, &'static str); 4],
    is: impl Fn() -> &'static str + Copy + Send + Sync + 'static,
    choose: impl Fn(String) + 'static,
) -> AnyView {
    let choose: Box<dyn Fn(String)> = Box::new(choose);
    let is = Memo::new(move |_| is());
    let option = move |(word, name): (&'static str, &'static str)| {
        view! { <option value=word selected=flag(move || is.get() == word)>{name}</option> }
    };
    view! {
        <select class="log-choice" name=name aria-label=label on:change:target=move |event| choose(event.target().value())>
            {options.map(option).into_iter().collect_view()}
        </select>
    }
    .into_any()
}

fn first_error(finder: Finder) -> AnyView {
    view! {
        <button type="button" class="log-tool" title="Go to the first error" on:click=move |_| finder.first_error()>
            {icon(Icon::CircleAlert)}<span>"First error"</span>
        </button>
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
) -> impl FnMut(leptos::ev::Targeted<Event, HtmlInputElement>) {
    let turn = StoredValue::new(0_u32);
    move |event| {
        let (mine, text) = (turn.get_value() + 1, event.target().value());
        turn.set_value(mine);
        let rest = move || {
            if turn.try_get_value() == Some(mine) {
                then(text.trim().to_owned());
            }
        };
        set_timeout(rest, Duration::from_millis(250));
    }
}
