//! How a build's steps stand in its log, written and read here alone. Steps run side by side, so
//! that every line says whose it is:
//!
//! ```text
//! #4 [2/3] RUN make        step 4 begins
//! #4 | compiling           what it prints
//! #4 DONE 1.2s             how it ends; or `#4 CACHED`, or `#4 ERROR: …`
//! ```

use crate::log_level::Level;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Steps of one outline; a log with more goes on below them.
pub const MAX_STEPS: usize = 500;

/// What a line says of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// It begins, and this is what it does.
    Begin(&'a str),
    /// It prints.
    Output(&'a str),
    /// It did its work; in milliseconds, where the builder says.
    Done(Option<u64>),
    /// Its work was there from an earlier build.
    Cached,
    /// It failed, and why.
    Failed(&'a str),
}

/// As it stands in the log.
impl fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Begin(name) => f.write_str(name),
            Part::Output(text) => write!(f, "| {text}"),
            Part::Done(Some(ms)) => write!(f, "DONE {}.{}s", ms / 1000, ms % 1000 / 100),
            Part::Done(None) => f.write_str("DONE"),
            Part::Cached => f.write_str("CACHED"),
            Part::Failed(why) => write!(f, "ERROR: {why}"),
        }
    }
}

/// The line that says this of a step.
pub fn line(step: u32, part: Part<'_>) -> String {
    format!("#{step} {part}")
}

/// What a line says, and of which step.
pub fn read(line: &str) -> Option<(u32, Part<'_>)> {
    let (number, rest) = line.strip_prefix('#')?.split_once(' ')?;
    let step = number.parse().ok()?;
    let part = match rest {
        "CACHED" => Part::Cached,
        "DONE" => Part::Done(None),
        _ => match rest.split_once(' ') {
            Some(("|", text)) => Part::Output(text),
            Some(("DONE", took)) => Part::Done(millis(took)),
            Some(("ERROR:", why)) => Part::Failed(why),
            _ if rest == "|" => Part::Output(""),
            _ => Part::Begin(rest),
        },
    };
    Some((step, part))
}

fn millis(took: &str) -> Option<u64> {
    let (whole, tenth) = took.strip_suffix('s')?.split_once('.')?;
    let number = |text: &str| text.parse::<u64>().ok();
    Some(number(whole)? * 1000 + number(tenth)? * 100)
}

/// Where a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Not ended: it runs, or ended with the build.
    Running,
    /// Its work is done.
    Done,
    /// Its work was there.
    Cached,
    /// It failed.
    Failed,
}

/// One step of a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Step {
    /// In the order in which they began.
    pub number: u32,
    /// What it does: `[2/3] RUN make`.
    pub name: String,
    /// The line where it begins.
    pub first: u64,
    /// The newest of its lines.
    pub last: u64,
    /// What it printed.
    pub lines: u64,
    /// Where it is.
    pub state: StepState,
    /// How long it took, where the builder says.
    pub took_ms: Option<u64>,
}

/// A log, as its steps and its first error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Outline {
    /// At most 500; none where the log is not a build's.
    pub steps: Vec<Step>,
    /// The first line whose level is error; where a step failed, its first one.
    pub first_error: Option<u64>,
}

/// Reads a log, line by line.
#[derive(Default)]
pub struct Outliner {
    steps: BTreeMap<u32, Step>,
    /// The first error of each step; of what is of no step, under 0.
    errors: BTreeMap<u32, u64>,
}

impl Outliner {
    /// In order.
    pub fn push(&mut self, seq: u64, text: &str) {
        let Some((number, part)) = read(text) else {
            return self.judge(0, seq, text);
        };
        if let (Part::Begin(name), true) = (part, self.steps.len() < MAX_STEPS) {
            self.steps.entry(number).or_insert_with(|| Step {
                number,
                name: name.to_owned(),
                first: seq,
                last: seq,
                lines: 0,
                state: StepState::Running,
                took_ms: None,
            });
        }
        match part {
            // Once more, where the build is tried again.
            Part::Begin(_) => drop(self.errors.remove(&number)),
            Part::Output(text) => self.judge(number, seq, text),
            _ => {}
        }
        if let Some(step) = self.steps.get_mut(&number) {
            step.take(seq, part);
        }
    }

    fn judge(&mut self, step: u32, seq: u64, text: &str) {
        if !self.errors.contains_key(&step) && Level::of(text) == Level::Error {
            self.errors.insert(step, seq);
        }
    }

    /// What it amounts to.
    pub fn finish(self) -> Outline {
        let failed = self.steps.values().find(|s| s.state == StepState::Failed);
        // A step that failed without a word of it: the line that says so.
        let first_error = match failed {
            Some(step) => self.errors.get(&step.number).copied().or(Some(step.last)),
            None => self.errors.values().min().copied(),
        };
        let mut steps: Vec<Step> = self.steps.into_values().collect();
        steps.sort_by_key(|step| step.first);
        Outline { steps, first_error }
    }
}

impl Step {
    fn take(&mut self, seq: u64, part: Part<'_>) {
        self.last = seq;
        match part {
            Part::Begin(_) => {
                (self.state, self.lines, self.took_ms) = (StepState::Running, 0, None);
            }
            Part::Output(_) => self.lines += 1,
            Part::Done(took) => (self.state, self.took_ms) = (StepState::Done, took),
            Part::Cached => self.state = StepState::Cached,
            Part::Failed(_) => self.state = StepState::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(lines: &[&str]) -> Outline {
        let mut outliner = Outliner::default();
        for (seq, line) in (1..).zip(lines) {
            outliner.push(seq, line);
        }
        outliner.finish()
    }

    #[test]
    fn what_is_written_reads_back() {
        for part in [
            Part::Begin("[2/3] RUN make"),
            Part::Output("[INFO] DONE 1.2s"),
            Part::Output(""),
            Part::Done(Some(61_200)),
            Part::Done(None),
            Part::Cached,
            Part::Failed("exit code: 3"),
        ] {
            assert_eq!(read(&line(4, part)), Some((4, part)));
        }
        for plain in ["# a heading", "#x | y", "#4", "hello", "#-1 | y"] {
            assert_eq!(read(plain), None, "{plain}");
        }
    }

    #[test]
    fn p21_steps_side_by_side_have_their_own_lines_ends_and_times() {
        let outline = outline(&[
            "Cloning …",
            "#1 [1/2] RUN a",
            "#2 [2/2] RUN b",
            "#1 | one",
            "#2 | two",
            "#1 | three",
            "#1 DONE 2.5s",
            "#2 CACHED",
        ]);
        let of = |s: &Step| (s.number, s.first, s.last, s.lines, s.state, s.took_ms);
        assert_eq!(
            outline.steps.iter().map(of).collect::<Vec<_>>(),
            [
                (1, 2, 7, 2, StepState::Done, Some(2500)),
                (2, 3, 8, 1, StepState::Cached, None)
            ]
        );
        assert_eq!(outline.first_error, None);
    }

    #[test]
    fn p5_a_step_that_is_tried_again_is_what_it_came_to_then() {
        let outline = outline(&[
            "#1 [1/2] RUN a",
            "#1 | error: x",
            "#1 ERROR: it was lost",
            "The build is tried again.",
            "#1 [1/2] RUN a",
            "#1 | two",
            "#1 | three",
        ]);
        let step = &outline.steps[0];
        assert_eq!((step.state, step.lines), (StepState::Running, 2));
        assert_eq!(outline.first_error, None);
    }

    #[test]
    fn p21_the_first_error_is_the_failed_steps_own() {
        let lines = [
            "#1 [1/2] RUN lint",
            "#1 | warning: 3 errors were ignored; error: x",
            "#1 DONE 1.0s",
            "#2 [2/2] RUN make",
            "#2 | gcc main.c",
            "#2 | main.c:3: error: expected ‘;’",
            "#2 ERROR: exit code: 2",
        ];
        assert_eq!(outline(&lines).first_error, Some(6));
        assert_eq!(
            outline(&["#1 RUN x", "#1 ERROR: exit code: 1"]).first_error,
            Some(2)
        );
        let coloured = "\u{1b}[1;31merror\u{1b}[0m: could not compile";
        assert_eq!(outline(&["ok", coloured]).first_error, Some(2));
        assert_eq!(
            outline(&["ok", "fatal: no such branch"]).first_error,
            Some(2)
        );
    }
}
