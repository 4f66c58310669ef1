//! A slot of a project: who serves, who is coming, and the hosts that lead here.

use super::event::{NewEvent, write};
use super::project::Project;
use super::{Now, Row, Store, Stored, Transaction, from_json, to_json};
use domain::access::Caller;
use domain::config::ConfigPatch;
use domain::id::{DeploymentId, EnvironmentId, OrgId, ProjectId, RuntimeId};
use sqlx::Row as _;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    pub id: EnvironmentId,
    pub org: OrgId,
    pub project: ProjectId,
    pub project_name: String,
    pub name: String,
    pub runtime: RuntimeId,
    pub overrides: ConfigPatch,
    pub active: Option<DeploymentId>,
    pub candidate: Option<DeploymentId>,
    /// A person stopped what served here, and nothing has since.
    pub stopped: bool,
    pub deleting: bool,
    /// It is a preview's: what runs here follows a branch or a pull request, and no person's update.
    pub review: bool,
    /// It is for debugging: what is deployed here has a terminal.
    pub debug: bool,
    /// The one to show comes first.
    pub hosts: Vec<String>,
}

const SELECT: &str = "SELECT e.id, e.org, e.project, p.name AS project_name, e.name, e.runtime, e.overrides, e.active, e.candidate, e.stopped, e.deleting, e.debug, \
    EXISTS (SELECT 1 FROM reviews v WHERE v.environment = e.id) AS review, \
    (SELECT group_concat(host, ' ') FROM (SELECT host FROM hosts h WHERE h.environment = e.id ORDER BY h.ordinal)) AS hosts \
    FROM environments e JOIN projects p ON p.id = e.project";

/// Environments of one project.
pub(super) const MOST: u32 = 50;

/// A slot about to be written.
pub struct NewEnvironment<'a> {
    pub id: EnvironmentId,
    pub project: &'a Project,
    pub name: &'a str,
    pub runtime: &'a RuntimeId,
    pub debug: bool,
    pub hosts: &'a [String],
}

/// How adding it ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Added {
    Done,
    NameTaken,
    /// Another environment of the installation answers at this host.
    HostTaken(String),
    TooMany(u32),
}

impl Store {
    /// The row, its hosts and the event: all or nothing.
    pub async fn add_environment(
        &self,
        caller: &Caller,
        new: NewEnvironment<'_>,
        now: Now,
    ) -> Stored<Added> {
        let mut tx = self.begin().await?;
        let sql = "SELECT COUNT(*) AS n, COALESCE(SUM(name = $2), 0) AS named FROM environments WHERE project = $1";
        let row = sqlx::query(sql)
            .bind(new.project.id.as_str())
            .bind(new.name)
            .fetch_one(&mut *tx)
            .await?;
        if row.try_get::<i64, _>("named")? > 0 {
            return Ok(Added::NameTaken);
        }
        if row.try_get::<i64, _>("n")? >= i64::from(MOST) {
            return Ok(Added::TooMany(MOST));
        }
        let slot = Slot {
            id: &new.id,
            project: &new.project.id,
            name: new.name,
            runtime: new.runtime,
            overrides: &ConfigPatch::default(),
            debug: new.debug,
            hosts: new.hosts,
        };
        if let Some(host) = insert_slot(&mut tx, caller, slot, now).await? {
            return Ok(Added::HostTaken(host));
        }
        let sentence = format!(
            "{} added the {}environment {} to {}.",
            caller.email,
            if new.debug { "debug " } else { "" },
            new.name,
            new.project.name
        );
        let event = NewEvent::by(
            &caller.org,
            Some(&caller.user),
            "environment_created",
            sentence,
        );
        write(&mut tx, now, event.project(&new.project.id)).await?;
        tx.commit().await?;
        Ok(Added::Done)
    }

    pub async fn environment(
        &self,
        org: &OrgId,
        id: &EnvironmentId,
    ) -> Stored<Option<Environment>> {
        let sql = format!("{SELECT} WHERE e.org = $1 AND e.id = $2");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(org.as_str())
            .bind(id.as_str())
            .fetch_optional(self.pool())
            .await?;
        row.map(|r| environment(&r)).transpose()
    }

    /// For the reconciler, which works for every organization.
    pub(crate) async fn environment_of_any(
        &self,
        id: &EnvironmentId,
    ) -> Stored<Option<Environment>> {
        let sql = format!("{SELECT} WHERE e.id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(id.as_str())
            .fetch_optional(self.pool())
            .await?;
        row.map(|r| environment(&r)).transpose()
    }

    pub async fn environments(
        &self,
        org: &OrgId,
        project: Option<&ProjectId>,
    ) -> Stored<Vec<Environment>> {
        let sql = format!(
            "{SELECT} WHERE e.org = $1 AND ($2 IS NULL OR e.project = $2) ORDER BY p.name, e.created_at, e.id LIMIT 10000"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(org.as_str())
            .bind(project.map(ProjectId::as_str))
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(environment).collect()
    }

    /// What serves anywhere, for whoever looks after it.
    pub(crate) async fn serving(&self) -> Stored<Vec<Serving>> {
        let sql = "SELECT id, runtime, active FROM environments WHERE active IS NOT NULL ORDER BY id LIMIT 100000";
        let rows = sqlx::query(sql).fetch_all(self.pool()).await?;
        rows.iter()
            .map(|row| {
                Ok(Serving {
                    environment: row.try_get::<String, _>("id")?.parse()?,
                    runtime: row.try_get::<String, _>("runtime")?.parse()?,
                    deployment: row.try_get::<String, _>("active")?.parse()?,
                })
            })
            .collect()
    }

    pub(crate) async fn every_environment(&self) -> Stored<Vec<EnvironmentId>> {
        let rows = sqlx::query("SELECT id FROM environments ORDER BY id")
            .fetch_all(self.pool())
            .await?;
        rows.iter()
            .map(|r| Ok(r.try_get::<String, _>("id")?.parse()?))
            .collect()
    }

    /// Marks it for deletion: the planner does the rest. False when it is not there any more, is being
    /// deleted already, or is the last one of its project.
    pub async fn begin_delete_environment(
        &self,
        caller: &Caller,
        environment: &Environment,
        now: Now,
    ) -> Stored<bool> {
        let mut tx = self.begin().await?;
        let sql = "UPDATE environments SET deleting = 1 WHERE org = $1 AND id = $2 AND deleting = 0 AND EXISTS \
                   (SELECT 1 FROM environments o WHERE o.project = environments.project AND o.id <> $2 AND o.deleting = 0 \
                   AND NOT EXISTS (SELECT 1 FROM reviews v WHERE v.environment = o.id))";
        let marked = sqlx::query(sql)
            .bind(caller.org.as_str())
            .bind(environment.id.as_str())
            .execute(&mut *tx)
            .await?;
        if marked.rows_affected() == 0 {
            return Ok(false);
        }
        let sentence = format!(
            "{} deleted the environment {} of {}.",
            caller.email, environment.name, environment.project_name
        );
        let (org, user) = (&caller.org, Some(&caller.user));
        let event = NewEvent::by(org, user, "environment_deleted", sentence);
        write(&mut tx, now, event.project(&environment.project)).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Nothing of it runs any more: its rows go, and the project's with the last of them. The events stay.
    pub async fn forget(&self, environment: &Environment, now: Now) -> Stored<()> {
        let (id, project) = (environment.id.as_str(), environment.project.as_str());
        let mut tx = self.begin().await?;
        for sql in [
            "DELETE FROM crons WHERE environment = $1",
            "DELETE FROM cron_runs WHERE environment = $1",
            "DELETE FROM source_maps WHERE deployment IN (SELECT id FROM deployments WHERE environment = $1)",
            "DELETE FROM jobs WHERE deployment IN (SELECT id FROM deployments WHERE environment = $1)",
            "DELETE FROM reports WHERE about IN (SELECT id FROM deployments WHERE environment = $1)",
            "DELETE FROM deployment_services WHERE deployment IN (SELECT id FROM deployments WHERE environment = $1)",
            "DELETE FROM service_links WHERE environment = $1",
            "DELETE FROM deployment_secrets WHERE deployment IN (SELECT id FROM deployments WHERE environment = $1)",
            "DELETE FROM attestations WHERE environment = $1",
            "DELETE FROM deployments WHERE environment = $1",
            "DELETE FROM hosts WHERE environment = $1",
            "UPDATE domains SET environment = NULL WHERE environment = $1",
            "DELETE FROM trackings WHERE environment = $1",
            "UPDATE reviews SET environment = NULL WHERE environment = $1",
            "DELETE FROM environments WHERE id = $1",
        ] {
            sqlx::query(sql).bind(id).execute(&mut *tx).await?;
        }
        for last in [
            "DELETE FROM deliveries WHERE project = $1 AND NOT EXISTS (SELECT 1 FROM environments WHERE project = $1)",
            "DELETE FROM hooks WHERE project = $1 AND NOT EXISTS (SELECT 1 FROM environments WHERE project = $1)",
            "DELETE FROM reviews WHERE project = $1 AND NOT EXISTS (SELECT 1 FROM environments WHERE project = $1)",
            "DELETE FROM review_rules WHERE project = $1 AND NOT EXISTS (SELECT 1 FROM environments WHERE project = $1)",
            "DELETE FROM reports WHERE project = $1 AND NOT EXISTS (SELECT 1 FROM environments WHERE project = $1)",
            "DELETE FROM forges WHERE project = $1 AND NOT EXISTS (SELECT 1 FROM environments WHERE project = $1)",
            "DELETE FROM projects WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM environments WHERE project = $1)",
        ] {
            sqlx::query(last).bind(project).execute(&mut *tx).await?;
        }
        let sentence = format!(
            "{} / {} is gone.",
            environment.project_name, environment.name
        );
        write(
            &mut tx,
            now,
            NewEvent::by(&environment.org, None, "environment_gone", sentence)
                .project(&environment.project),
        )
        .await?;
        tx.commit().await?;
        Ok(())
    }
}

/// A deployment that serves, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Serving {
    pub environment: EnvironmentId,
    pub runtime: RuntimeId,
    pub deployment: DeploymentId,
}

/// An environment's own row and hosts.
pub(super) struct Slot<'a> {
    pub id: &'a EnvironmentId,
    pub project: &'a ProjectId,
    pub name: &'a str,
    pub runtime: &'a RuntimeId,
    pub overrides: &'a ConfigPatch,
    pub debug: bool,
    pub hosts: &'a [String],
}

/// The first host that leads somewhere else already; then nothing may be committed.
pub(super) async fn insert_slot(
    tx: &mut Transaction<'_>,
    caller: &Caller,
    slot: Slot<'_>,
    now: Now,
) -> Stored<Option<String>> {
    let sql = "INSERT INTO environments (id, org, project, name, runtime, overrides, deleting, created_at, debug) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8)";
    sqlx::query(sql)
        .bind(slot.id.as_str())
        .bind(caller.org.as_str())
        .bind(slot.project.as_str())
        .bind(slot.name)
        .bind(slot.runtime.as_str())
        .bind(to_json(slot.overrides)?)
        .bind(now.at.0)
        .bind(i64::from(slot.debug))
        .execute(&mut **tx)
        .await?;
    for (ordinal, host) in slot.hosts.iter().enumerate() {
        let sql = "INSERT INTO hosts (host, org, environment, ordinal) VALUES ($1, $2, $3, $4) ON CONFLICT (host) DO NOTHING";
        let insert = sqlx::query(sql)
            .bind(host)
            .bind(caller.org.as_str())
            .bind(slot.id.as_str())
            .bind(ordinal as i64);
        if insert.execute(&mut **tx).await?.rows_affected() == 0 {
            return Ok(Some(host.clone()));
        }
    }
    Ok(None)
}

fn environment(row: &Row) -> Stored<Environment> {
    let id = |column: &str| -> Stored<Option<DeploymentId>> {
        Ok(row
            .try_get::<Option<String>, _>(column)?
            .map(|s| s.parse())
            .transpose()?)
    };
    Ok(Environment {
        id: row.try_get::<String, _>("id")?.parse()?,
        org: row.try_get::<String, _>("org")?.parse()?,
        project: row.try_get::<String, _>("project")?.parse()?,
        project_name: row.try_get("project_name")?,
        name: row.try_get("name")?,
        runtime: row.try_get::<String, _>("runtime")?.parse()?,
        overrides: from_json(&row.try_get::<String, _>("overrides")?)?,
        active: id("active")?,
        candidate: id("candidate")?,
        stopped: row.try_get::<i64, _>("stopped")? != 0,
        deleting: row.try_get::<i64, _>("deleting")? != 0,
        review: row.try_get::<i64, _>("review")? != 0,
        debug: row.try_get::<i64, _>("debug")? != 0,
        hosts: row
            .try_get::<Option<String>, _>("hosts")?
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
    })
}
