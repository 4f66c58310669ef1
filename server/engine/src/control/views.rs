//! Rows and observations become what a page shows. Everything here is derived on each read.

use super::allowed::allowed;
use super::versions::place;
use super::{Control, broken};
use crate::store::deployment::{Entry, Filter, Listed};
use crate::store::environment::Environment;
use crate::store::event::PhaseEvent;
use crate::store::job::Job;
use domain::access::Caller;
use domain::api::Reply;
use domain::config::diff;
use domain::deployment::{Deployment, Phase};
use domain::dialect;
use domain::id::{DeploymentId, EnvironmentId};
use domain::instance::State;
use domain::plan::deadline;
use domain::refusal::Refusal;
use domain::reuse;
use domain::strategy::between;
use domain::view::*;

/// Those that served, or do.
pub(super) const SERVED: [Phase; 4] = [Phase::Live, Phase::Paused, Phase::Draining, Phase::Stopped];

impl Control {
    pub(super) async fn environment_view(
        &self,
        caller: &Caller,
        row: &Environment,
    ) -> Reply<EnvironmentView> {
        let newest = self
            .list(
                caller,
                Filter {
                    environment: Some(row.id.clone()),
                    limit: 20,
                    ..Filter::default()
                },
            )
            .await?;
        let pick = |id: Option<&DeploymentId>| newest.iter().find(|l| Some(&l.deployment.id) == id);
        let active = match (pick(row.active.as_ref()), &row.active) {
            (Some(listed), _) => Some(listed.clone()),
            (None, Some(id)) => self.store.listed(&caller.org, id).await.map_err(broken)?,
            (None, None) => None,
        };
        let candidate = pick(row.candidate.as_ref())
            .or_else(|| newest.first().filter(|l| l.deployment.phase.is_coming()));
        let latest = newest
            .first()
            .filter(|l| !l.entry.live && !l.deployment.phase.is_coming());
        let phase = |l: Option<&Listed>| l.map(|l| l.deployment.phase);
        let leading = candidate.or(active.as_ref()).or(latest);
        let (retry, redeploy) = match (active.as_ref().or(candidate), latest) {
            (None, _) if row.stopped => (None, self.startable(caller, row).await?),
            (None, Some(failed)) => self.after_failure(caller, row, &failed.deployment).await?,
            _ => (None, None),
        };
        Ok(EnvironmentView {
            retry,
            redeploy,
            id: row.id.clone(),
            project: row.project.clone(),
            project_name: row.project_name.clone(),
            name: row.name.clone(),
            urls: self.urls(row),
            status: dialect::instance(
                phase(active.as_ref()),
                phase(candidate),
                phase(newest.first()),
            ),
            sentence: leading.map_or_else(
                || "Nothing was deployed here yet.".into(),
                |l| self.sentence(&l.entry),
            ),
            requests_last_minute: self.meter.last_minute(&row.id),
            requests_by_minute: self
                .meter
                .hour(&row.id)
                .iter()
                .map(|m| m.requests)
                .collect(),
            stale_secrets: self.stale_secrets(active.as_ref()).await?,
            stopped: row.stopped,
            deleting: row.deleting,
            debug: row.debug,
            can: allowed(
                caller,
                row,
                candidate.or(active.as_ref()).map(|l| &l.deployment),
            ),
            active: active.as_ref().map(|l| self.summary(&l.entry)),
            candidate: candidate.map(|l| self.summary(&l.entry)),
            latest: latest.map(|l| self.summary(&l.entry)),
        })
    }

    pub(super) async fn entries(&self, caller: &Caller, filter: Filter) -> Reply<Vec<Entry>> {
        let entries = self.store.entries(&caller.org, &filter).await;
        entries.map_err(broken)
    }

    pub(super) async fn list(&self, caller: &Caller, filter: Filter) -> Reply<Vec<Listed>> {
        let whole = self.store.deployments(&caller.org, &filter).await;
        whole.map_err(broken)
    }

    /// Where a browser reaches it.
    pub(super) fn urls(&self, row: &Environment) -> Vec<String> {
        row.hosts.iter().map(|host| self.url(host)).collect()
    }

    pub(super) fn url(&self, host: &str) -> String {
        match self.settings.proxy_port {
            80 => format!("http://{host}"),
            port => format!("http://{host}:{port}"),
        }
    }

    /// The same with TLS, where that is spoken.
    pub(super) fn tls_url(&self, host: &str) -> Option<String> {
        self.settings.tls_port.map(|port| match port {
            443 => format!("https://{host}"),
            port => format!("https://{host}:{port}"),
        })
    }

    pub(super) fn summary(&self, entry: &Entry) -> DeploymentSummary {
        DeploymentSummary {
            id: entry.id.clone(),
            number: entry.number,
            project: entry.project.clone(),
            project_name: entry.project_name.clone(),
            environment: entry.environment.clone(),
            environment_name: entry.environment_name.clone(),
            phase: entry.phase,
            status: dialect::pipeline(entry.phase).into(),
            sentence: self.sentence(entry),
            live: entry.live,
            source: entry.source.clone(),
            trigger: entry.trigger,
            created_by: entry.created_by.clone(),
            created_at: entry.created_at,
            durations: entry.durations,
            screenshot: entry.screenshot,
            held: entry.held,
        }
    }

    /// Why it is as it is: what the planner said last, or what was written when it ended.
    fn sentence(&self, entry: &Entry) -> String {
        match &entry.reason {
            Some(reason) if entry.phase.is_final() => reason.clone(),
            _ => {
                let why = self.memory.why(&entry.environment, &entry.id);
                why.unwrap_or_else(|| usually(entry.phase).into())
            }
        }
    }

    pub(super) async fn deployment_view(
        &self,
        caller: &Caller,
        listed: &Listed,
    ) -> Reply<DeploymentView> {
        let deployment = &listed.deployment;
        let row = self
            .store
            .environment(&caller.org, &deployment.environment)
            .await
            .map_err(broken)?;
        let row = row.ok_or_else(|| Refusal::not_found("environment"))?;
        let before = self.served_before(caller, deployment).await?;
        let jobs = self.store.jobs(&deployment.id).await.map_err(broken)?;
        let timeline = self
            .store
            .timeline(&caller.org, &deployment.id)
            .await
            .map_err(broken)?;
        let observed = self.observed(deployment).await;
        let running = observed
            .iter()
            .any(|o| o.id.deployment == deployment.id && o.state == State::Running);
        let instances = |of: &Deployment| -> Vec<InstanceView> {
            let its = observed.iter().filter(|o| o.id.deployment == of.id);
            its.map(|o| self.instance_view(of, o)).collect()
        };
        Ok(DeploymentView {
            summary: self.summary(&listed.entry),
            urls: self.urls(&row),
            review_url: self.review_url(deployment),
            debug: deployment.debug,
            runtime: deployment.runtime.clone(),
            runtime_name: self.runtime_name(caller, deployment).await?,
            strategy: between(before.as_ref().map(|b| &b.config), &deployment.config),
            update_status: dialect::update(deployment.phase, running),
            timeline: stages(&timeline),
            jobs: jobs.iter().map(job_view).collect(),
            redeploy: self
                .once_more(caller, &row, deployment, before.as_ref())
                .await?,
            changes: before
                .as_ref()
                .map(|b| diff(&b.config, &deployment.config))
                .unwrap_or_default(),
            reuses: self.reused(caller, deployment).await?,
            config: deployment.config.clone(),
            overrides: deployment.overrides.clone(),
            secrets: self.used_secrets(deployment).await?,
            artifact: deployment.artifact.clone(),
            released: deployment.build.as_ref().and_then(|b| b.released.clone()),
            contents: listed.contents.clone(),
            instances: instances(deployment),
            attestation: self.attestation_view(caller, deployment).await?,
            drain: self.drain(deployment).await,
            predecessor: before
                .filter(|b| b.phase.is_active() || b.phase == Phase::Draining)
                .map(|b| RunningView {
                    instances: instances(&b),
                    id: b.id,
                    number: b.number,
                    source: b.source,
                }),
            can: allowed(caller, &row, Some(deployment)),
            roll_back: reuse::eligible(deployment, place(&row))
                .err()
                .map(|no| no.sentence),
            promote_to: self.promote_to(caller, deployment).await?,
        })
    }

    async fn runtime_name(&self, caller: &Caller, deployment: &Deployment) -> Reply<String> {
        let all = self.store.runtimes(&caller.org).await.map_err(broken)?;
        let own = all.into_iter().find(|r| r.id == deployment.runtime);
        Ok(own.map_or_else(|| deployment.runtime.to_string(), |r| r.name))
    }

    /// Where else it could be started: the project's other environments.
    async fn promote_to(&self, caller: &Caller, deployment: &Deployment) -> Reply<Vec<PlaceView>> {
        let all = self
            .store
            .environments(&caller.org, Some(&deployment.project))
            .await
            .map_err(broken)?;
        let can = |e: &&Environment| {
            e.id != deployment.environment
                && !e.deleting
                && reuse::eligible(deployment, place(e)).is_ok()
        };
        let place = |e: &Environment| PlaceView {
            environment: e.id.clone(),
            name: e.name.clone(),
        };
        Ok(all.iter().filter(can).map(place).collect())
    }

    async fn reused(&self, caller: &Caller, deployment: &Deployment) -> Reply<Option<ReusedView>> {
        let Some(of) = &deployment.reuses else {
            return Ok(None);
        };
        let of = self.store.deployment(&caller.org, of).await;
        Ok(of.map_err(broken)?.as_ref().map(ReusedView::of))
    }

    /// The one that it replaced, or would.
    pub(super) async fn served_before(
        &self,
        caller: &Caller,
        deployment: &Deployment,
    ) -> Reply<Option<Deployment>> {
        self.last_served(caller, &deployment.environment, Some(&deployment.id))
            .await
    }

    /// The newest that served there.
    pub(super) async fn last_served(
        &self,
        caller: &Caller,
        environment: &EnvironmentId,
        before: Option<&DeploymentId>,
    ) -> Reply<Option<Deployment>> {
        let filter = Filter {
            environment: Some(environment.clone()),
            before: before.cloned(),
            phases: SERVED.to_vec(),
            limit: 1,
            ..Filter::default()
        };
        Ok(self.list(caller, filter).await?.pop().map(|l| l.deployment))
    }

    async fn drain(&self, deployment: &Deployment) -> Option<DrainView> {
        if deployment.phase != Phase::Draining {
            return None;
        }
        let counts = self.plane.in_flight().await.ok()?;
        let prefix = format!("{}.", deployment.id);
        let in_flight = counts
            .iter()
            .filter(|(id, _)| id.starts_with(&prefix))
            .map(|(_, n)| n)
            .sum();
        Some(DrainView {
            in_flight,
            deadline: deadline(deployment),
        })
    }
}

const fn usually(phase: Phase) -> &'static str {
    match phase {
        Phase::Queued => "Waits for its turn.",
        Phase::Building => "Its jobs are running.",
        Phase::Starting => "Its instances are starting.",
        Phase::Ready => "Healthy; traffic is about to switch.",
        Phase::Live => "Serves.",
        Phase::Paused => "Paused: requests are answered 503 until it is resumed.",
        Phase::Draining => "Requests in flight are finishing.",
        Phase::Stopped => "Served, and was replaced.",
        Phase::Failed => "It failed.",
        Phase::Cancelled => "It was cancelled.",
    }
}

fn stages(events: &[PhaseEvent]) -> Vec<StageView> {
    let left = events.iter().skip(1).map(|e| Some(e.at)).chain([None]);
    events
        .iter()
        .zip(left)
        .map(|(event, left_at)| StageView {
            phase: event.phase,
            entered_at: event.at,
            left_at,
            sentence: Some(event.sentence.clone()),
        })
        .collect()
}

fn job_view(job: &Job) -> JobView {
    JobView {
        id: job.id.clone(),
        kind: job.kind,
        title: job.kind.title().into(),
        order: job.order,
        needs: job.needs.clone(),
        status: job.status,
        error: job.error.clone(),
        started_at: job.started_at,
        ended_at: job.ended_at,
        stream: job.stream(),
    }
}
