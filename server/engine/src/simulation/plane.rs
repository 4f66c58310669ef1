//! A data plane in memory behind a bad line, with the promises about routes checked at every
//! publication.

use super::outside::{Outside, Truth};
use crate::plane::{Plane, PlaneError};
use async_trait::async_trait;
use domain::deployment::Phase;
use domain::frontage::Frontage;
use domain::id::{DeploymentId, EnvironmentId, InstanceId};
use domain::route::{Route, Shown, Target, Upstream, owner, shown_id};
use domain::traffic::Traffic;
use std::collections::BTreeMap;
use std::sync::Arc;

pub struct BadPlane(pub Arc<Outside>);

impl BadPlane {
    async fn call<T>(
        &self,
        what: &str,
        effect: impl Future<Output = Result<T, PlaneError>>,
    ) -> Result<T, PlaneError> {
        if self.0.weather().plane_away.is_some() {
            return Err(PlaneError("is away".into()));
        }
        self.0.call(what, PlaneError, effect).await
    }

    async fn may_publish(&self, route: &Route) {
        if let Target::Upstreams { upstreams, .. } = &route.target {
            assert!(!upstreams.is_empty(), "{} leads to nothing", route.id);
            let truth = self.0.truth();
            let bad = upstreams.iter().find(|u| !may_serve(&truth, &route.id, u));
            assert!(
                bad.is_none(),
                "{bad:?} is published although its latest probe did not pass"
            );
        }
        let Some(id) = route.target.deployment() else {
            return;
        };
        let id: DeploymentId = id.parse().expect("a deployment");
        let row = self.0.store.deployment_of_any(&id).await;
        let row = row.expect("the database reads");
        let phase = row.as_ref().map(|d| d.phase);
        assert!(
            matches!(phase, Some(Phase::Ready | Phase::Live)),
            "{id} is published although it is {phase:?}"
        );
        // What was promoted or ended while the pass ran is hidden by the next one; nothing that is
        // held ever gets traffic, since a hold is never taken up again.
        let held = row.is_some_and(|d| d.is_held());
        let shows = owner(&route.id).is_some_and(|(_, held)| held);
        assert!(shows || !held, "{id} gets traffic although it is held");
    }
}

/// Its latest probe passed there, or it is published there already.
fn may_serve(truth: &Truth, route: &str, upstream: &Upstream) -> bool {
    let published = truth
        .routes
        .get(route)
        .is_some_and(|r| r.target.upstreams().contains(upstream));
    let id: InstanceId = upstream.id.parse().expect("an instance");
    published || truth.probed.get(&(id, upstream.address)) == Some(&true)
}

#[async_trait]
impl Plane for BadPlane {
    async fn publish(&self, route: Route) -> Result<(), PlaneError> {
        self.may_publish(&route).await;
        self.call("publish", async {
            self.0.truth().routes.insert(route.id.clone(), route);
            Ok(())
        })
        .await
    }

    async fn unpublish(&self, environment: &EnvironmentId) -> Result<(), PlaneError> {
        self.call("unpublish", async {
            self.0.truth().routes.remove(environment.as_str());
            Ok(())
        })
        .await
    }

    async fn served(&self, environment: &EnvironmentId) -> Result<Option<Target>, PlaneError> {
        self.call("served", async {
            Ok(self
                .0
                .truth()
                .routes
                .get(environment.as_str())
                .map(|r| r.target.clone()))
        })
        .await
    }

    async fn shown(&self, environment: &EnvironmentId) -> Result<Option<Shown>, PlaneError> {
        self.call("shown", async {
            let route = self.0.truth().routes.get(&shown_id(environment)).cloned();
            Ok(route.map(Shown::of))
        })
        .await
    }

    async fn hide(&self, environment: &EnvironmentId) -> Result<(), PlaneError> {
        self.call("hide", async {
            self.0.truth().routes.remove(&shown_id(environment));
            Ok(())
        })
        .await
    }

    async fn front(&self, frontage: Frontage) -> Result<(), PlaneError> {
        self.call("front", async {
            self.0.truth().frontage = frontage;
            Ok(())
        })
        .await
    }

    async fn frontage(&self) -> Result<Frontage, PlaneError> {
        self.call("frontage", async { Ok(self.0.truth().frontage.clone()) })
            .await
    }

    async fn routed(&self) -> Result<Vec<String>, PlaneError> {
        self.call("routed", async {
            Ok(self.0.truth().routes.keys().cloned().collect())
        })
        .await
    }

    async fn in_flight(&self) -> Result<BTreeMap<String, u64>, PlaneError> {
        self.call("in flight", async { Ok(self.0.truth().in_flight.clone()) })
            .await
    }

    async fn traffic(&self) -> Result<BTreeMap<String, Traffic>, PlaneError> {
        Ok(BTreeMap::new())
    }

    async fn forgotten(&self, _: &EnvironmentId) {}
}
