//! Who comes in, and what speaks for them.

use crate::access::Role;
use serde::{Deserialize, Serialize};

/// The first person of an installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewOwner {
    /// From the one-time set-up link.
    pub token: String,
    /// Signs in with it.
    pub email: String,
    /// Kept as an Argon2 hash.
    pub password: String,
    /// The first organization's name.
    pub organization: String,
}

/// A token that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// For its owner to know it by.
    pub name: String,
    /// Never more than the caller's own.
    pub role: Role,
    /// Never expires when not said.
    #[serde(default)]
    pub expires_in_days: Option<u32>,
}
