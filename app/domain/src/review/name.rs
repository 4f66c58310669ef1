//! What a review's environment is called; the name becomes a part of a host.

use super::Subject;
use sha2::{Digest, Sha256};

/// As long as an environment's name may be.
const LONGEST: usize = 20;

/// The name to take, and those to take instead where it is taken. A branch keeps its name where a
/// host can have it; otherwise what tells it from its likes is a piece of the name's digest.
pub fn names(subject: &Subject) -> Vec<String> {
    let plain = match subject {
        Subject::Pull(number) => Some(format!("pr-{number}")).filter(|n| n.len() <= LONGEST),
        Subject::Branch(name) => Some(name.clone()).filter(|name| is_label(name)),
    };
    let digest = digest(subject);
    let base = match subject {
        Subject::Pull(_) => "pr".to_owned(),
        Subject::Branch(name) => slug(name),
    };
    let with = |digits: usize| {
        let room = LONGEST - 1 - digits;
        let cut: String = base.chars().take(room).collect();
        format!("{}-{}", cut.trim_end_matches('-'), &digest[..digits])
    };
    plain.into_iter().chain([with(4), with(10)]).collect()
}

/// A host can have it, and it is neither a pull request's nor the name that stands for production.
fn is_label(name: &str) -> bool {
    let numbered = name.strip_prefix("pr-");
    let is_pull = numbered.is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
    !is_pull && name != "production" && crate::name::environment(name).is_ok()
}

/// Lower case, digits and single hyphens, beginning with a letter.
fn slug(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_lowercase() || c.is_ascii_digit() => text.push(c),
            _ if text.ends_with('-') => {}
            _ => text.push('-'),
        }
    }
    let text = text.trim_matches('-');
    match text.starts_with(|c: char| c.is_ascii_lowercase()) {
        true => text.to_owned(),
        false => format!("b-{text}").trim_end_matches('-').to_owned(),
    }
}

fn digest(subject: &Subject) -> String {
    let bytes = Sha256::digest(subject.key());
    bytes.iter().take(5).map(|b| format!("{b:02x}")).collect()
}
