//! Lines that the Engine says twice: where it begins another log file, whoever follows is sent some
//! of the lines before once more, and whoever is far behind a whole file, with the stamps that they
//! had. Its own `docker logs -f` shows them.

use super::lines::Line;
use domain::view::Stream;
use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Of a million lines at 10,000 a second some 30 come twice at each of a dozen files.
const REMEMBERED: usize = 4096;
/// The two streams of a program come by two pipes, and their stamps hardly out of order.
const APART_NS: i64 = 100_000_000;

/// Which lines were just said. Two that are alike in stamp, stream and text are one.
#[derive(Default)]
pub struct Repeats {
    known: HashSet<u64>,
    order: VecDeque<u64>,
    newest_ns: i64,
}

impl Repeats {
    pub fn is_new(&mut self, line: &Line, now_ns: i64) -> bool {
        // Unless the clock was set back since.
        if line.at_ns < self.newest_ns - APART_NS && self.newest_ns <= now_ns {
            return false;
        }
        self.newest_ns = self.newest_ns.max(line.at_ns);
        let mark = mark(line);
        if !self.known.insert(mark) {
            return false;
        }
        self.order.push_back(mark);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

fn mark(line: &Line) -> u64 {
    let mut hasher = DefaultHasher::new();
    (line.at_ns, line.stream == Stream::Err, &line.text).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(at_ns: i64, stream: Stream, text: &str) -> Line {
        let text = text.to_owned();
        Line {
            at_ns,
            stream,
            text,
        }
    }

    #[test]
    fn q6_a_line_that_is_said_again_is_one_and_all_others_are_kept() {
        let said = [
            line(1, Stream::Out, "a"),
            line(2, Stream::Out, "a"),
            line(2, Stream::Err, "a"),
            line(2, Stream::Out, "b"),
            line(1, Stream::Out, "a"),
            line(2, Stream::Out, "a"),
            line(3, Stream::Out, "a"),
            line(0, Stream::Out, "by the other pipe"),
        ];
        let mut repeats = Repeats::default();
        let new: Vec<bool> = said.iter().map(|line| repeats.is_new(line, 4)).collect();
        assert_eq!(new, [true, true, true, true, false, false, true, true]);
    }

    #[test]
    fn q6_a_whole_file_that_is_said_again_is_left_out_and_a_clock_that_was_set_back_is_not() {
        let at = |s: i64| line(s * 1_000_000_000, Stream::Out, "a");
        let mut repeats = Repeats::default();
        let said = [(1, 9), (8, 9), (1, 9), (3, 9), (9, 10), (2, 3), (3, 4)];
        let new = said.map(|(s, now)| repeats.is_new(&at(s), now * 1_000_000_000));
        assert_eq!(new, [true, true, false, false, true, true, true]);
    }

    #[test]
    fn q6_what_is_remembered_does_not_grow() {
        let mut repeats = Repeats::default();
        for at in 0..3 * REMEMBERED as i64 {
            assert!(repeats.is_new(&line(at, Stream::Out, ""), at));
        }
        assert_eq!(repeats.known.len(), REMEMBERED);
        assert_eq!(repeats.order.len(), REMEMBERED);
    }
}
