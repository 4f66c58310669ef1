//! The fallback: asks for the head of the branches that are tracked with the poll on. What it finds
//! is a delivery like any other, so it is in the list and takes the same way.

use crate::control::Control;
use crate::store::Stored;
use crate::store::delivery::NewDelivery;
use crate::store::tracking::Polled;
use domain::hint::Topic;
use domain::hook::{Provider, Push};
use domain::id::OrgId;
use domain::source::Origin;
use futures_util::StreamExt;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Hosts that are asked at the same time.
const AT_ONCE: usize = 4;
/// An answer is one line.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Poll {
    pub control: Arc<Control>,
    pub every: Duration,
}

/// Asked once, for however many environments follow it.
type Branch = (OrgId, String, String);

impl Poll {
    pub async fn run(self, cancel: CancellationToken) {
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(self.pause()) => {}
            }
            tokio::select! {
                () = cancel.cancelled() => return,
                looked = self.look() => if let Err(error) = looked {
                    tracing::error!("the poll can't read the database: {error}");
                }
            }
        }
    }

    /// A tenth more or less, so that many installations don't ask in the same second.
    fn pause(&self) -> Duration {
        let chance = (self.control.clock.entropy() % 201) as f64 / 1000.0;
        self.every.mul_f64(0.9 + chance)
    }

    /// One round.
    pub async fn look(&self) -> Stored<()> {
        let mut branches: BTreeMap<Branch, Vec<Polled>> = BTreeMap::new();
        for polled in self.control.store.polled().await? {
            let Origin::Git { url } = &polled.origin else {
                continue;
            };
            let tracking = &polled.tracking;
            let branch = (tracking.org.clone(), url.clone(), tracking.branch.clone());
            branches.entry(branch).or_default().push(polled);
        }
        futures_util::stream::iter(branches)
            .for_each_concurrent(AT_ONCE, |(branch, all)| async move {
                if let Err(error) = self.ask(&branch, &all).await {
                    tracing::error!("the poll can't write what it found: {error}");
                }
            })
            .await;
        Ok(())
    }

    async fn ask(&self, (org, url, branch): &Branch, all: &[Polled]) -> Stored<()> {
        let asked = tokio::time::timeout(PATIENCE, self.control.git.tip(org, url, branch)).await;
        let head = match asked {
            Ok(Ok(Some(head))) => head,
            Ok(Ok(None)) | Err(_) => return Ok(()),
            Ok(Err(refusal)) => {
                tracing::debug!(%url, "the poll got no answer: {refusal}");
                return Ok(());
            }
        };
        let mut told = std::collections::BTreeSet::new();
        for polled in all {
            let tracking = &polled.tracking;
            let news = tracking.seen.as_deref() != Some(&head);
            if news && told.insert(tracking.project.clone()) {
                self.tell(polled, &head).await?;
            }
        }
        Ok(())
    }

    /// Never a duplicate of an earlier one: a branch may come back to an old commit.
    async fn tell(&self, polled: &Polled, head: &str) -> Stored<()> {
        let (control, tracking) = (&self.control, &polled.tracking);
        let now = control.now();
        let push = Push {
            branch: tracking.branch.clone(),
            commit: head.to_owned(),
            ..Push::default()
        };
        let key = format!("poll:{}:{head}:{}", tracking.branch, now.at.0);
        let new = NewDelivery {
            org: &tracking.org,
            project: &tracking.project,
            provider: Provider::Poll,
            sender_key: &key,
            digest: None,
            event: "poll",
            push: Some(&push),
            news: None,
            effect: None,
        };
        control.store.keep_delivery(new, now).await?;
        control.pushes.notify_one();
        let topic = Topic::Project(tracking.project.clone());
        control.bus.hint(&tracking.org, topic);
        Ok(())
    }
}
