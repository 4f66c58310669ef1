//! The one credential.

use super::fixture::{Fixture, scoped};
use super::views::{credential, credential_id};
use async_trait::async_trait;
use domain::access::Caller;
use domain::api::{Credentials, Reply};
use domain::credential::NewCredential;
use domain::id::CredentialId;
use domain::view::CredentialView;

#[async_trait]
impl Credentials for Fixture {
    async fn credentials(&self, caller: &Caller) -> Reply<Vec<CredentialView>> {
        let ours = caller.org == Fixture::org(1);
        Ok(if ours { vec![credential()] } else { vec![] })
    }
    async fn put_credential(&self, _: &Caller, new: NewCredential) -> Reply<CredentialView> {
        new.check().map(|_| credential())
    }
    async fn remove_credential(&self, caller: &Caller, id: &CredentialId) -> Reply<()> {
        scoped(caller, id, &credential_id(), "credential")
    }
}
