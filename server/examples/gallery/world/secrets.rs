//! The secrets of the gallery.

use super::scene::{environment_id, project_id};
use super::{Gallery, World, no};
use domain::access::{Action, Caller};
use domain::api::*;
use domain::refusal::Refusal;
use domain::secret;
use domain::view::*;

const HOUR: i64 = 3_600_000;

#[async_trait::async_trait]
impl Secrets for Gallery {
    async fn secrets(&self, caller: &Caller) -> Reply<Vec<SecretView>> {
        let used = |stale| SecretUse {
            environment: environment_id(1),
            environment_name: "production".into(),
            project: project_id(1),
            project_name: "shop".into(),
            stale,
        };
        let secret = |name: &str, version, used_by| SecretView {
            name: name.into(),
            version,
            created_at: self.now.plus_ms(-900 * HOUR),
            created_by: Some("ada@example.com".into()),
            rotated_at: (version > 1).then(|| self.now.plus_ms(-2 * HOUR)),
            rotated_by: (version > 1).then(|| "grace@example.com".into()),
            used_by,
        };
        Ok(match self.scene(caller).world {
            World::Empty => vec![],
            _ => vec![
                secret("DATABASE_PASSWORD", 3, vec![used(true)]),
                secret("NPM_TOKEN", 1, vec![used(false)]),
                secret("OLD_AND_UNUSED_WITH_A_VERY_LONG_NAME_THAT_WRAPS", 1, vec![]),
            ],
        })
    }

    async fn set_secret(&self, caller: &Caller, new: NewSecret) -> Reply<SecretView> {
        caller.may(Action::ManageSecrets)?;
        secret::check(&new)?;
        Err(no())
    }

    async fn delete_secret(&self, caller: &Caller, name: &str, _: &str) -> Reply<()> {
        caller.may(Action::Delete)?;
        let all = self.secrets(caller).await?;
        let one = all.iter().find(|s| s.name == name);
        let one = one.ok_or_else(|| Refusal::not_found("secret"))?;
        match one.used_by.is_empty() {
            true => Err(no()),
            false => Err(secret::bound(name, &one.used_by)),
        }
    }
}
