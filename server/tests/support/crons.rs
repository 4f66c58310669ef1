//! The one cron.

use super::fixture::{Fixture, scoped};
use super::views::{cron_id, cron_run, project_id};
use async_trait::async_trait;
use domain::access::Caller;
use domain::api::{Crons, Reply};
use domain::id::{CronId, ProjectId};
use domain::view::{CronRunView, CronView, Page};

#[async_trait]
impl Crons for Fixture {
    async fn crons(&self, caller: &Caller, id: &ProjectId) -> Reply<Vec<CronView>> {
        scoped(caller, id, &project_id(), "project").map(|()| vec![])
    }
    async fn cron_runs(
        &self,
        caller: &Caller,
        id: &CronId,
        _: Option<&str>,
    ) -> Reply<Page<CronRunView>> {
        scoped(caller, id, &cron_id(), "cron")?;
        Ok(Page {
            items: vec![cron_run()],
            next: None,
        })
    }
    async fn run_cron(&self, caller: &Caller, id: &CronId) -> Reply<CronRunView> {
        scoped(caller, id, &cron_id(), "cron").map(|()| cron_run())
    }
}
