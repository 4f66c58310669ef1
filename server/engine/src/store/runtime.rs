//! Places where instances run, as each organization registered them.

use super::{Now, Row, Store, Stored};
use domain::id::{OrgId, RuntimeId};
use sqlx::Row as _;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runtime {
    pub id: RuntimeId,
    pub name: String,
    /// Which code drives it: `docker`, `fake`.
    pub driver: String,
}

/// What the live deployments of a runtime reserve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reserved {
    pub instances: u32,
    pub cpus_milli: u64,
    pub memory_mib: u64,
}

impl Store {
    pub async fn runtimes(&self, org: &OrgId) -> Stored<Vec<Runtime>> {
        let sql = "SELECT id, name, driver FROM runtimes WHERE org = $1 ORDER BY created_at, name LIMIT 100";
        let rows = sqlx::query(sql)
            .bind(org.as_str())
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(runtime).collect()
    }

    pub async fn runtime_driver(&self, id: &RuntimeId) -> Stored<Option<String>> {
        let row = sqlx::query("SELECT driver FROM runtimes WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(self.pool())
            .await?;
        Ok(row.map(|r| r.try_get("driver")).transpose()?)
    }

    /// Every organization has one runtime per driver that this server was started with.
    pub async fn register_runtime(&self, org: &OrgId, driver: &str, now: Now) -> Stored<()> {
        let sql = "INSERT INTO runtimes (id, org, name, driver, created_at) VALUES ($1, $2, $3, $3, $4) ON CONFLICT (org, name) DO NOTHING";
        let id = RuntimeId::new(now.at, now.entropy);
        sqlx::query(sql)
            .bind(id.as_str())
            .bind(org.as_str())
            .bind(driver)
            .bind(now.at.0)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    pub async fn orgs(&self) -> Stored<Vec<OrgId>> {
        let rows = sqlx::query("SELECT id FROM orgs ORDER BY id")
            .fetch_all(self.pool())
            .await?;
        rows.iter()
            .map(|r| Ok(r.try_get::<String, _>("id")?.parse()?))
            .collect()
    }

    pub async fn reserved(&self, runtime: &RuntimeId) -> Stored<Reserved> {
        let sql = "SELECT config FROM deployments WHERE runtime = $1 AND phase IN ('starting', 'ready', 'live', 'paused', 'draining')";
        let rows = sqlx::query(sql)
            .bind(runtime.as_str())
            .fetch_all(self.pool())
            .await?;
        rows.iter().try_fold(Reserved::default(), |sum, row| {
            let config: domain::config::Config =
                super::from_json(&row.try_get::<String, _>("config")?)?;
            Ok(Reserved {
                instances: sum.instances + config.replicas,
                cpus_milli: sum.cpus_milli
                    + u64::from(config.replicas * config.resources.cpus_milli),
                memory_mib: sum.memory_mib
                    + u64::from(config.replicas) * u64::from(config.resources.memory_mib),
            })
        })
    }
}

fn runtime(row: &Row) -> Stored<Runtime> {
    Ok(Runtime {
        id: row.try_get::<String, _>("id")?.parse()?,
        name: row.try_get("name")?,
        driver: row.try_get("driver")?,
    })
}
