//! What needs a person.

use super::Control;
use domain::access::Caller;
use domain::api::Reply;
use domain::deployment::Phase;
use domain::view::{AttentionView, EnvironmentView};

impl Control {
    pub(super) async fn needs_me(
        &self,
        caller: &Caller,
        environments: &[EnvironmentView],
    ) -> Reply<Vec<AttentionView>> {
        let mut all: Vec<_> = environments.iter().filter_map(failed).collect();
        all.extend(environments.iter().filter_map(held));
        all.extend(self.not_attested(caller, environments).await?);
        all.extend(self.waiting_reviews(caller).await?);
        all.extend(environments.iter().filter_map(stale));
        let runtimes = self.runtime_views(caller).await?;
        let down = runtimes.into_iter().filter(|r| !r.reachable);
        all.extend(down.map(|r| AttentionView::at(r.sentence, "/runtimes".into())));
        Ok(all)
    }
}

fn failed(e: &EnvironmentView) -> Option<AttentionView> {
    let latest = e.latest.as_ref().filter(|l| l.phase == Phase::Failed)?;
    let sentence = format!(
        "{} / {}: #{} failed. {}",
        e.project_name, e.name, latest.number, latest.sentence
    );
    let href = format!("/deployments/{}", latest.id);
    Some(AttentionView::at(sentence, href))
}

/// It waits for nobody else.
fn held(e: &EnvironmentView) -> Option<AttentionView> {
    let waiting = e.candidate.as_ref().filter(|c| c.held)?;
    let sentence = format!(
        "{} / {}: #{} ({}) is held at ready. Look at it, then promote or cancel it.",
        e.project_name,
        e.name,
        waiting.number,
        waiting.source.label()
    );
    let href = format!("/deployments/{}", waiting.id);
    Some(AttentionView::at(sentence, href))
}

/// It serves with values that are no longer the ones of today.
fn stale(e: &EnvironmentView) -> Option<AttentionView> {
    let sentence = format!(
        "{} / {}: secrets changed since it was deployed ({}). Redeploy it.",
        e.project_name,
        e.name,
        e.stale_secrets.join(", ")
    );
    let href = format!("/environments/{}/update/config", e.id);
    (!e.stale_secrets.is_empty()).then(|| AttentionView::at(sentence, href))
}
