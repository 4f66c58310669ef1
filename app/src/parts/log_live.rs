//! New lines of a log, from the stream into the page: gathered, written once a frame, never twice.

use super::log_feed::Feed;
use domain::build_log::{self, Part};
use domain::view::{LogLine, LogPage};
use leptos::prelude::*;
use std::time::Duration;
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{EventSource, MessageEvent};

/// A hidden tab draws no frame; it is written to all the same, and never falls behind further.
const WAITING_LINES: usize = 2_000;
const HIDDEN: Duration = Duration::from_millis(500);
/// After a connection that the browser gave up.
const AGAIN: Duration = Duration::from_secs(3);

impl Feed {
    /// For as long as the page is there.
    pub(super) fn hear_on(self) {
        let kept = StoredValue::new_local(None);
        close_with_the_page(kept);
        self.listen(kept);
    }

    /// The browser goes on by itself after the last line that it got; what it gives up begins again.
    fn listen(self, kept: Kept) {
        let Some(last) = self.last.try_get_untracked() else {
            return;
        };
        let Ok(source) = EventSource::new(&self.address_from(last + 1)) else {
            return;
        };
        let heard =
            Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| self.hear(&event));
        let ended = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let said = event.data().as_string().unwrap_or_default();
            // Any other end is the server's: it wants us back.
            if matches!(said.as_str(), "complete" | "refused") {
                close(kept);
                let _ = self.ended.try_set(true);
            }
        });
        let watched = source.clone();
        let lost = Closure::<dyn Fn()>::new(move || {
            if watched.ready_state() == EventSource::CLOSED
                && self.ended.try_get_untracked() == Some(false)
            {
                set_timeout(move || self.listen(kept), AGAIN);
            }
        });
        source.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        source.set_onerror(Some(lost.as_ref().unchecked_ref()));
        let _ = source.add_event_listener_with_callback("end", ended.as_ref().unchecked_ref());
        let _ = kept.try_set_value(Some((source, heard, ended, lost)));
    }

    fn address_from(self, from: u64) -> String {
        let from = from.to_string();
        self.source.with_value(|(stream, filter)| {
            let pairs = [
                ("from", Some(from.as_str())),
                ("level", filter.level.map(|l| l.word())),
                ("stream", filter.stream.map(|s| s.word())),
            ];
            format!("/live/logs/{stream}{}", crate::paths::query(&pairs))
        })
    }

    /// A line that is already here (the stream resumes) is not written again.
    fn hear(self, event: &MessageEvent) {
        let page = event
            .data()
            .as_string()
            .and_then(|text| serde_json::from_str::<LogPage>(&text).ok());
        let (Some(page), Some(last)) = (page, self.last.try_get_untracked()) else {
            return;
        };
        let newest = self.waiting.with_value(|w| w.last().map(|l| l.seq));
        let new: Vec<_> = page
            .lines
            .into_iter()
            .filter(|l| l.seq > newest.unwrap_or(last))
            .collect();
        if new.is_empty() {
            return;
        }
        self.waiting.update_value(|w| w.extend(new));
        let many = self.waiting.with_value(Vec::len) > WAITING_LINES;
        match (many, newest, document().hidden()) {
            (true, ..) => self.write(),
            (_, Some(_), _) => {}
            (_, None, true) => set_timeout(move || self.write(), HIDDEN),
            (_, None, false) => request_animation_frame(move || self.write()),
        }
    }

    fn write(self) {
        let Some(lines) = self.waiting.try_update_value(std::mem::take) else {
            return;
        };
        let (Some(newest), Some(parts)) = (lines.last().map(|l| l.seq), self.parts()) else {
            return;
        };
        self.last.set(newest);
        let turns = |l: &LogLine| matches!(build_log::read(&l.text), Some((_, part)) if !matches!(part, Part::Output(_)));
        if lines.iter().any(turns) {
            self.turns.update(|n| *n += 1);
        }
        if !self.later.get_untracked() {
            let shown = self.shown.get_untracked();
            let new: Vec<_> = lines.iter().filter(|l| l.seq > shown).cloned().collect();
            self.append(&parts.1, &new);
        }
        if self.following.get_value() && !self.later.get_untracked() {
            self.trim(&parts.1);
            self.to_end();
        } else {
            self.unseen.update(|n| *n += lines.len() as u64);
        }
    }
}

/// What listens, with the closures that it calls: they live exactly as long.
type Listening = (
    EventSource,
    Closure<dyn Fn(MessageEvent)>,
    Closure<dyn Fn(MessageEvent)>,
    Closure<dyn Fn()>,
);
type Kept = StoredValue<Option<Listening>, LocalStorage>;

fn close(kept: Kept) {
    kept.try_with_value(|kept| {
        if let Some((source, ..)) = kept {
            source.close();
        }
    });
}

fn close_with_the_page(kept: Kept) {
    on_cleanup(move || {
        if let Some(Some((source, ..))) = kept.try_update_value(Option::take) {
            source.close();
        }
    });
}
