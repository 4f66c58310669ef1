//! A `compose.yaml`, read as projects (P-20): one for each service, because a service is what is
//! built, replaced, scaled and reached by itself, and that is what a project is here.
//!
//! What Sealdock has becomes the project's configuration. Everything else is named with its place
//! and with what to do instead; nothing is passed over in silence. What would give a container the
//! machine (`privileged`, the host's namespaces, the Engine's socket) is refused.

mod build;
mod environment;
pub(super) mod health;
mod interpolate;
mod known;
mod ports;
mod service;
pub(super) mod sizes;
mod tree;
mod words;

use super::error::{ConfigErrors, Fault, Position};
use super::foreign::Reader;
use super::node::{Body, Node};
use super::{ConfigPatch, yaml};
use std::collections::BTreeMap;

pub use super::foreign::LeftOut;

/// A longer file is refused unread.
pub const MAX_BYTES: usize = 256 * 1024;
/// Projects that one import makes.
pub const MAX_SERVICES: usize = 20;

/// Values for `${NAME}`.
pub type Values = BTreeMap<String, String>;

/// A whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Composed {
    /// What `name` says.
    pub name: Option<String>,
    /// In the order of the file.
    pub services: Vec<Service>,
    /// In the order of the file.
    pub left_out: Vec<LeftOut>,
}

/// What becomes one project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// As the file calls it.
    pub name: String,
    /// Where it begins.
    pub line: u32,
    /// What it is made from.
    pub made_from: MadeFrom,
    /// What the file says that Sealdock has.
    pub config: ConfigPatch,
    /// What a person should know of it before.
    pub notes: Vec<String>,
}

/// What a service is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MadeFrom {
    /// An image by name.
    Image {
        /// With tag or digest.
        reference: String,
        /// It is on the machine already: `pull_policy: never`.
        local: bool,
    },
    /// The repository that the file belongs to.
    Repository,
}

/// Reads a `compose.yaml`; `values` are those of its variables.
pub fn read(text: &[u8], values: &Values) -> Result<Composed, ConfigErrors> {
    let mut reader = Reader::default();
    let composed = reader.file(text, values);
    let mut left_out = reader.left_out;
    left_out.sort_by_key(|l| (l.line, l.column));
    left_out.dedup();
    reader.faults.or(Composed {
        left_out,
        ..composed
    })
}

impl Reader {
    fn file(&mut self, text: &[u8], values: &Values) -> Composed {
        if text.len() > MAX_BYTES {
            let fault = Fault::new(
                "the file is longer than 256 KiB",
                "leave out what no service needs",
            );
            self.faults
                .add(Position::of_byte(text, MAX_BYTES), "", fault);
            return Composed::default();
        }
        let root = yaml::read_with_aliases(text, &mut self.faults);
        let root = root.map(|root| self.resolved(root, "", values));
        match root.as_ref().map(|root| &root.body) {
            Some(Body::Map(entries)) => self.top(entries),
            Some(Body::Refused) => Composed::default(),
            None if self.faults.any() => Composed::default(),
            _ => self.no_services(root.map_or(Position { line: 1, column: 1 }, |r| r.at)),
        }
    }

    fn top(&mut self, entries: &[super::node::Entry]) -> Composed {
        let mut composed = Composed::default();
        for entry in entries {
            match entry.name.as_str() {
                "name" => composed.name = self.text(&entry.value, "name"),
                "services" => composed.services = self.services(&entry.value),
                name if name.starts_with("x-") => {}
                name => self.leave_out(entry.at, name, known::at_top(name)),
            }
        }
        if !entries.iter().any(|e| e.name == "services") {
            return self.no_services(entries.first().map_or(Position::NOWHERE, |e| e.at));
        }
        composed
    }

    fn services(&mut self, node: &Node) -> Vec<Service> {
        match &node.body {
            Body::Map(entries) if entries.len() > MAX_SERVICES => {
                let problem = format!("the file has {} services", entries.len());
                let way_out = format!("import at most {MAX_SERVICES} at once");
                self.faults
                    .add(node.at, "services", Fault::new(problem, way_out));
                vec![]
            }
            Body::Map(entries) if !entries.is_empty() => {
                entries.iter().filter_map(|e| self.service(e)).collect()
            }
            _ => {
                self.no_services(node.at);
                vec![]
            }
        }
    }

    fn no_services(&mut self, at: Position) -> Composed {
        let way_out = "name each under `services:`, with its `image` or its `build`";
        self.faults.add(
            at,
            "services",
            Fault::new("the file has no services", way_out),
        );
        Composed::default()
    }
}

#[cfg(test)]
mod tests;
