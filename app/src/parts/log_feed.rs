//! New lines, from the stream into the page: gathered, written once a frame, never twice.

use super::lines::{self, Anchor};
use crate::server_fns::deployments::log;
use domain::build_log::{self, Part};
use domain::view::{LogLine, LogPage};
use leptos::html;
use leptos::prelude::*;
use leptos::reactive::spawn_local;
use std::time::Duration;
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{
    Element, EventSource, MessageEvent, MouseEvent, ScrollIntoViewOptions, ScrollLogicalPosition,
};

/// Chunks that stay in the page while it follows; older ones are loaded again on demand.
const WINDOW_CHUNKS: u32 = 60;
const EARLIER: u32 = 1_000;
/// Closer to the end than this is *at the end*.
const NEAR_PX: i32 = 48;

#[derive(Clone, Copy)]
pub struct Feed {
    /// The first and the last line that the page holds.
    pub first: RwSignal<u64>,
    pub last: RwSignal<u64>,
    pub ended: RwSignal<bool>,
    /// Lines that came while the person read further up.
    pub unseen: RwSignal<u64>,
    /// Counts the beginnings and ends of steps that came.
    pub turns: RwSignal<u32>,
    /// Steps that stay open where the others are folded.
    opened: StoredValue<Vec<u32>>,
    following: StoredValue<bool>,
    waiting: StoredValue<Vec<LogLine>>,
    stream: StoredValue<String>,
    pub anchor: Anchor,
    /// Where it scrolls, and where the lines are. References to the page hold nothing on the server,
    /// where what is made on one thread is dropped on another.
    pub scroller: NodeRef<html::Div>,
    pub body: NodeRef<html::Div>,
}

impl Feed {
    pub fn new(stream: String, anchor: Anchor, first: u64, last: u64, ended: bool) -> Feed {
        Feed {
            first: RwSignal::new(first),
            last: RwSignal::new(last),
            ended: RwSignal::new(ended),
            unseen: RwSignal::new(0),
            turns: RwSignal::new(0),
            opened: StoredValue::new(vec![]),
            following: StoredValue::new(true),
            waiting: StoredValue::new(vec![]),
            stream: StoredValue::new(stream),
            anchor,
            scroller: NodeRef::new(),
            body: NodeRef::new(),
        }
    }

    fn parts(self) -> Option<(Element, Element)> {
        let (scroller, body) = (
            self.scroller.try_get_untracked(),
            self.body.try_get_untracked(),
        );
        Some((scroller.flatten()?.into(), body.flatten()?.into()))
    }

    /// Once both are in the page.
    pub fn attach(self) {
        let wanted = self.named();
        match wanted {
            Some(range) => self.show(range),
            None if self.ended.get_untracked() => {}
            None => self.to_end(),
        }
        if !self.ended.get_untracked() {
            self.listen();
        }
    }

    fn listen(self) {
        let from = self.last.get_untracked() + 1;
        let Ok(source) = EventSource::new(&format!(
            "/live/logs/{}?from={from}",
            self.stream.get_value()
        )) else {
            return;
        };
        let heard =
            Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| self.hear(&event));
        let closing = source.clone();
        let ended = Closure::<dyn Fn()>::new(move || {
            closing.close();
            let _ = self.ended.try_set(true);
        });
        source.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        let _ = source.add_event_listener_with_callback("end", ended.as_ref().unchecked_ref());
        let kept = StoredValue::new_local(Some((source, heard, ended)));
        close_with_the_page(kept);
    }

    /// A line that is already here (the stream resumes) is not written again.
    fn hear(self, event: &MessageEvent) {
        let Some(page) = event
            .data()
            .as_string()
            .and_then(|text| serde_json::from_str::<LogPage>(&text).ok())
        else {
            return;
        };
        let waiting = self
            .waiting
            .try_with_value(|w| w.last().map(|l| l.seq))
            .flatten();
        let Some(last) = self.last.try_get_untracked() else {
            return;
        };
        let newest = waiting.unwrap_or(last);
        let new: Vec<_> = page.lines.into_iter().filter(|l| l.seq > newest).collect();
        if new.is_empty() {
            return;
        }
        self.waiting.update_value(|w| w.extend(new));
        if waiting.is_none() {
            request_animation_frame(move || self.write());
        }
    }

    fn write(self) {
        let Some(lines) = self.waiting.try_update_value(std::mem::take) else {
            return;
        };
        let (Some(newest), Some(parts)) = (lines.last().map(|l| l.seq), self.parts()) else {
            return;
        };
        append(&parts.1, &lines, self.anchor);
        self.opened
            .with_value(|all| all.iter().for_each(|step| unfold(&parts.1, *step, true)));
        self.last.set(newest);
        let turns = |l: &LogLine| matches!(build_log::read(&l.text), Some((_, part)) if !matches!(part, Part::Output(_)));
        if lines.iter().any(turns) {
            self.turns.update(|n| *n += 1);
        }
        if self.following.get_value() {
            self.trim(&parts.1);
            self.to_end();
        } else {
            self.unseen.update(|n| *n += lines.len() as u64);
        }
    }

    fn trim(self, body: &Element) {
        let over = body.child_element_count().saturating_sub(WINDOW_CHUNKS);
        for _ in 0..over {
            body.first_element_child().inspect(Element::remove);
        }
        if over > 0
            && let Some(first) = body
                .query_selector(".ln")
                .ok()
                .flatten()
                .and_then(|l| lines::range(&l.id(), self.anchor))
        {
            self.first.set(first.0);
        }
    }

    pub fn scrolled(self) {
        let Some((scroller, _)) = self.parts() else {
            return;
        };
        let left = scroller.scroll_height() - scroller.scroll_top() - scroller.client_height();
        self.following.set_value(left < NEAR_PX);
        if left < NEAR_PX && self.unseen.get_untracked() > 0 {
            self.unseen.set(0);
        }
    }

    pub fn follow(self) {
        self.following.set_value(true);
        self.unseen.set(0);
        self.to_end();
    }

    fn to_end(self) {
        if let Some((scroller, _)) = self.parts() {
            scroller.set_scroll_top(scroller.scroll_height());
        }
    }

    /// Puts the lines before the first one above it, and keeps the place that is being read.
    pub fn load_earlier(self) {
        let until = self.first.get_untracked();
        self.load_from(until.saturating_sub(u64::from(EARLIER)).max(1), || ());
    }

    fn load_from(self, from: u64, then: impl FnOnce() + 'static) {
        let until = self.first.get_untracked();
        self.following.set_value(false);
        spawn_local(async move {
            let limit = (until - from).min(5_000) as u32;
            let answer = log(self.stream.get_value(), Some(from), Some(limit), None).await;
            let Ok(page) = answer.and_then(|answer| answer.read()) else {
                return;
            };
            let before: Vec<_> = page.lines.into_iter().filter(|l| l.seq < until).collect();
            let gap = before.last().map_or(0, |l| until - l.seq - 1);
            let (Some(first), Some((scroller, body))) =
                (before.first().map(|l| l.seq), self.parts())
            else {
                return;
            };
            let height = scroller.scroll_height();
            if gap > 0 {
                let _ = body.insert_adjacent_html("afterbegin", &lines::gap(gap));
            }
            let _ = body.insert_adjacent_html("afterbegin", &lines::html(&before, self.anchor));
            scroller.set_scroll_top(scroller.scroll_top() + scroller.scroll_height() - height);
            self.first.set(first);
            then();
        });
    }

    /// A step's lines stay in sight where the others are folded.
    pub fn open(self, step: u32) {
        let _ = self.opened.try_update_value(|all| {
            all.retain(|other| *other != step);
            all.push(step);
        });
        if let Some((_, body)) = self.parts() {
            unfold(&body, step, true);
        }
    }

    /// The heading of a step was pressed, in a log whose steps are folded.
    fn turn(self, heading: &Element) {
        let Some(step) = heading
            .get_attribute("data-step")
            .and_then(|n| n.parse::<u32>().ok())
        else {
            return;
        };
        if self.opened.with_value(|all| !all.contains(&step)) {
            return self.open(step);
        }
        self.opened
            .update_value(|all| all.retain(|other| *other != step));
        if let Some((_, body)) = self.parts() {
            unfold(&body, step, false);
        }
    }

    /// A link to a line was followed.
    pub fn go(self, event: &MouseEvent, seq: u64) {
        event.prevent_default();
        self.address(&self.anchor.link(seq));
        unmark();
        self.show((seq, seq));
    }

    fn address(self, hash: &str) {
        let state = wasm_bindgen::JsValue::NULL;
        let _ = window()
            .history()
            .and_then(|h| h.replace_state_with_url(&state, "", Some(hash)));
    }

    /// A line's number was pressed: it is in the address now, with shift the range up to it.
    pub fn pick(self, event: &MouseEvent) {
        let pressed = event.target().and_then(|t| t.dyn_into::<Element>().ok());
        let heading = pressed
            .as_ref()
            .and_then(|t| t.closest(".ln-step .tx").ok().flatten());
        if let Some(heading) = heading.and_then(|t| t.parent_element()) {
            return self.turn(&heading);
        }
        let number = pressed.filter(|t| t.class_name() == "no");
        let Some(to) = number
            .and_then(|n| lines::range(&n.get_attribute("href")?, self.anchor))
            .map(|r| r.0)
        else {
            return;
        };
        event.prevent_default();
        let before = self.named().filter(|_| event.shift_key());
        let from = before.map_or(to, |range| range.0);
        let Anchor(anchor) = self.anchor;
        let hash = if from == to {
            format!("#{anchor}L{to}")
        } else {
            format!("#{anchor}L{}-L{}", from.min(to), from.max(to))
        };
        self.address(&hash);
        unmark();
        self.mark(from.min(to), from.max(to));
    }

    /// Opens at the lines that the address names.
    fn show(self, (from, to): (u64, u64)) {
        self.following.set_value(false);
        if from < self.first.get_untracked() {
            self.load_from(from.saturating_sub(50).max(1), move || {
                self.mark(from, to);
                self.scroll_to(from);
            });
        } else {
            self.mark(from, to);
            self.scroll_to(from);
        }
    }

    /// The lines of this log that the address names.
    fn named(self) -> Option<(u64, u64)> {
        lines::range(&location().hash().unwrap_or_default(), self.anchor)
    }

    fn line(self, seq: u64) -> Option<Element> {
        let Anchor(anchor) = self.anchor;
        document().get_element_by_id(&format!("{anchor}L{seq}"))
    }

    fn mark(self, from: u64, to: u64) {
        for line in (from..=to.min(from + 2_000)).filter_map(|seq| self.line(seq)) {
            let _ = line.class_list().add_1("hit");
        }
    }

    fn scroll_to(self, seq: u64) {
        let scroll = move || {
            let options = ScrollIntoViewOptions::new();
            options.set_block(ScrollLogicalPosition::Center);
            self.line(seq)
                .inspect(|line| line.scroll_into_view_with_scroll_into_view_options(&options));
        };
        set_timeout(scroll, Duration::from_millis(30));
    }
}

/// What listens, with the closures that it calls: they live exactly as long.
type Listening = (
    EventSource,
    Closure<dyn Fn(MessageEvent)>,
    Closure<dyn Fn()>,
);

fn close_with_the_page(kept: StoredValue<Option<Listening>, LocalStorage>) {
    on_cleanup(move || {
        if let Some(Some((source, ..))) = kept.try_update_value(Option::take) {
            source.close();
        }
    });
}

fn append(body: &Element, new: &[LogLine], anchor: Anchor) {
    for (number, html) in lines::chunks(new, anchor) {
        let last = body
            .last_element_child()
            .filter(|c| c.get_attribute("data-chunk") == Some(number.to_string()));
        let _ = match last {
            Some(chunk) => chunk.insert_adjacent_html("beforeend", &html),
            None => body.insert_adjacent_html("beforeend", &lines::chunk(number, &html)),
        };
    }
}

/// Marks what is in the page of a step as open, or no more.
fn unfold(body: &Element, step: u32, open: bool) {
    let lines = body.query_selector_all(&format!(".ln[data-step='{step}']"));
    let Ok(lines) = lines else {
        return;
    };
    for line in (0..lines.length()).filter_map(|i| lines.get(i)?.dyn_into::<Element>().ok()) {
        let _ = line.class_list().toggle_with_force("open", open);
    }
}

fn unmark() {
    while let Ok(Some(line)) = document().query_selector(".ln.hit") {
        let _ = line.class_list().remove_1("hit");
    }
}
