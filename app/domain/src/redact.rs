//! Hides secrets in text that people will read: those we know, in the forms they travel in, and
//! those that show by their shape. Too much hidden is a nuisance; too little is a leak.

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

/// What stands in a secret's place.
pub const HIDDEN: &str = "[redacted]";

/// Shorter values would hide half of every log.
const SECRET_MIN_BYTES: usize = 4;
/// Of a value of several lines each line is hidden: a log sees them one by one.
const SECRET_LINE_MIN_BYTES: usize = 8;
/// A user in a URL this long is a token; `git@` is not.
const USER_MIN_BYTES: usize = 20;
/// Hiding one secret can complete another. After this many rounds the whole line is hidden.
const ROUNDS: usize = 8;

/// What comes before a secret of obvious shape. `://` and `authorization` have rules of their own.
const MARKERS: [&str; 10] = [
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

/// Knows the secrets of one deployment.
#[derive(Default)]
pub struct Redactor {
    secrets: Option<AhoCorasick>,
    /// There are more secrets than can be looked for, so nothing is shown.
    blind: bool,
}

/// A secret must not get out through `{:?}` either.
impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor")
    }
}

impl Redactor {
    /// Values under 4 bytes are not looked for, nor parts of `[redacted]` itself.
    pub fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        let forms: Vec<String> = secrets.into_iter().flat_map(|s| forms(&s)).collect();
        if forms.is_empty() {
            return Self::default();
        }
        let built = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(forms);
        let secrets = built.ok();
        Self {
            blind: secrets.is_none(),
            secrets,
        }
    }

    /// Doing it twice changes nothing more.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.blind {
            return Cow::Borrowed(HIDDEN);
        }
        let Some(mut hidden) = self.round(text) else {
            return Cow::Borrowed(text);
        };
        for _ in 1..ROUNDS {
            match self.round(&hidden) {
                Some(more) => hidden = more,
                None => return Cow::Owned(hidden),
            }
        }
        Cow::Borrowed(HIDDEN)
    }

    /// `None` when there is nothing to hide.
    fn round(&self, text: &str) -> Option<String> {
        let known = self
            .secrets
            .as_ref()
            .and_then(|secrets| known(secrets, text));
        let shaped = shaped(known.as_deref().unwrap_or(text));
        shaped.or(known)
    }
}

fn known(secrets: &AhoCorasick, text: &str) -> Option<String> {
    let found = secrets.find_iter(text).map(|found| found.range());
    hide(text, found)
}

fn shaped(text: &str) -> Option<String> {
    let markers = SHAPES.as_ref()?.find_iter(text);
    let values = markers.filter_map(|m| match m.pattern().as_usize() {
        0 => credentials(text, m.end()),
        1 => authorization(text, m.end()),
        _ => value(text, m.end()),
    });
    hide(text, values.filter(|range| &text[range.clone()] != HIDDEN))
}

/// Ranges come in order; one that begins within the last is skipped, and seen in the next round.
fn hide(text: &str, ranges: impl Iterator<Item = Range<usize>>) -> Option<String> {
    let (mut hidden, mut done) = (String::new(), 0);
    for range in ranges {
        if range.start < done || range.is_empty() {
            continue;
        }
        hidden.extend([&text[done..range.start], HIDDEN]);
        done = range.end;
    }
    (done > 0).then(|| hidden + &text[done..])
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

/// Every text that a secret may stand in a log as.
fn forms(secret: &str) -> Vec<String> {
    let long = |part: &&str| part.len() >= SECRET_LINE_MIN_BYTES && secret.lines().nth(1).is_some();
    let parts = secret.lines().map(str::trim).filter(long);
    let whole = [secret, secret.trim()].into_iter().chain(parts);
    let whole = whole.filter(|part| part.len() >= SECRET_MIN_BYTES);
    let mut forms: Vec<String> = whole
        .flat_map(|part| encoded(part).chain([part.to_owned()]))
        .collect();
    forms.retain(|form| !HIDDEN.contains(form.as_str()));
    forms.sort_unstable();
    forms.dedup();
    forms
}

fn encoded(part: &str) -> impl Iterator<Item = String> {
    let base64 = (0..3).flat_map(|shift| base64(part, shift));
    base64.chain([
        percent(part, "0123456789ABCDEF"),
        percent(part, "0123456789abcdef"),
    ])
}

/// The letters that the value always gives when `shift` bytes stand before it in its group of three.
fn base64(part: &str, shift: usize) -> Vec<String> {
    let bytes = [&b"\0\0"[..shift], part.as_bytes()].concat();
    let first = [0, 2, 3][shift];
    // The last letter also depends on what follows, unless a group ends here.
    let cut = usize::from(!bytes.len().is_multiple_of(3));
    [STANDARD_NO_PAD, URL_SAFE_NO_PAD]
        .map(|engine| engine.encode(&bytes))
        .map(|text| text[first..text.len() - cut].to_owned())
        .into_iter()
        .filter(|text| text.len() >= SECRET_MIN_BYTES)
        .collect()
}

fn percent(part: &str, hex: &str) -> String {
    let mut text = String::new();
    for byte in part.bytes() {
        match byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            true => text.push(byte.into()),
            false => {
                let digit = |four: u8| char::from(hex.as_bytes()[usize::from(four)]);
                text.extend(['%', digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn redacted(secrets: &[&str], text: &str) -> String {
        Redactor::new(secrets.iter().map(|s| s.to_string()))
            .redact(text)
            .into_owned()
    }

    #[test]
    fn a_secret_is_hidden_in_every_form_it_travels_in() {
        let secret = "s3cr?t/väl";
        for text in [
            "psql s3cr?t/väl",
            "Basic czNjcj90L3bDpGw=",
            "https://x/?p=s3cr%3Ft%2Fv%C3%A4l",
            "https://x/?p=s3cr%3ft%2fv%c3%a4l",
        ] {
            let said = redacted(&[secret], text);
            assert!(
                said.contains(HIDDEN) && said.len() < text.len() + HIDDEN.len(),
                "{said}"
            );
        }
        for user in ["u", "us", "use"] {
            let header = STANDARD_NO_PAD.encode(format!("{user}:{secret}!"));
            assert!(redacted(&[secret], &header).contains(HIDDEN), "{header}");
        }
    }

    #[test]
    fn the_longest_secret_is_hidden_first_and_short_ones_never() {
        assert_eq!(
            redacted(&["pass", "password1", "abc"], "abc password1 pass"),
            "abc [redacted] [redacted]"
        );
    }

    #[test]
    fn each_line_of_a_key_is_hidden() {
        let key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\n}\n-----END KEY-----\n";
        for line in key.lines() {
            assert_eq!(
                redacted(&[key], line),
                if line == "}" { "}" } else { HIDDEN }
            );
        }
    }

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
            assert_eq!(redacted(&[], text), said);
        }
    }

    #[test]
    fn a_plain_line_is_not_even_copied() {
        let redactor = Redactor::new(["hunter22".to_owned()]);
        assert!(matches!(
            redactor.redact("Compiling web v0.1.0"),
            Cow::Borrowed(_)
        ));
    }

    #[test]
    fn the_redactor_itself_shows_nothing() {
        assert_eq!(
            format!("{:?}", Redactor::new(["hunter22".to_owned()])),
            "Redactor"
        );
    }

    /// Text that has something to hide, and letters that make secrets meet their neighbours.
    fn line() -> impl Strategy<Value = String> {
        let word = prop_oneof![
            4 => "[a-d\\[\\]redct:@/= \"'ü]{0,6}",
            1 => prop::sample::select(&MARKERS[..]).prop_map(str::to_owned),
            1 => Just(HIDDEN.to_owned()),
            1 => any::<String>(),
        ];
        prop::collection::vec(word, 0..8).prop_map(|words| words.concat())
    }

    proptest! {
        #[test]
        fn no_secret_remains_and_twice_is_once(
            secrets in prop::collection::vec("[a-d\\[\\]redct]{4,8}", 0..5),
            picks in prop::collection::vec((any::<prop::sample::Index>(), line()), 0..4),
            end in line(),
        ) {
            let mut text = String::new();
            for (pick, before) in picks {
                text += &before;
                if !secrets.is_empty() {
                    text += pick.get(&secrets);
                }
            }
            text += &end;
            let redactor = Redactor::new(secrets.clone());
            let once = redactor.redact(&text).into_owned();
            for secret in secrets.iter().filter(|s| !HIDDEN.contains(s.as_str())) {
                prop_assert!(!once.contains(secret), "{secret} in {once}");
            }
            prop_assert_eq!(redactor.redact(&once).into_owned(), once);
        }
    }
}
