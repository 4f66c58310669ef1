//! What a field may hold, and the shape in which every value passes between the table and the structs.

use super::PresetChoice;
use super::exclusive::Exclusive;
use super::patch::EnvPatch;
use crate::cron::Cron;

/// The type of a field, with its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A relative path inside the repository.
    File,
    /// The same, of letters that every tool takes as they are.
    Folder,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A command, as one types it.
    Command,
    /// An image with its digest.
    Pinned,
    /// The path of a URL.
    UrlPath,
    /// A whole number.
    Number {
        /// The least that is accepted.
        min: u64,
        /// The most that is accepted.
        max: u64,
    },
    /// Thousandths of a CPU; written as `0.5`.
    Cpus {
        /// The least that is accepted.
        min_milli: u64,
        /// The most that is accepted.
        max_milli: u64,
    },
    /// Written with its unit, as `512MiB`.
    Memory {
        /// The least that is accepted.
        min_mib: u64,
        /// The most that is accepted.
        max_mib: u64,
    },
    /// `true` or `false`.
    Flag,
    /// A command, word by word.
    Words,
    /// Names of secrets, which are names of variables too.
    Names,
    /// Environment variables.
    Env,
    /// Build arguments: as `Env`, without reserved names.
    Args,
    /// Base images by the name of what they are for.
    Images,
    /// HTTP status codes.
    Statuses,
    /// What only one deployment can hold.
    Exclusives,
    /// What happens at set times.
    Crons,
}

/// A value of any field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Text(String),
    Number(u64),
    Flag(bool),
    Words(Vec<String>),
    Numbers(Vec<u16>),
    Exclusives(Vec<Exclusive>),
    Crons(Vec<Cron>),
    Map(EnvPatch),
}

/// A place in [`ConfigPatch`](super::ConfigPatch) that a field reads and writes.
pub(super) trait Place {
    /// What was said; nothing when nobody said anything.
    fn said(&self) -> Option<Value>;
    /// A value of another type leaves nothing; a test proves that no row of the table has one.
    fn put(&mut self, value: Value);
}

macro_rules! place {
    ($type:ty, $variant:ident) => {
        impl Place for Option<$type> {
            fn said(&self) -> Option<Value> {
                self.clone().map(Value::$variant)
            }
            fn put(&mut self, value: Value) {
                *self = match value {
                    Value::$variant(inner) => Some(inner),
                    _ => None,
                };
            }
        }
    };
}

macro_rules! number_place {
    ($type:ty) => {
        impl Place for Option<$type> {
            fn said(&self) -> Option<Value> {
                self.map(|n| Value::Number(u64::from(n)))
            }
            fn put(&mut self, value: Value) {
                *self = match value {
                    Value::Number(n) => <$type>::try_from(n).ok(),
                    _ => None,
                };
            }
        }
    };
}

place!(String, Text);
place!(bool, Flag);
place!(Vec<String>, Words);
place!(Vec<u16>, Numbers);
place!(Vec<Exclusive>, Exclusives);
place!(Vec<Cron>, Crons);
number_place!(u16);
number_place!(u32);

impl Place for Option<PresetChoice> {
    fn said(&self) -> Option<Value> {
        self.map(|choice| Value::Text(choice.to_string()))
    }

    fn put(&mut self, value: Value) {
        *self = match value {
            Value::Text(word) => word.parse().ok(),
            _ => None,
        };
    }
}

/// Names merge, so that no names and nothing said are the same.
impl Place for EnvPatch {
    fn said(&self) -> Option<Value> {
        (!self.is_empty()).then(|| Value::Map(self.clone()))
    }

    fn put(&mut self, value: Value) {
        *self = match value {
            Value::Map(names) => names,
            _ => EnvPatch::new(),
        };
    }
}
