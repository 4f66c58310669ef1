//! An environment as text.

use super::Read;
use domain::config::EnvPatch;
use domain::refusal::Refusal;
use std::collections::BTreeMap;

/// `NAME=value` on each line; empty lines and lines that begin with `#` say nothing.
pub fn env(text: &str) -> Read<BTreeMap<String, String>> {
    let lines = text
        .lines()
        .enumerate()
        .map(|(i, line)| (i + 1, line.trim()));
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(n, line)| pair(n, line))
        .collect()
}

fn pair(number: usize, line: &str) -> Read<(String, String)> {
    match line.split_once('=') {
        Some((name, value)) if is_name(name.trim()) => {
            Ok((name.trim().to_owned(), unquoted(value.trim()).to_owned()))
        }
        _ => Err(Refusal::invalid(
            &format!("env, line {number}"),
            format!("Line {number} of the environment is not `NAME=value`."),
        )
        .way_out("Names begin with a letter or `_` and hold letters, digits and `_`.")),
    }
}

fn is_name(name: &str) -> bool {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts_well && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn unquoted(value: &str) -> &str {
    value
        .strip_prefix('"')
        .and_then(|v| v.strip_suffix('"'))
        .unwrap_or(value)
}

pub fn env_text(env: &BTreeMap<String, String>) -> String {
    env.iter()
        .map(|(name, value)| format!("{name}={value}\n"))
        .collect()
}

/// The overrides that lead from what is set now to what the form says.
pub(super) fn env_patch(
    form: &BTreeMap<String, String>,
    now: &BTreeMap<String, String>,
    overrides: EnvPatch,
) -> EnvPatch {
    let mut patch = overrides;
    let set = form
        .iter()
        .filter(|(name, value)| now.get(*name) != Some(*value));
    patch.extend(set.map(|(name, value)| (name.clone(), Some(value.clone()))));
    let gone = now.keys().filter(|name| !form.contains_key(*name));
    patch.extend(gone.map(|name| (name.clone(), None)));
    patch
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_line_is_named() {
        let said = env("A=1\n\nnot a pair").unwrap_err();
        assert_eq!(said.place.as_deref(), Some("env, line 3"));
        assert_eq!(
            env("# note\nA=\"x y\"")
                .unwrap()
                .get("A")
                .map(String::as_str),
            Some("x y")
        );
    }
}
