//! What a push leads to. The head is read from the repository now, whatever the delivery said; so
//! late, repeated and reordered deliveries all come to the same.

use super::updates::Planned;
use super::{Control, broken};
use crate::store::delivery::{Delivery, Effect, Pushed};
use crate::store::environment::Environment;
use crate::store::tracking::Tracking;
use crate::store::{StoreError, Stored};
use domain::access::{Caller, Role};
use domain::api::{Reply, Update};
use domain::deployment::{Deployment, Phase, Trigger};
use domain::hint::Topic;
use domain::hook::{Decision, Provider, Push, Standing, already, decide};
use domain::id::{DeploymentId, OrgId, ProjectId, UserId};
use domain::refusal::{Kind, Refusal};
use domain::source::{Commit, Origin, Revision, Wanted};
use domain::time::Time;
use std::collections::HashMap;

/// Handled in one go; those of a branch share one look at the repository.
const BATCH: u32 = 200;
/// After this many, a look that failed is not tried again: an hour or so has passed.
pub(super) const MOST_TRIES: u32 = 8;
const FIRST_PAUSE_MS: i64 = 5_000;
const LONGEST_PAUSE_MS: i64 = 20 * 60_000;

/// What branches pointed at when this batch was looked at.
type Heads = HashMap<String, Reply<Commit>>;

/// What became of one environment.
enum Outcome {
    /// Written with its deployment.
    Deployed,
    /// To be written; with the head, where it needs no other look.
    Noted(String, Option<String>),
    /// Not now.
    Later(Refusal),
}

impl Control {
    /// Everything of one project that waits now. Never two at once for one project.
    pub(crate) async fn handle_pushes(&self, project: &ProjectId) -> Stored<()> {
        loop {
            let now = self.clock.now();
            let batch = self.store.pushes_of(project, now, BATCH).await?;
            if batch.is_empty() {
                return Ok(());
            }
            let mut heads = Heads::new();
            for delivery in &batch {
                self.handle(delivery, &mut heads).await?;
                self.bus
                    .hint(&delivery.org, Topic::Project(project.clone()));
            }
        }
    }

    async fn handle(&self, delivery: &Delivery, heads: &mut Heads) -> Stored<()> {
        let known = self.store.project(&delivery.org, &delivery.project).await?;
        let Some(Origin::Git { url }) = known.map(|p| p.origin) else {
            return self
                .end(delivery, "Ignored: its project has no repository.")
                .await;
        };
        let push = match (&delivery.push, &delivery.news) {
            (Some(push), _) => push,
            (None, Some(news)) => return self.handle_news(delivery, news, &url).await,
            (None, None) => return self.store.settle_delivery(&delivery.id).await,
        };
        let all = self
            .store
            .trackings(&delivery.org, &delivery.project)
            .await?;
        let mine: Vec<_> = all.iter().filter(|t| t.branch == push.branch).collect();
        if mine.is_empty() {
            let sentence = format!("Ignored: branch `{}` is not tracked.", push.branch);
            return self
                .hear_branch(delivery, &push.branch, &url, &sentence)
                .await;
        }
        for tracking in mine {
            let is_it = |e: &Effect| e.environment.as_ref() == Some(&tracking.environment);
            if delivery.effects.iter().any(is_it) {
                continue;
            }
            if let Some(refusal) = self.reach(delivery, tracking, &url, heads).await? {
                return self.postpone(delivery, &refusal).await;
            }
        }
        self.store.settle_delivery(&delivery.id).await
    }

    /// One environment, to its effect; or why it has to wait.
    async fn reach(
        &self,
        delivery: &Delivery,
        tracking: &Tracking,
        url: &str,
        heads: &mut Heads,
    ) -> Stored<Option<Refusal>> {
        let row = self
            .store
            .environment(&tracking.org, &tracking.environment)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let (sentence, head) = match self.deploy_head(delivery, tracking, &row, url, heads).await {
            Outcome::Deployed => return Ok(None),
            Outcome::Later(refusal) => return Ok(Some(refusal)),
            Outcome::Noted(sentence, head) => (sentence, head),
        };
        let effect = Effect {
            environment: Some(row.id),
            environment_name: Some(row.name),
            ..Effect::whole(sentence)
        };
        self.store
            .note_effect(&delivery.id, effect, head.as_deref())
            .await?;
        Ok(None)
    }

    async fn deploy_head(
        &self,
        delivery: &Delivery,
        tracking: &Tracking,
        row: &Environment,
        url: &str,
        heads: &mut Heads,
    ) -> Outcome {
        let head = match self.head(&tracking.org, url, &tracking.branch, heads).await {
            Ok(head) => head,
            Err(refusal) => return refused(refusal, None),
        };
        let decided = match self.decided(delivery, tracking, row, &head.sha).await {
            Ok(decision) => decision,
            Err(refusal) => return Outcome::Later(refusal),
        };
        match decided {
            Decision::There(sentence) => return Outcome::Noted(sentence, Some(head.sha)),
            Decision::NotNow(sentence) => return Outcome::Noted(sentence, None),
            Decision::Deploy => {}
        }
        let caller = itself(&tracking.org, delivery);
        let update = Update {
            source: Some(Wanted::Git {
                url: url.to_owned(),
                revision: Revision::Branch(tracking.branch.clone()),
            }),
            ..Update::default()
        };
        match self.planned(&caller, &row.id, &update).await {
            Ok(planned) => self.write(&caller, delivery, row, planned).await,
            Err(refusal) => refused(refusal, Some(head.sha)),
        }
    }

    async fn decided(
        &self,
        delivery: &Delivery,
        tracking: &Tracking,
        row: &Environment,
        head: &str,
    ) -> Reply<Decision> {
        let there = self.store.unfinished(&row.id).await.map_err(broken)?;
        let not_leaving = |d: &&Deployment| d.phase != Phase::Draining;
        let newest = there.iter().filter(not_leaving).max_by_key(|d| d.number);
        let commit = |d: &'_ Deployment| d.source.commit().map(|c| c.sha.clone());
        let sha = newest.and_then(commit);
        let standing = Standing {
            deleting: row.deleting,
            stopped: row.stopped,
            paused: there.iter().any(|d| d.phase == Phase::Paused),
            newest: newest.map(|d| (d.number, sha.as_deref(), d.phase.is_coming())),
            decided: tracking.decided.as_deref(),
            asked: delivery.asked,
        };
        Ok(decide(standing, head))
    }

    async fn head(&self, org: &OrgId, url: &str, branch: &str, heads: &mut Heads) -> Reply<Commit> {
        if let Some(known) = heads.get(branch) {
            return known.clone();
        }
        let found = self.git.head_of(org, url, branch).await;
        heads.insert(branch.to_owned(), found.clone());
        found
    }

    /// The deployment and its effect, or why somebody was faster.
    async fn write(
        &self,
        caller: &Caller,
        delivery: &Delivery,
        row: &Environment,
        planned: Planned,
    ) -> Outcome {
        let now = self.now();
        let id = DeploymentId::new(now.at, now.entropy);
        let ids = || self.now();
        let new = planned.deployment(id.clone(), Trigger::Push, None, &ids);
        let head = planned.source.commit().map(|c| c.sha.clone());
        let done = self
            .store
            .deploy_pushed(caller, &delivery.id, &row.name, new)
            .await;
        match done {
            Ok(Pushed::Deployed(_)) => {
                self.wake(&caller.org, &row.id, Some(&id));
                Outcome::Deployed
            }
            Ok(Pushed::Already { number, coming }) => {
                let there = already(head.as_deref().unwrap_or_default(), number, coming);
                Outcome::Noted(there, head)
            }
            // What serves has changed since the plan was made: plan again.
            Err(StoreError::Stale) => Outcome::Later(super::moved_on(StoreError::Stale)),
            Err(error) => Outcome::Later(broken(error)),
        }
    }

    pub(super) async fn postpone(&self, delivery: &Delivery, refusal: &Refusal) -> Stored<()> {
        let tries = delivery.tries + 1;
        if tries >= MOST_TRIES {
            let sentence = format!(
                "Refused: {} Given up after {tries} tries.",
                refusal.sentence
            );
            return self.end(delivery, &sentence).await;
        }
        let due_at = self.clock.now().plus_ms(pause_ms(tries));
        self.store.postpone_delivery(&delivery.id, due_at).await
    }

    pub(super) async fn end(&self, delivery: &Delivery, sentence: &str) -> Stored<()> {
        self.store
            .note_effect(&delivery.id, Effect::whole(sentence), None)
            .await?;
        self.store.settle_delivery(&delivery.id).await
    }
}

/// 5 s, 15 s, 45 s, … 20 min.
pub(super) fn pause_ms(tries: u32) -> i64 {
    let times = 3_i64.saturating_pow(tries.saturating_sub(1));
    FIRST_PAUSE_MS.saturating_mul(times).min(LONGEST_PAUSE_MS)
}

/// A no that stands, or one that may be over in a moment.
fn refused(refusal: Refusal, head: Option<String>) -> Outcome {
    match passing(&refusal) {
        true => Outcome::Later(refusal),
        false => Outcome::Noted(format!("Refused: {}", refusal.sentence), head),
    }
}

pub(super) fn passing(refusal: &Refusal) -> bool {
    let of_the_moment = ["moved_on", "plan_changed", "git_unreadable"];
    let passing = matches!(
        refusal.kind,
        Kind::Unavailable | Kind::TooMany | Kind::Internal
    );
    passing || of_the_moment.contains(&refusal.code.as_str())
}

/// Nobody: it acts for the project, in whose organization it stays.
fn itself(org: &OrgId, delivery: &Delivery) -> Caller {
    let branch = delivery.push.as_ref().map_or("", |p: &Push| &p.branch);
    let who = match delivery.provider {
        Provider::Poll => format!("The poll of `{branch}`"),
        Provider::Generic => format!("A push to `{branch}`"),
        known => format!("A push to `{branch}` ({})", known.title()),
    };
    Caller {
        user: UserId::new(Time(0), 0),
        email: who,
        org: org.clone(),
        org_name: String::new(),
        role: Role::Developer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p17_a_host_that_is_down_is_asked_for_about_an_hour() {
        let all: Vec<_> = (1..MOST_TRIES).map(|t| pause_ms(t) / 1000).collect();
        assert_eq!(all, [5, 15, 45, 135, 405, 1200, 1200]);
    }
}
