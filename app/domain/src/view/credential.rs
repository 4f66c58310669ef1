//! What opens private repositories and registries, without its secret.

use crate::credential::CredentialKind;
use crate::id::CredentialId;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// A credential, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CredentialView {
    /// To remove it by.
    pub id: CredentialId,
    /// What it opens.
    pub kind: CredentialKind,
    /// `git.example.com/team`, `registry.example.com:5000`.
    pub place: String,
    /// Whom the host takes us for.
    pub username: String,
    /// By whom it was last set, where they are still a member.
    pub set_by: Option<String>,
    /// When that was.
    pub set_at: Time,
    /// When its host will not take it any more, as whoever set it said; `None`: never.
    pub expires_at: Option<Time>,
    /// That has passed.
    pub expired: bool,
}
