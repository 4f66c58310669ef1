//! Jobs: rows with a lease and the boot epoch that claimed them, so that nothing waiting or
//! running is lost by a restart.

mod after;

pub use after::{Done, Fact};

use super::{Row, Store, StoreError, Stored, from_json, to_json};
use domain::id::{DeploymentId, JobId, OrgId};
use domain::job::{JobKind, JobStatus};
use domain::pipeline::{Standing, dependents, may_start};
use domain::source::Artifact;
use domain::time::Time;
use sqlx::Row as _;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub id: JobId,
    pub org: OrgId,
    pub deployment: DeploymentId,
    pub kind: JobKind,
    pub order: u32,
    pub needs: Vec<JobKind>,
    pub status: JobStatus,
    pub error: Option<String>,
    pub started_at: Option<Time>,
    pub ended_at: Option<Time>,
    /// How often it was begun.
    pub attempts: u32,
}

/// Who looks for work: those that fetch and build, those that take a moment, or the one for a kind
/// that comes after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    Long,
    Short,
    After(JobKind),
}

/// What somebody has under way now, so that whoever has least is next. `$1` is now.
const BUSY: &str = "SELECT COUNT(*) FROM jobs b JOIN deployments o ON o.id = b.deployment \
                    WHERE b.status = 'Running' AND b.lease_until >= $1 AND o.phase = 'building'";

impl Lane {
    /// On the way to traffic; the rest comes after.
    pub const WAY: [Lane; 2] = [Lane::Long, Lane::Short];

    /// `$1` is now.
    fn condition(self) -> String {
        match self {
            Lane::Long => format!("d.phase = 'building' AND j.kind IN ({})", long_kinds()),
            Lane::Short => format!("d.phase = 'building' AND j.kind NOT IN ({})", long_kinds()),
            Lane::After(kind) => format!(
                "d.phase IN ('live', 'paused') AND j.kind = '{}' AND (j.not_before IS NULL OR j.not_before <= $1)",
                kind.name()
            ),
        }
    }
}

fn long_kinds() -> String {
    let long = JobKind::ALL.into_iter().filter(|kind| kind.takes_long());
    let names: Vec<_> = long.map(|kind| format!("'{}'", kind.name())).collect();
    names.join(", ")
}

impl Job {
    pub fn standing(&self) -> Standing {
        Standing {
            kind: self.kind,
            needs: self.needs.clone(),
            status: self.status,
        }
    }

    /// Names its log.
    pub fn stream(&self) -> String {
        format!("job/{}", self.id)
    }
}

const COLUMNS: &str = "j.id, j.org, j.deployment, j.kind, j.ordinal, j.needs, j.status, j.error, j.started_at, j.ended_at, j.attempts";

impl Store {
    pub async fn jobs(&self, deployment: &DeploymentId) -> Stored<Vec<Job>> {
        let sql =
            format!("SELECT {COLUMNS} FROM jobs j WHERE j.deployment = $1 ORDER BY j.ordinal");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(deployment.as_str())
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(job).collect()
    }

    pub async fn owns_job(&self, org: &OrgId, id: &JobId) -> Stored<bool> {
        let sql = "SELECT 1 FROM jobs WHERE org = $1 AND id = $2";
        Ok(sqlx::query(sql)
            .bind(org.as_str())
            .bind(id.as_str())
            .fetch_optional(self.pool())
            .await?
            .is_some())
    }

    /// Takes a job that may start, until `lease_until`; a lease that ran out counts as none. The next is
    /// of the organization, and of its project, that has least under way: the oldest of those (P-18).
    pub async fn claim_job(
        &self,
        lane: Lane,
        epoch: &str,
        now: Time,
        lease_until: Time,
    ) -> Stored<Option<Job>> {
        let mut tx = self.begin().await?;
        let sql = format!(
            "SELECT {COLUMNS} FROM jobs j JOIN deployments d ON d.id = j.deployment WHERE {} \
             AND (j.status = 'Pending' OR (j.status = 'Running' AND j.lease_until < $1)) \
             ORDER BY ({BUSY} AND o.org = d.org), ({BUSY} AND o.project = d.project), j.id LIMIT 1000",
            lane.condition()
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(now.0)
            .fetch_all(&mut *tx)
            .await?;
        for row in &rows {
            let candidate = job(row)?;
            let sql = format!("SELECT {COLUMNS} FROM jobs j WHERE j.deployment = $1");
            let siblings = sqlx::query(sqlx::AssertSqlSafe(sql))
                .bind(candidate.deployment.as_str())
                .fetch_all(&mut *tx)
                .await?;
            let mut standing: Vec<_> = siblings
                .iter()
                .map(|r| Ok(job(r)?.standing()))
                .collect::<Stored<_>>()?;
            // A lease that ran out: it is to begin again.
            standing
                .iter_mut()
                .filter(|s| s.kind == candidate.kind)
                .for_each(|s| s.status = JobStatus::Pending);
            if !may_start(&standing).contains(&candidate.kind) {
                continue;
            }
            if after::is_spent(&candidate) {
                after::give_up(&mut tx, &candidate, now).await?;
                continue;
            }
            let sql = "UPDATE jobs SET status = 'Running', epoch = $1, lease_until = $2, started_at = COALESCE(started_at, $3), \
                       attempts = attempts + 1, not_before = NULL, error = NULL WHERE id = $4";
            sqlx::query(sql)
                .bind(epoch)
                .bind(lease_until.0)
                .bind(now.0)
                .bind(candidate.id.as_str())
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            return Ok(Some(Job {
                status: JobStatus::Running,
                started_at: candidate.started_at.or(Some(now)),
                attempts: candidate.attempts + 1,
                error: None,
                ..candidate
            }));
        }
        tx.commit().await?;
        Ok(None)
    }

    /// False when the job is not ours any more: it was cancelled, or its lease ran out.
    pub async fn renew_lease(&self, id: &JobId, epoch: &str, lease_until: Time) -> Stored<bool> {
        let sql =
            "UPDATE jobs SET lease_until = $3 WHERE id = $1 AND epoch = $2 AND status = 'Running'";
        let done = sqlx::query(sql)
            .bind(id.as_str())
            .bind(epoch)
            .bind(lease_until.0)
            .execute(self.pool())
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Ends a job that is still ours; a failure takes its dependents with it. `Stale` otherwise.
    pub async fn end_job(
        &self,
        job_: &Job,
        epoch: &str,
        result: Result<Option<Artifact>, String>,
        now: Time,
    ) -> Stored<()> {
        let mut tx = self.begin().await?;
        let (status, error) = match &result {
            Ok(_) => (JobStatus::Success, None),
            Err(sentence) => (JobStatus::Failure, Some(sentence.as_str())),
        };
        let sql = "UPDATE jobs SET status = $3, error = $4, ended_at = $5, epoch = NULL, lease_until = NULL \
                   WHERE id = $1 AND epoch = $2 AND status = 'Running'";
        let done = sqlx::query(sql)
            .bind(job_.id.as_str())
            .bind(epoch)
            .bind(status.word())
            .bind(error)
            .bind(now.0)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() != 1 {
            return Err(StoreError::Stale);
        }
        if let Ok(Some(artifact)) = &result {
            let sql = "UPDATE deployments SET artifact = $2 WHERE id = $1";
            sqlx::query(sql)
                .bind(job_.deployment.as_str())
                .bind(to_json(artifact)?)
                .execute(&mut *tx)
                .await?;
        }
        if result.is_err() {
            let sql = format!("SELECT {COLUMNS} FROM jobs j WHERE j.deployment = $1");
            let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
                .bind(job_.deployment.as_str())
                .fetch_all(&mut *tx)
                .await?;
            let standing: Vec<_> = rows
                .iter()
                .map(|r| Ok(job(r)?.standing()))
                .collect::<Stored<_>>()?;
            for lost in dependents(&standing, job_.kind) {
                let sql = "UPDATE jobs SET status = 'Cancelled', ended_at = $3 WHERE deployment = $1 AND kind = $2 AND status = 'Pending'";
                sqlx::query(sql)
                    .bind(job_.deployment.as_str())
                    .bind(lost.name())
                    .bind(now.0)
                    .execute(&mut *tx)
                    .await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    /// One process owns the data directory, so what an earlier boot claimed is free at once.
    pub async fn release_leases_of_earlier_boots(&self, epoch: &str) -> Stored<u64> {
        let sql = "UPDATE jobs SET status = 'Pending', epoch = NULL, lease_until = NULL WHERE status = 'Running' AND epoch IS NOT NULL AND epoch <> $1";
        Ok(sqlx::query(sql)
            .bind(epoch)
            .execute(self.pool())
            .await?
            .rows_affected())
    }
}

fn job(row: &Row) -> Stored<Job> {
    let (kind, status): (String, String) = (row.try_get("kind")?, row.try_get("status")?);
    Ok(Job {
        id: row.try_get::<String, _>("id")?.parse()?,
        org: row.try_get::<String, _>("org")?.parse()?,
        deployment: row.try_get::<String, _>("deployment")?.parse()?,
        kind: JobKind::parse(&kind)
            .ok_or_else(|| StoreError::Unreadable(format!("the job kind `{kind}`")))?,
        order: u32::try_from(row.try_get::<i64, _>("ordinal")?).unwrap_or(0),
        needs: from_json(&row.try_get::<String, _>("needs")?)?,
        status: JobStatus::parse(&status)
            .ok_or_else(|| StoreError::Unreadable(format!("the job status `{status}`")))?,
        error: row.try_get("error")?,
        started_at: row.try_get::<Option<i64>, _>("started_at")?.map(Time),
        ended_at: row.try_get::<Option<i64>, _>("ended_at")?.map(Time),
        attempts: u32::try_from(row.try_get::<i64, _>("attempts")?).unwrap_or(u32::MAX),
    })
}
