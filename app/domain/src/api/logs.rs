//! Which lines of a log are wanted, and which of them comes next (P-21).

use crate::log_level::Level;
use crate::view::{LogFound, Stream};
use serde::{Deserialize, Serialize};

/// Which lines of a log. What stands first here goes before the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogQuery {
    /// The lines on both sides of this one, and itself.
    pub around: Option<u64>,
    /// The last lines before this one.
    pub before: Option<u64>,
    /// The first sequence number wanted; the tail when not said.
    pub from: Option<u64>,
    /// 1 to 5,000; 500 when not said.
    pub limit: Option<u32>,
    /// Only these.
    pub filter: LogFilter,
}

/// Which lines of a log are wanted at all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(default, deny_unknown_fields)]
pub struct LogFilter {
    /// Only lines that contain this, ASCII case ignored.
    pub search: Option<String>,
    /// Only lines that are this grave, or graver: `debug`, `info`, `warning`, `error`.
    pub level: Option<Level>,
    /// Only lines of this stream: `stdout`, `stderr`, `system`.
    pub stream: Option<Stream>,
}

impl LogFilter {
    /// Every line is wanted.
    pub fn is_empty(&self) -> bool {
        self.text().is_none() && self.level.is_none() && self.stream.is_none()
    }

    /// What is looked for, where anything is.
    pub fn text(&self) -> Option<&str> {
        self.search.as_deref().filter(|text| !text.is_empty())
    }

    /// The line is wanted, whatever its text is.
    pub fn takes(&self, stream: Stream, level: impl FnOnce() -> Level) -> bool {
        self.stream.is_none_or(|wanted| wanted == stream)
            && self.level.is_none_or(|least| level() >= least)
    }
}

/// The next line that a filter lets through, or the one before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogFind {
    /// What is looked for.
    pub filter: LogFilter,
    /// The line to go on from: the first one after it, or the last one before. Else the log's first
    /// one, or its last.
    pub at: Option<u64>,
    /// Backwards.
    pub back: bool,
}

/// Counts what a filter lets through, line by line and in order, and keeps the wanted one. Beyond
/// the last one the first one follows, as in every search.
#[derive(Debug)]
pub struct LogFinder {
    at: Option<u64>,
    back: bool,
    total: u64,
    /// Position and line.
    first: Option<(u64, u64)>,
    last: Option<(u64, u64)>,
    wanted: Option<(u64, u64)>,
}

impl LogFinder {
    /// For this question.
    pub fn new(find: &LogFind) -> Self {
        Self {
            at: find.at,
            back: find.back,
            total: 0,
            first: None,
            last: None,
            wanted: None,
        }
    }

    /// A line that matches.
    pub fn push(&mut self, seq: u64) {
        self.total += 1;
        let here = (self.total, seq);
        self.first = self.first.or(Some(here));
        self.last = Some(here);
        let nearer = |at| match self.back {
            true => seq < at,
            false => seq > at && self.wanted.is_none(),
        };
        if self.at.is_some_and(nearer) {
            self.wanted = Some(here);
        }
    }

    /// What it comes to.
    pub fn finish(self) -> LogFound {
        let round = if self.back { self.last } else { self.first };
        let found = self.wanted.or(round);
        LogFound {
            total: self.total,
            position: found.map_or(0, |(position, _)| position),
            seq: found.map(|(_, seq)| seq),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(lines: &[u64], at: Option<u64>, back: bool) -> (u64, u64, Option<u64>) {
        let find = LogFind {
            at,
            back,
            ..LogFind::default()
        };
        let mut finder = LogFinder::new(&find);
        lines.iter().for_each(|seq| finder.push(*seq));
        let LogFound {
            total,
            position,
            seq,
        } = finder.finish();
        (position, total, seq)
    }

    #[test]
    fn p21_the_next_and_the_one_before_go_round() {
        let lines = [3, 10, 11];
        for (at, back, position, seq) in [
            (None, false, 1, 3),
            (None, true, 3, 11),
            (Some(3), false, 2, 10),
            (Some(5), false, 2, 10),
            (Some(11), false, 1, 3),
            (Some(10), true, 1, 3),
            (Some(12), true, 3, 11),
            (Some(3), true, 3, 11),
        ] {
            assert_eq!(
                found(&lines, at, back),
                (position, 3, Some(seq)),
                "{at:?} {back}"
            );
        }
        assert_eq!(found(&[], Some(3), false), (0, 0, None));
        assert_eq!(found(&[7], Some(7), true), (1, 1, Some(7)));
    }

    #[test]
    fn p21_a_filter_asks_for_a_stream_and_a_least_level() {
        let filter = LogFilter {
            level: Some(Level::Warning),
            stream: Some(Stream::Err),
            search: Some(String::new()),
        };
        assert!(filter.takes(Stream::Err, || Level::Error));
        assert!(!filter.takes(Stream::Err, || Level::Info));
        assert!(!filter.takes(Stream::Out, || Level::Error));
        assert!(!filter.is_empty() && LogFilter::default().is_empty());
        assert_eq!(filter.text(), None);
    }

    #[test]
    fn p21_a_stream_is_called_as_people_call_it() {
        for stream in Stream::ALL {
            assert_eq!(Stream::parse(stream.word()), Some(stream));
            let said = format!("\"{}\"", stream.word());
            assert_eq!(serde_json::from_str::<Stream>(&said).ok(), Some(stream));
        }
    }
}
