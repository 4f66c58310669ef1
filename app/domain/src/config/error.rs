//! What is wrong with a configuration: where, what, and the way out.

use super::units::brief;
use crate::refusal::Refusal;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A tired person reads at most this many sentences; the rest waits for the next attempt.
pub const MAX_ERRORS: usize = 20;

/// A place in a file, counted from 1 as editors do. `NOWHERE` for values that no file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub line: u32,
    pub column: u32,
}

impl Position {
    pub const NOWHERE: Position = Position { line: 0, column: 0 };

    /// Where the byte at `offset` stands. Columns count characters, not bytes.
    pub fn of_byte(text: &[u8], offset: usize) -> Position {
        let before = &text[..offset.min(text.len())];
        let line_start = before
            .iter()
            .rposition(|b| *b == b'\n')
            .map_or(0, |i| i + 1);
        let is_char_start = |b: &&u8| **b & 0xC0 != 0x80;
        Position {
            line: 1 + before.iter().filter(|b| **b == b'\n').count() as u32,
            column: 1 + before[line_start..].iter().filter(is_char_start).count() as u32,
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigError {
    /// From 1; 0 when the value came from a form or a request and not from a file.
    pub line: u32,
    /// From 1, in characters; 0 like `line`.
    pub column: u32,
    /// The field, as `health.path` or `env.NAME`; empty for the file as a whole.
    pub path: String,
    /// What is wrong, as a sentence.
    pub problem: String,
    /// What would be right.
    pub way_out: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.problem)?;
        if self.line > 0 {
            write!(f, " at line {}, column {}", self.line, self.column)?;
        }
        write!(f, "; {}", self.way_out)
    }
}

impl std::error::Error for ConfigError {}

/// Everything that is wrong, in the order of the file; never empty, at most [`MAX_ERRORS`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl ConfigErrors {
    /// As a "no" to whoever sent it; `file` is what a person calls it.
    pub fn refusal(&self, file: &str) -> Refusal {
        let place = match self.0.first() {
            Some(error) if error.line > 0 => {
                format!("{file}, line {}, column {}", error.line, error.column)
            }
            Some(error) => format!("{file}: {}", error.path),
            None => file.to_owned(),
        };
        Refusal {
            code: "config_invalid".into(),
            ..Refusal::invalid(&place, self.to_string())
        }
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sentences: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&sentences.join("\n"))
    }
}

impl std::error::Error for ConfigErrors {}

/// What a check found, before anybody knows where the value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub problem: String,
    pub way_out: String,
}

impl Fault {
    pub fn new(problem: impl Into<String>, way_out: impl Into<String>) -> Fault {
        Fault {
            problem: problem.into(),
            way_out: way_out.into(),
        }
    }
}

/// Collects what is wrong while reading goes on, so that one attempt shows it all.
#[derive(Default)]
pub(super) struct Faults {
    found: Vec<ConfigError>,
}

impl Faults {
    pub fn add(&mut self, at: Position, path: &str, fault: Fault) {
        let Position { line, column } = at;
        let Fault { problem, way_out } = fault;
        if self.found.len() < MAX_ERRORS {
            self.found.push(ConfigError {
                line,
                column,
                path: brief(path),
                problem,
                way_out,
            });
        }
    }

    /// Something was wrong.
    pub fn any(&self) -> bool {
        !self.found.is_empty()
    }

    /// `value`, when nothing was wrong.
    pub fn or<T>(mut self, value: T) -> Result<T, ConfigErrors> {
        if self.found.is_empty() {
            return Ok(value);
        }
        self.found.sort_by_key(|e| (e.line, e.column));
        Err(ConfigErrors(self.found))
    }
}
