//! Variables, as a list or as a group.

use super::Reader;
use super::service::Draft;
use crate::config::error::Position;
use crate::config::node::{Body, Node};

impl Reader {
    /// What Sealdock sets by itself is not the service's to set.
    pub(super) fn environment(&mut self, node: &Node, path: &str, draft: &mut Draft) {
        for (at, name, value) in self.pairs(node, path) {
            match name.as_str() {
                "PORT" => {
                    draft.port_variable = value.parse().ok();
                    let sentence = "Sealdock sets PORT to the port that the app is asked at.";
                    self.leave_out(at, &format!("{path}.PORT"), sentence);
                }
                "HOST" => {
                    let sentence = "Sealdock sets HOST to the address to listen on.";
                    self.leave_out(at, &format!("{path}.HOST"), sentence);
                }
                _ => drop(draft.config.env.insert(name, Some(value))),
            }
        }
    }

    /// `NAME: value`, or `NAME=value` as items; a name alone has no value to take here.
    pub(super) fn pairs(&mut self, node: &Node, path: &str) -> Vec<(Position, String, String)> {
        let mut found = vec![];
        match &node.body {
            Body::Map(entries) => {
                for entry in entries {
                    let value = match &entry.value.body {
                        Body::Scalar { text, .. }
                            if !entry.value.is_null() && !entry.value.is_blank() =>
                        {
                            Some(text.clone())
                        }
                        Body::Scalar { .. } => None,
                        _ => {
                            self.text(&entry.value, &format!("{path}.{}", entry.name));
                            continue;
                        }
                    };
                    found.push((entry.at, entry.name.clone(), value));
                }
            }
            _ => {
                for item in self.list(node, path) {
                    let Some(text) = self.text(item, path) else {
                        continue;
                    };
                    let (name, value) = match text.split_once('=') {
                        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                        None => (text, None),
                    };
                    found.push((item.at, name, value));
                }
            }
        }
        found
            .into_iter()
            .filter_map(|(at, name, value)| match value {
                Some(value) => Some((at, name, value)),
                None => {
                    let sentence = "Its value would come from the shell of whoever starts Compose. Write `NAME: ${NAME}` and give the value here, or set it in the project.";
                    self.leave_out(at, &format!("{path}.{name}"), sentence);
                    None
                }
            })
            .collect()
    }
}
