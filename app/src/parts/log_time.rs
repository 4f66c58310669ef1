//! When a line was written: as the reader wants to see it, remembered in this browser.

use super::log_marks::all;
use super::theme::keep;
use crate::format;
use domain::time::Time;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use web_sys::{Element, js_sys::Date};

pub const COOKIE: &str = "log-times";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Times {
    #[default]
    Off,
    Local,
    Relative,
    Utc,
}

impl Times {
    pub const ALL: [(Times, &'static str, &'static str); 4] = [
        (Times::Off, "off", "No times"),
        (Times::Local, "local", "Local time"),
        (Times::Relative, "relative", "Relative"),
        (Times::Utc, "utc", "UTC"),
    ];

    pub fn parse(word: &str) -> Times {
        let known = Self::ALL.into_iter().find(|(_, name, _)| *name == word);
        known.map(|(times, ..)| times).unwrap_or_default()
    }

    pub fn word(self) -> &'static str {
        let known = Self::ALL.into_iter().find(|(times, ..)| *times == self);
        known.map_or("off", |(_, word, _)| word)
    }

    /// `now` is there in a browser alone: the server does not know the reader's zone, and writes UTC.
    pub fn text(self, at: Time, now: Option<Time>) -> String {
        match (self, now) {
            (Times::Relative, Some(now)) => format::ago(now, at),
            (Times::Local, Some(_)) => format::stamp(local(at)),
            _ => format!("{}Z", format::stamp(at)),
        }
    }
}

/// The same clock's face, as if it were UTC. The offset is that of its own day.
fn local(at: Time) -> Time {
    let offset_min = Date::new(&JsValue::from_f64(at.0 as f64)).get_timezone_offset();
    at.plus_ms(-(offset_min * 60_000.0) as i64)
}

/// Writes the time of every line in the page again.
pub fn rewrite(body: &Element, times: Times, now: Time) {
    for one in all(body, ".at") {
        let at = one.get_attribute("data-t").and_then(|t| t.parse().ok());
        if let Some(at) = at {
            one.set_text_content(Some(&times.text(Time(at), Some(now))));
        }
    }
}

pub fn choose(times: RwSignal<Times>, word: &str) {
    times.set(Times::parse(word));
    keep(COOKIE, times.get_untracked().word());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p21_a_time_is_relative_or_utc_and_utc_where_no_reader_is() {
        let at = Time(1_795_199_700_042);
        assert_eq!(Times::Utc.text(at, None), "11-20 18:35:00.042Z");
        assert_eq!(Times::Local.text(at, None), "11-20 18:35:00.042Z");
        let later = Some(at.plus_ms(240_000));
        assert_eq!(Times::Relative.text(at, later), "4 min ago");
        for (times, word, _) in Times::ALL {
            assert_eq!((Times::parse(word), times.word()), (times, word));
        }
    }
}
