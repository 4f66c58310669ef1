//! What part of a log the page holds: a window over its lines, moved to wherever somebody looks.

use super::lines::{self, Anchor, Dress};
use super::log_time::Times;
use crate::live::use_live;
use crate::server_fns::deployments::log;
use domain::api::{LogFilter, LogQuery};
use domain::time::Time;
use domain::view::{LogLine, LogPage};
use leptos::prelude::*;
use leptos::reactive::spawn_local;
use leptos::{ev, html};
use web_sys::Element;

/// Lines of a window that is opened, at the end or around a line.
pub const OPENED: u32 = 500;
/// Chunks that stay in the page while it follows; older ones are loaded again on demand.
const WINDOW_CHUNKS: u32 = 60;
const MORE: u32 = 1_000;

#[derive(Clone, Copy)]
pub struct Feed {
    /// The first and the last line that the page holds, and the newest that is known.
    pub first: RwSignal<u64>,
    pub shown: RwSignal<u64>,
    pub last: RwSignal<u64>,
    /// There is more before, or after, what the page holds.
    pub earlier: RwSignal<bool>,
    pub later: RwSignal<bool>,
    pub ended: RwSignal<bool>,
    /// Lines that came while the person read further up.
    pub unseen: RwSignal<u64>,
    /// Counts the beginnings and ends of steps that came.
    pub turns: RwSignal<u32>,
    /// The lines that the address names.
    pub picked: RwSignal<Option<(u64, u64)>>,
    /// The line that a search is at.
    pub found: StoredValue<Option<u64>>,
    /// Steps that stay open where the others are folded.
    pub(super) opened: StoredValue<Vec<u32>>,
    pub(super) following: StoredValue<bool>,
    /// How far down it was when it last scrolled.
    pub(super) depth: StoredValue<i32>,
    pub(super) waiting: StoredValue<Vec<LogLine>>,
    /// Of two loads at once, the later one counts.
    loads: StoredValue<u32>,
    pub(super) source: StoredValue<(String, LogFilter)>,
    times: RwSignal<Times>,
    now: RwSignal<Option<Time>>,
    pub anchor: Anchor,
    /// Where it scrolls, and where the lines are. References to the page hold nothing on the server,
    /// where what is made on one thread is dropped on another.
    pub scroller: NodeRef<html::Div>,
    pub body: NodeRef<html::Div>,
}

impl Feed {
    pub fn new(stream: String, filter: LogFilter, anchor: Anchor, page: &LogPage) -> Feed {
        let (first, shown) = ends(page);
        Feed {
            first: RwSignal::new(first),
            shown: RwSignal::new(shown),
            last: RwSignal::new(page.last_seq),
            earlier: RwSignal::new(page.earlier),
            later: RwSignal::new(page.later),
            ended: RwSignal::new(page.ended),
            unseen: RwSignal::new(0),
            turns: RwSignal::new(0),
            picked: RwSignal::new(None),
            found: StoredValue::new(None),
            opened: StoredValue::new(vec![]),
            following: StoredValue::new(true),
            depth: StoredValue::new(0),
            waiting: StoredValue::new(vec![]),
            loads: StoredValue::new(0),
            source: StoredValue::new((stream, filter)),
            times: expect_context(),
            now: use_live().now,
            anchor,
            scroller: NodeRef::new(),
            body: NodeRef::new(),
        }
    }

    pub(super) fn parts(self) -> Option<(Element, Element)> {
        let (scroller, body) = (
            self.scroller.try_get_untracked(),
            self.body.try_get_untracked(),
        );
        Some((scroller.flatten()?.into(), body.flatten()?.into()))
    }

    fn dress(self) -> Dress {
        Dress {
            anchor: self.anchor,
            times: self.times.get_untracked(),
            now: self.now.get_untracked(),
            found: self.found.get_value(),
        }
    }

    /// Once both are in the page.
    pub fn attach(self) {
        if let Some((scroller, _)) = self.parts() {
            let _ = scroller.class_list().remove_1("log-still");
        }
        self.keep_end();
        match (self.named(), self.found.get_value()) {
            (Some(range), _) => self.lead(range),
            (None, Some(seq)) => self.show(seq),
            (None, None) => self.to_end(),
        }
        let moved = window_event_listener(ev::hashchange, move |_| {
            self.named().into_iter().for_each(|range| self.lead(range));
        });
        on_cleanup(move || moved.remove());
        if !self.ended.get_untracked() {
            self.hear_on();
        }
    }

    pub(super) fn append(self, body: &Element, new: &[LogLine]) {
        for (number, html) in lines::chunks(new, self.dress()) {
            let last = body
                .last_element_child()
                .filter(|c| c.get_attribute("data-chunk") == Some(number.to_string()));
            let _ = match last {
                Some(chunk) => chunk.insert_adjacent_html("beforeend", &html),
                None => body.insert_adjacent_html("beforeend", &lines::chunk(number, &html)),
            };
        }
        if let Some(last) = new.last() {
            self.shown.set(last.seq);
        }
        self.unfolded(body);
    }

    pub(super) fn trim(self, body: &Element) {
        let over = body.child_element_count().saturating_sub(WINDOW_CHUNKS);
        for _ in 0..over {
            body.first_element_child().inspect(Element::remove);
        }
        let first = body.query_selector(".ln").ok().flatten();
        let first = first.and_then(|l| lines::range(&l.id(), self.anchor));
        if let (true, Some((first, _))) = (over > 0, first) {
            self.first.set(first);
            self.earlier.set(true);
        }
    }

    /// Puts the lines before the first one above it, and keeps the place that is being read.
    pub fn load_earlier(self) {
        self.following.set_value(false);
        let query = LogQuery {
            before: Some(self.first.get_untracked()),
            limit: Some(MORE),
            ..LogQuery::default()
        };
        self.load(query, move |page| {
            let Some((scroller, body)) = self.parts() else {
                return;
            };
            let height = scroller.scroll_height();
            let html = lines::html(&page.lines, self.dress());
            let _ = body.insert_adjacent_html("afterbegin", &html);
            scroller.set_scroll_top(scroller.scroll_top() + scroller.scroll_height() - height);
            if let Some(first) = page.lines.first() {
                self.first.set(first.seq);
            }
            self.earlier.set(page.earlier && !page.lines.is_empty());
            self.dressed();
        });
    }

    /// The lines after the last one, below it.
    pub fn load_later(self) {
        let query = LogQuery {
            from: Some(self.shown.get_untracked() + 1),
            limit: Some(MORE),
            ..LogQuery::default()
        };
        self.load(query, move |page| {
            if let Some((_, body)) = self.parts() {
                self.append(&body, &page.lines);
                self.later.set(self.falls_short(&page));
                self.dressed();
            }
        });
    }

    /// The lines around one, instead of those that are here.
    pub(super) fn load_around(self, seq: u64) {
        let query = LogQuery {
            around: Some(seq),
            ..LogQuery::default()
        };
        self.load(query, move |page| {
            self.replace(&page);
            self.scroll_to(seq);
        });
    }

    pub(super) fn load(self, query: LogQuery, then: impl FnOnce(LogPage) + 'static) {
        let then: Box<dyn FnOnce(LogPage)> = Box::new(then);
        let turn = self.loads.get_value() + 1;
        self.loads.set_value(turn);
        let (stream, filter) = self.source.get_value();
        let query = LogQuery {
            limit: query.limit.or(Some(OPENED)),
            filter,
            ..query
        };
        spawn_local(async move {
            let page = log(stream, query).await.and_then(|answer| answer.read());
            if let (Ok(page), true) = (page, self.loads.try_get_value() == Some(turn)) {
                then(page);
            }
        });
    }

    pub(super) fn replace(self, page: &LogPage) {
        let Some((_, body)) = self.parts() else {
            return;
        };
        body.set_inner_html(&lines::html(&page.lines, self.dress()));
        let (first, shown) = ends(page);
        self.first.set(first);
        self.shown.set(shown);
        self.earlier.set(page.earlier);
        self.later.set(self.falls_short(page));
        self.dressed();
    }

    /// Lines that came meanwhile were not written anywhere.
    fn falls_short(self, page: &LogPage) -> bool {
        page.later || page.last_seq < self.last.get_untracked()
    }
}

/// The first and the last line of a page; of an empty one, where the next would be.
fn ends(page: &LogPage) -> (u64, u64) {
    let (first, last) = (page.lines.first(), page.lines.last());
    (
        first.map_or(page.last_seq + 1, |l| l.seq),
        last.map_or(page.last_seq, |l| l.seq),
    )
}
