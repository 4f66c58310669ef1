//! Deployments of the one project, and the log of its one build.

use super::fixture::{Fixture, scoped};
use super::views::*;
use async_trait::async_trait;
use domain::access::Caller;
use domain::api::*;
use domain::build_log::{Outline, Outliner};
use domain::id::*;
use domain::view::*;

#[async_trait]
impl Deployments for Fixture {
    async fn deployments(
        &self,
        caller: &Caller,
        _: &DeploymentFilter,
    ) -> Reply<Page<DeploymentSummary>> {
        let items = if caller.org == Self::org(1) {
            vec![summary()]
        } else {
            vec![]
        };
        Ok(Page { items, next: None })
    }
    async fn deployment(&self, caller: &Caller, id: &DeploymentId) -> Reply<DeploymentView> {
        scoped(caller, id, &deployment_id(), "deployment").map(|()| self.view())
    }
    async fn promote(&self, caller: &Caller, id: &DeploymentId) -> Reply<DeploymentView> {
        self.cancel(caller, id).await
    }
    async fn cancel(&self, caller: &Caller, id: &DeploymentId) -> Reply<DeploymentView> {
        self.deployment(caller, id).await
    }
    async fn pause(&self, caller: &Caller, id: &DeploymentId) -> Reply<DeploymentView> {
        self.deployment(caller, id).await
    }
    async fn resume(&self, caller: &Caller, id: &DeploymentId) -> Reply<DeploymentView> {
        self.deployment(caller, id).await
    }
    async fn preview_stop(&self, caller: &Caller, id: &DeploymentId) -> Reply<StopPreview> {
        self.deployment(caller, id).await.map(|view| StopPreview {
            deployment: view.summary,
            ends: vec!["its instance ends".into()],
            urls: view.urls,
            typed: "yes".into(),
        })
    }
    async fn stop(&self, caller: &Caller, id: &DeploymentId, _: &str) -> Reply<DeploymentView> {
        self.deployment(caller, id).await
    }
    async fn screenshot(&self, caller: &Caller, id: &DeploymentId) -> Reply<Vec<u8>> {
        self.deployment(caller, id).await.map(|_| vec![1, 2, 3])
    }
    async fn sbom(&self, caller: &Caller, id: &DeploymentId) -> Reply<Vec<u8>> {
        self.deployment(caller, id).await.map(|_| b"{}".to_vec())
    }
    async fn outline(&self, caller: &Caller, stream: &str) -> Reply<Outline> {
        scoped(caller, &stream, &"build", "log")?;
        let mut outliner = Outliner::default();
        for line in &self.log.lock().unwrap().lines {
            outliner.push(line.seq, &line.text);
        }
        Ok(outliner.finish())
    }
    async fn log(&self, caller: &Caller, stream: &str, query: &LogQuery) -> Reply<LogPage> {
        scoped(caller, &stream, &"build", "log")?;
        let log = self.log.lock().unwrap();
        let limit = query.limit.unwrap_or(500) as usize;
        let wanted = |l: &&LogLine| is_wanted(&query.filter, l);
        let all: Vec<_> = log.lines.iter().filter(wanted).cloned().collect();
        let until = query.before.unwrap_or(u64::MAX);
        let mut lines: Vec<_> = match query.from {
            Some(from) => all.into_iter().filter(|l| l.seq >= from).collect(),
            None => all.into_iter().filter(|l| l.seq < until).collect(),
        };
        let over = lines.len().saturating_sub(limit);
        match query.from {
            Some(_) => lines.truncate(limit),
            None => drop(lines.drain(..over)),
        }
        Ok(LogPage {
            lines,
            last_seq: log.last_seq,
            ended: log.ended,
            earlier: over > 0 && query.from.is_none(),
            later: over > 0 && query.from.is_some(),
        })
    }
    async fn find_in_log(&self, caller: &Caller, stream: &str, find: &LogFind) -> Reply<LogFound> {
        scoped(caller, &stream, &"build", "log")?;
        let mut finder = LogFinder::new(find);
        for line in &self.log.lock().unwrap().lines {
            if is_wanted(&find.filter, line) {
                finder.push(line.seq);
            }
        }
        Ok(finder.finish())
    }
}

fn is_wanted(filter: &LogFilter, line: &LogLine) -> bool {
    let holds = filter.text().is_none_or(|text| line.text.contains(text));
    holds && filter.takes(line.stream, || line.level)
}
