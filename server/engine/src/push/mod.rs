//! Pushes (P-17) and previews (P-15): deliveries are handled here after they were answered, from
//! their rows; and the poll finds what no delivery told of. Both only wake a look at the repository.

mod poll;
pub mod signature;

pub use poll::Poll;

use crate::control::Control;
use crate::store::Stored;
use domain::id::ProjectId;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

#[cfg(test)]
mod tests;

/// Projects at the same time: one Git host that hangs must not hold up the others.
const AT_ONCE: usize = 4;
/// Looks for work this often even when nobody told.
const IDLE: Duration = Duration::from_secs(5);

/// The worker. What a boot left half-done is a row that waits: the next one begins with it.
pub struct Pushes {
    pub control: Arc<Control>,
}

impl Pushes {
    pub async fn run(self, cancel: CancellationToken) {
        let (mut working, mut busy) = (JoinSet::new(), HashSet::new());
        loop {
            let news = self.control.pushes.notified();
            if let Err(error) = self.begin(&mut working, &mut busy).await {
                tracing::error!("pushes can't be read from the database: {error}");
            }
            tokio::select! {
                () = cancel.cancelled() => return working.shutdown().await,
                Some(done) = working.join_next(), if !working.is_empty() => {
                    match done {
                        Ok(project) => drop(busy.remove(&project)),
                        Err(error) => tracing::error!("handling a push: {error}"),
                    }
                }
                () = news => {}
                () = tokio::time::sleep(IDLE) => {}
            }
        }
    }

    /// One task for each project that has something to handle and none yet.
    async fn begin(
        &self,
        working: &mut JoinSet<ProjectId>,
        busy: &mut HashSet<ProjectId>,
    ) -> Stored<()> {
        // A task that panicked did not say whose it was.
        if working.is_empty() {
            busy.clear();
        }
        let control = &self.control;
        let now = control.clock.now();
        let mut due = control.store.projects_with_pushes(now).await?;
        due.extend(control.store.projects_with_reviews_due(now).await?);
        for project in due {
            if working.len() >= AT_ONCE {
                break;
            }
            if busy.insert(project.clone()) {
                let control = control.clone();
                working.spawn(async move {
                    let handled = control.handle_pushes(&project).await;
                    let tended = control.tend_reviews(&project).await;
                    if let Err(error) = handled.and(tended) {
                        tracing::error!(%project, "handling its pushes: {error}");
                        tokio::time::sleep(IDLE).await;
                    }
                    project
                });
            }
        }
        Ok(())
    }
}
