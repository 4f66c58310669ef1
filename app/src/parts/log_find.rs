//! Searching a log: the server looks through all of it, the page goes to where it found something.

use super::dynamic::{dynamic, when};
use super::icon::{Icon, icon};
use super::lines::{self, Anchor};
use super::log_feed::Feed;
use crate::format;
use crate::pages::query;
use crate::paths;
use crate::server_fns::deployments::find_in_log;
use domain::api::{LogFilter, LogFind};
use domain::log_level::Level;
use domain::view::{LogFound, Stream};
use leptos::prelude::*;
use leptos::reactive::spawn_local;
use leptos::web_sys::{KeyboardEvent, MouseEvent};
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};
use std::sync::Arc;

/// What the address calls the state of one log; a second one beside it has names of its own.
#[derive(Clone, Copy)]
pub struct Names {
    pub find: &'static str,
    pub level: &'static str,
    pub stream: &'static str,
}

impl Names {
    pub fn of(anchor: Anchor) -> Names {
        let (find, level, stream) = match anchor == lines::MAIN {
            true => ("find", "level", "stream"),
            false => ("find-before", "level-before", "stream-before"),
        };
        Names {
            find,
            level,
            stream,
        }
    }
}

/// A search, and the filters: they outlive the lines that they let through.
#[derive(Clone, Copy)]
pub struct Finder {
    pub names: Names,
    pub filter: Memo<LogFilter>,
    pub text: RwSignal<String>,
    /// Where it is; nothing is looked for, or the answer is on its way.
    pub found: RwSignal<Option<LogFound>>,
    /// What there is to say besides.
    pub said: RwSignal<&'static str>,
    /// The lines that the page holds now.
    pub feed: RwSignal<Option<Feed>>,
    pub stream: StoredValue<String>,
    /// Where the links of those who have no wasm lead.
    at: Memo<Option<String>>,
    way: Memo<Option<String>>,
    turn: StoredValue<u32>,
    replace: StoredValue<Replace>,
}

type Replace = Arc<dyn Fn(&'static str, String) + Send + Sync>;

impl Finder {
    pub fn new(stream: String, anchor: Anchor) -> Finder {
        let names = Names::of(anchor);
        let (level, from) = (query(names.level), query(names.stream));
        let filter = Memo::new(move |_| LogFilter {
            search: None,
            level: level.get().and_then(|word| Level::parse(&word)),
            stream: from.get().and_then(|word| Stream::parse(&word)),
        });
        Finder {
            names,
            filter,
            text: RwSignal::new(query(names.find).get_untracked().unwrap_or_default()),
            found: RwSignal::new(None),
            said: RwSignal::new(""),
            feed: RwSignal::new(None),
            stream: StoredValue::new(stream),
            at: query("at"),
            way: query("go"),
            turn: StoredValue::new(0),
            replace: StoredValue::new(replacing()),
        }
    }

    /// What the lines are opened with: where the address, or what was typed, leads.
    pub fn first(self) -> Option<LogFind> {
        let text = self.text.get_untracked();
        let at = self.at.get_untracked().and_then(|at| at.parse().ok());
        let back = self.way.get_untracked().is_some_and(|go| go == "back");
        (!text.is_empty()).then(|| LogFind {
            filter: self.looks_for(text),
            at,
            back,
        })
    }

    fn looks_for(self, text: String) -> LogFilter {
        LogFilter {
            search: Some(text),
            ..self.filter.get_untracked()
        }
    }

    pub fn is_on(self) -> bool {
        self.text.with(|text| !text.is_empty())
    }

    /// Other text: the line that it is at is enough, if it matches still; else on from what is seen.
    pub fn typed(self, text: String) {
        self.say(self.names.find, text.clone());
        self.text.set(text.clone());
        if text.is_empty() {
            self.turn.update_value(|turn| *turn += 1);
            return self.show(None);
        }
        let seen = || {
            self.feed
                .get_untracked()
                .map(|feed| feed.first.get_untracked())
        };
        let here = self.found.get_untracked().and_then(|found| found.seq);
        self.ask(LogFind {
            at: here.or_else(seen).map(|seq| seq.saturating_sub(1)),
            filter: self.looks_for(text),
            back: false,
        });
    }

    /// The next one, or the one before.
    pub fn go(self, back: bool) {
        let text = self.text.get_untracked();
        if !text.is_empty() {
            self.ask(LogFind {
                at: self.found.get_untracked().and_then(|found| found.seq),
                filter: self.looks_for(text),
                back,
            });
        }
    }

    fn ask(self, find: LogFind) {
        self.asked(find, move |found| self.show(Some(found)));
    }

    /// The first line whose level is error, in all of the log.
    pub fn first_error(self) {
        let filter = LogFilter {
            level: Some(Level::Error),
            ..self.filter.get_untracked()
        };
        let find = LogFind {
            filter,
            ..LogFind::default()
        };
        self.asked(find, move |found| {
            self.said.set(match found.seq {
                None => "No line of this log reads like an error.",
                Some(_) => "",
            });
            if let (Some(feed), Some(seq)) = (self.feed.get_untracked(), found.seq) {
                feed.pick_range(Some((seq, seq)));
                feed.show(seq);
            }
        });
    }

    fn asked(self, find: LogFind, then: impl FnOnce(LogFound) + 'static) {
        let then: Box<dyn FnOnce(LogFound)> = Box::new(then);
        let (stream, turn) = (self.stream.get_value(), self.turn.get_value() + 1);
        self.turn.set_value(turn);
        spawn_local(async move {
            let found = find_in_log(stream, find)
                .await
                .and_then(|answer| answer.read());
            if let (Ok(found), true) = (found, self.turn.try_get_value() == Some(turn)) {
                then(found);
            }
        });
    }

    fn show(self, found: Option<LogFound>) {
        self.found.set(found);
        self.said.set("");
        if let Some(feed) = self.feed.get_untracked() {
            feed.find(found.and_then(|found| found.seq));
        }
    }

    /// Into the address.
    pub fn say(self, name: &'static str, value: String) {
        let replace = self.replace.get_value();
        replace(name, value);
    }
}

/// Changes one value of the address and goes nowhere.
fn replacing() -> Replace {
    let (navigate, query, location) = (use_navigate(), use_query_map(), use_location());
    Arc::new(move |name, value| {
        let mut query = query.get_untracked();
        ["at", "go", name]
            .into_iter()
            .for_each(|name| drop(query.remove(name)));
        if !value.is_empty() {
            query.insert(name, value);
        }
        let path = location.pathname.get_untracked() + &query.to_query_string();
        let options = NavigateOptions {
            replace: true,
            scroll: false,
            ..Default::default()
        };
        navigate(&path, options);
    })
}

/// `3 of 128 lines`, and the way to the others; links, for whoever has no wasm.
pub fn places(finder: Finder) -> AnyView {
    let told = move || match (finder.found.get(), finder.said.get()) {
        (_, said) if !said.is_empty() => said.to_owned(),
        (None, _) => "Looking…".to_owned(),
        (Some(found), _) if found.total == 0 => "No line contains this.".to_owned(),
        (Some(found), _) => format!(
            "{} of {}",
            format::count(found.position),
            match found.total {
                1 => "1 line".to_owned(),
                n => format!("{} lines", format::count(n)),
            }
        ),
    };
    let any = move || finder.is_on() || !finder.said.with(|said| said.is_empty());
    when(any, move || {
        view! {
            <div class="log-found">
                <p role="status">{dynamic(told)}</p>
                {when(move || finder.found.get().is_some_and(|found| found.total > 1), move || view! {
                    {step(finder, true, Icon::ArrowUp, "Previous match", "Shift+Enter")}
                    {step(finder, false, Icon::ArrowDown, "Next match", "Enter")}
                })}
            </div>
        }
    })
}

fn step(finder: Finder, back: bool, mark: Icon, name: &'static str, key: &'static str) -> AnyView {
    let query = use_query_map();
    let href = move || {
        let at = finder
            .found
            .get()
            .and_then(|found| found.seq)
            .unwrap_or(0)
            .to_string();
        let text = finder.text.get();
        let kept = |name: &str| query.with(|q| q.get(name));
        let (job, level) = (kept("job"), kept(finder.names.level));
        let stream = kept(finder.names.stream);
        paths::query(&[
            ("job", job.as_deref()),
            (finder.names.level, level.as_deref()),
            (finder.names.stream, stream.as_deref()),
            (finder.names.find, Some(&text)),
            ("at", Some(&at)),
            ("go", Some(if back { "back" } else { "next" })),
        ])
    };
    let press = move |event: MouseEvent| {
        event.prevent_default();
        event.stop_propagation();
        finder.go(back);
    };
    view! {
        <a class="log-tool" href=href rel="external" title=format!("{name} ({key})") aria-label=name aria-keyshortcuts=key on:click=press>{icon(mark)}</a>
    }
    .into_any()
}

/// In the field of the search. What was typed a moment ago is looked for first.
pub fn key(finder: Finder, event: &KeyboardEvent) {
    if event.key() != "Enter" {
        return;
    }
    event.prevent_default();
    let text = event_target_value(event).trim().to_owned();
    match finder.text.with_untracked(|known| *known == text) {
        true => finder.go(event.shift_key()),
        false => finder.typed(text),
    }
}
