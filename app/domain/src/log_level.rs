//! How grave a line of a log is. It is read from the line itself, never stored: apps and tools say
//! it in their own ways, and a better reading of them makes old logs better too.

use crate::build_log::{self, Part};
use aho_corasick::AhoCorasick;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::LazyLock;

/// What a line says of its level stands in its beginning.
const HEAD_BYTES: usize = 256;
/// Time, place and thread come before the level, and are so many words at most.
const HEAD_WORDS: usize = 16;

/// From the least to the most.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// For whoever looks for a fault.
    Debug,
    /// A line that says nothing else.
    #[default]
    Info,
    /// It goes on, but somebody should know.
    #[serde(alias = "warn")]
    Warning,
    /// Something did not work.
    Error,
}

impl Level {
    /// From the most to the least.
    pub const ALL: [Level; 4] = [Level::Error, Level::Warning, Level::Info, Level::Debug];

    /// As it stands in an address.
    pub const fn word(self) -> &'static str {
        match self {
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }

    /// What [`Level::word`] wrote.
    pub fn parse(word: &str) -> Option<Level> {
        Self::ALL.into_iter().find(|level| level.word() == word)
    }

    /// Of a line as it stands in the log. What it declares goes before what it reads like.
    pub fn of(line: &str) -> Level {
        let text = match build_log::read(line) {
            Some((_, Part::Failed(_))) => return Level::Error,
            Some((_, Part::Output(text))) => text,
            Some(_) => return Level::Info,
            None => line,
        };
        let plain = without_colours(text);
        let head = &plain[..plain.floor_char_boundary(HEAD_BYTES)];
        declared(head).unwrap_or_else(|| match reads_like_an_error(&plain) {
            true => Level::Error,
            false => Level::Info,
        })
    }
}

fn declared(head: &str) -> Option<Level> {
    if head.trim_start().starts_with('{') {
        return ["\"level\"", "\"severity\"", "\"lvl\"", "\"levelname\""]
            .into_iter()
            .find_map(|key| head.split_once(key))
            .and_then(|(_, rest)| named(rest.trim_start_matches([':', ' ', '"'])));
    }
    let field = ["level=", "lvl=", "severity="]
        .into_iter()
        .find_map(|key| head.split_once(key))
        .filter(|(before, _)| before.is_empty() || before.ends_with(' '));
    match field {
        Some((_, rest)) => named(rest.trim_start_matches('"')),
        None => letter(head).or_else(|| word(head)),
    }
}

/// `I1122 15:04:05.000000 1 main.go:12] text`
fn letter(head: &str) -> Option<Level> {
    let level = match head.as_bytes().first()? {
        b'I' => Level::Info,
        b'W' => Level::Warning,
        b'E' | b'F' => Level::Error,
        _ => return None,
    };
    let digits = head.get(1..6)?;
    let dated = digits.ends_with(' ') && digits[..4].bytes().all(|b| b.is_ascii_digit());
    dated.then_some(level)
}

/// `ERROR` in capitals, or in any case with what sets a level apart: `[warn]`, `warning:`, `npm warn`.
fn word(head: &str) -> Option<Level> {
    let mut before = "";
    let mut from = 0;
    for word in head
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter(|w| !w.is_empty())
        .take(HEAD_WORDS)
    {
        let at = from + head[from..].find(word)?;
        from = at + word.len();
        let set_apart = head[from..].starts_with([':', ']', '[']) || before == "npm";
        let capitals = word.len() > 2 && word.bytes().all(|b| b.is_ascii_uppercase());
        if (set_apart || capitals) && named(word).is_some() {
            return named(word);
        }
        before = word;
    }
    None
}

/// What the beginning of this text calls it: a name in any case, or a number of pino's.
fn named(text: &str) -> Option<Level> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric());
    let name = &text[..end.unwrap_or(text.len())];
    let is = |names: &[&str]| names.iter().any(|n| n.eq_ignore_ascii_case(name));
    match name {
        _ if is(&[
            "error", "err", "fatal", "critical", "crit", "panic", "alert", "emerg", "severe", "50",
            "60",
        ]) =>
        {
            Some(Level::Error)
        }
        _ if is(&["warn", "warning", "40"]) => Some(Level::Warning),
        _ if is(&["info", "notice", "information", "log", "30"]) => Some(Level::Info),
        _ if is(&["debug", "trace", "verbose", "10", "20"]) => Some(Level::Debug),
        _ => None,
    }
}

/// How tools begin the line that matters. A word like `error` alone is in too many harmless ones.
fn reads_like_an_error(plain: &str) -> bool {
    static SIGNS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        let signs = [
            "error:",
            "error[",
            "error ts",
            "fatal:",
            "npm err!",
            "panicked at",
            "traceback (most",
            "exception:",
            "undefined reference",
            "cannot find module",
            "command not found",
            "no such file or directory",
            "permission denied",
            "out of memory",
            "killed",
            "failed to ",
            "failed:",
        ];
        let mut builder = AhoCorasick::builder();
        builder.ascii_case_insensitive(true).build(signs).ok()
    });
    SIGNS.as_ref().is_some_and(|signs| signs.is_match(plain))
}

/// A tool may colour the word alone: `error` and its colon are apart then.
fn without_colours(text: &str) -> Cow<'_, str> {
    if !text.contains('\u{1b}') {
        return Cow::Borrowed(text);
    }
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    let rest = |part: &str| match part.find(|c: char| c.is_ascii_alphabetic()) {
        Some(end) => part[end + 1..].to_owned(),
        None => String::new(),
    };
    Cow::Owned(parts.fold(first, |all, part| all + &rest(part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p21_a_level_is_read_as_the_usual_loggers_write_it() {
        for (level, line) in [
            (
                Level::Error,
                "2026-11-22T01:50:26.123456Z ERROR web::db: it is gone",
            ),
            (
                Level::Warning,
                "2026-11-22T01:50:26Z \u{1b}[33m WARN\u{1b}[0m web: slow",
            ),
            (
                Level::Debug,
                "2026-11-22 12:00:00,123 - app.db - DEBUG - SELECT 1",
            ),
            (
                Level::Error,
                "2026/11/22 12:00:00 [error] 29#29: *1 open() failed",
            ),
            (
                Level::Error,
                "2026-11-22 12:00:00 UTC [1] FATAL:  role \"x\" does not exist",
            ),
            (
                Level::Info,
                "2026-11-22 12:00:00 UTC [1] LOG:  checkpoint; error: none",
            ),
            (
                Level::Warning,
                "{\"level\":\"warn\",\"msg\":\"error: of others\"}",
            ),
            (Level::Error, "{\"time\":1,\"level\": 50,\"msg\":\"x\"}"),
            (Level::Debug, "{\"severity\":\"DEBUG\",\"message\":\"x\"}"),
            (
                Level::Warning,
                "ts=1 level=warn msg=\"failed to reach it, again soon\"",
            ),
            (
                Level::Warning,
                "W1122 15:04:05.000000       1 main.go:12] text",
            ),
            (Level::Warning, "npm warn deprecated glob@7"),
            (Level::Error, "npm ERR! code ELIFECYCLE"),
            (Level::Warning, "warning: unused variable: `x`"),
            (Level::Error, "main.c:3:5: error: expected ‘;’"),
            (
                Level::Error,
                "\u{1b}[1;31merror[E0425]\u{1b}[0m: cannot find value",
            ),
            (Level::Error, "src/a.ts(3,5): error TS2322: Type"),
            (Level::Error, "TypeError: x is not a function"),
            (Level::Error, "Traceback (most recent call last):"),
            (Level::Info, "GET /errors 200 3 ms"),
            (Level::Info, "GET /logs?level=error 200"),
            (Level::Info, "no error at all"),
            (Level::Info, ""),
            (Level::Info, "E"),
            (Level::Info, "Ü1122 "),
        ] {
            assert_eq!(Level::of(line), level, "{line}");
        }
    }

    #[test]
    fn p21_a_line_of_a_build_has_the_level_of_what_its_step_prints() {
        for (level, line) in [
            (Level::Info, "#4 [2/3] RUN ./ERROR: x"),
            (Level::Warning, "#4 | warning: unused"),
            (Level::Error, "#4 | gcc: fatal: no input files"),
            (Level::Error, "#4 ERROR: exit code: 2"),
            (Level::Info, "#4 DONE 1.0s"),
        ] {
            assert_eq!(Level::of(line), level, "{line}");
        }
    }

    #[test]
    fn levels_are_ordered_and_read_back() {
        assert!(Level::Debug < Level::Info && Level::Warning < Level::Error);
        for level in Level::ALL {
            assert_eq!(Level::parse(level.word()), Some(level));
            let json = serde_json::to_string(&level).expect("it is JSON");
            assert_eq!(json, format!("\"{}\"", level.word()));
        }
        assert_eq!(
            serde_json::from_str::<Level>("\"warn\"").ok(),
            Some(Level::Warning)
        );
        assert_eq!(Level::parse("loud"), None);
    }
}
