//! What opens private repositories (P-4) and registries (I-16).

use super::{Control, broken};
use crate::store::credential::{Credential, NewRow};
use async_trait::async_trait;
use domain::access::{Action, Caller};
use domain::api::{Credentials, Reply};
use domain::credential::{MAX_CREDENTIALS, NewCredential};
use domain::id::CredentialId;
use domain::refusal::Refusal;
use domain::time::Time;
use domain::view::CredentialView;

const DAY_MS: i64 = 86_400_000;
const LONGEST_DAYS: u32 = 3650;

#[async_trait]
impl Credentials for Control {
    async fn credentials(&self, caller: &Caller) -> Reply<Vec<CredentialView>> {
        caller.may(Action::Read)?;
        let rows = self
            .store
            .kept_credentials(&caller.org)
            .await
            .map_err(broken)?;
        let now = self.clock.now();
        Ok(rows.into_iter().map(|row| view(row, now)).collect())
    }

    async fn put_credential(&self, caller: &Caller, new: NewCredential) -> Reply<CredentialView> {
        caller.may(Action::ManageCredentials)?;
        let place = new.check()?;
        let now = self.now();
        let row = NewRow {
            id: &CredentialId::new(now.at, now.entropy),
            kind: new.kind,
            place: &place,
            username: &new.username,
            secret: &new.secret,
            expires_at: expiry(now.at, new.expires_in_days)?,
        };
        let put = self.store.put_credential(caller, row, self.now()).await;
        let id = put.map_err(broken)?.ok_or_else(too_many)?;
        let rows = self
            .store
            .kept_credentials(&caller.org)
            .await
            .map_err(broken)?;
        let row = rows.into_iter().find(|row| row.id == id);
        row.map(|row| view(row, now.at))
            .ok_or_else(|| Refusal::not_found("credential"))
    }

    async fn remove_credential(&self, caller: &Caller, id: &CredentialId) -> Reply<()> {
        caller.may(Action::ManageCredentials)?;
        let now = self.now();
        match self.store.remove_credential(caller, id, now).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Refusal::not_found("credential")),
            Err(error) => Err(broken(error)),
        }
    }
}

fn view(row: Credential, now: Time) -> CredentialView {
    CredentialView {
        id: row.id,
        kind: row.kind,
        place: row.place.to_string(),
        username: row.username,
        set_by: row.set_by,
        set_at: row.set_at,
        expires_at: row.expires_at,
        expired: row.expires_at.is_some_and(|at| at <= now),
    }
}

fn expiry(now: Time, days: Option<u32>) -> Reply<Option<Time>> {
    match days {
        None => Ok(None),
        Some(days) if (1..=LONGEST_DAYS).contains(&days) => {
            Ok(Some(now.plus_ms(i64::from(days) * DAY_MS)))
        }
        Some(days) => Err(Refusal::invalid(
            "expires_in_days",
            format!("A credential can't expire in {days} days."),
        )
        .way_out(format!(
            "Choose from 1 to {LONGEST_DAYS} days, or leave it out."
        ))),
    }
}

fn too_many() -> Refusal {
    Refusal::conflict(
        "too_many_credentials",
        format!("The organization has {MAX_CREDENTIALS} credentials, which is the most that it can have."),
    )
    .way_out("Remove one that is not needed.")
}
