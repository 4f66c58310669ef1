//! Frees disk space: looks at what is held, asks `domain::retention` what may go, and removes it.

use crate::clock::Clock;
use crate::leftovers::Leftovers;
use crate::reconciler::Stumble;
use crate::store::Now;
use domain::retention::{self, Held};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);

pub struct Retention {
    pub leftovers: Leftovers,
    pub clock: Arc<dyn Clock>,
    pub budget_bytes: u64,
}

impl Retention {
    pub async fn run(self, cancel: CancellationToken) {
        loop {
            let next = match self.look().await {
                Ok(true) => HOUR,
                Ok(false) => MINUTE,
                Err(stumble) => {
                    tracing::warn!("freeing disk space: {stumble}");
                    HOUR
                }
            };
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(next) => {}
            }
        }
    }

    /// The removal first, then the row: what is removed twice is no harm. False: a container that
    /// is just ending still uses something.
    async fn look(&self) -> Result<bool, Stumble> {
        let mut all_gone = true;
        let kept = self.leftovers.store.kept().await?;
        let held: Vec<Held> = kept.iter().map(|k| k.held.clone()).collect();
        for id in retention::collect(&held, self.budget_bytes) {
            let Some(one) = kept.iter().find(|k| k.held.id == id) else {
                continue;
            };
            if !self.leftovers.discard_artifact(one).await? {
                all_gone = false;
                continue;
            }
            self.leftovers.store.collected(one, self.now()).await?;
            tracing::info!(deployment = %id, "what it made was removed to free disk space");
        }
        Ok(all_gone)
    }

    fn now(&self) -> Now {
        Now {
            at: self.clock.now(),
            entropy: self.clock.entropy(),
        }
    }
}
