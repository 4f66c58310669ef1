//! The end of a log: in sight for as long as nobody looks at what is above it.

use super::log_feed::Feed;
use domain::api::LogQuery;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::ResizeObserver;

/// Closer to the end than this is *at the end*.
const NEAR_PX: i32 = 48;

impl Feed {
    /// Only whoever goes up leaves the end: lines that come push it away without anybody's doing.
    pub fn scrolled(self) {
        let Some((scroller, _)) = self.parts() else {
            return;
        };
        let depth = scroller.scroll_top();
        let left = scroller.scroll_height() - depth - scroller.client_height();
        let at_end = left < NEAR_PX && !self.later.get_untracked();
        let went_up = depth < self.depth.get_value();
        self.depth.set_value(depth);
        if at_end || went_up {
            self.following.set_value(at_end);
        }
        if at_end && self.unseen.get_untracked() > 0 {
            self.unseen.set(0);
        }
    }

    /// To the end, wherever the window is.
    pub fn follow(self) {
        if self.later.get_untracked() {
            return self.load(LogQuery::default(), move |page| {
                self.replace(&page);
                self.to_end();
            });
        }
        self.to_end();
    }

    pub(super) fn to_end(self) {
        self.following.set_value(true);
        self.unseen.set(0);
        self.scroll_down();
    }

    fn scroll_down(self) {
        if let Some((scroller, _)) = self.parts() {
            scroller.set_scroll_top(scroller.scroll_height());
            self.depth.set_value(scroller.scroll_top());
        }
    }

    /// Chunks get their true height once they come into sight, which moves the end; so does a window
    /// that is made narrower.
    pub(super) fn keep_end(self) {
        let grown = Closure::<dyn Fn()>::new(move || {
            if self.following.try_get_value() == Some(true) {
                self.scroll_down();
            }
        });
        let observer = ResizeObserver::new(grown.as_ref().unchecked_ref()).ok();
        if let (Some(observer), Some((scroller, body))) = (&observer, self.parts()) {
            observer.observe(&scroller);
            observer.observe(&body);
        }
        let kept = StoredValue::new_local(Some((observer, grown)));
        on_cleanup(move || {
            if let Some(Some((Some(observer), _))) = kept.try_update_value(Option::take) {
                observer.disconnect();
            }
        });
    }
}
