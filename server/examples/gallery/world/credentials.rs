//! What opens the gallery's private places.

use super::{Gallery, no};
use domain::access::Caller;
use domain::api::{Credentials, Reply};
use domain::credential::{CredentialKind, NewCredential};
use domain::id::CredentialId;
use domain::view::CredentialView;

const DAY: i64 = 86_400_000;

#[async_trait::async_trait]
impl Credentials for Gallery {
    async fn credentials(&self, caller: &Caller) -> Reply<Vec<CredentialView>> {
        if caller.org_name == "Empty" {
            return Ok(vec![]);
        }
        let one = |n: u128, kind, place: &str, username: &str, days: Option<i64>| CredentialView {
            id: CredentialId::new(self.now, n),
            kind,
            place: place.into(),
            username: username.into(),
            set_by: Some("ada@example.com".into()),
            set_at: self.now.plus_ms(-80 * DAY),
            expires_at: days.map(|days| self.now.plus_ms(days * DAY)),
            expired: days.is_some_and(|days| days < 0),
        };
        let (git, registry) = (CredentialKind::Git, CredentialKind::Registry);
        Ok(vec![
            one(1, git, "git.example.com/shop", "deploy-bot", Some(10)),
            one(2, registry, "registry.example.com:5000", "ci", Some(-3)),
            one(3, registry, "docker.io", "acme", None),
        ])
    }

    async fn put_credential(&self, _: &Caller, _: NewCredential) -> Reply<CredentialView> {
        Err(no())
    }

    async fn remove_credential(&self, _: &Caller, _: &CredentialId) -> Reply<()> {
        Err(no())
    }
}
