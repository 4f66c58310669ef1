//! What nobody needs any more and nobody removes.

use crate::clock::Clock;
use crate::dirs::Dirs;
use crate::store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const HOUR: Duration = Duration::from_secs(3600);
const DAY_MS: i64 = 86_400_000;
/// A duplicate is known as one for as long as its first is kept.
const DELIVERY_DAYS: i64 = 90;
/// Of one project.
const DELIVERIES_MAX: u32 = 20_000;

/// Once an hour: sessions that ended, answers nobody repeats, deliveries and previews of long ago,
/// uploads nobody used.
pub async fn sweep(store: Store, dirs: Dirs, clock: Arc<dyn Clock>, cancel: CancellationToken) {
    loop {
        let now = clock.now();
        let swept = store.sweep(now, now.plus_ms(-DAY_MS)).await;
        let forgotten = store
            .forget_deliveries(now.plus_ms(-DELIVERY_DAYS * DAY_MS), DELIVERIES_MAX)
            .await;
        let ended = store
            .forget_reviews(now.plus_ms(-DELIVERY_DAYS * DAY_MS))
            .await;
        let unused = store.forget_unused_uploads(now.plus_ms(-DAY_MS)).await;
        match (swept.and(forgotten).and(ended), unused) {
            (Ok(()), Ok(paths)) => paths
                .iter()
                .for_each(|path| drop(std::fs::remove_file(path))),
            (Err(error), _) | (_, Err(error)) => {
                tracing::error!(data = %dirs.data().display(), "sweeping: {error}")
            }
        }
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(HOUR) => {}
        }
    }
}
