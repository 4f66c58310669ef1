//! Tells Git hosts how deployments went (P-15), after the fact: a deployment never waits for it. What
//! was told last is a row; whatever differs from it is told now. So a restart loses nothing, a newer
//! word replaces an older one that was never told, and nothing is told twice.

mod call;
pub(crate) mod releases;
mod tell;

use crate::control::Control;
use crate::store::Stored;
use crate::store::forge::{Forge, Report};
use domain::forge::Answered;
use domain::hint::Topic;
use futures_util::StreamExt;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Projects at the same time: one host that hangs must not hold up the others.
const AT_ONCE: usize = 4;
const EVERY: Duration = Duration::from_secs(2);
/// After this many, what failed is left until there is something new to tell.
const MOST_TRIES: u32 = 10;
const FIRST_PAUSE_MS: i64 = 10_000;
const LONGEST_PAUSE_MS: i64 = 3_600_000;

pub struct Teller {
    pub control: Arc<Control>,
}

/// Whether the next thing is told to the same host now.
enum Next {
    GoOn,
    /// It is asked too often, or is not there.
    Stop,
}

impl Teller {
    pub async fn run(self, cancel: CancellationToken) {
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                told = self.round() => if let Err(error) = told {
                    tracing::error!("what Git hosts are to be told can't be read: {error}");
                }
            }
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// Everything that is not told yet.
    pub async fn round(&self) -> Stored<()> {
        let all = self.control.store.forges().await?;
        futures_util::stream::iter(all)
            .for_each_concurrent(AT_ONCE, |forge| async move {
                if let Err(error) = self.tell(&forge).await {
                    let project = &forge.project;
                    tracing::error!(%project, "what its host was told can't be written: {error}");
                }
            })
            .await;
        Ok(())
    }

    async fn tell(&self, forge: &Forge) -> Stored<()> {
        let now = self.control.clock.now();
        if self.control.store.host_rests(forge, now).await? {
            return Ok(());
        }
        match self.statuses(forge).await? {
            Next::GoOn => self.comments(forge).await,
            Next::Stop => Ok(()),
        }
    }

    /// What becomes of the row when a host answered so; `said` is what it was to be told.
    async fn note(
        &self,
        forge: &Forge,
        about: &str,
        before: Report,
        said: String,
        answered: Answered,
    ) -> Stored<Next> {
        let now = self.control.clock.now();
        let told = Report {
            said: Some(said),
            tries: 0,
            ..before.clone()
        };
        let (report, problem, next) = match answered {
            Answered::Told => (told, None, Next::GoOn),
            Answered::Refused(why) => (told, Some(why), Next::Stop),
            Answered::Gone(why) => (
                Report {
                    comment: None,
                    ..told
                },
                Some(why),
                Next::GoOn,
            ),
            Answered::Again(why, _) if before.tries + 1 >= MOST_TRIES => {
                (told, Some(why), Next::Stop)
            }
            Answered::Again(why, wait_s) => {
                let wait_ms = i64::try_from(wait_s)
                    .unwrap_or(i64::MAX)
                    .saturating_mul(1000);
                let tries = before.tries + 1;
                let pause_ms = pause_ms(tries).max(wait_ms.min(LONGEST_PAUSE_MS));
                let later = Report {
                    tries,
                    due_at: now.plus_ms(pause_ms),
                    ..before
                };
                (later, Some(why), Next::Stop)
            }
        };
        let problem = problem.as_deref();
        self.control
            .store
            .put_report(forge, about, &report, problem, now)
            .await?;
        if problem != forge.view.problem.as_deref() {
            let topic = Topic::Project(forge.project.clone());
            self.control.bus.hint(&forge.org, topic);
        }
        Ok(next)
    }
}

/// 10 s, 20 s, 40 s, … 1 h.
fn pause_ms(tries: u32) -> i64 {
    let times = 2_i64.saturating_pow(tries.saturating_sub(1));
    FIRST_PAUSE_MS.saturating_mul(times).min(LONGEST_PAUSE_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p15_a_host_that_is_down_is_told_for_about_an_hour_and_a_half() {
        let all: Vec<_> = (1..MOST_TRIES).map(|t| pause_ms(t) / 1000).collect();
        assert_eq!(all, [10, 20, 40, 80, 160, 320, 640, 1280, 2560]);
    }
}
