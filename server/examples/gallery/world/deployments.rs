//! The deployments of the gallery.

use super::{Gallery, World, logs, no};
use domain::access::{Action, Caller};
use domain::api::*;
use domain::build_log::{Outline, Outliner};
use domain::dialect;
use domain::id::*;
use domain::refusal::Refusal;
use domain::view::*;

#[async_trait::async_trait]
impl Deployments for Gallery {
    async fn deployments(
        &self,
        caller: &Caller,
        filter: &DeploymentFilter,
    ) -> Reply<Page<DeploymentSummary>> {
        let scene = self.scene(caller);
        let limit = filter.limit.unwrap_or(50) as usize;
        let all = scene.summaries(limit.max(30));
        let text = filter.text.clone().unwrap_or_default().to_lowercase();
        let wanted = |d: &DeploymentSummary| {
            filter
                .status
                .as_ref()
                .is_none_or(|s| dialect::phases(s).contains(&d.phase))
                && filter.project.as_ref().is_none_or(|p| d.project == *p)
                && (d.source.label().to_lowercase().contains(&text)
                    || d.project_name.contains(&text))
        };
        let items: Vec<_> = all.into_iter().filter(wanted).take(limit).collect();
        let next = (items.len() > 20 && filter.cursor.is_none()).then(|| "next".to_owned());
        Ok(Page { items, next })
    }

    async fn deployment(&self, caller: &Caller, id: &DeploymentId) -> Reply<DeploymentView> {
        self.scene(caller)
            .deployment(id)
            .ok_or_else(|| Refusal::not_found("deployment"))
    }

    async fn promote(&self, caller: &Caller, id: &DeploymentId) -> Reply<DeploymentView> {
        self.cancel(caller, id).await
    }
    async fn cancel(&self, caller: &Caller, _: &DeploymentId) -> Reply<DeploymentView> {
        caller.may(Action::Deploy)?;
        Err(no())
    }

    async fn pause(&self, caller: &Caller, _: &DeploymentId) -> Reply<DeploymentView> {
        caller.may(Action::Deploy)?;
        Err(no())
    }

    async fn resume(&self, caller: &Caller, _: &DeploymentId) -> Reply<DeploymentView> {
        caller.may(Action::Deploy)?;
        Err(no())
    }

    async fn preview_stop(&self, caller: &Caller, id: &DeploymentId) -> Reply<StopPreview> {
        let view = self.deployment(caller, id).await?;
        Ok(StopPreview {
            deployment: view.summary,
            ends: vec![
                "its 2 instances end once the requests in flight have finished, within 30 s".into(),
                "its crons do not run, and a push deploys nothing".into(),
            ],
            urls: view.urls,
            typed: "yes".into(),
        })
    }

    async fn stop(&self, caller: &Caller, _: &DeploymentId, _: &str) -> Reply<DeploymentView> {
        caller.may(Action::Deploy)?;
        Err(no())
    }

    async fn screenshot(&self, _: &Caller, _: &DeploymentId) -> Reply<Vec<u8>> {
        Err(Refusal::not_found("screenshot"))
    }

    async fn sbom(&self, _: &Caller, _: &DeploymentId) -> Reply<Vec<u8>> {
        Err(Refusal::not_found("SBOM"))
    }

    async fn outline(&self, caller: &Caller, stream: &str) -> Reply<Outline> {
        let mut outliner = Outliner::default();
        for line in &self.written(caller, stream)?.0 {
            outliner.push(line.seq, &line.text);
        }
        Ok(outliner.finish())
    }

    async fn log(&self, caller: &Caller, stream: &str, query: &LogQuery) -> Reply<LogPage> {
        let (lines, ended) = self.written(caller, stream)?;
        Ok(logs::page(lines, ended, query))
    }

    async fn find_in_log(&self, caller: &Caller, stream: &str, find: &LogFind) -> Reply<LogFound> {
        Ok(logs::find(&self.written(caller, stream)?.0, find))
    }
}

#[async_trait::async_trait]
impl Attestations for Gallery {
    async fn attestation(&self, caller: &Caller, id: &DeploymentId) -> Reply<AttestationView> {
        let card = self.deployment(caller, id).await?.attestation;
        card.ok_or_else(|| Refusal::not_found("attestation"))
    }

    async fn evidence(&self, _: &Caller, _: &DeploymentId, _: u32) -> Reply<Vec<u8>> {
        Err(Refusal::not_found("evidence"))
    }

    async fn expected(&self, _: &Caller, _: &DeploymentId, _: u32) -> Reply<Vec<u8>> {
        Err(Refusal::not_found("evidence"))
    }
}

impl Gallery {
    /// The log, and whether it has ended.
    fn written(&self, caller: &Caller, stream: &str) -> Reply<(Vec<LogLine>, bool)> {
        caller.may(Action::ReadLogs)?;
        let scene = self.scene(caller);
        if scene.world == World::Failed && stream.ends_with('2') {
            return Ok((logs::broken(self.now), true));
        }
        let (last, ended) = if stream.contains(".web.") {
            (1_840, false)
        } else if stream.ends_with('2') {
            (640, scene.world != World::Building)
        } else {
            (14, true)
        };
        Ok((logs::all(self.now, stream, last), ended))
    }
}
