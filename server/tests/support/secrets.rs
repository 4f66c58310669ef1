//! The fixture's one secret.

use super::fixture::{Fixture, scoped};
use super::views::secret;
use async_trait::async_trait;
use domain::access::Caller;
use domain::api::*;
use domain::view::SecretView;
use std::sync::atomic::Ordering;

#[async_trait]
impl Secrets for Fixture {
    async fn secrets(&self, _: &Caller) -> Reply<Vec<SecretView>> {
        Ok(vec![secret()])
    }
    async fn set_secret(&self, _: &Caller, new: NewSecret) -> Reply<SecretView> {
        domain::secret::check(&new)?;
        self.created.fetch_add(1, Ordering::SeqCst);
        Ok(secret())
    }
    async fn delete_secret(&self, caller: &Caller, name: &str, _: &str) -> Reply<()> {
        scoped(caller, &name, &"TOKEN", "secret")
    }
}
