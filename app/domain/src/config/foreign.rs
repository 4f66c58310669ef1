//! Files of other platforms, read as what Sealdock has for them: what is wrong in them, and what has
//! no place here, each with its line.

use super::error::{Fault, Faults, Position};
use super::node::{Body, Entry, Node};
use super::units::brief;
use serde::{Deserialize, Serialize};

/// Notes are for a person, who reads no more than this.
const MAX_LEFT_OUT: usize = 500;

/// A part of the file that has no place here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LeftOut {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// As `services.web.volumes`.
    pub path: String,
    /// Why, and what to do instead.
    pub sentence: String,
}

impl LeftOut {
    /// `line 4, column 5: services.web.volumes`
    pub fn place(&self) -> String {
        format!("line {}, column {}: {}", self.line, self.column, self.path)
    }
}

/// Collects what is wrong and what is left out while the file is read.
#[derive(Default)]
pub(in crate::config) struct Reader {
    pub(in crate::config) faults: Faults,
    pub(in crate::config) left_out: Vec<LeftOut>,
}

impl Reader {
    pub(in crate::config) fn leave_out(
        &mut self,
        at: Position,
        path: &str,
        sentence: impl Into<String>,
    ) {
        if self.left_out.len() < MAX_LEFT_OUT {
            self.left_out.push(LeftOut {
                line: at.line,
                column: at.column,
                path: brief(path),
                sentence: sentence.into(),
            });
        }
    }

    pub(in crate::config) fn fault(
        &mut self,
        at: Position,
        path: &str,
        problem: impl Into<String>,
        way_out: &str,
    ) {
        self.faults.add(at, path, Fault::new(problem, way_out));
    }

    /// Text, or a sentence about what stands there instead.
    pub(in crate::config) fn text(&mut self, node: &Node, path: &str) -> Option<String> {
        match &node.body {
            Body::Scalar { text, .. } if !node.is_blank() && !node.is_null() => Some(text.clone()),
            Body::Refused => None,
            _ => {
                let problem = format!("`{path}` must be text, not {}", node.noun());
                self.fault(
                    node.at,
                    path,
                    problem,
                    "write it on one line behind the colon",
                );
                None
            }
        }
    }

    pub(in crate::config) fn group<'n>(&mut self, node: &'n Node, path: &str) -> &'n [Entry] {
        match &node.body {
            Body::Map(entries) => entries,
            Body::Refused => &[],
            _ => {
                let problem = format!("`{path}` must be a group of keys, not {}", node.noun());
                self.fault(
                    node.at,
                    path,
                    problem,
                    "put its keys below it, each on its line",
                );
                &[]
            }
        }
    }

    pub(in crate::config) fn list<'n>(&mut self, node: &'n Node, path: &str) -> &'n [Node] {
        match &node.body {
            Body::List(items) => items,
            Body::Refused => &[],
            _ => {
                let problem = format!("`{path}` must be a list, not {}", node.noun());
                self.fault(
                    node.at,
                    path,
                    problem,
                    "write each item on a line that begins with `- `",
                );
                &[]
            }
        }
    }

    pub(in crate::config) fn or_fault<T>(
        &mut self,
        node: &Node,
        path: &str,
        value: Option<T>,
        wanted: &str,
        way_out: &str,
    ) -> Option<T> {
        // What was refused already is not complained about twice.
        if value.is_none() && node.body != Body::Refused {
            let problem = format!("`{path}` is not {wanted}");
            self.fault(node.at, path, problem, way_out);
        }
        value
    }
}
