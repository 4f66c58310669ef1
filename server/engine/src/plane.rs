//! The data plane, as the reconciler sees it: publish and be acknowledged, ask what is served
//! and what is in flight.

use async_trait::async_trait;
use domain::frontage::Frontage;
use domain::id::EnvironmentId;
use domain::route::{Route, Shown, Target};
use domain::traffic::Traffic;
use std::collections::BTreeMap;

/// The data plane did not do it, or did not say that it did.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the data plane {0}")]
pub struct PlaneError(pub String);

#[async_trait]
pub trait Plane: Send + Sync {
    /// Returns when every request that begins from now on follows the new route.
    async fn publish(&self, route: Route) -> Result<(), PlaneError>;

    async fn unpublish(&self, environment: &EnvironmentId) -> Result<(), PlaneError>;

    /// What was acknowledged last, by this boot or an earlier one.
    async fn served(&self, environment: &EnvironmentId) -> Result<Option<Target>, PlaneError>;

    /// The same of the host that shows what the environment holds at ready.
    async fn shown(&self, environment: &EnvironmentId) -> Result<Option<Shown>, PlaneError>;

    /// Nothing is held there any more.
    async fn hide(&self, environment: &EnvironmentId) -> Result<(), PlaneError>;

    /// Returns when handshakes and requests that begin from now on follow it.
    async fn front(&self, frontage: Frontage) -> Result<(), PlaneError>;

    /// What serves of custom domains.
    async fn frontage(&self) -> Result<Frontage, PlaneError>;

    /// Every route's id.
    async fn routed(&self) -> Result<Vec<String>, PlaneError>;

    /// Requests in flight by upstream, drained ones included until they reach zero.
    async fn in_flight(&self) -> Result<BTreeMap<String, u64>, PlaneError>;

    /// By environment.
    async fn traffic(&self) -> Result<BTreeMap<String, Traffic>, PlaneError>;

    /// The environment will not come back: what was kept to turn hints into wakes can go.
    async fn forgotten(&self, environment: &EnvironmentId);
}
