//! Who is there, and what speaks for them.

use crate::access::Role;
use crate::id::{OrgId, TokenId, UserId};
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// A token, without itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TokenView {
    /// To revoke it by.
    pub id: TokenId,
    /// As its owner called it.
    pub name: String,
    /// The most that it may.
    pub role: Role,
    /// When it was made.
    pub created_at: Time,
    /// `None`: never.
    pub expires_at: Option<Time>,
    /// `None`: not yet.
    pub last_used_at: Option<Time>,
}

/// A token in clear: shown this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct NewTokenView {
    /// Kept as a hash only.
    pub token: String,
    /// What lists will show.
    pub view: TokenView,
}

/// A person in the organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct MemberView {
    /// To remove them by.
    pub user: UserId,
    /// They sign in with it.
    pub email: String,
    /// What they may.
    pub role: Role,
    /// Since when they are a member.
    pub since: Time,
}

/// An invitation in clear: a link, shown this once, good for seven days and one use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct InvitationView {
    /// Whom it is meant for.
    pub email: String,
    /// What they will be.
    pub role: Role,
    /// Part of the link; kept as a hash only.
    pub token: String,
    /// Seven days after it was made.
    pub expires_at: Time,
}

/// What an operator chose at start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SettingsView {
    /// The caller's organization.
    pub org: OrgId,
    /// Its name.
    pub org_name: String,
    /// Apps answer below it.
    pub base_domain: String,
    /// Where the data plane listens.
    pub proxy_port: u16,
    /// Of this server.
    pub version: String,
    /// Everything is kept in here.
    pub data_dir: String,
    /// Where the master key is that everything secret is sealed with, and how it lies there.
    pub master_key: String,
    /// Give this to a Git host as a deploy key, and `ssh://` URLs work.
    pub deploy_key: Option<String>,
}
