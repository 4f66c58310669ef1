//! The file as it is meant: variables have their values, and `<<` is what it stands for.

use super::{Reader, Values};
use crate::config::node::{Body, Entry, Node, join};

const MERGE: &str = "<<";

impl Reader {
    pub(super) fn resolved(&mut self, node: Node, path: &str, values: &Values) -> Node {
        let body = match node.body {
            // What a variable gives is text, also when it is none.
            Body::Scalar { text, plain } => Body::Scalar {
                plain: plain && !text.contains('$'),
                text: self.interpolated(node.at, path, text, values),
            },
            Body::List(items) => Body::List(
                items
                    .into_iter()
                    .enumerate()
                    .map(|(at, item)| self.resolved(item, &format!("{path}[{at}]"), values))
                    .collect(),
            ),
            Body::Map(entries) => Body::Map(self.merged(entries, path, values)),
            Body::Refused => Body::Refused,
        };
        Node { body, ..node }
    }

    /// What is said here wins over what is merged in, and an earlier merge over a later one.
    fn merged(&mut self, entries: Vec<Entry>, path: &str, values: &Values) -> Vec<Entry> {
        let (merges, mut own): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|e| e.name == MERGE);
        let below: Vec<Entry> = merges
            .into_iter()
            .flat_map(|m| self.maps(m, path))
            .collect();
        for entry in below {
            if !own.iter().any(|e| e.name == entry.name) {
                own.push(entry);
            }
        }
        own.into_iter()
            .map(|entry| Entry {
                value: self.resolved(entry.value, &join(path, &entry.name), values),
                ..entry
            })
            .collect()
    }

    fn maps(&mut self, merge: Entry, path: &str) -> Vec<Entry> {
        match merge.value.body {
            Body::Map(entries) => entries,
            Body::List(items) => {
                let each = items.into_iter().map(|value| Entry {
                    name: MERGE.to_owned(),
                    at: value.at,
                    value,
                });
                each.collect::<Vec<_>>()
                    .into_iter()
                    .flat_map(|one| self.maps(one, path))
                    .collect()
            }
            _ => {
                let way_out = "merge an alias of a group: `<<: *defaults`";
                self.fault(
                    merge.at,
                    path,
                    "`<<` merges something that is no group",
                    way_out,
                );
                vec![]
            }
        }
    }
}
