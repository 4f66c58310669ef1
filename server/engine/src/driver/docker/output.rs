//! What a build prints, as lines: the Engine sends it in pieces of any size.

use super::lines::LINE_BYTES;
use crate::driver::Lines;
use domain::view::Stream;

/// The Engine colours what a build step writes to its standard error; that is the only way to
/// tell it from standard output.
const RED: &str = "\u{1b}[91m";
const PLAIN: &str = "\u{1b}[0m";

/// Joins pieces to lines and remembers where the build is.
#[derive(Default)]
pub struct Output {
    out: String,
    err: String,
    step: Option<String>,
    last: Option<String>,
}

impl Output {
    pub fn push(&mut self, piece: &str, lines: &dyn Lines) {
        let red = piece
            .strip_prefix(RED)
            .and_then(|rest| rest.strip_suffix(PLAIN));
        let (stream, text) = red.map_or((Stream::Out, piece), |text| (Stream::Err, text));
        for part in text.split_inclusive('\n') {
            self.part(stream, part, lines);
        }
    }

    /// What did not end with a line feed.
    pub fn finish(&mut self, lines: &dyn Lines) {
        for stream in [Stream::Out, Stream::Err] {
            if !self.pending(stream).is_empty() {
                self.end(stream, lines);
            }
        }
    }

    /// `Step 2/3 : RUN make`, and the last line printed since it began.
    pub fn place(&self) -> (Option<&str>, Option<&str>) {
        (self.step.as_deref(), self.last.as_deref())
    }

    fn part(&mut self, stream: Stream, part: &str, lines: &dyn Lines) {
        self.pending(stream).push_str(part.trim_end_matches('\n'));
        if part.ends_with('\n') || self.pending(stream).len() > LINE_BYTES {
            self.end(stream, lines);
        }
    }

    fn end(&mut self, stream: Stream, lines: &dyn Lines) {
        let whole = std::mem::take(self.pending(stream));
        let line = folded(&whole);
        lines.line(stream, line);
        self.remember(line);
    }

    fn remember(&mut self, line: &str) {
        if line.starts_with("Step ") && line.contains(" : ") {
            (self.step, self.last) = (Some(line.to_owned()), None);
        } else if !is_builders_own(line) {
            self.last = Some(line.to_owned());
        }
    }

    fn pending(&mut self, stream: Stream) -> &mut String {
        if stream == Stream::Err {
            &mut self.err
        } else {
            &mut self.out
        }
    }
}

/// What the builder says between the lines of a step.
fn is_builders_own(line: &str) -> bool {
    let line = line.trim_start();
    ["---> ", "Removing intermediate container "]
        .iter()
        .any(|said| line.starts_with(said))
        || line.is_empty()
}

/// A progress bar rewrites its line with carriage returns: only its last state is worth a row.
pub fn folded(line: &str) -> &str {
    let line = line.trim_end_matches('\r');
    line.rsplit('\r')
        .find(|state| !state.trim().is_empty())
        .unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[derive(Default)]
    struct Kept(Mutex<Vec<(Stream, String)>>);

    impl Lines for Kept {
        fn line(&self, stream: Stream, text: &str) {
            if let Ok(mut kept) = self.0.lock() {
                kept.push((stream, text.to_owned()));
            }
        }
    }

    fn check(pieces: &[&str]) -> (Output, Vec<(Stream, String)>) {
        let (mut output, kept) = (Output::default(), Kept::default());
        pieces.iter().for_each(|piece| output.push(piece, &kept));
        output.finish(&kept);
        (output, kept.0.into_inner().unwrap_or_default())
    }

    #[test]
    fn pieces_become_lines_of_their_stream() {
        let (_, lines) = check(&[
            "Step 1/2 : FROM ",
            "scratch\n",
            "one\ntwo\n",
            "\u{1b}[91mwarning\n\u{1b}[0m",
            "end",
        ]);
        let (out, err) = (Stream::Out, Stream::Err);
        let expected = [
            (out, "Step 1/2 : FROM scratch"),
            (out, "one"),
            (out, "two"),
            (err, "warning"),
            (out, "end"),
        ];
        assert_eq!(
            lines,
            expected.map(|(stream, text)| (stream, text.to_owned()))
        );
    }

    #[test]
    fn a_progress_bar_is_one_line() {
        let (_, lines) = check(&["10%\r50%\r", "100%\r\n"]);
        assert_eq!(lines, [(Stream::Out, "100%".to_owned())]);
    }

    #[test]
    fn the_place_is_the_step_and_the_last_line_in_it() {
        let (output, _) = check(&[
            "Step 1/2 : FROM x\n",
            "early\n",
            "Step 2/2 : RUN make\n",
            " ---> Running in 1\n",
            "oops\n",
            "\n",
        ]);
        assert_eq!(output.place(), (Some("Step 2/2 : RUN make"), Some("oops")));
        let (output, _) = check(&["Step 1/2 : FROM x\n", "early\n", "Step 2/2 : RUN make\n"]);
        assert_eq!(output.place(), (Some("Step 2/2 : RUN make"), None));
    }
}
