//! The Engine's log frames, joined to lines. It cuts what a program prints into frames of at
//! most 16 KiB, each with its own stamp; only the last one of a line ends with a line feed.

use super::stamp;
use bollard::container::LogOutput;
use domain::view::Stream;

/// Longer lines are cut here: a page has to show them and a row has to hold them.
pub const LINE_BYTES: usize = 16 * 1024;
const MARK: &str = " … [cut: longer than 16 KiB]";

/// One line with the Engine's stamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub at_ns: i64,
    pub stream: Stream,
    pub text: String,
}

/// What each stream has printed of a line that has not ended yet.
#[derive(Default)]
pub struct Joiner {
    out: Vec<u8>,
    err: Vec<u8>,
}

impl Joiner {
    /// The line that this frame ends, if it ends one.
    pub fn push(&mut self, frame: LogOutput) -> Option<Line> {
        let stream = if matches!(frame, LogOutput::StdErr { .. }) {
            Stream::Err
        } else {
            Stream::Out
        };
        let pending = if stream == Stream::Err {
            &mut self.err
        } else {
            &mut self.out
        };
        let frame = frame.into_bytes();
        let (at_ns, text) = stamped(&frame)?;
        let ends = text.last() == Some(&b'\n');
        // One byte over the cap is enough to know that there was more.
        let room = (LINE_BYTES + 1).saturating_sub(pending.len());
        pending.extend(text[..text.len() - usize::from(ends)].iter().take(room));
        ends.then(|| Line {
            at_ns,
            stream,
            text: cut(&std::mem::take(pending)),
        })
    }
}

/// `2026-11-20T18:35:00.123456789Z text`.
fn stamped(frame: &[u8]) -> Option<(i64, &[u8])> {
    let space = frame.iter().position(|byte| *byte == b' ')?;
    let at_ns = stamp::nanos(std::str::from_utf8(&frame[..space]).ok()?)?;
    Some((at_ns, &frame[space + 1..]))
}

/// Without the carriage return of a Windows program, with a mark when it is too long. Colours
/// stay: the page shows them.
fn cut(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(&line[..line.len().min(LINE_BYTES)]).into_owned();
    if line.len() > LINE_BYTES {
        text + MARK
    } else {
        text.trim_end_matches('\r').to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn out(text: &str) -> LogOutput {
        LogOutput::StdOut {
            message: format!("1970-01-01T00:00:01.5Z {text}").into(),
        }
    }

    fn err(text: &str) -> LogOutput {
        LogOutput::StdErr {
            message: format!("1970-01-01T00:00:02Z {text}").into(),
        }
    }

    #[test]
    fn a_line_has_its_stamp_and_stream() {
        let line = Joiner::default().push(err("\u{1b}[31mred\u{1b}[0m\r\n"));
        assert_eq!(
            line,
            Some(Line {
                at_ns: 2_000_000_000,
                stream: Stream::Err,
                text: "\u{1b}[31mred\u{1b}[0m".into()
            })
        );
    }

    #[test]
    fn a_line_in_pieces_is_one_line_even_when_the_other_stream_interrupts() {
        let mut joiner = Joiner::default();
        assert_eq!(joiner.push(out("one ")), None);
        assert_eq!(
            joiner.push(err("other\n")).map(|line| line.text).as_deref(),
            Some("other")
        );
        assert_eq!(
            joiner.push(out("two\n")).map(|line| line.text).as_deref(),
            Some("one two")
        );
    }

    #[test]
    fn a_line_over_the_cap_is_cut_with_a_mark_and_the_next_is_whole() {
        let mut joiner = Joiner::default();
        for _ in 0..3 {
            assert_eq!(joiner.push(out(&"x".repeat(LINE_BYTES))), None);
        }
        let line = joiner
            .push(out("end\n"))
            .map(|line| line.text)
            .unwrap_or_default();
        assert_eq!(line, "x".repeat(LINE_BYTES) + MARK);
        assert_eq!(
            joiner.push(out("next\n")).map(|line| line.text).as_deref(),
            Some("next")
        );
    }

    #[test]
    fn an_empty_line_is_a_line() {
        assert_eq!(
            Joiner::default()
                .push(out("\n"))
                .map(|line| line.text)
                .as_deref(),
            Some("")
        );
    }
}
