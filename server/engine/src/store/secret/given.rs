//! Which values a deployment was given: decided when it is asked for, and never changed.

use super::place;
use crate::store::sealed::SECRET;
use crate::store::{Row, Store, StoreError, Stored, Transaction};
use domain::deployment::Deployment;
use domain::id::{DeploymentId, OrgId};
use domain::secret::{Secrets, named};
use domain::view::{SecretUse, UsedSecret};
use sqlx::Row as _;

/// The values of today, by the names of its configuration; `Stale` when one has gone meanwhile.
pub(in crate::store) async fn give(tx: &mut Transaction<'_>, d: &Deployment) -> Stored<()> {
    for name in named(&d.config, d.build.is_some()) {
        let sql = "INSERT INTO deployment_secrets (deployment, org, name, version) \
                   SELECT $1, org, name, version FROM secrets WHERE org = $2 AND name = $3";
        let given = sqlx::query(sql)
            .bind(d.id.as_str())
            .bind(d.org.as_str())
            .bind(name)
            .execute(&mut **tx)
            .await?;
        if given.rows_affected() != 1 {
            return Err(StoreError::Stale);
        }
    }
    Ok(())
}

pub(super) async fn is_in_use(tx: &mut Transaction<'_>, org: &OrgId, name: &str) -> Stored<bool> {
    let sql = "SELECT 1 FROM deployment_secrets g JOIN deployments d ON d.id = g.deployment \
               WHERE g.org = $1 AND g.name = $2 AND d.phase NOT IN ('stopped', 'failed', 'cancelled') LIMIT 1";
    let found = sqlx::query(sql)
        .bind(org.as_str())
        .bind(name)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(found.is_some())
}

impl Store {
    /// For its processes, and to hide them.
    pub(crate) async fn given_secrets(&self, org: &OrgId, to: &DeploymentId) -> Stored<Secrets> {
        let sql = "SELECT g.name, g.version, v.sealed FROM deployment_secrets g JOIN secret_values v \
                   ON v.org = g.org AND v.name = g.name AND v.version = g.version WHERE g.deployment = $1 AND g.org = $2 ORDER BY g.name";
        let rows = sqlx::query(sql)
            .bind(to.as_str())
            .bind(org.as_str())
            .fetch_all(self.pool())
            .await?;
        let mut all = vec![];
        for row in &rows {
            let (name, kept): (String, String) = (row.try_get("name")?, row.try_get("sealed")?);
            let place = place(&name, version(row)?);
            let value = self.open_sealed(SECRET, org.as_str(), &place, &kept);
            all.push((name, value.await?));
        }
        Ok(all.into_iter().collect())
    }

    /// Names and versions, for people.
    pub async fn used_secrets(&self, by: &DeploymentId) -> Stored<Vec<UsedSecret>> {
        let sql =
            "SELECT name, version FROM deployment_secrets WHERE deployment = $1 ORDER BY name";
        let rows = sqlx::query(sql)
            .bind(by.as_str())
            .fetch_all(self.pool())
            .await?;
        let used = |row: &Row| {
            Ok(UsedSecret {
                name: row.try_get("name")?,
                version: version(row)?,
            })
        };
        rows.iter().map(used).collect()
    }

    /// Names whose value is another one by now.
    pub async fn stale_secrets(&self, of: &DeploymentId) -> Stored<Vec<String>> {
        let sql = "SELECT g.name FROM deployment_secrets g JOIN secrets s ON s.org = g.org AND s.name = g.name \
                   WHERE g.deployment = $1 AND s.version <> g.version ORDER BY g.name";
        let rows = sqlx::query(sql)
            .bind(of.as_str())
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(|r| Ok(r.try_get("name")?)).collect()
    }

    /// Which environments have something unfinished that was given which secret.
    pub async fn secret_users(&self, org: &OrgId) -> Stored<Vec<(String, SecretUse)>> {
        let sql = "SELECT g.name, e.id, e.name AS environment_name, e.project, p.name AS project_name, \
                   MAX(CASE WHEN d.id = e.active AND s.version <> g.version THEN 1 ELSE 0 END) AS stale \
                   FROM deployment_secrets g JOIN deployments d ON d.id = g.deployment \
                   JOIN environments e ON e.id = d.environment JOIN projects p ON p.id = e.project \
                   JOIN secrets s ON s.org = g.org AND s.name = g.name \
                   WHERE g.org = $1 AND d.phase NOT IN ('stopped', 'failed', 'cancelled') \
                   GROUP BY g.name, e.id, e.name, e.project, p.name ORDER BY g.name, p.name, e.name";
        let rows = sqlx::query(sql)
            .bind(org.as_str())
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(user).collect()
    }
}

fn user(row: &Row) -> Stored<(String, SecretUse)> {
    let place = SecretUse {
        environment: row.try_get::<String, _>("id")?.parse()?,
        environment_name: row.try_get("environment_name")?,
        project: row.try_get::<String, _>("project")?.parse()?,
        project_name: row.try_get("project_name")?,
        stale: row.try_get::<i64, _>("stale")? != 0,
    };
    Ok((row.try_get("name")?, place))
}

fn version(row: &Row) -> Stored<u32> {
    Ok(u32::try_from(row.try_get::<i64, _>("version")?).unwrap_or(u32::MAX))
}
