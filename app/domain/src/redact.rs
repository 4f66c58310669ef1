//! Hides secrets in text that people will read: those we know, in the forms they travel in, and
//! those that show by their shape. Too much hidden is a nuisance; too little is a leak.

mod form;
mod shape;

use aho_corasick::{AhoCorasick, MatchKind};
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// What stands in a secret's place.
pub const HIDDEN: &str = "[redacted]";

/// Hiding one secret can complete another. After this many rounds the whole line is hidden.
const ROUNDS: usize = 8;

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
        let forms: Vec<String> = secrets.into_iter().flat_map(|s| form::all(&s)).collect();
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

    /// For when the secrets can't be read: it hides everything.
    pub fn blind() -> Self {
        Self {
            secrets: None,
            blind: true,
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
        shaped(known.as_deref().unwrap_or(text)).or(known)
    }
}

fn shaped(text: &str) -> Option<String> {
    hide(text, shape::values(text))
}

fn known(secrets: &AhoCorasick, text: &str) -> Option<String> {
    let found = secrets.find_iter(text).map(|found| found.range());
    hide(text, found)
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
    fn the_longest_secret_is_hidden_first_and_short_ones_never() {
        assert_eq!(
            redacted(&["pass", "password1", "abc"], "abc password1 pass"),
            "abc [redacted] [redacted]"
        );
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
            1 => prop::sample::select(&shape::MARKERS[..]).prop_map(str::to_owned),
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
