//! The lasting thing a team deploys.

use super::deployment::{NewDeployment, insert};
use super::environment::{Slot, insert_slot};
use super::event::{NewEvent, write};
use super::{Ids, Now, Row, Store, Stored, Transaction, from_json, to_json};
use domain::access::Caller;
use domain::config::ConfigPatch;
use domain::deployment::Deployment;
use domain::id::{EnvironmentId, OrgId, ProjectId, RuntimeId};
use domain::source::Origin;
use domain::time::Time;
use sqlx::Row as _;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    pub id: ProjectId,
    pub org: OrgId,
    pub name: String,
    pub origin: Origin,
    pub created_at: Time,
}

/// A project with its first environment, about to be written.
pub struct NewProject<'a> {
    pub id: ProjectId,
    pub environment: EnvironmentId,
    pub name: &'a str,
    pub environment_name: &'a str,
    pub origin: &'a Origin,
    pub runtime: &'a RuntimeId,
    pub overrides: &'a ConfigPatch,
    pub hosts: &'a [String],
}

/// How creating it ended.
#[derive(Debug)]
pub enum Created {
    Done(Box<Deployment>),
    NameTaken(String),
    /// Another environment of the installation answers at this host.
    HostTaken(String),
}

impl Store {
    pub async fn projects(&self, org: &OrgId) -> Stored<Vec<Project>> {
        let sql = "SELECT id, org, name, origin, created_at FROM projects WHERE org = $1 ORDER BY name LIMIT 10000";
        let rows = sqlx::query(sql)
            .bind(org.as_str())
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(project).collect()
    }

    pub async fn project(&self, org: &OrgId, id: &ProjectId) -> Stored<Option<Project>> {
        let sql =
            "SELECT id, org, name, origin, created_at FROM projects WHERE org = $1 AND id = $2";
        let row = sqlx::query(sql)
            .bind(org.as_str())
            .bind(id.as_str())
            .fetch_optional(self.pool())
            .await?;
        row.map(|r| project(&r)).transpose()
    }

    pub async fn project_named(&self, org: &OrgId, name: &str) -> Stored<Option<Project>> {
        let sql =
            "SELECT id, org, name, origin, created_at FROM projects WHERE org = $1 AND name = $2";
        let row = sqlx::query(sql)
            .bind(org.as_str())
            .bind(name)
            .fetch_optional(self.pool())
            .await?;
        row.map(|r| project(&r)).transpose()
    }

    /// The first of these hosts that leads somewhere already.
    pub async fn taken_host(&self, hosts: &[String]) -> Stored<Option<String>> {
        for host in hosts {
            let row = sqlx::query("SELECT host FROM hosts WHERE host = $1")
                .bind(host)
                .fetch_optional(self.pool())
                .await?;
            if row.is_some() {
                return Ok(Some(host.clone()));
            }
        }
        Ok(None)
    }

    /// Project, environment, hosts, deployment, jobs and the event: all or nothing.
    pub async fn create_project(
        &self,
        caller: &Caller,
        new: NewProject<'_>,
        first: NewDeployment<'_>,
        now: Now,
    ) -> Stored<Created> {
        let mut tx = self.begin().await?;
        let created = put(&mut tx, caller, new, first, now).await?;
        if matches!(created, Created::Done(_)) {
            tx.commit().await?;
        }
        Ok(created)
    }

    /// Several of them: all or nothing. What stands in the way of the first that can't be made.
    pub async fn create_projects(
        &self,
        caller: &Caller,
        all: Vec<(NewProject<'_>, NewDeployment<'_>)>,
        ids: Ids<'_>,
    ) -> Stored<Option<Created>> {
        let mut tx = self.begin().await?;
        for (new, first) in all {
            let created = put(&mut tx, caller, new, first, ids()).await?;
            if !matches!(created, Created::Done(_)) {
                return Ok(Some(created));
            }
        }
        tx.commit().await?;
        Ok(None)
    }

    /// Marks every environment of it for deletion: the planner does the rest. False when there is no such project.
    pub async fn begin_delete(
        &self,
        caller: &Caller,
        project: &Project,
        now: Now,
    ) -> Stored<Vec<EnvironmentId>> {
        let mut tx = self.begin().await?;
        let sql =
            "UPDATE environments SET deleting = 1 WHERE org = $1 AND project = $2 RETURNING id";
        let rows = sqlx::query(sql)
            .bind(caller.org.as_str())
            .bind(project.id.as_str())
            .fetch_all(&mut *tx)
            .await?;
        let sentence = format!("{} deleted the project {}.", caller.email, project.name);
        write(
            &mut tx,
            now,
            NewEvent::by(&caller.org, Some(&caller.user), "project_deleted", sentence)
                .project(&project.id),
        )
        .await?;
        tx.commit().await?;
        rows.iter()
            .map(|r| Ok(r.try_get::<String, _>("id")?.parse()?))
            .collect()
    }
}

async fn put(
    tx: &mut Transaction<'_>,
    caller: &Caller,
    new: NewProject<'_>,
    first: NewDeployment<'_>,
    now: Now,
) -> Stored<Created> {
    let named = sqlx::query("SELECT 1 FROM projects WHERE org = $1 AND name = $2")
        .bind(caller.org.as_str())
        .bind(new.name);
    if named.fetch_optional(&mut **tx).await?.is_some() {
        return Ok(Created::NameTaken(new.name.to_owned()));
    }
    sqlx::query("INSERT INTO projects (id, org, name, origin, created_at, last_number) VALUES ($1, $2, $3, $4, $5, 0)")
        .bind(new.id.as_str()).bind(caller.org.as_str()).bind(new.name).bind(to_json(new.origin)?).bind(now.at.0)
        .execute(&mut **tx).await?;
    let slot = Slot {
        id: &new.environment,
        project: &new.id,
        name: new.environment_name,
        runtime: new.runtime,
        overrides: new.overrides,
        debug: false,
        hosts: new.hosts,
    };
    if let Some(host) = insert_slot(tx, caller, slot, now).await? {
        return Ok(Created::HostTaken(host));
    }
    let sentence = format!("{} created the project {}.", caller.email, new.name);
    let event = NewEvent::by(&caller.org, Some(&caller.user), "project_created", sentence);
    write(tx, now, event.project(&new.id)).await?;
    let deployment = insert(tx, caller, first).await?;
    Ok(Created::Done(Box::new(deployment)))
}

fn project(row: &Row) -> Stored<Project> {
    Ok(Project {
        id: row.try_get::<String, _>("id")?.parse()?,
        org: row.try_get::<String, _>("org")?.parse()?,
        name: row.try_get("name")?,
        origin: from_json(&row.try_get::<String, _>("origin")?)?,
        created_at: Time(row.try_get("created_at")?),
    })
}
