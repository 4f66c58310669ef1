//! Which branches get previews: names with `*`, several with spaces or commas between.

use crate::refusal::Refusal;

const LONGEST: usize = 500;

/// Parsed: `feature/* fix-*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern<'a>(Vec<&'a str>);

impl<'a> Pattern<'a> {
    /// `*` stands for anything, slashes too.
    pub fn parse(text: &'a str) -> Result<Pattern<'a>, Refusal> {
        let parts: Vec<_> = text
            .split([' ', ','])
            .filter(|part| !part.is_empty())
            .collect();
        let fine = text.len() <= LONGEST
            && !parts.is_empty()
            && !text.contains(|c: char| c.is_control() || c == '`');
        match fine {
            true => Ok(Pattern(parts)),
            false => Err(
                Refusal::invalid("branches", "That is no pattern of branch names.").way_out(
                    "Write names with `*` for anything, like `feature/*`, with spaces between.",
                ),
            ),
        }
    }

    /// Any of them, from the first letter to the last.
    pub fn fits(&self, name: &str) -> bool {
        self.0.iter().any(|part| fits(part, name))
    }
}

/// Each piece between the stars is looked for after the one before it.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(mut left) = name.strip_prefix(first) else {
        return false;
    };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for piece in middle.split('*').filter(|piece| !piece.is_empty()) {
        match left.find(piece) {
            Some(at) => left = &left[at + piece.len()..],
            None => return false,
        }
    }
    left.ends_with(last)
}
