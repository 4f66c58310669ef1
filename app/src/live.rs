//! Pages stay true by themselves. Hints (server-sent events) make it immediate; polling is the
//! floor: 2 s while something moves, 15 s otherwise, nothing while the tab is hidden. A hint only
//! says *look again*: what a page shows always comes from the same read.

use crate::answer::{Answer, Raw};
use crate::error::Fault;
use crate::read::Read;
use domain::hint::{Hint, Topic};
use domain::time::Time;
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::time::Duration;
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{EventSource, MessageEvent};

const TICK: Duration = Duration::from_secs(1);
const MOVING_FLOOR_MS: i64 = 2_000;
const IDLE_FLOOR_MS: i64 = 15_000;
/// Hints that come in a burst are one look.
const GATHER: Duration = Duration::from_millis(80);

/// How the page learns of changes right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Live,
    Polling,
    Reconnecting,
}

impl Mark {
    pub const fn word(self) -> &'static str {
        match self {
            Mark::Live => "Live",
            Mark::Polling => "Polling",
            Mark::Reconnecting => "Reconnecting",
        }
    }

    pub const fn sentence(self) -> &'static str {
        match self {
            Mark::Live => "Changes appear as they happen.",
            Mark::Polling => "This page looks for changes every few seconds.",
            Mark::Reconnecting => "The connection was lost; this page is trying again.",
        }
    }
}

#[derive(Clone, Copy)]
pub struct Live {
    pub mark: RwSignal<Mark>,
    /// The time, once a second; `None` on the server and until the page is interactive.
    pub now: RwSignal<Option<Time>>,
    /// The newest hint, numbered so that equal ones differ.
    hint: RwSignal<Option<(u64, Topic)>>,
}

/// Called once, by the app. `signed_in`: there is something to listen to.
pub fn provide(signed_in: bool) -> Live {
    let live = Live {
        mark: RwSignal::new(Mark::Polling),
        now: RwSignal::new(None),
        hint: RwSignal::new(None),
    };
    provide_context(live);
    Effect::new(move |_| {
        live.tick();
        let _ = set_interval_with_handle(move || live.tick(), TICK);
        let woken = Closure::<dyn Fn()>::new(move || live.tick());
        let _ = document()
            .add_event_listener_with_callback("visibilitychange", woken.as_ref().unchecked_ref());
        woken.forget();
        if signed_in {
            live.listen();
        }
    });
    live
}

pub fn use_live() -> Live {
    expect_context()
}

impl Live {
    fn tick(self) {
        if !document().hidden() {
            self.now.set(Some(Time(js_now())));
        }
    }

    /// The browser reconnects by itself; only the mark is ours.
    fn listen(self) {
        let Ok(source) = EventSource::new("/live/hints") else {
            return;
        };
        let heard =
            Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| self.hear(&event));
        let opened = Closure::<dyn Fn()>::new(move || self.mark.set(Mark::Live));
        let watched = source.clone();
        let lost = Closure::<dyn Fn()>::new(move || {
            let closed = watched.ready_state() == EventSource::CLOSED;
            self.mark.set(if closed {
                Mark::Polling
            } else {
                Mark::Reconnecting
            });
        });
        source.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        source.set_onopen(Some(opened.as_ref().unchecked_ref()));
        source.set_onerror(Some(lost.as_ref().unchecked_ref()));
        // They live as long as the page.
        heard.forget();
        opened.forget();
        lost.forget();
    }

    fn hear(self, event: &MessageEvent) {
        let Some(hint) = event
            .data()
            .as_string()
            .and_then(|text| serde_json::from_str::<Hint>(&text).ok())
        else {
            return;
        };
        if matches!(hint.topic, Topic::Log(_)) {
            return;
        }
        self.hint
            .update(|last| *last = Some((last.as_ref().map_or(0, |l| l.0) + 1, hint.topic)));
    }

    /// Grows whenever it is time to look again.
    fn looks(
        self,
        about: Box<dyn Fn(&Topic) -> bool + Send + Sync>,
        moving: RwSignal<bool>,
    ) -> RwSignal<u32> {
        let looks = RwSignal::new(0_u32);
        let last = StoredValue::new(0_i64);
        let look = move || {
            last.set_value(js_now());
            looks.try_update(|n| *n += 1);
        };
        Effect::new(move |seen: Option<u64>| {
            let (number, mine) = self.hint.with(|h| {
                h.as_ref()
                    .map_or((0, false), |(n, topic)| (*n, about(topic)))
            });
            if mine && seen.is_some_and(|seen| seen != number) {
                set_timeout(look, GATHER);
            }
            number
        });
        Effect::new(move |began: Option<()>| {
            let Some(now) = self.now.get() else { return };
            if began.is_none() || last.get_value() == 0 {
                last.set_value(now.0);
            }
            let floor_ms = if moving.get_untracked() {
                MOVING_FLOOR_MS
            } else {
                IDLE_FLOOR_MS
            };
            if now.0 - last.get_value() >= floor_ms {
                look();
            }
        });
        looks
    }
}

/// A read that keeps itself true. `about`: which hints concern it; `moves`: it changes by itself.
#[track_caller]
pub fn read<K, T, Fut>(
    key: impl Fn() -> K + Send + Sync + 'static,
    load: impl Fn(K) -> Fut + Send + Sync + 'static,
    about: impl Fn(&Topic) -> bool + Send + Sync + 'static,
    moves: impl Fn(&T) -> bool + Send + Sync + 'static,
) -> Read<T>
where
    K: Clone + PartialEq + Send + Sync + 'static,
    T: Clone + DeserializeOwned + 'static,
    Fut: Future<Output = Result<Answer<T>, Fault>> + Send + 'static,
{
    let moving = RwSignal::new(false);
    let looks = use_live().looks(Box::new(about), moving);
    let data = Read::new(move || (key(), looks.get()), move |(key, _)| load(key));
    keep_moving(
        data.raw(),
        moving,
        Box::new(move |raw| raw.read().is_ok_and(|view| moves(&view))),
    );
    data
}

fn keep_moving(
    data: Resource<Result<Raw, Fault>>,
    moving: RwSignal<bool>,
    moves: Box<dyn Fn(&Raw) -> bool + Send + Sync>,
) {
    Effect::new(move |_| {
        let now = data.with(|d| matches!(d, Some(Ok(raw)) if moves(raw)));
        moving.set(now);
    });
}

pub fn js_now() -> i64 {
    web_sys::js_sys::Date::now() as i64
}
