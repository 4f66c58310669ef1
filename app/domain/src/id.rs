//! One type per kind of id, so that a project's id can never be passed for a deployment's.
//!
//! An id is `prefix_` and 26 letters: 48 bits of time, then 80 random bits, in Crockford's
//! base 32. Ids of one kind sort by age, so a list can page by them.

use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LETTERS: usize = 26;

/// Text that is not an id of the kind that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no id of this kind, which would look like `{kind}_01h…`")]
pub struct NotAnId {
    /// Shortened: it may be anything.
    pub text: String,
    /// The prefix that was expected.
    pub kind: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Before the underscore; tells kinds apart in logs and URLs.
            pub const PREFIX: &'static str = $prefix;

            /// The id made at `now` from `entropy`; both come from the edge.
            pub fn new(now: Time, entropy: u128) -> Self {
                Self(format!("{}_{}", $prefix, letters(now, entropy)))
            }

            /// As it is stored and shown.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let ok = text.strip_prefix(concat!($prefix, "_")).is_some_and(are_letters);
                ok.then(|| Self(text.to_owned())).ok_or_else(|| NotAnId { text: short(text), kind: $prefix })
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;
            fn try_from(text: String) -> Result<Self, NotAnId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    )*};
}

ids! {
    /// Owns everything; the tenant boundary.
    OrgId = "org";
    /// A person, in however many organizations.
    UserId = "usr";
    /// The lasting thing that a team deploys.
    ProjectId = "prj";
    /// A slot of a project; also the key of its route.
    EnvironmentId = "env";
    /// One version in one environment; instances are named after it.
    DeploymentId = "dep";
    /// A step of a pipeline; its log is named after it.
    JobId = "job";
    /// A place where instances run.
    RuntimeId = "rt";
    /// An API token; says nothing about the token itself.
    TokenId = "tok";
    /// A file that a person sent ahead of the deployment that will use it.
    UploadId = "upl";
    /// What opens a private repository or registry; says nothing about its secret.
    CredentialId = "cred";
    /// A name that an organization brought along.
    DomainId = "dom";
    /// Where a Git host tells of pushes; part of an address, and no secret.
    HookId = "hook";
    /// One message of a Git host.
    DeliveryId = "dlv";
    /// A preview of a branch or a pull request.
    ReviewId = "rev";
    /// A cron of an environment; another one when it was away in between.
    CronId = "crn";
    /// One run of a cron; sorts by age.
    RunId = "run";
    /// A database or a store that environments use.
    ServiceId = "svc";
    /// A backup of a service, or a restore of one; sorts by age.
    BackupId = "bkp";
    /// One verdict over an instance's evidence; sorts by age.
    AttestationId = "att";
    /// One business fact; sorts by age.
    EventId = "evt";
}

fn letters(now: Time, entropy: u128) -> String {
    let bits = ((now.0.max(0) as u128 & 0xffff_ffff_ffff) << 80) | (entropy & ((1 << 80) - 1));
    (0..LETTERS)
        .rev()
        .map(|i| ALPHABET[((bits >> (5 * i)) & 31) as usize] as char)
        .collect()
}

fn are_letters(text: &str) -> bool {
    text.len() == LETTERS && text.bytes().all(|b| ALPHABET.contains(&b))
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

/// One container or one confidential VM: (deployment, component, replica), and derivable from
/// those, so that a crashed executor finds again what it made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct InstanceId {
    /// Whose it is.
    pub deployment: DeploymentId,
    /// Which part of it; a service has one.
    pub component: String,
    /// Counts from 0.
    pub replica: u32,
}

/// The component of a service's one container.
pub const WEB: &str = "web";

impl InstanceId {
    /// Always the same for the same three.
    pub fn of(deployment: &DeploymentId, component: &str, replica: u32) -> Self {
        Self {
            deployment: deployment.clone(),
            component: component.to_owned(),
            replica,
        }
    }
}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.deployment, self.component, self.replica)
    }
}

impl FromStr for InstanceId {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let wrong = || NotAnId {
            text: short(text),
            kind: "instance",
        };
        let mut parts = text.splitn(3, '.');
        let (Some(deployment), Some(component), Some(replica)) =
            (parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong());
        };
        Ok(Self {
            deployment: deployment.parse().map_err(|_| wrong())?,
            component: component.to_owned(),
            replica: replica.parse().map_err(|_| wrong())?,
        })
    }
}

impl From<InstanceId> for String {
    fn from(id: InstanceId) -> String {
        id.to_string()
    }
}

impl TryFrom<String> for InstanceId {
    type Error = NotAnId;
    fn try_from(text: String) -> Result<Self, NotAnId> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_and_sorts_by_age() {
        let (old, new) = (
            DeploymentId::new(Time(1), u128::MAX),
            DeploymentId::new(Time(2), 0),
        );
        assert_eq!(old.as_str().parse::<DeploymentId>().as_ref(), Ok(&old));
        assert!(old < new);
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let project = ProjectId::new(Time(1), 7);
        let said = project
            .as_str()
            .parse::<DeploymentId>()
            .map_err(|e| e.to_string());
        assert!(said.is_err_and(|s| s.contains("would look like `dep_")));
    }

    #[test]
    fn an_instance_id_reads_back() {
        let id = InstanceId::of(&DeploymentId::new(Time(1), 7), WEB, 3);
        assert_eq!(id.to_string().parse::<InstanceId>().as_ref(), Ok(&id));
    }
}
