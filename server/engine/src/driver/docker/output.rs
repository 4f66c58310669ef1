//! What the classic builder prints, as lines in the form of `domain::build_log`.

use super::pieces::Pieces;
use crate::driver::Lines;
use domain::build_log::{Part, line};
use domain::view::Stream;

/// The Engine colours what a build step writes to its standard error; that is the only way to
/// tell it from standard output.
const RED: &str = "\u{1b}[91m";
const PLAIN: &str = "\u{1b}[0m";
const FROM_CACHE: &str = "---> Using cache";

/// Joins pieces to lines and remembers where the build is.
#[derive(Default)]
pub struct Output {
    pieces: Pieces,
    step: Option<Step>,
    last: Option<String>,
}

struct Step {
    number: u32,
    name: String,
    is_cached: bool,
}

impl Output {
    pub fn push(&mut self, piece: &str, lines: &dyn Lines) {
        let red = piece
            .strip_prefix(RED)
            .and_then(|rest| rest.strip_suffix(PLAIN));
        let (stream, text) = red.map_or((Stream::Out, piece), |text| (Stream::Err, text));
        for text in self.pieces.push(stream, text) {
            self.end(stream, &text, lines);
        }
    }

    /// What did not end with a line feed, and the end of the last step.
    pub fn finish(&mut self, failed: Option<&str>, lines: &dyn Lines) {
        for (stream, text) in self.pieces.rest() {
            self.end(stream, &text, lines);
        }
        self.over(failed, lines);
    }

    /// `[2/3] RUN make`, and the last line printed since it began.
    pub fn place(&self) -> (Option<&str>, Option<&str>) {
        let step = self.step.as_ref().map(|step| step.name.as_str());
        (step, self.last.as_deref())
    }

    fn end(&mut self, stream: Stream, text: &str, lines: &dyn Lines) {
        if let Some(step) = heading(text) {
            self.over(None, lines);
            lines.line(stream, &line(step.number, Part::Begin(&step.name)));
            (self.step, self.last) = (Some(step), None);
            return;
        }
        match &mut self.step {
            Some(step) if text.trim() == FROM_CACHE => step.is_cached = true,
            Some(step) => lines.line(stream, &line(step.number, Part::Output(text))),
            None => lines.line(stream, text),
        }
        if !is_builders_own(text) {
            self.last = Some(text.to_owned());
        }
    }

    /// The builder does not say how long a step took.
    fn over(&mut self, failed: Option<&str>, lines: &dyn Lines) {
        let Some(step) = &self.step else {
            return;
        };
        let (stream, part) = match failed {
            Some(why) => (Stream::Err, Part::Failed(why)),
            None if step.is_cached => (Stream::Out, Part::Cached),
            None => (Stream::Out, Part::Done(None)),
        };
        lines.line(stream, &line(step.number, part));
    }
}

/// `Step 2/3 : RUN make`
fn heading(text: &str) -> Option<Step> {
    let (place, what) = text.strip_prefix("Step ")?.split_once(" : ")?;
    let number = place.split_once('/')?.0.parse().ok()?;
    Some(Step {
        number,
        name: format!("[{place}] {what}"),
        is_cached: false,
    })
}

/// What the builder says between the lines of a step.
fn is_builders_own(line: &str) -> bool {
    let line = line.trim_start();
    ["---> ", "Removing intermediate container "]
        .iter()
        .any(|said| line.starts_with(said))
        || line.is_empty()
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
        output.finish(None, &kept);
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
            (out, "#1 [1/2] FROM scratch"),
            (out, "#1 | one"),
            (out, "#1 | two"),
            (err, "#1 | warning"),
            (out, "#1 | end"),
            (out, "#1 DONE"),
        ];
        assert_eq!(
            lines,
            expected.map(|(stream, text)| (stream, text.to_owned()))
        );
    }

    #[test]
    fn a_step_from_the_cache_says_so() {
        let (_, lines) = check(&[
            "Step 1/1 : RUN make\n",
            " ---> Using cache\n",
            " ---> 4f2\n",
        ]);
        let texts: Vec<_> = lines.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["#1 [1/1] RUN make", "#1 |  ---> 4f2", "#1 CACHED"]);
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
        assert_eq!(output.place(), (Some("[2/2] RUN make"), Some("oops")));
        let (output, _) = check(&["Step 1/2 : FROM x\n", "early\n", "Step 2/2 : RUN make\n"]);
        assert_eq!(output.place(), (Some("[2/2] RUN make"), None));
    }
}
