//! One line: how it is cleaned before it is kept, and its record in a chunk's body.
//!
//! A record is `<milliseconds> <o|e|n> <text>` and a line feed. Nothing is escaped, since a
//! cleaned line holds no line feed: a search reads the body as it is, and so does a person.

use domain::log_level::Level;
use domain::time::Time;
use domain::view::{LogLine, Stream};
use std::borrow::Cow;
use std::fmt::Write;

/// The longest line that is kept whole.
pub const LINE_MAX_BYTES: usize = 16 * 1024;
const CUT: &str = " … (cut: a line is at most 16 KiB)";

/// Progress that overwrites itself (`10%\r20%`) leaves what was seen last; NUL is in no database's text.
/// Colours stay: whoever shows the line makes them safe.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    let text = text.trim_end_matches(['\r', '\n']);
    let last = text.rsplit('\r').next().unwrap_or(text);
    match last.contains('\0') {
        true => Cow::Owned(last.replace('\0', "")),
        false => Cow::Borrowed(last),
    }
}

/// Appends the record of a line that is cleaned and redacted.
pub(super) fn append(body: &mut String, at: Time, stream: Stream, text: &str) {
    // Writing to a String can't fail.
    let _ = write!(body, "{} {} ", at.0, letter(stream));
    match text.len() > LINE_MAX_BYTES {
        true => body.extend([&text[..text.floor_char_boundary(LINE_MAX_BYTES)], CUT]),
        false => body.push_str(text),
    }
    body.push('\n');
}

const fn letter(stream: Stream) -> char {
    match stream {
        Stream::Out => 'o',
        Stream::Err => 'e',
        Stream::Note => 'n',
    }
}

/// Reads a record without its line feed; `None` when no version wrote it.
pub(super) fn read(seq: u64, record: &str) -> Option<LogLine> {
    let mut parts = record.splitn(3, ' ');
    let at = Time(parts.next()?.parse().ok()?);
    let stream = named(parts.next()?)?;
    let text = parts.next()?;
    Some(LogLine {
        seq,
        at,
        stream,
        level: Level::of(text),
        text: text.to_owned(),
    })
}

/// Who wrote a record's line.
pub(super) fn stream_of(record: &str) -> Option<Stream> {
    named(record.split(' ').nth(1)?)
}

fn named(letter: &str) -> Option<Stream> {
    match letter {
        "o" => Some(Stream::Out),
        "e" => Some(Stream::Err),
        "n" => Some(Stream::Note),
        _ => None,
    }
}

/// Where the text begins in a record: after the second space.
pub(super) fn text_at(record: &str) -> usize {
    record
        .match_indices(' ')
        .nth(1)
        .map_or(record.len(), |(i, _)| i + 1)
}

/// How many records a body holds.
pub(super) fn count(body: &str) -> u64 {
    body.bytes().filter(|&b| b == b'\n').count() as u64
}

/// `1234567` as `1,234,567`.
pub(super) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let comma = |i: usize| i > 0 && (digits.len() - i).is_multiple_of(3);
    digits
        .char_indices()
        .flat_map(|(i, c)| comma(i).then_some(',').into_iter().chain([c]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(text: &str) -> String {
        let mut body = String::new();
        append(&mut body, Time(5), Stream::Err, text);
        body
    }

    #[test]
    fn a_line_loses_its_ends_its_overwritten_progress_and_nul() {
        for (printed, kept) in [
            ("built\r\n", "built"),
            ("10%\r50%\r100%\r\n", "100%"),
            ("a\0b", "ab"),
            ("\u{1b}[31mred\u{1b}[0m", "\u{1b}[31mred\u{1b}[0m"),
            ("  two  spaces ", "  two  spaces "),
            ("", ""),
        ] {
            assert_eq!(clean(printed), kept, "{printed:?}");
        }
    }

    #[test]
    fn a_record_reads_back() {
        for text in ["", " ", "o e n", "grüße \u{1b}[1m"] {
            let body = record(text);
            let line = read(7, body.trim_end_matches('\n'));
            assert_eq!(
                line,
                Some(LogLine {
                    seq: 7,
                    at: Time(5),
                    stream: Stream::Err,
                    level: Level::Info,
                    text: text.into()
                })
            );
            assert_eq!(&body[text_at(&body)..body.len() - 1], text);
        }
    }

    #[test]
    fn a_long_line_is_cut_between_characters_and_says_so() {
        let body = record(&"ü".repeat(LINE_MAX_BYTES));
        assert!(body.len() < LINE_MAX_BYTES + 100);
        assert!(body.ends_with("(cut: a line is at most 16 KiB)\n"));
    }

    #[test]
    fn numbers_are_grouped() {
        let said: Vec<_> = [0, 999, 1000, 1_234_567].map(grouped).into();
        assert_eq!(said, ["0", "999", "1,000", "1,234,567"]);
    }
}
