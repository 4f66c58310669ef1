//! Services: what they are. Who uses them is in `link`, backups and restores are in `backup`.

mod backup;
mod link;

pub use backup::{Backup, Done, NewBackup};
pub use link::{LinkRow, Linked};

use super::event::{NewEvent, write};
use super::sealed::SERVICE;
use super::{Now, Row, Store, StoreError, Stored, Transaction, from_json, to_json};
use domain::access::Caller;
use domain::id::{OrgId, RuntimeId, ServiceId};
use domain::secret::SecretText;
use domain::service::{Address, Kind, MOST_SERVICES};
use domain::time::Time;
use sqlx::Row as _;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    pub id: ServiceId,
    pub org: OrgId,
    pub name: String,
    pub kind: Kind,
    pub address: Address,
    /// `None`: it runs elsewhere.
    pub managed: Option<Managed>,
    pub deleting: bool,
    pub created_at: Time,
}

/// What Sealdock runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Managed {
    pub runtime: RuntimeId,
    pub image: String,
    pub memory_mib: u32,
    pub schedule: Option<String>,
    pub next_backup_at: Option<Time>,
    pub keep: u32,
}

/// How adding it ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Added {
    Done,
    NameTaken,
    TooMany(u32),
}

const COLUMNS: &str = "s.id, s.org, s.name, s.kind, s.address, s.runtime, s.image, s.memory_mib, s.schedule, s.next_backup_at, s.keep, s.deleting, s.created_at";

impl Store {
    pub async fn add_service(&self, caller: &Caller, new: &Service, now: Now) -> Stored<Added> {
        let mut tx = self.begin().await?;
        let sql = "SELECT COUNT(*) AS n, COALESCE(SUM(CASE WHEN name = $2 THEN 1 ELSE 0 END), 0) AS named FROM services WHERE org = $1";
        let row = sqlx::query(sql)
            .bind(caller.org.as_str())
            .bind(&new.name)
            .fetch_one(&mut *tx)
            .await?;
        if row.try_get::<i64, _>("named")? > 0 {
            return Ok(Added::NameTaken);
        }
        if row.try_get::<i64, _>("n")? >= i64::from(MOST_SERVICES) {
            return Ok(Added::TooMany(MOST_SERVICES));
        }
        let address = self.sealed_address(&mut tx, new, now).await?;
        let sql = "INSERT INTO services (id, org, name, kind, address, deleting, created_at) VALUES ($1, $2, $3, $4, $5, 0, $6)";
        sqlx::query(sql)
            .bind(new.id.as_str())
            .bind(caller.org.as_str())
            .bind(&new.name)
            .bind(new.kind.word())
            .bind(address)
            .bind(new.created_at.0)
            .execute(&mut *tx)
            .await?;
        put_settings(&mut tx, new).await?;
        let sentence = format!(
            "{} added the {} service {}.",
            caller.email,
            new.kind.title(),
            new.name
        );
        let event = NewEvent::by(&caller.org, Some(&caller.user), "service_added", sentence);
        write(&mut tx, now, event).await?;
        tx.commit().await?;
        Ok(Added::Done)
    }

    /// Its address and settings become these.
    pub async fn set_service(&self, caller: &Caller, service: &Service, now: Now) -> Stored<()> {
        let mut tx = self.begin().await?;
        let address = self.sealed_address(&mut tx, service, now).await?;
        let sql = "UPDATE services SET address = $1 WHERE id = $2 AND org = $3 AND deleting = 0";
        let set = sqlx::query(sql)
            .bind(address)
            .bind(service.id.as_str())
            .bind(caller.org.as_str())
            .execute(&mut *tx)
            .await?;
        if set.rows_affected() == 0 {
            return Err(StoreError::Stale);
        }
        put_settings(&mut tx, service).await?;
        let sentence = format!(
            "{} changed the settings of the service {}.",
            caller.email, service.name
        );
        let event = NewEvent::by(&caller.org, Some(&caller.user), "service_set", sentence);
        write(&mut tx, now, event).await?;
        tx.commit().await?;
        Ok(())
    }

    pub async fn service(&self, org: &OrgId, id: &ServiceId) -> Stored<Option<Service>> {
        let sql = format!("SELECT {COLUMNS} FROM services s WHERE s.org = $1 AND s.id = $2");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(org.as_str())
            .bind(id.as_str())
            .fetch_optional(self.pool())
            .await?;
        match row {
            Some(row) => self.opened_service(&row).await.map(Some),
            None => Ok(None),
        }
    }

    pub async fn services(&self, org: &OrgId) -> Stored<Vec<Service>> {
        let sql = format!("SELECT {COLUMNS} FROM services s WHERE s.org = $1 ORDER BY s.name");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(org.as_str())
            .fetch_all(self.pool())
            .await?;
        self.opened_services(&rows).await
    }

    /// For whoever keeps them up, which is for every organization.
    pub(crate) async fn every_service(&self) -> Stored<Vec<Service>> {
        let sql = format!("SELECT {COLUMNS} FROM services s ORDER BY s.id");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .fetch_all(self.pool())
            .await?;
        self.opened_services(&rows).await
    }

    async fn opened_services(&self, rows: &[Row]) -> Stored<Vec<Service>> {
        let mut services = vec![];
        for row in rows {
            services.push(self.opened_service(row).await?);
        }
        Ok(services)
    }

    /// Where it is and what opens it are one text, and sealed as one.
    async fn opened_service(&self, row: &Row) -> Stored<Service> {
        let text = |column: &str| row.try_get::<String, _>(column);
        let (org, id, kept) = (text("org")?, text("id")?, text("address")?);
        let address = self.open_sealed(SERVICE, &org, &id, &kept).await?;
        service(row, from_json(address.reveal())?)
    }

    async fn sealed_address(
        &self,
        tx: &mut Transaction<'_>,
        of: &Service,
        now: Now,
    ) -> Stored<String> {
        let json = SecretText::from(to_json(&of.address)?);
        let (org, id) = (of.org.as_str(), of.id.as_str());
        self.seal(tx, SERVICE, org, id, json.reveal(), now.at).await
    }

    /// False while an environment is linked to it, or runs with it still.
    pub async fn begin_delete_service(
        &self,
        caller: &Caller,
        service: &Service,
        now: Now,
    ) -> Stored<bool> {
        let mut tx = self.begin().await?;
        let sql = "UPDATE services SET deleting = 1 WHERE id = $1 AND org = $2 \
                   AND NOT EXISTS (SELECT 1 FROM service_links l WHERE l.service = $1) \
                   AND NOT EXISTS (SELECT 1 FROM deployment_services u JOIN deployments d ON d.id = u.deployment \
                                   WHERE u.service = $1 AND d.phase NOT IN ('stopped', 'failed', 'cancelled'))";
        let begun = sqlx::query(sql)
            .bind(service.id.as_str())
            .bind(caller.org.as_str())
            .execute(&mut *tx)
            .await?;
        if begun.rows_affected() == 0 {
            return Ok(false);
        }
        let sentence = format!(
            "{} deleted the service {} with its data.",
            caller.email, service.name
        );
        let event = NewEvent::by(&caller.org, Some(&caller.user), "service_deleted", sentence);
        write(&mut tx, now, event).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Nothing of it is left but rows.
    pub(crate) async fn forget_service(&self, service: &Service, now: Now) -> Stored<()> {
        let mut tx = self.begin().await?;
        for sql in [
            "DELETE FROM deployment_services WHERE service = $1",
            "DELETE FROM service_links WHERE service = $1",
            "DELETE FROM service_backups WHERE service = $1",
            "DELETE FROM services WHERE id = $1 AND deleting = 1",
        ] {
            sqlx::query(sql)
                .bind(service.id.as_str())
                .execute(&mut *tx)
                .await?;
        }
        let sentence = format!("The service {} is gone.", service.name);
        write(
            &mut tx,
            now,
            NewEvent::by(&service.org, None, "service_gone", sentence),
        )
        .await?;
        tx.commit().await?;
        Ok(())
    }
}

async fn put_settings(tx: &mut Transaction<'_>, service: &Service) -> Stored<()> {
    let Some(managed) = &service.managed else {
        return Ok(());
    };
    let sql = "UPDATE services SET runtime = $1, image = $2, memory_mib = $3, schedule = $4, next_backup_at = $5, keep = $6 WHERE id = $7";
    sqlx::query(sql)
        .bind(managed.runtime.as_str())
        .bind(&managed.image)
        .bind(i64::from(managed.memory_mib))
        .bind(managed.schedule.as_deref())
        .bind(managed.next_backup_at.map(|at| at.0))
        .bind(i64::from(managed.keep))
        .bind(service.id.as_str())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

fn service(row: &Row, address: Address) -> Stored<Service> {
    let kind: String = row.try_get("kind")?;
    Ok(Service {
        id: row.try_get::<String, _>("id")?.parse()?,
        org: row.try_get::<String, _>("org")?.parse()?,
        name: row.try_get("name")?,
        kind: Kind::parse(&kind)
            .ok_or_else(|| StoreError::Unreadable(format!("the kind `{kind}`")))?,
        address,
        managed: managed(row)?,
        deleting: row.try_get::<i64, _>("deleting")? != 0,
        created_at: Time(row.try_get("created_at")?),
    })
}

fn managed(row: &Row) -> Stored<Option<Managed>> {
    let Some(runtime) = row.try_get::<Option<String>, _>("runtime")? else {
        return Ok(None);
    };
    let number = |column: &str| -> Stored<u32> {
        let n = row.try_get::<Option<i64>, _>(column)?.unwrap_or_default();
        Ok(u32::try_from(n).unwrap_or_default())
    };
    Ok(Some(Managed {
        runtime: runtime.parse()?,
        image: row
            .try_get::<Option<String>, _>("image")?
            .unwrap_or_default(),
        memory_mib: number("memory_mib")?,
        schedule: row.try_get("schedule")?,
        next_backup_at: row.try_get::<Option<i64>, _>("next_backup_at")?.map(Time),
        keep: number("keep")?,
    }))
}
