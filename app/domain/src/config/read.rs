//! From nodes to a patch: every field by its row in the table.

use super::cell::Cell;
use super::error::{ConfigErrors, Fault, Faults};
use super::field::fields;
use super::node::{Body, Entry, Node, join};
use super::units::brief;
use super::{ConfigPatch, nearest::nearest, render, yaml};

/// Reads a `sealdock.yml`. An empty file says nothing, and that is allowed.
pub fn parse(text: &[u8]) -> Result<ConfigPatch, ConfigErrors> {
    let mut faults = Faults::default();
    let mut patch = ConfigPatch::default();
    if let Some(root) = yaml::read(text, &mut faults) {
        Reader {
            faults: &mut faults,
            patch: &mut patch,
        }
        .group(&root, "");
    }
    faults.or(patch)
}

/// Checks a patch that came from a form or a request by the very rules of the file.
pub fn validate(patch: &ConfigPatch) -> Result<(), ConfigErrors> {
    let mut faults = Faults::default();
    let mut ignored = ConfigPatch::default();
    Reader {
        faults: &mut faults,
        patch: &mut ignored,
    }
    .group(&render::tree(patch), "");
    faults.or(())
}

struct Reader<'a> {
    faults: &'a mut Faults,
    patch: &'a mut ConfigPatch,
}

impl Reader<'_> {
    /// A level of the file: `""` for the top, or `build`, `health`, `resources`.
    fn group(&mut self, node: &Node, path: &str) {
        match &node.body {
            Body::Map(entries) => entries.iter().for_each(|entry| self.entry(entry, path)),
            Body::Refused => {}
            _ => self.faults.add(node.at, path, not_a_group(node, path)),
        }
    }

    fn entry(&mut self, entry: &Entry, parent: &str) {
        let path = join(parent, &entry.name);
        if let Some(field) = fields().iter().find(|field| field.path == path) {
            let mut cell = Cell {
                faults: self.faults,
                field,
                path,
            };
            if let Some(value) = cell.value(&entry.value) {
                field.set(self.patch, value);
            }
        } else if is_group(&path) {
            self.group(&entry.value, &path);
        } else {
            self.faults.add(entry.at, &path, unknown(&path, parent));
        }
    }
}

fn is_group(path: &str) -> bool {
    !path.is_empty() && names_in(path).next().is_some()
}

/// The names that may stand at a level.
fn names_in(parent: &str) -> impl Iterator<Item = &'static str> {
    let prefix = if parent.is_empty() {
        String::new()
    } else {
        format!("{parent}.")
    };
    let rest = fields()
        .iter()
        .filter_map(move |field| field.path.strip_prefix(&prefix));
    rest.map(|rest| rest.split('.').next().unwrap_or(rest))
}

fn unknown(path: &str, parent: &str) -> Fault {
    let name = &path[parent.len()..].trim_start_matches('.');
    let sibling = nearest(name, names_in(parent)).map(|near| join(parent, near));
    let elsewhere = || {
        fields()
            .iter()
            // What runs comes after what builds, and is meant more often.
            .rfind(|field| field.name() == *name)
            .map(|field| field.path.to_owned())
    };
    let way_out = match sibling.or_else(elsewhere) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here are {}", listed(parent)),
    };
    Fault::new(format!("unknown field `{}`", brief(path)), way_out)
}

fn listed(parent: &str) -> String {
    let mut names: Vec<String> = names_in(parent).map(|name| format!("`{name}`")).collect();
    names.dedup();
    names.join(", ")
}

fn not_a_group(node: &Node, path: &str) -> Fault {
    match path {
        "" => Fault::new(
            format!("the file must consist of fields, not of {}", node.noun()),
            "start with a line like `port: 8080`",
        ),
        _ => Fault::new(
            format!("`{path}` must be a group of fields, not {}", node.noun()),
            format!("put fields below it: {}", listed(path)),
        ),
    }
}
