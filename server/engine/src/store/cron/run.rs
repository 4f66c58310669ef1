//! Runs: each is a row before it begins, and is begun at most once.

use super::CronRow;
use crate::store::event::{NewEvent, write};
use crate::store::{Ids, Now, Row, Store, StoreError, Stored, Transaction};
use domain::access::Caller;
use domain::cron::{Place, RunStatus, RunTrigger, place};
use domain::id::{DeploymentId, EnvironmentId, OrgId, RunId};
use domain::time::Time;
use domain::view::CronRunView;
use sqlx::Row as _;

/// Of each cron; older ones are forgotten.
const RUNS_KEPT: i64 = 200;

/// A run that a worker has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronRun {
    pub id: RunId,
    pub org: OrgId,
    pub environment: EnvironmentId,
    pub name: String,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    pub status: RunStatus,
    pub sentence: Option<String>,
    pub deployment: Option<DeploymentId>,
    pub code: Option<i64>,
    pub output: String,
    pub output_cut: bool,
}

const SELECT: &str = "SELECT r.id, r.trigger_kind, u.email, r.due_at, r.status, r.sentence, r.deployment, r.started_at, r.ended_at, r.code, r.output, r.output_cut \
    FROM cron_runs r LEFT JOIN users u ON u.id = r.actor";

impl Store {
    /// The newest first; `before` is the last id of the page before.
    pub async fn cron_runs(
        &self,
        cron: &CronRow,
        before: Option<&RunId>,
        limit: u32,
    ) -> Stored<Vec<CronRunView>> {
        let sql = format!(
            "{SELECT} WHERE r.org = $1 AND r.environment = $2 AND r.name = $3 AND ($4 IS NULL OR r.id < $4) ORDER BY r.id DESC LIMIT $5"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(cron.org.as_str())
            .bind(cron.environment.as_str())
            .bind(&cron.cron.name)
            .bind(before.map(RunId::as_str))
            .bind(i64::from(limit))
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(view).collect()
    }

    /// A person's wish, by the cron's own rule. `Err` in it is why there is none.
    pub async fn run_cron_now(
        &self,
        caller: &Caller,
        cron: &CronRow,
        ids: Ids<'_>,
    ) -> Stored<Result<CronRunView, &'static str>> {
        let mut tx = self.begin().await?;
        let (running, waiting) = under_way(&mut tx, cron).await?;
        if let Place::Nowhere(why) = place(cron.cron.overlap, running, waiting) {
            return Ok(Err(why));
        }
        let now = ids();
        let wanted = Wanted {
            trigger: RunTrigger::Person,
            caller: Some(caller),
            due_at: now.at,
            status: RunStatus::Waiting,
            sentence: None,
        };
        let id = insert(&mut tx, cron, wanted, now).await?;
        let sentence = format!("{} ran the cron {}.", caller.email, cron.cron.name);
        let event = NewEvent {
            environment: Some(&cron.environment),
            ..NewEvent::by(&caller.org, Some(&caller.user), "cron_run", sentence)
                .project(&cron.project)
        };
        write(&mut tx, ids(), event).await?;
        let sql = format!("{SELECT} WHERE r.id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(id.as_str())
            .fetch_one(&mut *tx)
            .await?;
        let made = view(&row)?;
        tx.commit().await?;
        Ok(Ok(made))
    }

    /// Ends a run that is ours. `Stale` when it is gone with its environment.
    pub async fn end_cron_run(
        &self,
        run: &CronRun,
        epoch: &str,
        ended: &Ended,
        now: Time,
    ) -> Stored<()> {
        let mut tx = self.begin().await?;
        // What was said when it became due stands first.
        let sql = "UPDATE cron_runs SET status = $3, sentence = CASE WHEN sentence IS NULL THEN $4 WHEN $4 IS NULL THEN sentence ELSE sentence || ' ' || $4 END, \
                   deployment = $5, ended_at = $6, code = $7, output = $8, output_cut = $9, epoch = NULL WHERE id = $1 AND epoch = $2 AND status = 'running'";
        let done = sqlx::query(sql)
            .bind(run.id.as_str())
            .bind(epoch)
            .bind(ended.status.word())
            .bind(&ended.sentence)
            .bind(ended.deployment.as_ref().map(DeploymentId::as_str))
            .bind(now.0)
            .bind(ended.code)
            .bind(&ended.output)
            .bind(i64::from(ended.output_cut))
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() != 1 {
            return Err(StoreError::Stale);
        }
        prune(&mut tx, &run.environment, &run.name).await?;
        tx.commit().await?;
        Ok(())
    }

    /// One process owns the data directory, so what an earlier boot ran is nobody's. It is not
    /// begun again: nobody knows how much of it was done.
    pub async fn lose_cron_runs_of_earlier_boots(&self, epoch: &str, now: Time) -> Stored<u64> {
        let sql = "UPDATE cron_runs SET status = 'failure', ended_at = $2, epoch = NULL, \
                   sentence = COALESCE(sentence || ' ', '') || 'Sealdock ended while it ran; how it went on is not known.' \
                   WHERE status = 'running' AND (epoch IS NULL OR epoch <> $1)";
        let lost = sqlx::query(sql)
            .bind(epoch)
            .bind(now.0)
            .execute(self.pool())
            .await?;
        Ok(lost.rows_affected())
    }
}

pub(super) struct Wanted<'a> {
    pub trigger: RunTrigger,
    pub caller: Option<&'a Caller>,
    pub due_at: Time,
    pub status: RunStatus,
    pub sentence: Option<String>,
}

pub(super) async fn insert(
    tx: &mut Transaction<'_>,
    cron: &CronRow,
    wanted: Wanted<'_>,
    now: Now,
) -> Stored<RunId> {
    let id = RunId::new(now.at, now.entropy);
    let sql = "INSERT INTO cron_runs (id, org, project, environment, name, trigger_kind, actor, due_at, status, sentence, ended_at, output, output_cut) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', 0)";
    sqlx::query(sql)
        .bind(id.as_str())
        .bind(cron.org.as_str())
        .bind(cron.project.as_str())
        .bind(cron.environment.as_str())
        .bind(&cron.cron.name)
        .bind(wanted.trigger.word())
        .bind(wanted.caller.map(|c| c.user.as_str()))
        .bind(wanted.due_at.0)
        .bind(wanted.status.word())
        .bind(wanted.sentence)
        .bind(wanted.status.is_final().then_some(now.at.0))
        .execute(&mut **tx)
        .await?;
    Ok(id)
}

/// How many of its runs run, and wait.
pub(super) async fn under_way(tx: &mut Transaction<'_>, cron: &CronRow) -> Stored<(u32, u32)> {
    let sql = "SELECT COALESCE(SUM(CASE WHEN status = 'running' THEN 1 ELSE 0 END), 0) AS running, \
               COALESCE(SUM(CASE WHEN status = 'waiting' THEN 1 ELSE 0 END), 0) AS waiting \
               FROM cron_runs WHERE environment = $1 AND name = $2 AND status IN ('waiting', 'running')";
    let row = sqlx::query(sql)
        .bind(cron.environment.as_str())
        .bind(&cron.cron.name)
        .fetch_one(&mut **tx)
        .await?;
    let count = |column: &str| -> Stored<u32> {
        Ok(u32::try_from(row.try_get::<i64, _>(column)?).unwrap_or(u32::MAX))
    };
    Ok((count("running")?, count("waiting")?))
}

pub(super) async fn prune(
    tx: &mut Transaction<'_>,
    environment: &EnvironmentId,
    name: &str,
) -> Stored<()> {
    let sql = "DELETE FROM cron_runs WHERE environment = $1 AND name = $2 AND status NOT IN ('waiting', 'running') \
               AND id <= (SELECT id FROM cron_runs WHERE environment = $1 AND name = $2 ORDER BY id DESC LIMIT 1 OFFSET $3)";
    sqlx::query(sql)
        .bind(environment.as_str())
        .bind(name)
        .bind(RUNS_KEPT)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

fn view(row: &Row) -> Stored<CronRunView> {
    let (trigger, status): (String, String) =
        (row.try_get("trigger_kind")?, row.try_get("status")?);
    let moment = |column: &str| -> Stored<Option<Time>> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(Time))
    };
    Ok(CronRunView {
        id: row.try_get::<String, _>("id")?.parse()?,
        trigger: RunTrigger::parse(&trigger)
            .ok_or_else(|| StoreError::Unreadable(format!("the trigger `{trigger}`")))?,
        by: row.try_get("email")?,
        due_at: Time(row.try_get("due_at")?),
        status: RunStatus::parse(&status)
            .ok_or_else(|| StoreError::Unreadable(format!("the status `{status}`")))?,
        sentence: row.try_get("sentence")?,
        deployment: row
            .try_get::<Option<String>, _>("deployment")?
            .map(|s| s.parse())
            .transpose()?,
        started_at: moment("started_at")?,
        ended_at: moment("ended_at")?,
        code: row.try_get("code")?,
        output: row.try_get("output")?,
        output_cut: row.try_get::<i64, _>("output_cut")? != 0,
    })
}
