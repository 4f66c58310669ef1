//! Deployments: look-ups and lists. They are written in `insert`, and their phase moves only in
//! `record`, through `Phase::on`, with the event, the environment's pointers and the jobs that
//! follow the phase in the same transaction.

mod hold;
mod insert;
mod record;
mod row;
mod terminal;

pub use insert::NewDeployment;
pub(super) use insert::insert;

use super::{Db, Store, Stored};
use domain::access::Caller;
use domain::deployment::{Deployment, Phase, Trigger};
use domain::id::{DeploymentId, EnvironmentId, OrgId, ProjectId};
use domain::source::Source;
use domain::time::Time;
use domain::view::{ContentsView, Durations};
use row::{Before, deployment, entry, listed};
use sqlx::{QueryBuilder, Row as _};

/// A deployment as a list shows it. Its configuration is most of a row, and no list shows that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: DeploymentId,
    pub number: u32,
    pub project: ProjectId,
    pub project_name: String,
    pub environment: EnvironmentId,
    pub environment_name: String,
    pub phase: Phase,
    pub reason: Option<String>,
    /// Healthy, and waiting for a person.
    pub held: bool,
    pub live: bool,
    pub source: Source,
    pub trigger: Trigger,
    /// By address; `None`: Sealdock itself.
    pub created_by: Option<String>,
    pub created_at: Time,
    pub durations: Durations,
    /// Its front page was pictured.
    pub screenshot: bool,
}

/// The whole of it, with what a list shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub entry: Entry,
    pub deployment: Deployment,
    pub contents: Option<ContentsView>,
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

const COLUMNS: &str = "d.id, d.org, d.project, d.environment, d.number, d.source, d.reuses, d.build, d.config, d.overrides, d.trigger_kind, d.runtime, \
    d.created_by, d.created_at, d.phase, d.since, d.reason, d.artifact, d.collected_at, d.hold, d.debug";

/// Of an entry, what is not in the whole row's columns.
const BESIDE: &str = "d.claimed_at, d.built_at, d.ended_at, d.screenshot_at, p.name AS project_name, e.name AS environment_name, u.email, e.active";

const ENTRY: &str = "d.id, d.project, d.environment, d.number, d.source, d.trigger_kind, d.created_at, d.phase, d.reason, d.hold";

const TABLES: &str = "FROM deployments d JOIN projects p ON p.id = d.project JOIN environments e ON e.id = d.environment LEFT JOIN users u ON u.id = d.created_by";

/// Letter by letter what the partial indexes say, or they would not be used.
const UNFINISHED: &str = " AND d.phase NOT IN ('stopped', 'failed', 'cancelled')";

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
            "SELECT {COLUMNS} FROM deployments d WHERE d.environment = $1{UNFINISHED} ORDER BY d.id"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(environment.as_str())
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(deployment).collect()
    }

    /// The newest first.
    pub async fn entries(&self, org: &OrgId, filter: &Filter) -> Stored<Vec<Entry>> {
        let rows = chosen(&format!("{ENTRY}, {BESIDE}"), org, filter)
            .build()
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(entry).collect()
    }

    /// The newest first, each of them whole.
    pub async fn deployments(&self, org: &OrgId, filter: &Filter) -> Stored<Vec<Listed>> {
        let rows = chosen(&format!("{COLUMNS}, d.contents, {BESIDE}"), org, filter)
            .build()
            .fetch_all(self.pool())
            .await?;
        let mut before = Before::default();
        rows.iter().map(|row| listed(row, &mut before)).collect()
    }

    pub async fn listed(&self, org: &OrgId, id: &DeploymentId) -> Stored<Option<Listed>> {
        let sql = format!(
            "SELECT {COLUMNS}, d.contents, {BESIDE} {TABLES} WHERE d.org = $1 AND d.id = $2"
        );
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(org.as_str())
            .bind(id.as_str())
            .fetch_optional(self.pool())
            .await?;
        row.map(|r| listed(&r, &mut Before::default())).transpose()
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

    /// Those of one environment that was looked up for its organization.
    pub async fn count_deployments_of(&self, environment: &EnvironmentId) -> Stored<u64> {
        let sql = "SELECT COUNT(*) AS n FROM deployments WHERE environment = $1";
        let row = sqlx::query(sql)
            .bind(environment.as_str())
            .fetch_one(self.pool())
            .await?;
        Ok(row.try_get::<i64, _>("n")?.max(0) as u64)
    }
}

/// Only the conditions that are asked for: an index serves each, and none serves `… OR …`.
fn chosen(columns: &str, org: &OrgId, filter: &Filter) -> QueryBuilder<Db> {
    let mut sql = QueryBuilder::new(format!("SELECT {columns} {TABLES} WHERE d.org = "));
    sql.push_bind(org.as_str().to_owned());
    let mut only = |condition: &str, value: Option<String>| {
        if let Some(value) = value {
            sql.push(condition).push_bind(value);
        }
    };
    only(
        " AND d.project = ",
        filter.project.as_ref().map(ToString::to_string),
    );
    only(" AND e.name = ", filter.environment_name.clone());
    only(
        " AND d.environment = ",
        filter.environment.as_ref().map(ToString::to_string),
    );
    only(
        " AND d.id < ",
        filter.before.as_ref().map(ToString::to_string),
    );
    if let Some(text) = &filter.text {
        sql.push(" AND d.words LIKE ")
            .push_bind(contains(text))
            .push(" ESCAPE '!'");
    }
    if !filter.phases.is_empty() {
        let words: Vec<_> = filter
            .phases
            .iter()
            .map(|p| format!("'{}'", p.word()))
            .collect();
        sql.push(format!(" AND d.phase IN ({})", words.join(", ")));
        if !filter.phases.iter().any(|p| p.is_final()) {
            sql.push(UNFINISHED);
        }
    }
    sql.push(" ORDER BY d.id DESC LIMIT ")
        .push_bind(i64::from(filter.limit));
    sql
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
