//! Lines of a log that somebody points at: by the address, by pressing a number, by a search.

use super::lines;
use super::lines::Anchor;
use super::log_feed::Feed;
use crate::server_fns::deployments::log;
use domain::api::LogQuery;
use leptos::prelude::*;
use leptos::reactive::spawn_local;
use std::time::Duration;
use wasm_bindgen::JsCast;
use web_sys::{Element, MouseEvent};

/// Of a range that is marked, or copied.
const MOST: u64 = 5_000;
/// Until lines that were just written have their places.
const SETTLED: Duration = Duration::from_millis(60);

impl Feed {
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
        let Some(step) = step_of(heading) else {
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
        self.pick_range(Some((seq, seq)));
        self.show(seq);
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
        let Some((to, _)) =
            number.and_then(|n| lines::range(&n.get_attribute("href")?, self.anchor))
        else {
            return;
        };
        event.prevent_default();
        let before = self.picked.get_untracked().filter(|_| event.shift_key());
        let from = before.map_or(to, |(from, _)| from);
        self.pick_range(Some((from.min(to), from.max(to))));
    }

    /// Into the address, and marked; or none any more.
    pub fn pick_range(self, range: Option<(u64, u64)>) {
        let Anchor(anchor) = self.anchor;
        let location = location();
        let path = location.pathname().unwrap_or_default() + &location.search().unwrap_or_default();
        self.address(&match range {
            None => path,
            Some((from, to)) if from == to => format!("{path}#{anchor}L{to}"),
            Some((from, to)) => format!("{path}#{anchor}L{from}-L{to}"),
        });
        self.picked.set(range);
        self.dressed();
    }

    fn address(self, to: &str) {
        let state = wasm_bindgen::JsValue::NULL;
        let _ = window()
            .history()
            .and_then(|h| h.replace_state_with_url(&state, "", Some(to)));
    }

    /// The marked lines as text, from the server: the page need not hold them all.
    pub fn copy_picked(self, done: RwSignal<bool>) {
        let Some((from, to)) = self.picked.get_untracked() else {
            return;
        };
        let (stream, filter) = self.source.get_value();
        let query = LogQuery {
            from: Some(from),
            limit: Some((to - from + 1).min(MOST) as u32),
            filter,
            ..LogQuery::default()
        };
        spawn_local(async move {
            let Ok(page) = log(stream, query).await.and_then(|answer| answer.read()) else {
                return;
            };
            let wanted = page.lines.iter().filter(|l| l.seq <= to).map(lines::plain);
            let text = wanted.collect::<Vec<_>>().join("\n");
            let _ = window().navigator().clipboard().write_text(&text);
            let _ = done.try_set(true);
        });
    }

    /// Goes to a line, wherever it is.
    pub fn show(self, seq: u64) {
        self.following.set_value(false);
        match self.line(seq) {
            Some(_) => {
                self.dressed();
                self.scroll_to(seq);
            }
            None => self.load_around(seq),
        }
    }

    /// The one that a search is at; none without a search.
    pub fn find(self, seq: Option<u64>) {
        self.found.set_value(seq);
        match seq {
            Some(seq) => self.show(seq),
            None => self.dressed(),
        }
    }

    /// To lines that the address names.
    pub(super) fn lead(self, range: (u64, u64)) {
        self.picked.set(Some(range));
        self.into_sight();
        self.show(range.0);
    }

    /// The lines of this log that the address names.
    pub(super) fn named(self) -> Option<(u64, u64)> {
        lines::range(&location().hash().unwrap_or_default(), self.anchor)
    }

    fn line(self, seq: u64) -> Option<Element> {
        let Anchor(anchor) = self.anchor;
        document().get_element_by_id(&format!("{anchor}L{seq}"))
    }

    /// Marks what is in the page: lines come and go, and what is pointed at stays.
    pub(super) fn dressed(self) {
        let Some((_, body)) = self.parts() else {
            return;
        };
        for line in all(&body, ".ln.hit, .ln.found") {
            let _ = line.class_list().remove_2("hit", "found");
        }
        if let Some((from, to)) = self.picked.get_untracked() {
            let (from, to) = (from.max(self.first.get_untracked()), to.min(from + MOST));
            let marked = (from..=to.min(self.shown.get_untracked())).filter_map(|s| self.line(s));
            marked.for_each(|line| drop(line.class_list().add_1("hit")));
        }
        if let Some(line) = self.found.get_value().and_then(|seq| self.line(seq)) {
            let _ = line.class_list().add_1("found");
            if let Some(step) = step_of(&line) {
                self.open(step);
            }
        }
        self.unfolded(&body);
    }

    /// Lines that came of a step that is open.
    pub(super) fn unfolded(self, body: &Element) {
        self.opened
            .with_value(|all| all.iter().for_each(|step| unfold(body, *step, true)));
    }

    /// Into the middle of what is seen of the log; the page around it stays where it is. Chunks that
    /// were off screen get their true size on the way, so it looks twice.
    pub(super) fn scroll_to(self, seq: u64) {
        self.centre(seq);
        set_timeout(move || self.centre(seq), SETTLED);
    }

    fn centre(self, seq: u64) {
        let (Some((scroller, _)), Some(line)) = (self.parts(), self.line(seq)) else {
            return;
        };
        let (line, around) = (
            line.get_bounding_client_rect(),
            scroller.get_bounding_client_rect(),
        );
        let by = line.top() - around.top() - (around.height() - line.height()) / 2.0;
        scroller.set_scroll_top(scroller.scroll_top() + by as i32);
    }

    /// A link to a line leads to its log first.
    pub(super) fn into_sight(self) {
        if let Some((scroller, _)) = self.parts() {
            scroller.scroll_into_view();
        }
    }
}

fn step_of(line: &Element) -> Option<u32> {
    line.get_attribute("data-step")?.parse().ok()
}

/// Marks what is in the page of a step as open, or no more.
fn unfold(body: &Element, step: u32, open: bool) {
    for line in all(body, &format!(".ln[data-step='{step}']")) {
        let _ = line.class_list().toggle_with_force("open", open);
    }
}

/// What matches of what is in the page.
pub(super) fn all(body: &Element, selector: &str) -> impl Iterator<Item = Element> + use<> {
    let list = body.query_selector_all(selector).ok();
    let count = list.as_ref().map_or(0, |list| list.length());
    (0..count).filter_map(move |i| list.as_ref()?.get(i)?.dyn_into().ok())
}
