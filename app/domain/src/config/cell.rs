//! One field: from a node to a value of the field's kind, or a sentence that says why not.

use super::check;
use super::error::{Fault, Faults, Position};
use super::field::Field;
use super::kind::{Kind, Value};
use super::node::{Body, Node};
use super::units::{self, cpus_milli, memory_mib};

/// One field being read, or one name inside a field that holds names.
pub(super) struct Cell<'a> {
    pub faults: &'a mut Faults,
    pub field: &'static Field,
    /// For the error: the field's path, or `env.NAME`.
    pub path: String,
}

impl Cell<'_> {
    pub fn value(&mut self, node: &Node) -> Option<Value> {
        match self.field.kind {
            Kind::File => self.text(node, check::file).map(Value::Text),
            Kind::Folder => self.text(node, check::folder).map(Value::Text),
            Kind::OneOf(words) => self
                .text(node, |text| check::one_of(text, words))
                .map(Value::Text),
            Kind::Command => self.text(node, check::command).map(Value::Text),
            Kind::Pinned => self.text(node, check::pinned).map(Value::Text),
            Kind::UrlPath => self.text(node, check::url_path).map(Value::Text),
            Kind::Number { min, max } => self.number(node, min, max).map(Value::Number),
            Kind::Cpus {
                min_milli,
                max_milli,
            } => self.cpus(node, min_milli, max_milli),
            Kind::Memory { min_mib, max_mib } => self.memory(node, min_mib, max_mib),
            Kind::Flag => self.flag(node),
            Kind::Words => self
                .list(node, |cell, item| cell.text(item, check::word))
                .map(Value::Words),
            Kind::Names => self.names(node),
            Kind::Env => self.variables(node, check::own_variable, check::variable_value),
            Kind::Args => self.variables(node, check::variable, check::variable_value),
            Kind::Images => self.variables(node, check::base, check::image),
            Kind::Statuses => self.statuses(node),
            Kind::Exclusives => self.exclusives(node),
            Kind::Crons => self.crons(node),
        }
    }

    pub fn fault<T>(&mut self, at: Position, fault: Fault) -> Option<T> {
        let field = format!("`{}`", self.field.path);
        let problem = match fault.problem.starts_with(&field) {
            true => fault.problem,
            false => format!("in {field}, {}", fault.problem),
        };
        self.faults.add(at, &self.path, Fault { problem, ..fault });
        None
    }

    pub fn wrong_type<T>(&mut self, node: &Node, wanted: &str) -> Option<T> {
        if node.body == Body::Refused {
            return None;
        }
        let example = self.field.example;
        // Inside a list of groups the path says which.
        let path = match self.path.contains('[') {
            true => self.path.as_str(),
            false => self.field.path,
        };
        let problem = format!("`{path}` must be {wanted}, not {}", node.noun());
        self.fault(
            node.at,
            Fault::new(
                problem,
                format!("write it like `{}: {example}`", self.field.name()),
            ),
        )
    }

    pub fn text(
        &mut self,
        node: &Node,
        check: impl Fn(&str) -> Result<(), Fault>,
    ) -> Option<String> {
        match &node.body {
            Body::Scalar { text, .. } if !node.is_blank() && !node.is_null() => match check(text) {
                Ok(()) => Some(text.clone()),
                Err(fault) => self.fault(node.at, fault),
            },
            _ => self.wrong_type(node, "text"),
        }
    }

    fn number(&mut self, node: &Node, min: u64, max: u64) -> Option<u64> {
        let Some(number) = whole_number(node) else {
            return self.wrong_type(node, "a whole number");
        };
        match (min..=max).contains(&number) {
            true => Some(number),
            false => self.outside(node, &number.to_string(), min.to_string(), max.to_string()),
        }
    }

    fn cpus(&mut self, node: &Node, min: u64, max: u64) -> Option<Value> {
        let Body::Scalar { text, .. } = &node.body else {
            return self.wrong_type(node, "a number of CPUs");
        };
        match cpus_milli(text) {
            Ok(milli) if (min..=max).contains(&milli) => Some(Value::Number(milli)),
            Ok(_) => self.outside(node, text, units::show_cpus(min), units::show_cpus(max)),
            Err(fault) => self.fault(node.at, fault),
        }
    }

    fn memory(&mut self, node: &Node, min: u64, max: u64) -> Option<Value> {
        let Body::Scalar { text, .. } = &node.body else {
            return self.wrong_type(node, "an amount of memory");
        };
        match memory_mib(text) {
            Ok(mib) if (min..=max).contains(&mib) => Some(Value::Number(mib)),
            Ok(_) => self.outside(node, text, units::show_memory(min), units::show_memory(max)),
            Err(fault) => self.fault(node.at, fault),
        }
    }

    fn outside<T>(&mut self, node: &Node, text: &str, min: String, max: String) -> Option<T> {
        let problem = format!("`{}` cannot be {text}", self.field.path);
        self.fault(
            node.at,
            Fault::new(problem, format!("choose a value from {min} to {max}")),
        )
    }

    fn flag(&mut self, node: &Node) -> Option<Value> {
        match &node.body {
            Body::Scalar { text, plain: true } if text == "true" => Some(Value::Flag(true)),
            Body::Scalar { text, plain: true } if text == "false" => Some(Value::Flag(false)),
            _ => self.wrong_type(node, "`true` or `false`"),
        }
    }
}

/// Decimal digits without quotes, sign, or leading zeros.
pub(super) fn whole_number(node: &Node) -> Option<u64> {
    let Body::Scalar { text, plain: true } = &node.body else {
        return None;
    };
    let digits =
        text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| digits)
}
