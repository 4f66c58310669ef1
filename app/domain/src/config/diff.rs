//! What a person confirms: the fields in which two configurations differ.

use super::field::{Field, fields};
use super::kind::Value;
use super::render::{shown, shown_cron};
use super::{Config, ConfigPatch, EnvPatch};
use crate::cron::Cron;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One difference. `from` is missing for what is new, `to` for what goes away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Change {
    /// As in the file: `resources.memory`, `env.LOG_LEVEL`.
    pub path: String,
    /// `None`: it was not set.
    pub from: Option<String>,
    /// `None`: it is no longer set.
    pub to: Option<String>,
}

/// The differences, in the order of the table of fields, names in alphabetical order.
pub fn diff(from: &Config, to: &Config) -> Vec<Change> {
    let (from, to) = (ConfigPatch::from(from), ConfigPatch::from(to));
    let changes = fields()
        .iter()
        .flat_map(|field| of_field(field, field.get(&from), field.get(&to)));
    changes.collect()
}

fn of_field(field: &Field, from: Option<Value>, to: Option<Value>) -> Vec<Change> {
    match (from, to) {
        (from, to) if from == to => Vec::new(),
        (Some(Value::Map(from)), to) => of_names(field.path, &from, &names(to)),
        (from, Some(Value::Map(to))) => of_names(field.path, &names(from), &to),
        (Some(Value::Crons(from)), Some(Value::Crons(to))) => {
            of_names(field.path, &by_name(&from), &by_name(&to))
        }
        (from, to) => vec![Change {
            path: field.path.to_owned(),
            from: from.filter(said).map(|value| shown(&field.kind, &value)),
            to: to.filter(said).map(|value| shown(&field.kind, &value)),
        }],
    }
}

/// An empty list says nothing: a command that was not set is shown as absent.
fn said(value: &Value) -> bool {
    !matches!(value, Value::Words(words) if words.is_empty())
}

fn names(value: Option<Value>) -> EnvPatch {
    match value {
        Some(Value::Map(names)) => names,
        _ => EnvPatch::new(),
    }
}

fn by_name(crons: &[Cron]) -> EnvPatch {
    let one = |cron: &Cron| (cron.name.clone(), Some(shown_cron(cron)));
    crons.iter().map(one).collect()
}

fn of_names(path: &str, from: &EnvPatch, to: &EnvPatch) -> Vec<Change> {
    let names: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    let differing = names
        .into_iter()
        .filter(|name| from.get(*name) != to.get(*name));
    let change = |name: &String| Change {
        path: format!("{path}.{name}"),
        from: from.get(name).cloned().flatten(),
        to: to.get(name).cloned().flatten(),
    };
    differing.map(change).collect()
}
