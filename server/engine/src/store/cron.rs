//! Crons: what the version that serves declares, and when each comes next. Runs are in `run`.

mod claim;
mod run;

pub use claim::Claimed;
pub use run::{CronRun, Ended};

use super::event::{NewEvent, write};
use super::{Ids, Row, Store, StoreError, Stored, Transaction, from_json, to_json};
use domain::cron::{Cron, Schedule};
use domain::deployment::Deployment;
use domain::id::{CronId, DeploymentId, EnvironmentId, OrgId, ProjectId};
use domain::time::Time;
use sqlx::Row as _;

/// A cron of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronRow {
    pub id: CronId,
    pub org: OrgId,
    pub project: ProjectId,
    pub environment: EnvironmentId,
    pub environment_name: String,
    pub cron: Cron,
    /// That declares it.
    pub deployment: DeploymentId,
    pub next_at: Option<Time>,
}

const SELECT: &str = "SELECT c.id, c.org, c.project, c.environment, e.name AS environment_name, c.definition, c.deployment, c.next_at \
    FROM crons c JOIN environments e ON e.id = c.environment";

impl Store {
    /// The environment's crons become exactly these, as one fact. `Stale` when the deployment does
    /// not serve (any more).
    pub async fn configure_crons(
        &self,
        deployment: &Deployment,
        crons: &[Cron],
        ids: Ids<'_>,
    ) -> Stored<()> {
        let mut tx = self.begin().await?;
        let serves = sqlx::query("SELECT 1 FROM environments WHERE id = $1 AND active = $2")
            .bind(deployment.environment.as_str())
            .bind(deployment.id.as_str());
        if serves.fetch_optional(&mut *tx).await?.is_none() {
            return Err(StoreError::Stale);
        }
        let before = of_environment(&mut tx, &deployment.environment).await?;
        for gone in before.iter().filter(|b| !declared(crons, &b.cron.name)) {
            remove(&mut tx, gone, ids).await?;
        }
        for cron in crons {
            let known = before.iter().find(|b| b.cron.name == cron.name);
            put(&mut tx, deployment, cron, known, ids).await?;
        }
        if before.iter().map(|b| &b.cron).ne(crons) {
            tell(&mut tx, deployment, crons, ids).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    pub async fn crons(&self, org: &OrgId, project: &ProjectId) -> Stored<Vec<CronRow>> {
        let sql = format!(
            "{SELECT} WHERE c.org = $1 AND c.project = $2 ORDER BY e.created_at, e.id, c.name LIMIT 1000"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(org.as_str())
            .bind(project.as_str())
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(cron_row).collect()
    }

    pub async fn cron(&self, org: &OrgId, id: &CronId) -> Stored<Option<CronRow>> {
        let sql = format!("{SELECT} WHERE c.org = $1 AND c.id = $2");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(org.as_str())
            .bind(id.as_str())
            .fetch_optional(self.pool())
            .await?;
        row.map(|r| cron_row(&r)).transpose()
    }

    /// When the first cron's time comes.
    pub async fn next_cron(&self) -> Stored<Option<Time>> {
        let row = sqlx::query("SELECT MIN(next_at) AS at FROM crons WHERE next_at IS NOT NULL")
            .fetch_one(self.pool())
            .await?;
        Ok(row.try_get::<Option<i64>, _>("at")?.map(Time))
    }
}

fn declared(crons: &[Cron], name: &str) -> bool {
    crons.iter().any(|cron| cron.name == name)
}

async fn of_environment(
    tx: &mut Transaction<'_>,
    environment: &EnvironmentId,
) -> Stored<Vec<CronRow>> {
    let sql = format!("{SELECT} WHERE c.environment = $1 ORDER BY c.name");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(environment.as_str())
        .fetch_all(&mut **tx)
        .await?;
    rows.iter().map(cron_row).collect()
}

/// Its history stays; a run of it that still waits will not come.
async fn remove(tx: &mut Transaction<'_>, gone: &CronRow, ids: Ids<'_>) -> Stored<()> {
    sqlx::query("DELETE FROM crons WHERE id = $1")
        .bind(gone.id.as_str())
        .execute(&mut **tx)
        .await?;
    let sql = "UPDATE cron_runs SET status = 'skipped', sentence = 'Its cron was removed before it ran.', ended_at = $3 \
               WHERE environment = $1 AND name = $2 AND status = 'waiting'";
    sqlx::query(sql)
        .bind(gone.environment.as_str())
        .bind(&gone.cron.name)
        .bind(ids().at.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// One whose schedule stays keeps its time: a new version must not make it miss one.
async fn put(
    tx: &mut Transaction<'_>,
    deployment: &Deployment,
    cron: &Cron,
    known: Option<&CronRow>,
    ids: Ids<'_>,
) -> Stored<()> {
    let now = ids();
    let same = |b: &&CronRow| b.cron.schedule == cron.schedule && b.cron.timezone == cron.timezone;
    let next_at = match known.filter(same) {
        Some(before) => before.next_at,
        None => Schedule::parse(&cron.schedule, &cron.timezone)
            .ok()
            .and_then(|schedule| schedule.next_after(now.at)),
    };
    let id = known.map_or_else(|| CronId::new(now.at, now.entropy), |b| b.id.clone());
    let sql = "INSERT INTO crons (id, org, project, environment, name, definition, deployment, next_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
               ON CONFLICT (environment, name) DO UPDATE SET definition = excluded.definition, deployment = excluded.deployment, next_at = excluded.next_at";
    sqlx::query(sql)
        .bind(id.as_str())
        .bind(deployment.org.as_str())
        .bind(deployment.project.as_str())
        .bind(deployment.environment.as_str())
        .bind(&cron.name)
        .bind(to_json(cron)?)
        .bind(deployment.id.as_str())
        .bind(next_at.map(|at| at.0))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

async fn tell(
    tx: &mut Transaction<'_>,
    deployment: &Deployment,
    crons: &[Cron],
    ids: Ids<'_>,
) -> Stored<()> {
    let names: Vec<_> = crons.iter().map(|cron| cron.name.as_str()).collect();
    let sentence = match names.as_slice() {
        [] => format!(
            "#{} has no crons; those before it are removed.",
            deployment.number
        ),
        names => format!(
            "The crons of #{} are set up: {}.",
            deployment.number,
            names.join(", ")
        ),
    };
    let event = NewEvent {
        environment: Some(&deployment.environment),
        deployment: Some(&deployment.id),
        ..NewEvent::by(&deployment.org, None, "crons_configured", sentence)
            .project(&deployment.project)
    };
    write(tx, ids(), event).await
}

fn cron_row(row: &Row) -> Stored<CronRow> {
    Ok(CronRow {
        id: row.try_get::<String, _>("id")?.parse()?,
        org: row.try_get::<String, _>("org")?.parse()?,
        project: row.try_get::<String, _>("project")?.parse()?,
        environment: row.try_get::<String, _>("environment")?.parse()?,
        environment_name: row.try_get("environment_name")?,
        cron: from_json(&row.try_get::<String, _>("definition")?)?,
        deployment: row.try_get::<String, _>("deployment")?.parse()?,
        next_at: row.try_get::<Option<i64>, _>("next_at")?.map(Time),
    })
}
