//! Who uses a service: the environments that are linked to it, and what runs with it.

use super::{COLUMNS, Service};
use crate::store::environment::Environment;
use crate::store::event::{NewEvent, write};
use crate::store::{Now, Row, Store, StoreError, Stored};
use domain::access::Caller;
use domain::id::{DeploymentId, EnvironmentId, ProjectId, ServiceId};
use domain::service::variables;
use sqlx::Row as _;

/// A service as an environment or a deployment has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    pub service: Service,
    pub prefix: String,
}

impl Linked {
    /// The service, and the names of the variables that it gives.
    pub fn gives(&self) -> (String, Vec<String>) {
        let Service { kind, address, .. } = &self.service;
        let names = variables(*kind, address, &self.prefix).into_keys();
        (self.service.name.clone(), names.collect())
    }
}

/// An environment that uses a service, by a link or by what it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRow {
    pub environment: EnvironmentId,
    pub environment_name: String,
    pub project: ProjectId,
    pub project_name: String,
    /// `None`: unlinked.
    pub linked: Option<String>,
    /// What runs with it, its number, and by which prefix.
    pub used: Option<(DeploymentId, u32, String)>,
    /// Something serves there, with this service or without.
    pub serves: bool,
}

impl Store {
    /// Linked, or linked by another prefix. `Stale` when either of the two is being deleted.
    pub async fn link_service(
        &self,
        caller: &Caller,
        service: &Service,
        environment: &Environment,
        prefix: &str,
        now: Now,
    ) -> Stored<()> {
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO service_links (environment, service, org, prefix, created_at) \
                   SELECT e.id, s.id, s.org, $3, $4 FROM environments e JOIN services s ON s.org = e.org \
                   WHERE e.id = $1 AND s.id = $2 AND e.deleting = 0 AND s.deleting = 0 \
                   ON CONFLICT (environment, service) DO UPDATE SET prefix = $3";
        let linked = sqlx::query(sql)
            .bind(environment.id.as_str())
            .bind(service.id.as_str())
            .bind(prefix)
            .bind(now.at.0)
            .execute(&mut *tx)
            .await?;
        if linked.rows_affected() == 0 {
            return Err(StoreError::Stale);
        }
        let sentence = format!(
            "{} linked the service {} to {} / {}.",
            caller.email, service.name, environment.project_name, environment.name
        );
        let event = NewEvent::by(&caller.org, Some(&caller.user), "service_linked", sentence);
        write(&mut tx, now, event.project(&environment.project)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// False when they were not linked.
    pub async fn unlink_service(
        &self,
        caller: &Caller,
        service: &Service,
        environment: &Environment,
        now: Now,
    ) -> Stored<bool> {
        let mut tx = self.begin().await?;
        let sql = "DELETE FROM service_links WHERE environment = $1 AND service = $2";
        let gone = sqlx::query(sql)
            .bind(environment.id.as_str())
            .bind(service.id.as_str())
            .execute(&mut *tx)
            .await?;
        if gone.rows_affected() == 0 {
            return Ok(false);
        }
        let sentence = format!(
            "{} unlinked the service {} from {} / {}.",
            caller.email, service.name, environment.project_name, environment.name
        );
        let event = NewEvent::by(
            &caller.org,
            Some(&caller.user),
            "service_unlinked",
            sentence,
        );
        write(&mut tx, now, event.project(&environment.project)).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// What the next deployment of an environment is given.
    pub async fn links_of_environment(&self, id: &EnvironmentId) -> Stored<Vec<Linked>> {
        let sql = format!(
            "SELECT {COLUMNS}, l.prefix FROM service_links l JOIN services s ON s.id = l.service WHERE l.environment = $1 ORDER BY s.name"
        );
        self.linked(sql, id.as_str()).await
    }

    /// What a deployment was given.
    pub async fn links_of_deployment(&self, id: &DeploymentId) -> Stored<Vec<Linked>> {
        let sql = format!(
            "SELECT {COLUMNS}, u.prefix FROM deployment_services u JOIN services s ON s.id = u.service WHERE u.deployment = $1 ORDER BY s.name"
        );
        self.linked(sql, id.as_str()).await
    }

    async fn linked(&self, sql: String, id: &str) -> Stored<Vec<Linked>> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_all(self.pool())
            .await?;
        let services = self.opened_services(&rows).await?;
        let linked = |(service, row): (Service, &Row)| -> Stored<Linked> {
            let prefix = row.try_get("prefix")?;
            Ok(Linked { service, prefix })
        };
        services.into_iter().zip(&rows).map(linked).collect()
    }

    /// Those whose private network it belongs into: linked, or with something unfinished that has it.
    pub(crate) async fn users_of_service(&self, id: &ServiceId) -> Stored<Vec<EnvironmentId>> {
        let sql = "SELECT e.id FROM environments e WHERE e.deleting = 0 AND (\
                   EXISTS (SELECT 1 FROM service_links l WHERE l.service = $1 AND l.environment = e.id) OR \
                   EXISTS (SELECT 1 FROM deployment_services u JOIN deployments d ON d.id = u.deployment \
                           WHERE u.service = $1 AND d.environment = e.id AND d.phase NOT IN ('stopped', 'failed', 'cancelled')))";
        let rows = sqlx::query(sql)
            .bind(id.as_str())
            .fetch_all(self.pool())
            .await?;
        rows.iter()
            .map(|r| Ok(r.try_get::<String, _>("id")?.parse()?))
            .collect()
    }

    /// For people: who is linked to it, and what runs with it.
    pub async fn links_of_service(&self, id: &ServiceId) -> Stored<Vec<LinkRow>> {
        let sql = "SELECT e.id AS environment, e.name AS environment_name, e.project, p.name AS project_name, e.active, \
                   l.prefix AS linked, u.prefix AS used, d.id AS deployment, d.number \
                   FROM environments e JOIN projects p ON p.id = e.project \
                   LEFT JOIN service_links l ON l.environment = e.id AND l.service = $1 \
                   LEFT JOIN deployments d ON d.environment = e.id AND d.phase NOT IN ('stopped', 'failed', 'cancelled') \
                        AND EXISTS (SELECT 1 FROM deployment_services x WHERE x.deployment = d.id AND x.service = $1) \
                   LEFT JOIN deployment_services u ON u.deployment = d.id AND u.service = $1 \
                   WHERE l.service IS NOT NULL OR u.service IS NOT NULL \
                   ORDER BY p.name, e.name, d.id DESC LIMIT 1000";
        let rows = sqlx::query(sql)
            .bind(id.as_str())
            .fetch_all(self.pool())
            .await?;
        let mut links: Vec<LinkRow> = rows.iter().map(link_row).collect::<Stored<_>>()?;
        // The newest of what runs stands for all of it.
        links.dedup_by(|later, earlier| later.environment == earlier.environment);
        Ok(links)
    }
}

fn link_row(row: &Row) -> Stored<LinkRow> {
    let text = |column: &str| -> Stored<Option<String>> { Ok(row.try_get(column)?) };
    let used = match (text("deployment")?, text("used")?) {
        (Some(id), Some(prefix)) => {
            let number = row.try_get::<Option<i64>, _>("number")?.unwrap_or_default();
            Some((
                id.parse()?,
                u32::try_from(number).unwrap_or(u32::MAX),
                prefix,
            ))
        }
        _ => None,
    };
    Ok(LinkRow {
        environment: row.try_get::<String, _>("environment")?.parse()?,
        environment_name: row.try_get("environment_name")?,
        project: row.try_get::<String, _>("project")?.parse()?,
        project_name: row.try_get("project_name")?,
        linked: text("linked")?,
        used,
        serves: text("active")?.is_some(),
    })
}
