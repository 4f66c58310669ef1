//! Blue-green or replace: computed from what is exclusive, shown before it is confirmed, never guessed.

use crate::config::Config;
use serde::{Deserialize, Serialize};

/// How the candidate takes the active one's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// The new one boots beside the old one; one switch; the old one drains.
    BlueGreen,
    /// The old one stops first: both can't hold the same exclusive resource. There is downtime.
    Replace,
}

impl Strategy {
    /// As plans and pages write it.
    pub const fn word(self) -> &'static str {
        match self {
            Strategy::BlueGreen => "blue-green",
            Strategy::Replace => "replace",
        }
    }
}

/// Replace when the new version needs something that the serving one holds alone.
pub fn between(active: Option<&Config>, candidate: &Config) -> Strategy {
    let held = |resource| active.is_some_and(|a| a.exclusive.contains(resource));
    if candidate.exclusive.iter().any(held) {
        Strategy::Replace
    } else {
        Strategy::BlueGreen
    }
}
