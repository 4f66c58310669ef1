//! Times that came become runs, and runs get their worker: one transaction each, so that no
//! time is run twice, and none is forgotten by a crash.

use super::run::{CronRun, Wanted, insert, prune, under_way};
use super::{CronRow, SELECT, cron_row};
use crate::store::{Ids, Store, Stored, Transaction};
use domain::cron::{Overlap, Place, RunStatus, RunTrigger, Schedule, due, place};
use domain::time::Time;
use sqlx::Row as _;

/// A run and all that it takes to carry it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    pub run: CronRun,
    pub cron: CronRow,
}

impl Store {
    /// One cron whose time has come: the run is written, or why there is none, and when it comes
    /// next. `None` when no cron's time has come.
    pub async fn claim_due_cron(&self, ids: Ids<'_>) -> Stored<Option<CronRow>> {
        let mut tx = self.begin().await?;
        let now = ids();
        let sql = format!("{SELECT} WHERE c.next_at <= $1 ORDER BY c.next_at, c.id LIMIT 1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(now.at.0)
            .fetch_optional(&mut *tx)
            .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let cron = cron_row(&row)?;
        let next = become_due(&mut tx, &cron, now.at, ids).await?;
        sqlx::query("UPDATE crons SET next_at = $2 WHERE id = $1")
            .bind(cron.id.as_str())
            .bind(next.map(|at| at.0))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Some(cron))
    }

    /// The oldest run that waits and may begin.
    pub async fn claim_cron_run(&self, epoch: &str, now: Time) -> Stored<Option<Claimed>> {
        let mut tx = self.begin().await?;
        let sql = "SELECT r.id AS run, c.id FROM cron_runs r JOIN crons c ON c.environment = r.environment AND c.name = r.name \
                   WHERE r.status = 'waiting' ORDER BY r.id LIMIT 1000";
        let rows = sqlx::query(sql).fetch_all(&mut *tx).await?;
        for row in &rows {
            let sql = format!("{SELECT} WHERE c.id = $1");
            let cron = sqlx::query(sqlx::AssertSqlSafe(sql))
                .bind(row.try_get::<String, _>("id")?)
                .fetch_one(&mut *tx)
                .await?;
            let cron = cron_row(&cron)?;
            let (running, _) = under_way(&mut tx, &cron).await?;
            if running > 0 && cron.cron.overlap != Overlap::Allow {
                continue;
            }
            let run: String = row.try_get("run")?;
            sqlx::query("UPDATE cron_runs SET status = 'running', started_at = $2, epoch = $3 WHERE id = $1")
                .bind(&run)
                .bind(now.0)
                .bind(epoch)
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            let run = CronRun {
                id: run.parse()?,
                org: cron.org.clone(),
                environment: cron.environment.clone(),
                name: cron.cron.name.clone(),
            };
            return Ok(Some(Claimed { run, cron }));
        }
        Ok(None)
    }
}

/// Writes what became of the time; answers when it comes next.
async fn become_due(
    tx: &mut Transaction<'_>,
    cron: &CronRow,
    now: Time,
    ids: Ids<'_>,
) -> Stored<Option<Time>> {
    let schedule = Schedule::parse(&cron.cron.schedule, &cron.cron.timezone).ok();
    let due = schedule.and_then(|s| due(&s, cron.next_at.unwrap_or(now), now));
    // A schedule that no version of ours can read any more never comes again.
    let Some(due) = due else {
        return Ok(None);
    };
    let (running, waiting) = under_way(tx, cron).await?;
    let (status, sentence) = match place(cron.cron.overlap, running, waiting) {
        Place::Now | Place::After => (RunStatus::Waiting, due.sentence),
        Place::Nowhere(why) => (RunStatus::Skipped, Some(why.to_owned())),
    };
    let wanted = Wanted {
        trigger: RunTrigger::Schedule,
        caller: None,
        due_at: due.at,
        status,
        sentence,
    };
    insert(tx, cron, wanted, ids()).await?;
    prune(tx, &cron.environment, &cron.cron.name).await?;
    Ok(due.next)
}
