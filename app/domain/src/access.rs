//! Who may do what: one table (X-11). `control` asks it, pages ask it, and the generated test
//! calls every route, server function and stream as every role and holds the answers against it.

use crate::id::{OrgId, UserId};
use crate::refusal::Refusal;
use serde::{Deserialize, Serialize};

/// What a member is in an organization. A role can do all that the ones before it can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees everything of the organization and changes nothing.
    Viewer,
    /// Deploys, and everything around it.
    Developer,
    /// Also deletes, and decides who is a member.
    Owner,
}

impl Role {
    /// For tables and forms.
    pub const ALL: [Role; 3] = [Role::Viewer, Role::Developer, Role::Owner];

    /// As the API writes it.
    pub const fn word(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Developer => "developer",
            Role::Owner => "owner",
        }
    }

    /// Reads the API's word back.
    pub fn parse(word: &str) -> Option<Role> {
        Self::ALL.into_iter().find(|r| r.word() == word)
    }
}

/// Everything that a signed-in person or a token can be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// See projects, deployments, events.
    Read,
    /// Read build and container logs.
    ReadLogs,
    /// Create a project and its first deployment.
    CreateProject,
    /// Update, redeploy, edit the configuration, cancel, pause and resume, stop, start and restart, run a cron now.
    Deploy,
    /// Open a terminal in an instance of a debug environment.
    Exec,
    /// Delete a project, an environment or a secret.
    Delete,
    /// See and change what pushes do: the tracked branch, the hook's secret, deliveries.
    ManageHooks,
    /// Say who signs what production takes, or that anything may go there.
    ManageReleases,
    /// Add services, set them, link them to environments, back them up, take a backup home.
    ManageServices,
    /// Delete a service with its data, or put a backup in its data's place.
    ReplaceData,
    /// Set and remove what opens private repositories and registries.
    ManageCredentials,
    /// Set the values of secrets.
    ManageSecrets,
    /// Add, prove, use and remove domains, and give them certificates.
    ManageDomains,
    /// See and change runtimes.
    ManageRuntimes,
    /// Create and revoke one's own API tokens.
    ManageTokens,
    /// See members, invite and remove them, change roles.
    ManageMembers,
}

impl Action {
    /// For the table and the test that walks over it.
    pub const ALL: [Action; 16] = [
        Action::Read,
        Action::ReadLogs,
        Action::CreateProject,
        Action::Deploy,
        Action::Exec,
        Action::Delete,
        Action::ManageHooks,
        Action::ManageReleases,
        Action::ManageServices,
        Action::ReplaceData,
        Action::ManageCredentials,
        Action::ManageSecrets,
        Action::ManageDomains,
        Action::ManageRuntimes,
        Action::ManageTokens,
        Action::ManageMembers,
    ];

    /// The table.
    pub const fn least_role(self) -> Role {
        match self {
            Action::Read | Action::ReadLogs | Action::ManageTokens => Role::Viewer,
            Action::CreateProject
            | Action::Deploy
            | Action::Exec
            | Action::ManageHooks
            | Action::ManageServices
            | Action::ManageSecrets
            | Action::ManageDomains => Role::Developer,
            Action::Delete
            | Action::ManageReleases
            | Action::ReplaceData
            | Action::ManageCredentials
            | Action::ManageRuntimes
            | Action::ManageMembers => Role::Owner,
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Action::Read => "see this",
            Action::ReadLogs => "read logs",
            Action::CreateProject => "create projects",
            Action::Deploy => "deploy",
            Action::Exec => "open a terminal",
            Action::Delete => "delete",
            Action::ManageHooks => "manage Git pushes",
            Action::ManageReleases => "say who signs releases",
            Action::ManageServices => "manage services",
            Action::ReplaceData => "delete or replace the data of a service",
            Action::ManageCredentials => "manage access to Git hosts and registries",
            Action::ManageSecrets => "set secrets",
            Action::ManageDomains => "manage domains",
            Action::ManageRuntimes => "manage runtimes",
            Action::ManageTokens => "manage API tokens",
            Action::ManageMembers => "manage members",
        }
    }
}

/// Somebody who proved who they are, acting in one organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Caller {
    /// Who it is.
    pub user: UserId,
    /// For sentences and the audit log.
    pub email: String,
    /// Every look-up is scoped by it.
    pub org: OrgId,
    /// For the page's head.
    pub org_name: String,
    /// What the table is asked with.
    pub role: Role,
}

impl Caller {
    /// The one place that checks the table.
    pub fn may(&self, action: Action) -> Result<(), Refusal> {
        let least = action.least_role();
        if self.role >= least {
            return Ok(());
        }
        let what = action.sentence();
        let sentence = format!(
            "As a {} you can't {what}; that takes the role {}.",
            self.role.word(),
            least.word()
        );
        Err(Refusal::forbidden(sentence)
            .way_out("Ask an owner of the organization to do it or to change your role."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn x11_the_table_of_permissions() {
        let lines: Vec<_> = Action::ALL
            .iter()
            .map(|a| format!("{a:?}: {}", a.least_role().word()))
            .collect();
        expect![[r#"
            Read: viewer
            ReadLogs: viewer
            CreateProject: developer
            Deploy: developer
            Exec: developer
            Delete: owner
            ManageHooks: developer
            ManageReleases: owner
            ManageServices: developer
            ReplaceData: owner
            ManageCredentials: owner
            ManageSecrets: developer
            ManageDomains: developer
            ManageRuntimes: owner
            ManageTokens: viewer
            ManageMembers: owner"#]]
        .assert_eq(&lines.join("\n"));
    }
}
