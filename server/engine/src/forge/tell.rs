//! What there is to tell: a status for each deployment, and one comment for each pull request. They
//! may stand where everybody reads them, so they say how it went and never why.

use super::call::make;
use super::{Next, Teller};
use crate::store::Stored;
use crate::store::deployment::Filter;
use crate::store::forge::{Forge, Report};
use crate::store::review::{OVER, Review};
use domain::deployment::Deployment;
use domain::forge::{self, Answered, State, Status};
use domain::id::DeploymentId;
use domain::review::Subject;

/// In one round for one project.
const BATCH: u32 = 20;

impl Teller {
    pub(super) async fn statuses(&self, forge: &Forge) -> Stored<Next> {
        for id in self.control.store.untold(forge, BATCH).await? {
            if let Next::Stop = self.status(forge, &id).await? {
                return Ok(Next::Stop);
            }
        }
        Ok(Next::GoOn)
    }

    async fn status(&self, forge: &Forge, id: &DeploymentId) -> Stored<Next> {
        let store = &self.control.store;
        let Some(deployment) = store.deployment(&forge.org, id).await? else {
            return Ok(Next::GoOn);
        };
        let state = State::of(deployment.phase);
        let answered = match deployment.source.commit() {
            Some(commit) => self.set(forge, &deployment, &commit.sha, state).await?,
            // Nothing of the host's is deployed: there is nothing to tell it.
            None => Answered::Told,
        };
        let before = store.report(id.as_str()).await?;
        let said = state.word().to_owned();
        self.note(forge, id.as_str(), before, said, answered).await
    }

    async fn set(
        &self,
        forge: &Forge,
        deployment: &Deployment,
        sha: &str,
        state: State,
    ) -> Stored<Answered> {
        let row = self
            .control
            .store
            .environment(&forge.org, &deployment.environment)
            .await?;
        let url = row.as_ref().and_then(|row| self.control.url_of(row));
        let description = format!("#{} {}", deployment.number, how(state));
        let status = Status {
            sha,
            state,
            environment: row.as_ref().map_or("gone", |row| &row.name),
            description: &description,
            target: url.as_deref(),
        };
        let call = forge::status(forge.view.provider, &forge.view.repository, status);
        Ok(make(forge, &call).await.0)
    }

    pub(super) async fn comments(&self, forge: &Forge) -> Stored<()> {
        let store = &self.control.store;
        for review in store.reviews_to_tell(&forge.project).await? {
            let Subject::Pull(number) = review.subject else {
                continue;
            };
            let before = store.report(review.id.as_str()).await?;
            let Some((said, text)) = self.words(&review).await? else {
                continue;
            };
            if before.said.as_deref() == Some(&said) {
                continue;
            }
            let (before, answered) = self.comment(forge, &review, number, before, &text).await;
            let about = review.id.as_str();
            if let Next::Stop = self.note(forge, about, before, said, answered).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The one that is there gets other words; before a new one, ours is looked for: the answer that
    /// told its id may have been lost.
    async fn comment(
        &self,
        forge: &Forge,
        review: &Review,
        number: u64,
        mut report: Report,
        text: &str,
    ) -> (Report, Answered) {
        let (provider, repository) = (forge.view.provider, forge.view.repository.as_str());
        let mark = forge::mark(review.id.as_str());
        if report.comment.is_none() {
            let (answered, list) =
                make(forge, &forge::comments(provider, repository, number)).await;
            if answered != Answered::Told {
                return (report, answered);
            }
            report.comment = forge::found(&list, &mark);
        }
        let text = format!("{mark}\n{text}");
        let known = report.comment.as_deref();
        let call = forge::comment(provider, repository, number, known, &text);
        let (answered, made) = make(forge, &call).await;
        if answered == Answered::Told && report.comment.is_none() {
            report.comment = forge::id(&made);
        }
        (report, answered)
    }

    /// What the comment is to say, and a word that tells it from others; `None`: not yet anything.
    async fn words(&self, review: &Review) -> Stored<Option<(String, String)>> {
        let short = review.head.get(..7).unwrap_or(&review.head);
        if review.ended.is_some() {
            return Ok(Some((OVER.into(), "The preview is over.".into())));
        }
        if !review.may_run() {
            let text =
                format!("A preview of {short} waits for approval, since it comes from a fork.");
            return Ok(Some((format!("waits {short}"), text)));
        }
        let store = &self.control.store;
        let Some(id) = &review.environment else {
            let text = format!("There is no preview of {short}: it was refused.");
            let refused = review
                .sentence
                .as_ref()
                .map(|_| (format!("refused {short}"), text));
            return Ok(refused);
        };
        let Some(row) = store.environment(&review.org, id).await? else {
            return Ok(None);
        };
        let newest = Filter {
            environment: Some(id.clone()),
            limit: 1,
            ..Filter::default()
        };
        let Some(newest) = store.entries(&review.org, &newest).await?.pop() else {
            return Ok(None);
        };
        let url = self.control.url_of(&row).unwrap_or_default();
        let commit = newest.source.commit().map(|c| c.short().to_owned());
        let (commit, state) = (commit.unwrap_or_default(), State::of(newest.phase));
        let text = format!(
            "The preview of {commit} {} Its address is {url}",
            how(state)
        );
        Ok(Some((format!("{} {commit}", state.word()), text)))
    }
}

const fn how(state: State) -> &'static str {
    match state {
        State::Pending => "is on its way.",
        State::Success => "serves.",
        State::Failure => "failed; its log says why.",
    }
}
