//! What happens at set times: list, look back, run now.

use super::{Control, broken, found};
use crate::store::Now;
use crate::store::cron::CronRow;
use async_trait::async_trait;
use domain::access::{Action, Caller};
use domain::api::{Crons, Reply};
use domain::cron::Schedule;
use domain::hint::Topic;
use domain::id::{CronId, ProjectId};
use domain::refusal::Refusal;
use domain::view::{CronRunView, CronView, Page};

/// Shown with the cron; its history has the rest.
const NEWEST: u32 = 5;
const PAGE: u32 = 50;

#[async_trait]
impl Crons for Control {
    async fn crons(&self, caller: &Caller, project: &ProjectId) -> Reply<Vec<CronView>> {
        caller.may(Action::Read)?;
        found(self.store.project(&caller.org, project).await, "project")?;
        let rows = self
            .store
            .crons(&caller.org, project)
            .await
            .map_err(broken)?;
        let mut views = vec![];
        for row in rows {
            views.push(self.cron_view(caller, row).await?);
        }
        Ok(views)
    }

    async fn cron_runs(
        &self,
        caller: &Caller,
        id: &CronId,
        cursor: Option<&str>,
    ) -> Reply<Page<CronRunView>> {
        caller.may(Action::ReadLogs)?;
        let cron = found(self.store.cron(&caller.org, id).await, "cron")?;
        let before = cursor
            .map(|c| c.parse().map_err(|_| super::bad_cursor()))
            .transpose()?;
        let mut items = self
            .store
            .cron_runs(&cron, before.as_ref(), PAGE + 1)
            .await
            .map_err(broken)?;
        let more = items.len() > PAGE as usize;
        items.truncate(PAGE as usize);
        let next = items.last().filter(|_| more).map(|run| run.id.to_string());
        Ok(Page { items, next })
    }

    async fn run_cron(&self, caller: &Caller, id: &CronId) -> Reply<CronRunView> {
        caller.may(Action::Deploy)?;
        let cron = found(self.store.cron(&caller.org, id).await, "cron")?;
        let ids = || -> Now { self.now() };
        let made = self
            .store
            .run_cron_now(caller, &cron, &ids)
            .await
            .map_err(broken)?;
        let run = made.map_err(|why| under_way(&cron, why))?;
        self.crons_changed.notify_one();
        self.bus.hint(&caller.org, Topic::Project(cron.project));
        Ok(run)
    }
}

impl Control {
    async fn cron_view(&self, caller: &Caller, row: CronRow) -> Reply<CronView> {
        let runs = self
            .store
            .cron_runs(&row, None, NEWEST)
            .await
            .map_err(broken)?;
        let words = Schedule::parse(&row.cron.schedule, &row.cron.timezone);
        Ok(CronView {
            id: row.id,
            environment: row.environment,
            environment_name: row.environment_name,
            words: words.map_or_else(|_| row.cron.schedule.clone(), |s| s.words()),
            what: row.cron.sentence(),
            cron: row.cron,
            deployment: row.deployment,
            next_at: row.next_at,
            runs,
            cannot_run: caller.may(Action::Deploy).err().map(|no| no.sentence),
        })
    }
}

fn under_way(cron: &CronRow, why: &str) -> Refusal {
    let sentence = format!("`{}` can't be run now. {why}", cron.cron.name);
    Refusal::conflict("cron_under_way", sentence).way_out(
        "Wait until that run has ended, or let its runs overlap with `overlap: allow` in sealdock.yml.",
    )
}
