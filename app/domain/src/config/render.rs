//! From a patch back to a file that reads as the same patch.

use super::ConfigPatch;
use super::error::Position;
use super::field::fields;
use super::kind::{Kind, Value};
use super::node::{Body, Entry, Node};
use super::units::{show_cpus, show_memory};
use crate::cron::{Cron, Overlap, usual_timeout_s};
use std::fmt::Write;

/// A `sealdock.yml` that says exactly what the patch says.
pub fn to_yaml(patch: &ConfigPatch) -> String {
    let mut text = String::new();
    entries(patch)
        .iter()
        .for_each(|entry| line(&mut text, entry, 0));
    text
}

/// The patch as if it had been read from a file that has no places.
pub(super) fn tree(patch: &ConfigPatch) -> Node {
    Node::nowhere(Body::Map(entries(patch)))
}

fn entries(patch: &ConfigPatch) -> Vec<Entry> {
    let mut top: Vec<Entry> = Vec::new();
    for field in fields() {
        let Some(value) = field.get(patch) else {
            continue;
        };
        let value = node(&field.kind, &value);
        match field.path.split_once('.') {
            None => top.push(entry(field.path, value)),
            Some((group, name)) => push_into(&mut top, group, entry(name, value)),
        }
    }
    top
}

fn push_into(top: &mut Vec<Entry>, group: &str, new: Entry) {
    match top
        .iter_mut()
        .find(|entry| entry.name == group)
        .map(|entry| &mut entry.value.body)
    {
        Some(Body::Map(entries)) => entries.push(new),
        _ => top.push(entry(group, Node::nowhere(Body::Map(vec![new])))),
    }
}

fn entry(name: &str, value: Node) -> Entry {
    Entry {
        at: Position::NOWHERE,
        name: name.to_owned(),
        value,
    }
}

fn node(kind: &Kind, value: &Value) -> Node {
    match value {
        Value::Text(text) => Node::quoted(text),
        Value::Number(n) => Node::plain(number(kind, *n)),
        Value::Flag(flag) => Node::plain(flag.to_string()),
        Value::Words(words) => list(words.iter().map(Node::quoted)),
        Value::Numbers(numbers) => list(numbers.iter().map(|n| Node::plain(n.to_string()))),
        Value::Exclusives(all) => list(all.iter().map(|one| Node::quoted(one.to_string()))),
        Value::Crons(crons) => list(crons.iter().map(cron)),
        Value::Map(pairs) => {
            let pairs = pairs
                .iter()
                .map(|(name, value)| entry(name, variable(value.as_deref())));
            Node::nowhere(Body::Map(pairs.collect()))
        }
    }
}

/// What is as usual is left out.
fn cron(cron: &Cron) -> Node {
    let mut fields = vec![
        entry("name", Node::quoted(&cron.name)),
        entry("schedule", Node::quoted(&cron.schedule)),
    ];
    if cron.timezone != "UTC" {
        fields.push(entry("timezone", Node::quoted(&cron.timezone)));
    }
    if let Some(words) = &cron.command {
        fields.push(entry("command", list(words.iter().map(Node::quoted))));
    }
    if let Some(path) = &cron.http {
        fields.push(entry("http", Node::quoted(path)));
    }
    if cron.overlap != Overlap::default() {
        fields.push(entry("overlap", Node::quoted(cron.overlap.word())));
    }
    if cron.timeout_s != usual_timeout_s() {
        fields.push(entry("timeout_s", Node::plain(cron.timeout_s.to_string())));
    }
    Node::nowhere(Body::Map(fields))
}

/// What a cron is, on one line, without its name.
pub(super) fn shown_cron(one: &Cron) -> String {
    match cron(one).body {
        Body::Map(fields) => inline(&Node::nowhere(Body::Map(fields[1..].to_vec()))),
        _ => String::new(),
    }
}

fn list(items: impl Iterator<Item = Node>) -> Node {
    Node::nowhere(Body::List(items.collect()))
}

fn variable(value: Option<&str>) -> Node {
    value.map_or_else(|| Node::plain("null"), Node::quoted)
}

/// A number as its kind writes it.
pub(super) fn number(kind: &Kind, n: u64) -> String {
    match kind {
        Kind::Cpus { .. } => show_cpus(n),
        Kind::Memory { .. } => show_memory(n),
        _ => n.to_string(),
    }
}

/// A value on one line, as a person reads it in a plan.
pub(super) fn shown(kind: &Kind, value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        other => inline(&node(kind, other)),
    }
}

fn line(text: &mut String, entry: &Entry, indent: usize) {
    let _ = write!(text, "{:indent$}{}:", "", entry.name); // writing to a String cannot fail
    match &entry.value.body {
        Body::Map(entries) if !entries.is_empty() => {
            text.push('\n');
            entries
                .iter()
                .for_each(|entry| line(text, entry, indent + 2));
        }
        _ => {
            let _ = writeln!(text, " {}", inline(&entry.value));
        }
    }
}

fn inline(node: &Node) -> String {
    match &node.body {
        Body::Scalar { text, plain: true } => text.clone(),
        Body::Scalar { text, .. } => quoted_if_needed(text),
        Body::List(items) => format!(
            "[{}]",
            items.iter().map(inline).collect::<Vec<_>>().join(", ")
        ),
        Body::Map(entries) => {
            let pairs: Vec<String> = entries
                .iter()
                .map(|e| format!("{}: {}", e.name, inline(&e.value)))
                .collect();
            format!("{{{}}}", pairs.join(", "))
        }
        Body::Refused => String::new(),
    }
}

/// Only what no YAML reader could take for something else stands without quotes.
fn quoted_if_needed(text: &str) -> String {
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/');
    let harmless = text
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    let taken = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let number_like = text.starts_with(|c: char| c.is_ascii_digit());
    match starts_well && harmless && !number_like && !taken.contains(&text.to_lowercase().as_str())
    {
        true => text.to_owned(),
        false => format!("\"{}\"", text.chars().map(escaped).collect::<String>()),
    }
}

fn escaped(c: char) -> String {
    match c {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\n' => "\\n".to_owned(),
        '\t' => "\\t".to_owned(),
        '\u{2028}' | '\u{2029}' | '\u{feff}' => format!("\\u{:04X}", c as u32),
        c if c.is_control() => format!("\\u{:04X}", c as u32),
        c => c.to_string(),
    }
}
