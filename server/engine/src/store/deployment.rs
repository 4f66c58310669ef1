//! Deployments: look-ups and lists. They are written in `insert`, and their phase moves only in
//! `record`, through `Phase::on`, with the event, the environment's pointers and the jobs that
//! follow the phase in the same transaction.

mod insert;
mod record;
mod row;

pub use insert::NewDeployment;
pub(super) use insert::insert;

use super::{Store, Stored};
use domain::access::Caller;
use domain::deployment::{Deployment, Phase};
use domain::id::{DeploymentId, EnvironmentId, OrgId, ProjectId};
use domain::view::Durations;
use row::{deployment, listed};
use sqlx::Row as _;

/// A deployment as a list shows it, with what stands beside it in other rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub deployment: Deployment,
    pub project_name: String,
    pub environment_name: String,
    pub created_by: Option<String>,
    pub live: bool,
    pub durations: Durations,
}

/// Which ones a list holds; empty `phases` means all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub project: Option<ProjectId>,
    pub environment_name: Option<String>,
    pub environment: Option<EnvironmentId>,
    pub phases: Vec<Phase>,
    pub text: Option<String>,
    pub before: Option<DeploymentId>,
    pub limit: u32,
}

const COLUMNS: &str = "d.id, d.org, d.project, d.environment, d.number, d.source, d.config, d.overrides, d.trigger_kind, d.runtime, \
    d.created_by, d.created_at, d.phase, d.since, d.reason, d.artifact";

const LISTED: &str = "d.claimed_at, d.built_at, d.ended_at, p.name AS project_name, e.name AS environment_name, u.email, e.active \
    FROM deployments d JOIN projects p ON p.id = d.project JOIN environments e ON e.id = d.environment LEFT JOIN users u ON u.id = d.created_by";

impl Store {
    pub async fn create_deployment(
        &self,
        caller: &Caller,
        new: NewDeployment<'_>,
    ) -> Stored<Deployment> {
        let mut tx = self.begin().await?;
        let deployment = insert(&mut tx, caller, new).await?;
        tx.commit().await?;
        Ok(deployment)
    }

    pub async fn deployment(&self, org: &OrgId, id: &DeploymentId) -> Stored<Option<Deployment>> {
        let sql = format!("SELECT {COLUMNS} FROM deployments d WHERE d.org = $1 AND d.id = $2");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(org.as_str())
            .bind(id.as_str())
            .fetch_optional(self.pool())
            .await?;
        row.map(|r| deployment(&r)).transpose()
    }

    /// For the reconciler and the pipeline, which work for every organization.
    pub(crate) async fn deployment_of_any(&self, id: &DeploymentId) -> Stored<Option<Deployment>> {
        let sql = format!("SELECT {COLUMNS} FROM deployments d WHERE d.id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(id.as_str())
            .fetch_optional(self.pool())
            .await?;
        row.map(|r| deployment(&r)).transpose()
    }

    /// Those of an environment that are not final.
    pub async fn unfinished(&self, environment: &EnvironmentId) -> Stored<Vec<Deployment>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM deployments d WHERE d.environment = $1 AND d.phase NOT IN ('stopped', 'failed', 'cancelled') ORDER BY d.id"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(environment.as_str())
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(deployment).collect()
    }

    /// The newest first.
    pub async fn deployments(&self, org: &OrgId, filter: &Filter) -> Stored<Vec<Listed>> {
        let phases: Vec<_> = filter
            .phases
            .iter()
            .map(|p| format!("'{}'", p.word()))
            .collect();
        let phases = if phases.is_empty() {
            "1 = 1".into()
        } else {
            format!("d.phase IN ({})", phases.join(", "))
        };
        let sql = format!(
            "SELECT {COLUMNS}, {LISTED} WHERE d.org = $1 AND ($2 IS NULL OR d.project = $2) AND ($3 IS NULL OR e.name = $3) \
             AND ($4 IS NULL OR d.environment = $4) AND ($5 IS NULL OR d.id < $5) AND ($6 IS NULL OR d.words LIKE $6 ESCAPE '!') \
             AND {phases} ORDER BY d.id DESC LIMIT $7"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(org.as_str())
            .bind(filter.project.as_ref().map(ProjectId::as_str))
            .bind(filter.environment_name.as_deref())
            .bind(filter.environment.as_ref().map(EnvironmentId::as_str))
            .bind(filter.before.as_ref().map(DeploymentId::as_str))
            .bind(filter.text.as_deref().map(contains))
            .bind(i64::from(filter.limit))
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(listed).collect()
    }

    pub async fn listed(&self, org: &OrgId, id: &DeploymentId) -> Stored<Option<Listed>> {
        let sql = format!("SELECT {COLUMNS}, {LISTED} WHERE d.org = $1 AND d.id = $2");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(org.as_str())
            .bind(id.as_str())
            .fetch_optional(self.pool())
            .await?;
        row.map(|r| listed(&r)).transpose()
    }

    pub async fn count_deployments(&self, org: &OrgId, project: &ProjectId) -> Stored<u64> {
        let sql = "SELECT COUNT(*) AS n FROM deployments WHERE org = $1 AND project = $2";
        let row = sqlx::query(sql)
            .bind(org.as_str())
            .bind(project.as_str())
            .fetch_one(self.pool())
            .await?;
        Ok(row.try_get::<i64, _>("n")?.max(0) as u64)
    }
}

/// A LIKE pattern for "contains", with the pattern's own signs taken literally.
fn contains(text: &str) -> String {
    let escaped: String = text
        .to_lowercase()
        .chars()
        .flat_map(|c| match c {
            '%' | '_' | '!' => vec!['!', c],
            _ => vec![c],
        })
        .collect();
    format!("%{escaped}%")
}
