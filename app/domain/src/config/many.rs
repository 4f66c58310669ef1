//! Fields that hold several things: lists, and names with values.

use super::cell::{Cell, whole_number};
use super::error::Fault;
use super::kind::Value;
use super::node::{Body, Entry, Node, join};
use super::{NotExclusive, check};
use std::collections::{BTreeMap, BTreeSet};

impl Cell<'_> {
    /// Every item, or nothing when one of them is wrong.
    pub fn list<T>(
        &mut self,
        node: &Node,
        item: impl Fn(&mut Self, &Node) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Body::List(items) = &node.body else {
            return self.wrong_type(node, "a list");
        };
        if items.len() > check::MAX_ITEMS {
            return self.fault(
                node.at,
                Fault::new(
                    format!("{} items are listed", items.len()),
                    "list at most 256",
                ),
            );
        }
        let read: Vec<Option<T>> = items.iter().map(|node| item(self, node)).collect();
        read.into_iter().collect()
    }

    pub fn statuses(&mut self, node: &Node) -> Option<Value> {
        let numbers = self.list(node, |cell, item| {
            let Some(number) = whole_number(item) else {
                return cell.wrong_type(item, "a list of status codes");
            };
            match check::status(number) {
                Ok(()) => u16::try_from(number).ok(),
                Err(fault) => cell.fault(item.at, fault),
            }
        })?;
        self.distinct(node, &numbers)?;
        Some(Value::Numbers(numbers))
    }

    pub fn exclusives(&mut self, node: &Node) -> Option<Value> {
        let list = self.list(node, |cell, item| {
            let word = cell.text(item, |_| Ok(()))?;
            word.parse()
                .map_err(|no: NotExclusive| cell.fault::<()>(item.at, no.into()))
                .ok()
        })?;
        self.distinct(node, &list)?;
        Some(Value::Exclusives(list))
    }

    pub fn names(&mut self, node: &Node) -> Option<Value> {
        let list = self.list(node, |cell, item| cell.text(item, check::own_variable))?;
        self.distinct(node, &list)?;
        Some(Value::Words(list))
    }

    fn distinct<T: Ord + ToString>(&mut self, node: &Node, list: &[T]) -> Option<()> {
        let mut seen = BTreeSet::new();
        match list.iter().find(|item| !seen.insert(*item)) {
            None => Some(()),
            Some(twice) => self.fault(
                node.at,
                Fault::new(
                    format!("`{}` is listed twice", twice.to_string()),
                    "keep one of them",
                ),
            ),
        }
    }

    pub fn variables(
        &mut self,
        node: &Node,
        name_check: fn(&str) -> Result<(), Fault>,
        value_check: fn(&str) -> Result<(), Fault>,
    ) -> Option<Value> {
        let Body::Map(entries) = &node.body else {
            return self.wrong_type(node, "names with values");
        };
        if entries.len() > check::MAX_NAMES {
            return self.fault(
                node.at,
                Fault::new(
                    format!("{} names are set", entries.len()),
                    "set at most 256",
                ),
            );
        }
        let read: Vec<_> = entries
            .iter()
            .map(|entry| {
                self.named(&entry.name)
                    .variable(entry, name_check, value_check)
            })
            .collect();
        read.into_iter()
            .collect::<Option<BTreeMap<_, _>>>()
            .map(Value::Map)
    }

    /// A name inside this field.
    fn named(&mut self, name: &str) -> Cell<'_> {
        Cell {
            faults: self.faults,
            field: self.field,
            path: join(self.field.path, name),
        }
    }

    fn variable(
        &mut self,
        entry: &Entry,
        name_check: fn(&str) -> Result<(), Fault>,
        value_check: fn(&str) -> Result<(), Fault>,
    ) -> Option<(String, Option<String>)> {
        name_check(&entry.name)
            .map_err(|fault| self.fault::<()>(entry.at, fault))
            .ok()?;
        if entry.value.is_null() {
            return Some((entry.name.clone(), None));
        }
        let value = self.variable_value(entry, value_check)?;
        Some((entry.name.clone(), Some(value)))
    }

    fn variable_value(
        &mut self,
        entry: &Entry,
        value_check: fn(&str) -> Result<(), Fault>,
    ) -> Option<String> {
        let Entry {
            name, value: node, ..
        } = entry;
        let fault = match &node.body {
            Body::Refused => return None,
            Body::Scalar { .. } if node.is_blank() => Fault::new(
                format!("`{name}` has no value"),
                "write `\"\"` for an empty one, or `null` to remove the name",
            ),
            Body::Scalar { text, .. } => match value_check(text) {
                Ok(()) => return Some(text.clone()),
                Err(fault) => fault,
            },
            _ => Fault::new(
                format!("`{name}` must be text, not {}", node.noun()),
                "write one line of text; put structure into JSON in quotes",
            ),
        };
        self.fault(node.at, fault)
    }
}
