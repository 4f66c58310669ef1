//! What a search looks for, and where it is in a chunk's body.

use super::line::text_at;
use aho_corasick::{AhoCorasick, Input};
use std::borrow::Cow;

/// Text, ASCII case ignored.
pub(super) struct Needle {
    finder: Option<AhoCorasick>,
}

impl Needle {
    pub fn new(text: &str) -> Self {
        // It fails only on gigabytes, which no query holds. No line holds a line feed.
        let finder = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build([text]);
        Self {
            finder: finder.ok().filter(|_| !text.contains('\n')),
        }
    }

    /// The records whose text holds it, each with its place in the body.
    /// Colours in between don't matter: a person does not see them as text.
    pub fn hits<'b>(&self, body: &'b str) -> impl Iterator<Item = (u64, &'b str)> {
        let plain = without_colours(body);
        let places = self.places(&plain);
        let mut records = body.split_terminator('\n').enumerate();
        places.into_iter().filter_map(move |place| {
            records
                .find(|&(i, _)| i == place)
                .map(|(i, record)| (i as u64, record))
        })
    }

    fn places(&self, body: &str) -> Vec<usize> {
        let (mut places, mut at, mut line, mut start) = (vec![], 0, 0, 0);
        while let Some(found) = self.find(body, at) {
            let begin = body[..found].rfind('\n').map_or(0, |i| i + 1);
            line += body.as_bytes()[start..begin]
                .iter()
                .filter(|&&b| b == b'\n')
                .count();
            start = begin;
            let text = begin + text_at(&body[begin..]);
            if found < text {
                // In the time, not in the text.
                at = text;
                continue;
            }
            places.push(line);
            at = body[found..]
                .find('\n')
                .map_or(body.len(), |i| found + i + 1);
        }
        places
    }

    fn find(&self, body: &str, from: usize) -> Option<usize> {
        let input = Input::new(body).range(from.min(body.len())..);
        self.finder.as_ref()?.find(input).map(|found| found.start())
    }
}

/// Cuts terminal sequences out: `ESC [ … letter`, and `ESC ] … BEL` or `ESC \`.
fn without_colours(body: &str) -> Cow<'_, str> {
    if !body.contains('\u{1b}') {
        return Cow::Borrowed(body);
    }
    let mut parts = body.split('\u{1b}');
    let mut plain = String::with_capacity(body.len());
    plain.push_str(parts.next().unwrap_or_default());
    parts.for_each(|part| plain.push_str(after_sequence(part)));
    Cow::Owned(plain)
}

/// What follows the sequence that began with the ESC before `part`. It never goes beyond its line.
fn after_sequence(part: &str) -> &str {
    let line_end = part.find('\n').unwrap_or(part.len());
    let within = &part[..line_end];
    let end = match within.as_bytes().first() {
        Some(b'[') => within[1..]
            .find(|c: char| ('@'..='~').contains(&c))
            .map(|i| i + 2),
        Some(b']') => Some(within.find('\u{7}').map_or(line_end, |i| i + 1)),
        Some(b'\\') => Some(1),
        _ => Some(0),
    };
    &part[end.unwrap_or(line_end)..]
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str =
        "17 o Compiling web\n17 e \u{1b}[1m\u{1b}[31merror\u{1b}[0m: no 17\n18 n Done\n";

    fn places(needle: &str) -> Vec<u64> {
        Needle::new(needle).hits(BODY).map(|(i, _)| i).collect()
    }

    #[test]
    fn text_is_found_in_any_case_and_through_colours() {
        assert_eq!(places("WEB"), [0]);
        assert_eq!(places("Error: no"), [1]);
        assert_eq!(places("o"), [0, 1, 2]);
        assert_eq!(places("nowhere"), [0; 0]);
    }

    #[test]
    fn what_frames_a_line_is_not_found() {
        assert_eq!(places("17"), [1]);
        assert_eq!(places("18"), [0; 0]);
        assert_eq!(places("17 o"), [0; 0]);
        assert_eq!(places("web\n17"), [0; 0]);
        assert_eq!(places("[31m"), [0; 0]);
    }

    #[test]
    fn a_hit_keeps_its_colours() {
        let hit = Needle::new("error")
            .hits(BODY)
            .next()
            .map(|(_, record)| record);
        assert!(hit.is_some_and(|record| record.contains("\u{1b}[31merror")));
    }

    #[test]
    fn a_hyperlink_is_found_by_what_it_shows() {
        let body =
            "1 o see \u{1b}]8;;https://x\u{7}the docs\u{1b}]8;;\u{7} now\n2 o b\u{1b}[\n3 o last\n";
        let places = |needle: &str| {
            Needle::new(needle)
                .hits(body)
                .map(|(i, _)| i)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            (places("see the docs now"), places("last")),
            (vec![0], vec![2])
        );
    }
}
