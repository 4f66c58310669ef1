//! Looking at a runtime until it is as it should be.

use super::{Behaviour, Harness, environment, spec};
use crate::driver::{Driver, Scope};
use crate::probe::{HttpProber, Prober};
use domain::id::EnvironmentId;
use domain::instance::{InstanceSpec, Observed, State};
use std::time::{Duration, Instant};

/// Longer than anything here takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub async fn see(driver: &impl Driver, environment: &EnvironmentId) -> Vec<Observed> {
    driver
        .observe(Scope::Environment(environment))
        .await
        .expect("the runtime answers")
}

/// Looks until `wanted` has an answer.
pub async fn eventually<T>(what: &str, mut wanted: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(found) = wanted().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("not within {PATIENCE:?}: {what}");
}

pub async fn running(driver: &impl Driver, environment: &EnvironmentId) -> Observed {
    eventually("an instance runs", async || {
        see(driver, environment)
            .await
            .into_iter()
            .find(|seen| seen.state == State::Running && seen.address.is_some())
    })
    .await
}

pub async fn exited(driver: &impl Driver, environment: &EnvironmentId) -> State {
    eventually("an instance exits", async || {
        see(driver, environment)
            .await
            .into_iter()
            .map(|seen| seen.state)
            .find(|state| matches!(state, State::Exited { .. }))
    })
    .await
}

pub async fn gone(driver: &impl Driver, environment: &EnvironmentId) {
    eventually("the environment is empty", async || {
        see(driver, environment).await.is_empty().then_some(())
    })
    .await;
}

pub async fn answers(seen: &Observed) {
    let address = seen.address.expect("an address");
    eventually("the instance answers", async || {
        HttpProber
            .probe(&seen.id, address, "/", 1000, &[])
            .await
            .ok()
    })
    .await;
}

pub async fn ensured(
    driver: &impl Driver,
    harness: &impl Harness,
    behaviour: Behaviour,
) -> InstanceSpec {
    let spec = spec(harness.app(behaviour), &environment());
    driver.ensure(&spec).await.expect("the instance is made");
    spec
}

pub async fn cleared(driver: &impl Driver, spec: &InstanceSpec) {
    driver.remove(&spec.id, 0).await.expect("removal begins");
    gone(driver, &spec.environment).await;
    driver
        .forget(&spec.environment)
        .await
        .expect("the network goes");
}

pub async fn nothing_is_left(harness: &impl Harness) {
    for driver in [harness.connect(), harness.neighbour()] {
        assert_eq!(
            driver.observe(Scope::Everything).await,
            Ok(vec![]),
            "something of the test is left"
        );
    }
}
