//! The data plane over real sockets: a whole one in a thread, real upstreams, raw clients.

mod app;
mod ask;
mod control;
mod draining;
mod holding;
mod house;
mod limits;
mod protocols;
mod retries;
mod routing;
mod sealed;
mod site;
mod smuggling;
mod statics;
mod supervision;
mod switching;
mod tls;

use std::time::Duration;

/// Generous: only a hang reaches it.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until something holds; a test that waits in vain says for what.
async fn eventually<F: AsyncFnMut() -> bool>(what: &str, mut holds: F) {
    let waited = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(
        tokio::time::timeout(PATIENCE, waited).await.is_ok(),
        "waited in vain until {what}"
    );
}
