//! One build-and-deploy cycle: list, look, cancel, pause, resume, stop, read its logs.

use super::{Control, broken, found, moved_on};
use crate::store::deployment::Filter;
use async_trait::async_trait;
use domain::access::{Action, Caller};
use domain::api::{DeploymentFilter, Deployments, LogFind, LogQuery, Reply};
use domain::build_log::Outline;
use domain::can;
use domain::deployment::{Deployment, Event};
use domain::dialect;
use domain::id::{DeploymentId, JobId};
use domain::refusal::Refusal;
use domain::view::{DeploymentSummary, DeploymentView, LogFound, LogPage, Page, StopPreview};

const LIMIT: u32 = 50;
const MOST: u32 = 1000;

#[async_trait]
impl Deployments for Control {
    async fn deployments(
        &self,
        caller: &Caller,
        filter: &DeploymentFilter,
    ) -> Reply<Page<DeploymentSummary>> {
        caller.may(Action::Read)?;
        let limit = filter.limit.unwrap_or(LIMIT).clamp(1, MOST);
        let query = Filter {
            project: filter.project.clone(),
            environment_name: filter.environment.clone(),
            environment: None,
            phases: phases(filter.status.as_deref())?,
            text: filter.text.clone().filter(|t| !t.trim().is_empty()),
            before: filter
                .cursor
                .as_deref()
                .map(|c| c.parse().map_err(|_| super::bad_cursor()))
                .transpose()?,
            limit: limit + 1,
        };
        let mut rows = self.entries(caller, query).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows
            .last()
            .filter(|_| more)
            .map(|entry| entry.id.to_string());
        Ok(Page {
            items: rows.iter().map(|entry| self.summary(entry)).collect(),
            next,
        })
    }

    async fn deployment(&self, caller: &Caller, id: &DeploymentId) -> Reply<DeploymentView> {
        caller.may(Action::Read)?;
        self.show(caller, id).await
    }

    async fn promote(&self, caller: &Caller, id: &DeploymentId) -> Reply<DeploymentView> {
        self.promoted(caller, id).await
    }

    async fn cancel(&self, caller: &Caller, id: &DeploymentId) -> Reply<DeploymentView> {
        let reason = format!("Cancelled by {}.", caller.email);
        self.moved(caller, id, can::cancel, Event::Cancel, &reason)
            .await
    }

    async fn pause(&self, caller: &Caller, id: &DeploymentId) -> Reply<DeploymentView> {
        let reason = format!("Paused by {}.", caller.email);
        self.moved(caller, id, can::pause, Event::Pause, &reason)
            .await
    }

    async fn resume(&self, caller: &Caller, id: &DeploymentId) -> Reply<DeploymentView> {
        let reason = format!("Resumed by {}.", caller.email);
        self.moved(caller, id, can::resume, Event::Resume, &reason)
            .await
    }

    async fn preview_stop(&self, caller: &Caller, id: &DeploymentId) -> Reply<StopPreview> {
        self.stop_preview(caller, id).await
    }

    async fn stop(&self, caller: &Caller, id: &DeploymentId, typed: &str) -> Reply<DeploymentView> {
        self.stopped(caller, id, typed).await
    }

    async fn log(&self, caller: &Caller, stream: &str, query: &LogQuery) -> Reply<LogPage> {
        caller.may(Action::ReadLogs)?;
        if let Some(page) = self
            .logs
            .page(&caller.org, stream, query)
            .await
            .map_err(broken)?
        {
            return Ok(page);
        }
        // A job that has not begun has no log yet; that is not an error.
        match self.owns(caller, stream).await? {
            true => Ok(LogPage::default()),
            false => Err(Refusal::not_found("log")),
        }
    }

    async fn find_in_log(&self, caller: &Caller, stream: &str, find: &LogFind) -> Reply<LogFound> {
        caller.may(Action::ReadLogs)?;
        let found = self.logs.find(&caller.org, stream, find).await;
        if let Some(found) = found.map_err(broken)? {
            return Ok(found);
        }
        match self.owns(caller, stream).await? {
            true => Ok(LogFound::default()),
            false => Err(Refusal::not_found("log")),
        }
    }

    async fn outline(&self, caller: &Caller, stream: &str) -> Reply<Outline> {
        caller.may(Action::ReadLogs)?;
        let outline = self.logs.outline(&caller.org, stream).await;
        if let Some(outline) = outline.map_err(broken)? {
            return Ok(outline);
        }
        match self.owns(caller, stream).await? {
            true => Ok(Outline::default()),
            false => Err(Refusal::not_found("log")),
        }
    }

    async fn screenshot(&self, caller: &Caller, id: &DeploymentId) -> Reply<Vec<u8>> {
        self.kept_screenshot(caller, id).await
    }

    async fn sbom(&self, caller: &Caller, id: &DeploymentId) -> Reply<Vec<u8>> {
        self.kept_sbom(caller, id).await
    }
}

impl Control {
    pub(super) async fn show(&self, caller: &Caller, id: &DeploymentId) -> Reply<DeploymentView> {
        let listed = found(self.store.listed(&caller.org, id).await, "deployment")?;
        self.deployment_view(caller, &listed).await
    }

    async fn moved(
        &self,
        caller: &Caller,
        id: &DeploymentId,
        check: fn(&Deployment) -> Reply<()>,
        event: Event,
        reason: &str,
    ) -> Reply<DeploymentView> {
        caller.may(Action::Deploy)?;
        let deployment = found(self.store.deployment(&caller.org, id).await, "deployment")?;
        check(&deployment)?;
        let ids = || self.now();
        self.store
            .record(id, event, Some(reason), Some(&caller.user), &ids)
            .await
            .map_err(moved_on)?;
        self.wake(&caller.org, &deployment.environment, Some(id));
        self.show(caller, id).await
    }

    async fn owns(&self, caller: &Caller, stream: &str) -> Reply<bool> {
        if let Some(Ok(job)) = stream.strip_prefix("job/").map(str::parse::<JobId>) {
            return self.store.owns_job(&caller.org, &job).await.map_err(broken);
        }
        let Some(Ok(instance)) = stream
            .strip_prefix("instance/")
            .map(str::parse::<domain::id::InstanceId>)
        else {
            return Ok(false);
        };
        Ok(self
            .store
            .deployment(&caller.org, &instance.deployment)
            .await
            .map_err(broken)?
            .is_some())
    }
}

fn phases(status: Option<&str>) -> Reply<Vec<domain::deployment::Phase>> {
    let Some(word) = status.filter(|w| !w.is_empty()) else {
        return Ok(vec![]);
    };
    match dialect::phases(word) {
        none if none.is_empty() => Err(Refusal::invalid("status", format!("There is no status `{word}`."))
            .way_out("Use pending, running, deploying, ready, completed, paused, stopped, failed, cancelled, or moving for all that change by themselves.")),
        phases => Ok(phases),
    }
}
