//! Environments are brought in line with the rows of reviews: what is over ends, and a head that may
//! run becomes a deployment, by the use case of an update.

use crate::control::updates::Planned;
use crate::control::{Control, broken, moved_on, pushes};
use crate::store::environment::Environment;
use crate::store::project::Project;
use crate::store::review::{NewPlace, Opened, Review};
use crate::store::{StoreError, Stored};
use domain::access::{Caller, Role};
use domain::api::{Reply, Update};
use domain::config::ConfigPatch;
use domain::deployment::{Phase, Trigger};
use domain::hint::Topic;
use domain::id::{DeploymentId, EnvironmentId, ProjectId, UserId};
use domain::name;
use domain::refusal::Refusal;
use domain::review::{self, Ended, Rules};
use domain::source::{Origin, Revision, Wanted};
use domain::time::Time;

/// An environment on its way out is looked at again so soon.
const LEAVING_MS: i64 = 1_000;

/// What became of a head.
enum Outcome {
    Deployed,
    /// It needs no other look; with why it does not run.
    Settled(Option<String>),
    /// Not now, and that is nobody's fault.
    Leaving,
    /// Not now.
    Later(Refusal),
}

impl Control {
    /// Everything of one project that is due. Never two at once for one project.
    pub(crate) async fn tend_reviews(&self, project: &ProjectId) -> Stored<()> {
        let now = self.clock.now();
        for review in self.store.reviews_due(project, now).await? {
            match review.expires_at <= now {
                true => match self.end_review(None, &review, Ended::Expired).await {
                    Ok(()) | Err(StoreError::Stale) => {}
                    Err(error) => return Err(error),
                },
                false => self.tend(&review).await?,
            }
            let topic = Topic::Project(project.clone());
            self.bus.hint(&review.org, topic);
        }
        Ok(())
    }

    async fn tend(&self, review: &Review) -> Stored<()> {
        let now = self.clock.now();
        let refusal = match self.run_head(review).await {
            Ok(Outcome::Deployed) => return Ok(()),
            Ok(Outcome::Settled(why)) => {
                return self.store.settle_review(review, why.as_deref()).await;
            }
            Ok(Outcome::Leaving) => {
                let due_at = now.plus_ms(LEAVING_MS);
                return self
                    .store
                    .postpone_review(review, review.tries, due_at)
                    .await;
            }
            Ok(Outcome::Later(refusal)) | Err(refusal) => refusal,
        };
        let tries = review.tries + 1;
        if pushes::passing(&refusal) && tries < pushes::MOST_TRIES {
            let due_at = now.plus_ms(pushes::pause_ms(tries));
            return self.store.postpone_review(review, tries, due_at).await;
        }
        let why = format!("Refused: {refusal}");
        self.store.settle_review(review, Some(&why)).await
    }

    async fn run_head(&self, review: &Review) -> Reply<Outcome> {
        let known = self.store.project(&review.org, &review.project).await;
        let project = known.map_err(broken)?;
        let Some((project, url)) = project.and_then(of_git) else {
            let why = "Its project has no repository.";
            return Ok(Outcome::Settled(Some(why.into())));
        };
        let rules = self.store.review_rules(&review.org, &project.id).await;
        let rules = rules.map_err(broken)?;
        let all = self
            .store
            .environments(&review.org, Some(&project.id))
            .await;
        let all = all.map_err(broken)?;
        let Some(first) = all.iter().find(|e| !e.review && !e.deleting) else {
            return Ok(Outcome::Leaving);
        };
        let own = all
            .iter()
            .find(|e| Some(&e.id) == review.environment.as_ref());
        let environment = match own {
            Some(row) if row.deleting => return Ok(Outcome::Leaving),
            Some(row) => row.id.clone(),
            None => match self.place_of(review, &project, first, &rules).await? {
                Ok(id) => id,
                Err(why) => return Ok(Outcome::Settled(Some(why))),
            },
        };
        if let Some(settled) = self.stands(review, &environment).await? {
            return Ok(settled);
        }
        let patch = review::over(&first.overrides, &rules, review.fork);
        let planned = self
            .planned_head(review, &environment, &url, patch, &rules)
            .await?;
        self.deploy_head_of(review, &environment, &planned).await
    }

    /// An environment of its own, or the sentence why there is none.
    async fn place_of(
        &self,
        review: &Review,
        project: &Project,
        first: &Environment,
        rules: &Rules,
    ) -> Reply<Result<EnvironmentId, String>> {
        let caller = itself(review);
        for name in review::names(&review.subject) {
            let now = self.now();
            let id = EnvironmentId::new(now.at, now.entropy);
            let new = NewPlace {
                id: &id,
                project,
                name: &name,
                runtime: &first.runtime,
                hosts: &name::hosts(&project.name, &name, &self.settings.base_domain),
                most: rules.most,
            };
            let opened = self
                .store
                .open_review(&caller, review, new, self.now())
                .await;
            match opened.map_err(moved_on)? {
                Opened::Done => {
                    self.wake(&review.org, &id, None);
                    return Ok(Ok(id));
                }
                Opened::Taken => {}
                Opened::Full => return Ok(Err(full(rules.most))),
                Opened::TooMany(most) => return Ok(Err(too_many(most))),
            }
        }
        Ok(Err(
            "Refused: every name that it could have is taken.".into()
        ))
    }

    /// A push neither resumes nor deploys what is there.
    async fn stands(&self, review: &Review, environment: &EnvironmentId) -> Reply<Option<Outcome>> {
        let there = self.store.unfinished(environment).await.map_err(broken)?;
        if there.iter().any(|d| d.phase == Phase::Paused) {
            let why = "It is paused; resume it, then push again or redeliver.";
            return Ok(Some(Outcome::Settled(Some(why.into()))));
        }
        let staying = there.iter().filter(|d| d.phase != Phase::Draining);
        let newest = staying.max_by_key(|d| d.number);
        let same = newest.is_some_and(|d| d.source.commit().is_some_and(|c| c.sha == review.head));
        Ok(same.then_some(Outcome::Settled(None)))
    }

    /// With the ceiling of previews, also where the file at the head wants more.
    async fn planned_head(
        &self,
        review: &Review,
        environment: &EnvironmentId,
        url: &str,
        patch: ConfigPatch,
        rules: &Rules,
    ) -> Reply<Planned> {
        let caller = itself(review);
        let update = |config: ConfigPatch| Update {
            source: Some(Wanted::Git {
                url: url.to_owned(),
                revision: Revision::Commit(review.head.clone()),
            }),
            config: Some(config),
            ..Update::default()
        };
        let planned = self
            .planned(&caller, environment, &update(patch.clone()))
            .await?;
        match review::capped(&patch, planned.config(), rules, review.fork) {
            None => Ok(planned),
            Some(lower) => self.planned(&caller, environment, &update(lower)).await,
        }
    }

    async fn deploy_head_of(
        &self,
        review: &Review,
        environment: &EnvironmentId,
        planned: &Planned,
    ) -> Reply<Outcome> {
        let now = self.now();
        let id = DeploymentId::new(now.at, now.entropy);
        let ids = || self.now();
        let new = planned.deployment(id.clone(), Trigger::Push, None, &ids);
        match self.store.deploy_review(&itself(review), review, new).await {
            Ok(()) => {
                self.wake(&review.org, environment, Some(&id));
                Ok(Outcome::Deployed)
            }
            // What serves, or the head, has changed since the plan was made: look again.
            Err(StoreError::Stale) => Ok(Outcome::Later(moved_on(StoreError::Stale))),
            Err(error) => Err(broken(error)),
        }
    }
}

fn of_git(project: Project) -> Option<(Project, String)> {
    match project.origin.clone() {
        Origin::Git { url } => Some((project, url)),
        _ => None,
    }
}

fn full(most: u32) -> String {
    format!(
        "Refused: there are {most} previews, which is the most for this project. Close one, then push again or redeliver."
    )
}

fn too_many(most: u32) -> String {
    format!("Refused: the project has {most} environments, which is the most that it can have.")
}

/// Nobody: it acts for the project, in whose organization it stays.
fn itself(review: &Review) -> Caller {
    Caller {
        user: UserId::new(Time(0), 0),
        email: format!("The preview of {}", review.subject.title()),
        org: review.org.clone(),
        org_name: String::new(),
        role: Role::Developer,
    }
}
