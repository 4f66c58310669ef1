//! One environment, and what it is updated to.

use super::fixture::{Fixture, scoped};
use super::views::{self, *};
use async_trait::async_trait;
use domain::access::Caller;
use domain::api::*;
use domain::id::*;
use domain::refusal::Refusal;
use domain::source::Origin;
use domain::view::*;

#[async_trait]
impl Metrics for Fixture {
    async fn traffic(&self, caller: &Caller, id: &EnvironmentId) -> Reply<TrafficView> {
        Ok(TrafficView {
            environment: self.environment(caller, id).await?,
            minutes: vec![],
            instances: vec![],
        })
    }
    async fn counters(&self, _: &Caller) -> Reply<Option<Vec<Counters>>> {
        Ok(None)
    }
    async fn usage(&self, _: &Caller) -> Reply<Vec<InstanceCounters>> {
        Ok(vec![])
    }
}

#[async_trait]
impl Updates for Fixture {
    async fn environment(&self, caller: &Caller, id: &EnvironmentId) -> Reply<EnvironmentView> {
        scoped(caller, id, &environment_id(), "environment").map(|()| views::environment())
    }
    async fn update_options(&self, caller: &Caller, id: &EnvironmentId) -> Reply<UpdateOptions> {
        Ok(UpdateOptions {
            environment: self.environment(caller, id).await?,
            origin: Origin::Bundle,
            tags: vec![],
            tags_problem: None,
            releases_problem: None,
            live_tag: None,
            overrides: Default::default(),
            config: None,
        })
    }
    async fn versions(&self, caller: &Caller, id: &EnvironmentId) -> Reply<VersionsView> {
        let version = VersionView {
            deployment: DeploymentSummary {
                live: false,
                ..summary()
            },
            refused: None,
        };
        Ok(VersionsView {
            environment: self.environment(caller, id).await?,
            earlier: vec![version],
            failed: None,
            elsewhere: vec![],
        })
    }
    async fn preview_update(
        &self,
        caller: &Caller,
        id: &EnvironmentId,
        _: &Update,
    ) -> Reply<Preview> {
        self.environment(caller, id).await.map(|_| preview())
    }
    async fn update(
        &self,
        caller: &Caller,
        id: &EnvironmentId,
        confirm: Confirm,
    ) -> Reply<DeploymentView> {
        self.environment(caller, id).await?;
        if confirm.digest == "d1" {
            Ok(self.view())
        } else {
            Err(Refusal::conflict("plan_changed", "The plan has changed."))
        }
    }
}
