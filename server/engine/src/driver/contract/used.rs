//! What instances use.

use super::look::{gone, running};
use super::{Behaviour, Harness, environment, eventually, spec};
use crate::driver::Driver;

pub async fn p22_what_an_instance_uses_is_counted_while_it_runs(harness: &impl Harness) {
    let (driver, environment) = (harness.connect(), environment());
    let spec = spec(harness.app(Behaviour::Serves), &environment);
    let gauge = driver.gauge().expect("it counts");
    let usage = async || gauge.usage(&spec.id, true).await.expect("it answers");
    assert_eq!(usage().await, None, "there is none yet");
    driver.ensure(&spec).await.expect("it starts");
    running(&driver, &environment).await;
    let first = eventually("it has taken some time", async || {
        usage().await.filter(|used| used.cpu_us > 0)
    })
    .await;
    assert_eq!(first.restarts, 0);
    assert_eq!(first.memory_limit_bytes, 32 << 20);
    assert!((1..32 << 20).contains(&first.memory_bytes), "{first:?}");
    let later = usage().await.expect("it still runs");
    assert!(later.cpu_us >= first.cpu_us);
    driver.remove(&spec.id, 0).await.expect("it goes");
    gone(&driver, &environment).await;
    assert_eq!(usage().await, None, "there is none any more");
}
