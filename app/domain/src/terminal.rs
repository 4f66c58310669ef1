//! What goes through a terminal, and how much of it (I-10).

use crate::refusal::Refusal;
use serde::{Deserialize, Serialize};

/// So many are open at once, in the whole installation.
pub const MOST_OPEN: usize = 16;
/// Nothing typed and nothing printed for so long ends one.
pub const IDLE_S: u64 = 15 * 60;
/// Nobody needs one for longer.
pub const LONGEST_S: u64 = 8 * 60 * 60;
/// It prints so much at most.
pub const MOST_BYTES: u64 = 64 << 20;
/// One message of a person: a paste, not a file.
pub const MOST_TYPED: usize = 64 << 10;
/// Words of a command, and its bytes together.
const MOST_WORDS: usize = 64;
const LONGEST_COMMAND: usize = 8 << 10;

/// What a terminal begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, utoipa::IntoParams))]
#[cfg_attr(feature = "schema", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct OpenTerminal {
    /// The command as a JSON list of words; no shell is involved. `["sh"]` when not said.
    #[serde(default)]
    pub argv: Option<String>,
    /// In which instance, counted from 1; the first when not said.
    #[serde(default)]
    pub instance: Option<u32>,
    /// Columns of the screen. Without a size there is no terminal around the command, only pipes.
    #[serde(default)]
    pub columns: Option<u16>,
    /// Rows of the screen.
    #[serde(default)]
    pub rows: Option<u16>,
}

/// The size of a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Screen {
    /// Characters in a row.
    pub columns: u16,
    /// Rows.
    pub rows: u16,
}

/// What a person does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// Keys.
    Bytes(Vec<u8>),
    /// Another size of the window.
    Screen(Screen),
    /// Nothing more comes: the end of a pipe.
    End,
}

/// What a terminal says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The command printed it.
    Bytes(Vec<u8>),
    /// It runs no more.
    Ended(Ended),
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Of the command; `None`: it was ended from outside.
    pub code: Option<i64>,
    /// Why.
    pub sentence: String,
}

impl OpenTerminal {
    /// The words of the command.
    pub fn words(&self) -> Result<Vec<String>, Refusal> {
        let Some(text) = &self.argv else {
            return Ok(vec!["sh".into()]);
        };
        let words: Vec<String> = serde_json::from_str(text).map_err(|_| no_words())?;
        let fits = words.len() <= MOST_WORDS && text.len() <= LONGEST_COMMAND;
        match words.first().is_some_and(|w| !w.is_empty()) && fits {
            true => Ok(words),
            false => Err(no_words()),
        }
    }

    /// `None`: pipes.
    pub fn screen(&self) -> Option<Screen> {
        let (columns, rows) = (self.columns?, self.rows?);
        Some(Screen {
            columns: columns.clamp(1, 1_000),
            rows: rows.clamp(1, 1_000),
        })
    }
}

fn no_words() -> Refusal {
    let sentence = format!(
        "`argv` is a JSON list of 1 to {MOST_WORDS} words, {} KiB together.",
        LONGEST_COMMAND >> 10
    );
    Refusal::invalid("argv", sentence).way_out("Send `[\"sh\"]`, or leave it out.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(argv: &str) -> OpenTerminal {
        OpenTerminal {
            argv: Some(argv.into()),
            ..OpenTerminal::default()
        }
    }

    #[test]
    fn i10_a_command_is_words_and_no_shell() {
        assert_eq!(OpenTerminal::default().words().unwrap(), ["sh"]);
        assert_eq!(of(r#"["ls", "a b"]"#).words().unwrap(), ["ls", "a b"]);
        let long = format!("[\"{}\"]", "a".repeat(9_000));
        for bad in ["ls", "[]", r#"[""]"#, "{}", long.as_str()] {
            assert!(
                of(bad).words().is_err_and(|no| no.way_out.is_some()),
                "{bad}"
            );
        }
    }

    #[test]
    fn i10_a_size_makes_a_terminal_and_is_kept_in_bounds() {
        assert_eq!(OpenTerminal::default().screen(), None);
        let sized = OpenTerminal {
            columns: Some(0),
            rows: Some(60_000),
            ..OpenTerminal::default()
        };
        let screen = Screen {
            columns: 1,
            rows: 1_000,
        };
        assert_eq!(sized.screen(), Some(screen));
    }
}
