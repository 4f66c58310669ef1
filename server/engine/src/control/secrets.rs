//! Secrets of the organization (I-14): set, listed and deleted; never read.

use super::resolve::Resolved;
use super::{Control, broken, found, moved_on};
use crate::store::deployment::Listed;
use crate::store::secret::{NewValue, Put, Secret};
use async_trait::async_trait;
use domain::access::{Action, Caller};
use domain::api::{NewSecret, Reply, Secrets};
use domain::config::ConfigPatch;
use domain::deployment::Deployment;
use domain::hint::Topic;
use domain::id::OrgId;
use domain::refusal::Refusal;
use domain::secret;
use domain::view::{SecretUse, SecretView, UsedSecret};

#[async_trait]
impl Secrets for Control {
    async fn secrets(&self, caller: &Caller) -> Reply<Vec<SecretView>> {
        caller.may(Action::Read)?;
        let rows = self.store.secrets(&caller.org).await.map_err(broken)?;
        let users = self.secret_users(&caller.org).await?;
        Ok(rows.into_iter().map(|row| view(row, &users)).collect())
    }

    async fn set_secret(&self, caller: &Caller, new: NewSecret) -> Reply<SecretView> {
        caller.may(Action::ManageSecrets)?;
        secret::check(&new)?;
        let (org, name) = (&caller.org, new.name.as_str());
        let known = self.store.secret(org, name).await.map_err(broken)?;
        let version = known.map_or(1, |k| k.version.saturating_add(1));
        let row = NewValue {
            name,
            version,
            value: &new.value,
        };
        let put = self.store.put_secret(caller, row, self.now()).await;
        if put.map_err(moved_on)? == Put::TooMany {
            return Err(too_many());
        }
        let users = self.secret_users(org).await?;
        for (_, user) in users.iter().filter(|(n, _)| n == name) {
            let topic = Topic::Environment(user.environment.clone());
            self.bus.hint(org, topic);
        }
        let row = found(self.store.secret(org, name).await, "secret")?;
        Ok(view(row, &users))
    }

    async fn delete_secret(&self, caller: &Caller, name: &str, typed: &str) -> Reply<()> {
        caller.may(Action::Delete)?;
        let row = found(self.store.secret(&caller.org, name).await, "secret")?;
        if typed != row.name {
            return Err(
                Refusal::invalid("typed", format!("What you typed is not `{name}`."))
                    .way_out("Type its name exactly; deleting can't be undone."),
            );
        }
        let users = self.secret_users(&caller.org).await?;
        let view = view(row, &users);
        if !view.used_by.is_empty() {
            return Err(secret::bound(name, &view.used_by));
        }
        let deleted = self.store.delete_secret(caller, name, self.now()).await;
        match deleted.map_err(broken)? {
            true => Ok(()),
            // Deployed with it in the same moment.
            false => Err(moved_on(crate::store::StoreError::Stale)),
        }
    }
}

impl Control {
    /// Refuses names without a value, before anything starts.
    pub(super) async fn named_secrets(&self, org: &OrgId, resolved: &Resolved) -> Reply<()> {
        if secret::named(&resolved.config, true).is_empty() {
            return Ok(());
        }
        let all = self.store.secrets(org).await.map_err(broken)?;
        let sizes = all.into_iter().map(|s| (s.name, s.size_bytes)).collect();
        secret::known(&resolved.config, resolved.build.is_some(), &sizes)
    }

    /// The same, and what a person should know: which values the new instances get.
    pub(super) async fn secret_notes(
        &self,
        org: &OrgId,
        resolved: &Resolved,
        active: Option<&Deployment>,
        again: bool,
    ) -> Reply<Vec<String>> {
        self.named_secrets(org, resolved).await?;
        let names = secret::named(&resolved.config, resolved.build.is_some());
        if again {
            return Ok(secret::note_again(&names).into_iter().collect());
        }
        let mut stale = match active {
            Some(active) => self.stale(active).await?,
            None => vec![],
        };
        stale.retain(|name| names.contains(name));
        Ok(secret::note_changed(&stale).into_iter().collect())
    }

    /// What serves has older values of these.
    pub(super) async fn stale_secrets(&self, active: Option<&Listed>) -> Reply<Vec<String>> {
        match active {
            Some(listed) => self.stale(&listed.deployment).await,
            None => Ok(vec![]),
        }
    }

    async fn stale(&self, of: &Deployment) -> Reply<Vec<String>> {
        if secret::named(&of.config, true).is_empty() {
            return Ok(vec![]);
        }
        self.store.stale_secrets(&of.id).await.map_err(broken)
    }

    /// Names and versions that it was given.
    pub(super) async fn used_secrets(&self, by: &Deployment) -> Reply<Vec<UsedSecret>> {
        if secret::named(&by.config, true).is_empty() {
            return Ok(vec![]);
        }
        self.store.used_secrets(&by.id).await.map_err(broken)
    }

    /// By what runs or is on its way, and by what was set for the next one.
    async fn secret_users(&self, org: &OrgId) -> Reply<Vec<(String, SecretUse)>> {
        let mut users = self.store.secret_users(org).await.map_err(broken)?;
        for row in self.store.environments(org, None).await.map_err(broken)? {
            for name in overriding(&row.overrides) {
                let known = |(n, u): &(String, SecretUse)| n == name && u.environment == row.id;
                if row.deleting || users.iter().any(known) {
                    continue;
                }
                let place = SecretUse {
                    environment: row.id.clone(),
                    environment_name: row.name.clone(),
                    project: row.project.clone(),
                    project_name: row.project_name.clone(),
                    stale: false,
                };
                users.push((name.clone(), place));
            }
        }
        Ok(users)
    }
}

fn overriding(overrides: &ConfigPatch) -> impl Iterator<Item = &String> {
    let build = overrides.build.secrets.iter();
    overrides.secrets.iter().chain(build).flatten()
}

fn view(row: Secret, users: &[(String, SecretUse)]) -> SecretView {
    let its = users.iter().filter(|(name, _)| *name == row.name);
    SecretView {
        used_by: its.map(|(_, place)| place.clone()).collect(),
        name: row.name,
        version: row.version,
        created_at: row.created_at,
        created_by: row.created_by,
        rotated_at: row.rotated_at,
        rotated_by: row.rotated_by,
    }
}

fn too_many() -> Refusal {
    Refusal::conflict(
        "too_many_secrets",
        format!(
            "This organization has {} secrets, which is the most that it can have.",
            secret::MOST
        ),
    )
    .way_out("Delete those that nothing uses.")
}
