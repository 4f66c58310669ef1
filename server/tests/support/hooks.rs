//! The fixture's webhook: one address, and `X-Gitlab-Token: secret` opens it.

use super::fixture::{Fixture, scoped};
use super::views::*;
use async_trait::async_trait;
use domain::access::Caller;
use domain::api::*;
use domain::hook::Headers;
use domain::id::*;
use domain::refusal::{Kind, Refusal};
use domain::view::*;
use std::sync::atomic::Ordering;

#[async_trait]
impl Hooks for Fixture {
    async fn git(&self, caller: &Caller, project: &ProjectId) -> Reply<GitView> {
        scoped(caller, project, &project_id(), "project").map(|()| git())
    }
    async fn track(
        &self,
        caller: &Caller,
        environment: &EnvironmentId,
        _: Track,
    ) -> Reply<TrackingView> {
        scoped(caller, environment, &environment_id(), "environment").map(|()| tracking())
    }
    async fn rotate_hook(&self, caller: &Caller, project: &ProjectId) -> Reply<NewHookView> {
        scoped(caller, project, &project_id(), "project")?;
        let (secret, hook) = ("sdh_secret".into(), hook());
        Ok(NewHookView { secret, hook })
    }
    async fn remove_hook(&self, caller: &Caller, project: &ProjectId) -> Reply<()> {
        scoped(caller, project, &project_id(), "project")
    }
    async fn deliveries(
        &self,
        caller: &Caller,
        project: &ProjectId,
        _: Option<&str>,
    ) -> Reply<Page<DeliveryView>> {
        scoped(caller, project, &project_id(), "project")?;
        Ok(Page {
            items: vec![delivery()],
            next: None,
        })
    }
    async fn redeliver(&self, caller: &Caller, id: &DeliveryId) -> Reply<DeliveryView> {
        scoped(caller, id, &delivery_id(), "delivery").map(|()| delivery())
    }
    async fn knock(&self, hook: &HookId) -> Reply<()> {
        if *hook == hook_id() {
            Ok(())
        } else {
            Err(Refusal::not_found("webhook"))
        }
    }
    async fn receive(&self, incoming: Incoming) -> Reply<Received> {
        if Headers(&incoming.headers).first(&["x-gitlab-token"]) != Some("secret") {
            return Err(Refusal::new(Kind::SignedOut, "wrong_signature", "Wrong."));
        }
        self.created.fetch_add(1, Ordering::SeqCst);
        Ok(Received {
            delivery: delivery_id(),
            effect: format!("{} bytes.", incoming.body.len()),
        })
    }
}
