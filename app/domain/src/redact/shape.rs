//! Secrets that show by what stands before them.

use super::HIDDEN;
use aho_corasick::AhoCorasick;
use std::ops::Range;
use std::sync::LazyLock;

/// A user in a URL this long is a token; `git@` is not.
const USER_MIN_BYTES: usize = 20;
/// What comes before a secret of obvious shape. `://` and `authorization` have rules of their own.
pub(super) const MARKERS: [&str; 10] = [
    "://",
    "authorization",
    "token=",
    "password=",
    "passwd=",
    "secret=",
    "api_key=",
    "api-key=",
    "apikey=",
    "access_key=",
];

static SHAPES: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(MARKERS)
        .ok()
});

/// Where the values are, in order. What is hidden already is left out.
pub(super) fn values(text: &str) -> impl Iterator<Item = Range<usize>> {
    let markers = SHAPES.iter().flat_map(move |shapes| shapes.find_iter(text));
    let values = markers.filter_map(move |m| match m.pattern().as_usize() {
        0 => credentials(text, m.end()),
        1 => authorization(text, m.end()),
        _ => value(text, m.end()),
    });
    values.filter(move |range| &text[range.clone()] != HIDDEN)
}

/// `https://HERE@host`: all of it, since some put the token in front of the colon.
fn credentials(text: &str, from: usize) -> Option<Range<usize>> {
    let ends = |c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '<' | '>');
    let authority = until(text, from, ends);
    let at = text[authority.clone()].rfind('@')?;
    let user = &text[from..from + at];
    (user.contains(':') || user.len() >= USER_MIN_BYTES).then_some(from..from + at)
}

/// `Authorization: HERE`, in a header, in JSON, or in the arguments of curl.
fn authorization(text: &str, from: usize) -> Option<Range<usize>> {
    let quote = |c: char| matches!(c, '"' | '\'' | '\\');
    let rest = text[from..].trim_start_matches(quote).trim_start();
    let rest = rest
        .strip_prefix([':', '='])?
        .trim_start()
        .trim_start_matches(quote);
    Some(until(text, text.len() - rest.len(), quote))
}

/// `token=HERE`, quoted or not.
fn value(text: &str, from: usize) -> Option<Range<usize>> {
    let quote = text[from..]
        .chars()
        .next()
        .filter(|c| matches!(c, '"' | '\''));
    let bare =
        |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '&' | ';' | ',' | ')' | '<' | '>');
    Some(match quote {
        Some(quote) => until(text, from + 1, |c| c == quote),
        None => until(text, from, bare),
    })
}

fn until(text: &str, from: usize, ends: impl Fn(char) -> bool) -> Range<usize> {
    from..text[from..].find(ends).map_or(text.len(), |i| from + i)
}

#[cfg(test)]
mod tests {
    use crate::redact::Redactor;

    #[test]
    fn credentials_are_hidden_by_their_shape() {
        for (text, said) in [
            (
                "clone https://me:pw@x.org/a@b.git",
                "clone https://[redacted]@x.org/a@b.git",
            ),
            (
                "https://ghp_0123456789abcdefghij@x.org",
                "https://[redacted]@x.org",
            ),
            (
                "postgres://u:p@ss@db:5432/x",
                "postgres://[redacted]@db:5432/x",
            ),
            ("ssh://git@x.org/a.git", "ssh://git@x.org/a.git"),
            (
                "see https://x.org/@me and a@b.c",
                "see https://x.org/@me and a@b.c",
            ),
            ("authorization: Bearer abc.def", "authorization: [redacted]"),
            (
                "curl -H 'Authorization: Basic YTpi' x",
                "curl -H 'Authorization: [redacted]' x",
            ),
            (
                r#"{"Authorization":"Bearer x","a":1}"#,
                r#"{"Authorization":"[redacted]","a":1}"#,
            ),
            ("GET /?token=abc&x=1", "GET /?token=[redacted]&x=1"),
            ("DB_PASSWORD=\"a b\" run", "DB_PASSWORD=\"[redacted]\" run"),
            (
                "max_tokens=100, authorization failed",
                "max_tokens=100, authorization failed",
            ),
            ("token=", "token="),
        ] {
            assert_eq!(Redactor::default().redact(text), said);
        }
    }
}
