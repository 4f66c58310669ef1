//! Secrets of the organization (I-14).

use super::Reply;
use crate::access::Caller;
use crate::secret::SecretText;
use crate::view::SecretView;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// A value that goes in, and never comes out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewSecret {
    /// As its variable is called.
    pub name: String,
    /// At most 64 KiB of text.
    #[cfg_attr(feature = "schema", schema(value_type = String, format = Password, write_only))]
    pub value: SecretText,
}

/// What deployments are given without that anybody reads it.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// Their names, and who uses them; never a value.
    async fn secrets(&self, caller: &Caller) -> Reply<Vec<SecretView>>;
    /// Creates it, or gives it another value. What runs keeps what it was given.
    async fn set_secret(&self, caller: &Caller, new: NewSecret) -> Reply<SecretView>;
    /// `typed` is its name. Refused while something uses it.
    async fn delete_secret(&self, caller: &Caller, name: &str, typed: &str) -> Reply<()>;
}
