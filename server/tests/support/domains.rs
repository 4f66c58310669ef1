//! The fixture's one domain.

use super::fixture::{Fixture, scoped};
use super::views::{domain, domain_id};
use async_trait::async_trait;
use domain::access::Caller;
use domain::api::*;
use domain::id::DomainId;
use domain::view::DomainView;
use std::sync::atomic::Ordering;

#[async_trait]
impl Domains for Fixture {
    async fn domains(&self, _: &Caller) -> Reply<Vec<DomainView>> {
        Ok(vec![domain()])
    }
    async fn domain(&self, caller: &Caller, id: &DomainId) -> Reply<DomainView> {
        scoped(caller, id, &domain_id(), "domain").map(|()| domain())
    }
    async fn add_domain(&self, _: &Caller, _: NewDomain) -> Reply<DomainView> {
        self.created.fetch_add(1, Ordering::SeqCst);
        Ok(domain())
    }
    async fn verify_domain(&self, caller: &Caller, id: &DomainId) -> Reply<DomainView> {
        self.domain(caller, id).await
    }
    async fn set_domain(
        &self,
        caller: &Caller,
        id: &DomainId,
        _: DomainSettings,
    ) -> Reply<DomainView> {
        self.domain(caller, id).await
    }
    async fn upload_certificate(
        &self,
        caller: &Caller,
        id: &DomainId,
        _: OwnCertificate,
    ) -> Reply<DomainView> {
        self.domain(caller, id).await
    }
    async fn remove_domain(&self, caller: &Caller, id: &DomainId) -> Reply<()> {
        scoped(caller, id, &domain_id(), "domain")
    }
}
