//! Secrets of an organization.

mod given;

pub(super) use given::give;

use super::event::{NewEvent, write};
use super::sealed::SECRET;
use super::{Now, Row, Store, StoreError, Stored, Transaction};
use domain::access::Caller;
use domain::id::OrgId;
use domain::secret::{MOST, SecretText};
use domain::time::Time;
use sqlx::Row as _;

/// All that is known of one without opening it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    pub name: String,
    pub version: u32,
    pub size_bytes: u64,
    pub created_at: Time,
    pub created_by: Option<String>,
    pub rotated_at: Option<Time>,
    pub rotated_by: Option<String>,
}

/// A value about to be written, as `version` of `name`.
pub struct NewValue<'a> {
    pub name: &'a str,
    /// One more than what is there now.
    pub version: u32,
    pub value: &'a SecretText,
}

/// How writing it ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Put {
    Done,
    TooMany,
}

const SELECT: &str = "SELECT s.name, s.version, s.size_bytes, s.created_at, s.rotated_at, c.email AS created_by, r.email AS rotated_by \
    FROM secrets s LEFT JOIN users c ON c.id = s.created_by LEFT JOIN users r ON r.id = s.rotated_by";

/// Older values that nothing has that runs.
const UNUSED: &str = "DELETE FROM secret_values WHERE org = $1 AND name = $2 AND version < $3 AND NOT EXISTS \
    (SELECT 1 FROM deployment_secrets g JOIN deployments d ON d.id = g.deployment \
     WHERE g.org = secret_values.org AND g.name = secret_values.name AND g.version = secret_values.version \
     AND d.phase NOT IN ('stopped', 'failed', 'cancelled'))";

impl Store {
    /// By name.
    pub async fn secrets(&self, org: &OrgId) -> Stored<Vec<Secret>> {
        let sql = format!("{SELECT} WHERE s.org = $1 ORDER BY s.name");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(org.as_str())
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(secret).collect()
    }

    pub async fn secret(&self, org: &OrgId, name: &str) -> Stored<Option<Secret>> {
        let sql = format!("{SELECT} WHERE s.org = $1 AND s.name = $2");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(org.as_str())
            .bind(name)
            .fetch_optional(self.pool())
            .await?;
        row.map(|r| secret(&r)).transpose()
    }

    /// Its first value, or another one; `Stale` when somebody else set one in the same moment.
    pub async fn put_secret(&self, caller: &Caller, new: NewValue<'_>, now: Now) -> Stored<Put> {
        let mut tx = self.begin().await?;
        let first = new.version == 1;
        if first && count(&mut tx, &caller.org).await? >= i64::from(MOST) {
            return Ok(Put::TooMany);
        }
        let sql = match first {
            true => {
                "INSERT INTO secrets (org, name, version, size_bytes, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING"
            }
            false => {
                "UPDATE secrets SET version = $3, size_bytes = $4, rotated_at = $5, rotated_by = $6 WHERE org = $1 AND name = $2 AND version = $3 - 1"
            }
        };
        let written = sqlx::query(sql)
            .bind(caller.org.as_str())
            .bind(new.name)
            .bind(i64::from(new.version))
            .bind(new.value.reveal().len() as i64)
            .bind(now.at.0)
            .bind(caller.user.as_str())
            .execute(&mut *tx)
            .await?;
        if written.rows_affected() != 1 {
            return Err(StoreError::Stale);
        }
        let (org, row) = (caller.org.as_str(), place(new.name, new.version));
        let value = new.value.reveal();
        let sealed = self.seal(&mut tx, SECRET, org, &row, value, now.at).await?;
        keep_value(&mut tx, &caller.org, &new, &sealed).await?;
        let (kind, did) = match first {
            true => ("secret_created", "created"),
            false => ("secret_rotated", "replaced the value of"),
        };
        let sentence = format!("{} {did} the secret {}.", caller.email, new.name);
        let event = NewEvent::by(&caller.org, Some(&caller.user), kind, sentence);
        write(&mut tx, now, event).await?;
        tx.commit().await?;
        Ok(Put::Done)
    }

    /// With all its values; false when something that runs was given one.
    pub async fn delete_secret(&self, caller: &Caller, name: &str, now: Now) -> Stored<bool> {
        let mut tx = self.begin().await?;
        if given::is_in_use(&mut tx, &caller.org, name).await? {
            return Ok(false);
        }
        for sql in [
            "DELETE FROM secret_values WHERE org = $1 AND name = $2",
            "DELETE FROM secrets WHERE org = $1 AND name = $2",
        ] {
            sqlx::query(sql)
                .bind(caller.org.as_str())
                .bind(name)
                .execute(&mut *tx)
                .await?;
        }
        let sentence = format!("{} deleted the secret {name}.", caller.email);
        let event = NewEvent::by(&caller.org, Some(&caller.user), "secret_deleted", sentence);
        write(&mut tx, now, event).await?;
        tx.commit().await?;
        Ok(true)
    }
}

#[cfg(test)]
impl Store {
    /// As whoever is given it next would read it.
    pub(crate) async fn newest_secret(&self, org: &OrgId, name: &str) -> Stored<SecretText> {
        let sql = "SELECT version, sealed FROM secret_values WHERE org = $1 AND name = $2 ORDER BY version DESC";
        let row = sqlx::query(sql).bind(org.as_str()).bind(name);
        let row = row.fetch_one(self.pool()).await?;
        let version = row.try_get::<i64, _>("version")?;
        let (row, kept) = (
            format!("{name} {version}"),
            row.try_get::<String, _>("sealed")?,
        );
        self.open_sealed(SECRET, org.as_str(), &row, &kept).await
    }
}

async fn count(tx: &mut Transaction<'_>, org: &OrgId) -> Stored<i64> {
    let row = sqlx::query("SELECT COUNT(*) AS n FROM secrets WHERE org = $1")
        .bind(org.as_str())
        .fetch_one(&mut **tx)
        .await?;
    Ok(row.try_get("n")?)
}

async fn keep_value(
    tx: &mut Transaction<'_>,
    org: &OrgId,
    new: &NewValue<'_>,
    sealed: &str,
) -> Stored<()> {
    let sql = "INSERT INTO secret_values (org, name, version, sealed) VALUES ($1, $2, $3, $4)";
    sqlx::query(sql)
        .bind(org.as_str())
        .bind(new.name)
        .bind(i64::from(new.version))
        .bind(sealed)
        .execute(&mut **tx)
        .await?;
    sqlx::query(UNUSED)
        .bind(org.as_str())
        .bind(new.name)
        .bind(i64::from(new.version))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// What tells its row apart.
fn place(name: &str, version: u32) -> String {
    format!("{name} {version}")
}

fn secret(row: &Row) -> Stored<Secret> {
    Ok(Secret {
        name: row.try_get("name")?,
        version: u32::try_from(row.try_get::<i64, _>("version")?).unwrap_or(u32::MAX),
        size_bytes: row.try_get::<i64, _>("size_bytes")?.unsigned_abs(),
        created_at: Time(row.try_get("created_at")?),
        created_by: row.try_get("created_by")?,
        rotated_at: row.try_get::<Option<i64>, _>("rotated_at")?.map(Time),
        rotated_by: row.try_get("rotated_by")?,
    })
}
