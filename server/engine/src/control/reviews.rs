//! Previews of branches and pull requests (P-15): what gets one, who approves a fork's, and how
//! each stands. What is told of them is in `news`, what is done about it in `tend`.

mod news;
mod tend;

use super::releases::may_set_releases;
use super::{Control, broken, found, moved_on};
use crate::store::environment::Environment;
use crate::store::review::Review;
use async_trait::async_trait;
use domain::access::{Action, Caller};
use domain::api::{Approve, Reply, Reviews};
use domain::forge::NewForge;
use domain::hint::Topic;
use domain::id::{ProjectId, ReviewId};
use domain::refusal::Refusal;
use domain::review::{Ended, Rules};
use domain::view::{ApprovalView, AttentionView, Deployed, ReviewView, ReviewsView};

#[async_trait]
impl Reviews for Control {
    async fn reviews(&self, caller: &Caller, project: &ProjectId) -> Reply<ReviewsView> {
        caller.may(Action::ManageHooks)?;
        let (project, _) = self.of_git(&caller.org, project).await?;
        let org = &caller.org;
        let all = self.store.reviews(org, Some(&project.id)).await;
        let mut reviews = vec![];
        for review in all.map_err(broken)? {
            reviews.push(self.review_view(caller, &review).await?);
        }
        let rules = self.store.review_rules(org, &project.id).await;
        let forge = self.store.forge(org, &project.id).await.map_err(broken)?;
        Ok(ReviewsView {
            project: project.id,
            rules: rules.map_err(broken)?,
            reviews,
            forge: forge.map(|forge| forge.view),
        })
    }

    async fn set_reviews(
        &self,
        caller: &Caller,
        project: &ProjectId,
        rules: Rules,
    ) -> Reply<ReviewsView> {
        caller.may(Action::ManageHooks)?;
        let (project, _) = self.of_git(&caller.org, project).await?;
        let rules = rules.checked()?;
        let ids = || self.now();
        let going = self
            .store
            .put_review_rules(caller, &project, &rules, &ids)
            .await
            .map_err(broken)?;
        for environment in &going {
            self.wake(&caller.org, environment, None);
        }
        self.told(&caller.org, &project.id);
        Reviews::reviews(self, caller, &project.id).await
    }

    async fn approve_review(
        &self,
        caller: &Caller,
        id: &ReviewId,
        approve: Approve,
    ) -> Reply<ReviewView> {
        caller.may(Action::Deploy)?;
        let review = found(self.store.review(&caller.org, id).await, "preview")?;
        approvable(&review, &approve.commit)?;
        let rules = self.store.review_rules(&caller.org, &review.project).await;
        let ttl_ms = rules.map_err(broken)?.ttl_ms();
        self.store
            .approve_review(caller, &review, ttl_ms, self.now())
            .await
            .map_err(moved_on)?;
        self.told(&caller.org, &review.project);
        self.pushes.notify_one();
        let review = found(self.store.review(&caller.org, id).await, "preview")?;
        self.review_view(caller, &review).await
    }

    async fn close_review(&self, caller: &Caller, id: &ReviewId) -> Reply<()> {
        caller.may(Action::Deploy)?;
        let review = found(self.store.review(&caller.org, id).await, "preview")?;
        self.end_review(Some(caller), &review, Ended::ByHand)
            .await
            .map_err(moved_on)
    }

    async fn set_forge(
        &self,
        caller: &Caller,
        project: &ProjectId,
        forge: NewForge,
    ) -> Reply<ReviewsView> {
        caller.may(Action::ManageHooks)?;
        let (project, _) = self.of_git(&caller.org, project).await?;
        let forge = forge.checked()?;
        let known = self.store.forge(&caller.org, &project.id).await;
        let known = known.map_err(broken)?;
        may_set_releases(caller, known.as_ref().map(|f| &f.view), Some(&forge))?;
        let kept = self
            .store
            .put_forge(caller, &project, &forge, self.now())
            .await;
        if !kept.map_err(broken)? {
            return Err(
                Refusal::invalid("token", "The host's API takes a token.").way_out(
                    "Make one there that may write statuses and comments, and read releases.",
                ),
            );
        }
        self.told(&caller.org, &project.id);
        self.pushes.notify_one();
        Reviews::reviews(self, caller, &project.id).await
    }

    async fn remove_forge(&self, caller: &Caller, project: &ProjectId) -> Reply<()> {
        caller.may(Action::ManageHooks)?;
        let (project, _) = self.of_git(&caller.org, project).await?;
        let known = self.store.forge(&caller.org, &project.id).await;
        let known = known.map_err(broken)?;
        may_set_releases(caller, known.as_ref().map(|f| &f.view), None)?;
        let gone = self.store.remove_forge(caller, &project, self.now()).await;
        self.told(&caller.org, &project.id);
        match gone.map_err(broken)? {
            true => Ok(()),
            false => Err(Refusal::conflict("no_forge", "No host is told anything.")),
        }
    }
}

impl Control {
    /// Its row first, then whoever removes what it made.
    async fn end_review(
        &self,
        by: Option<&Caller>,
        review: &Review,
        ended: Ended,
    ) -> Result<(), crate::store::StoreError> {
        self.store.end_review(by, review, ended, self.now()).await?;
        if let Some(environment) = &review.environment {
            self.wake(&review.org, environment, None);
        }
        let topic = Topic::Project(review.project.clone());
        self.bus.hint(&review.org, topic);
        Ok(())
    }

    /// The address to show.
    pub(crate) fn url_of(&self, row: &Environment) -> Option<String> {
        self.urls(row).into_iter().next()
    }

    /// Forks' heads that wait for a person, for the first page.
    pub(super) async fn waiting_reviews(&self, caller: &Caller) -> Reply<Vec<AttentionView>> {
        let all = self.store.reviews(&caller.org, None).await;
        let all = all.map_err(broken)?;
        let waits = all.iter().filter(|r| r.ended.is_none() && !r.may_run());
        let may = caller.may(Action::Deploy).is_ok();
        let view = |r: &Review| AttentionView {
            sentence: waiting(r),
            href: format!("/projects/{}/git#previews", r.project),
            approve: may.then(|| ApprovalView {
                review: r.id.clone(),
                commit: r.head.clone(),
            }),
        };
        Ok(waits.map(view).collect())
    }

    async fn review_view(&self, caller: &Caller, review: &Review) -> Reply<ReviewView> {
        let row = match &review.environment {
            Some(id) => self.store.environment(&caller.org, id).await,
            None => Ok(None),
        };
        let row = row.map_err(broken)?;
        let environment = match &row {
            Some(row) => Some(self.environment_view(caller, row).await?),
            None => None,
        };
        let now = environment.as_ref();
        let shown = now.and_then(|e| {
            e.candidate
                .as_ref()
                .or(e.active.as_ref())
                .or(e.latest.as_ref())
        });
        Ok(ReviewView {
            id: review.id.clone(),
            subject: review.subject.clone(),
            title: review.title.clone(),
            author: review.author.clone(),
            branch: review.branch.clone(),
            fork: review.fork,
            head: review.head.clone(),
            waits: review.ended.is_none() && !review.may_run(),
            sentence: standing(review, now.map(|e| e.sentence.as_str())),
            environment: review.environment.clone(),
            name: row.as_ref().map(|row: &Environment| row.name.clone()),
            url: now.and_then(|e| e.urls.first().cloned()),
            deployment: shown.map(|d| Deployed {
                id: d.id.clone(),
                number: d.number,
            }),
            expires_at: review.expires_at,
            ending: review.ended.is_some(),
        })
    }
}

fn approvable(review: &Review, commit: &str) -> Reply<()> {
    let no = |code: &str, sentence: String| Err(Refusal::conflict(code, sentence));
    let title = review.subject.title();
    match () {
        () if review.ended.is_some() => no(
            "preview_over",
            format!("The preview of {title} is over, so nothing of it can run."),
        ),
        () if !review.fork => no(
            "not_a_fork",
            format!("The head of {title} is the repository's own: it needs no approval."),
        ),
        () if review.head != commit => no(
            "moved_on",
            format!(
                "{title} was pushed to since: its head is {}, and only that can be approved.",
                short(&review.head)
            ),
        ),
        () if review.may_run() => no(
            "approved_already",
            format!("{} of {title} is approved already.", short(commit)),
        ),
        () => Ok(()),
    }
}

fn short(sha: &str) -> &str {
    sha.get(..7).unwrap_or(sha)
}

fn waiting(review: &Review) -> String {
    let (commit, title) = (short(&review.head), review.subject.title());
    format!(
        "`{commit}` of {title} comes from a fork: it waits for approval, and nothing of it runs before."
    )
}

fn standing(review: &Review, environment: Option<&str>) -> String {
    match (review.ended, &review.sentence) {
        (Some(ended), _) => format!("Is being removed: {}.", ended.because()),
        (None, _) if !review.may_run() => waiting(review),
        (None, Some(why)) => why.clone(),
        (None, None) => environment.unwrap_or("Waits for its turn.").to_owned(),
    }
}
