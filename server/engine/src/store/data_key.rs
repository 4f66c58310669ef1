//! Data keys: one for each organization, and one for the installation, sealed with the master key.

use super::sealed::{New, Old};
use super::{Row, Store, Stored, Transaction};
use crate::secrets::seal::{Key, about_key};
use domain::time::Time;
use sqlx::Row as _;

/// Which master key counts, in the settings.
const SETTING: &str = "master_key";

/// Seals a data key anew: of its owner and number, by the id of its master key.
pub(crate) type Anew<'a> = dyn Fn(&str, u32, &str, &str) -> Option<String> + Send + Sync + 'a;

/// A row.
struct Sealed {
    owner: String,
    number: u32,
    master: String,
    sealed: String,
}

const SELECT: &str = "SELECT owner, number, master, sealed FROM data_keys";

impl Store {
    /// The ids of all master keys that something is sealed with: one, or none yet.
    pub async fn master_keys(&self) -> Stored<Vec<String>> {
        let rows = sqlx::query("SELECT DISTINCT master FROM data_keys ORDER BY master")
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(|r| Ok(r.try_get("master")?)).collect()
    }

    /// The one that counts from now on.
    pub(crate) async fn name_master_key(&self, id: &str) -> Stored<()> {
        self.set_setting(SETTING, id).await
    }

    /// Nobody reads with them any more. Only at a start: nothing else runs then.
    pub(crate) async fn forget_retired_data_keys(&self) -> Stored<()> {
        sqlx::query("DELETE FROM data_keys WHERE retired_at IS NOT NULL")
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// By its number, also one that is retired.
    pub(super) async fn data_key(&self, owner: &str, number: u32) -> Stored<Option<Key>> {
        let sql =
            "SELECT owner, number, master, sealed FROM data_keys WHERE owner = $1 AND number = $2";
        let row = sqlx::query(sql)
            .bind(owner)
            .bind(i64::from(number))
            .fetch_optional(self.pool())
            .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let key = self.unsealed(&sealed(&row)?).await?;
        self.keys().hold_data(owner, number, key.clone());
        Ok(Some(key))
    }

    /// What a transaction seals with: nothing is sealed with a key that is replaced meanwhile.
    pub(super) async fn newest_data_key(
        &self,
        tx: &mut Transaction<'_>,
        owner: &str,
        at: Time,
    ) -> Stored<(u32, Key)> {
        let sql = "SELECT owner, number, master, sealed FROM data_keys WHERE owner = $1 AND retired_at IS NULL ORDER BY number DESC LIMIT 1";
        let row = sqlx::query(sql)
            .bind(owner)
            .fetch_optional(&mut **tx)
            .await?;
        match row {
            Some(row) => {
                let newest = sealed(&row)?;
                Ok((newest.number, self.unsealed(&newest).await?))
            }
            None => Ok((1, self.add_data_key(tx, owner, 1, at).await?)),
        }
    }

    /// One more for each owner, and all that there were.
    pub(super) async fn renew_data_keys(
        &self,
        tx: &mut Transaction<'_>,
        at: Time,
    ) -> Stored<(Old, New)> {
        let sql = format!("{SELECT} ORDER BY owner, number");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .fetch_all(&mut **tx)
            .await?;
        sqlx::query("UPDATE data_keys SET retired_at = $1 WHERE retired_at IS NULL")
            .bind(at.0)
            .execute(&mut **tx)
            .await?;
        let (mut old, mut last) = (Old::new(), std::collections::BTreeMap::new());
        for row in &rows {
            let one = sealed(row)?;
            let key = self.unsealed(&one).await?;
            last.insert(one.owner.clone(), one.number);
            old.insert((one.owner, one.number), key);
        }
        let mut new = New::new();
        for (owner, number) in last {
            let key = self.add_data_key(tx, &owner, number + 1, at).await?;
            new.insert(owner, (number + 1, key));
        }
        Ok((old, new))
    }

    /// A fresh one, sealed with the master key that counts in this very transaction.
    async fn add_data_key(
        &self,
        tx: &mut Transaction<'_>,
        owner: &str,
        number: u32,
        at: Time,
    ) -> Stored<Key> {
        let named = sqlx::query("SELECT value FROM settings WHERE key = $1")
            .bind(SETTING)
            .fetch_optional(&mut **tx)
            .await?;
        let id: String = named
            .map(|r| r.try_get("value"))
            .transpose()?
            .unwrap_or_default();
        let (master, key) = (self.keys().master(&id).await?, Key::fresh());
        let sealed = master.seal(&about_key(owner, number), key.bytes());
        let sealed = sealed.map_err(|_| self.keys().another())?;
        let sql = "INSERT INTO data_keys (owner, number, master, sealed, created_at) VALUES ($1, $2, $3, $4, $5)";
        sqlx::query(sql)
            .bind(owner)
            .bind(i64::from(number))
            .bind(id)
            .bind(sealed)
            .bind(at.0)
            .execute(&mut **tx)
            .await?;
        Ok(key)
    }

    async fn unsealed(&self, one: &Sealed) -> Stored<Key> {
        if let Some(known) = self.keys().data(&one.owner, one.number) {
            return Ok(known);
        }
        let master = self.keys().master(&one.master).await?;
        let another = || self.keys().another();
        let opened = master.open(&about_key(&one.owner, one.number), &one.sealed);
        let opened = opened.map_err(|_| another())?;
        Ok(Key::of(&opened).ok_or_else(another)?)
    }

    /// Every data key anew, and which master key counts from now on; `None`, and nothing is
    /// written, when one of them does not open.
    pub(crate) async fn reseal_data_keys(
        &self,
        master: &str,
        anew: &Anew<'_>,
    ) -> Stored<Option<usize>> {
        let mut tx = self.begin().await?;
        let rows = sqlx::query(SELECT).fetch_all(&mut *tx).await?;
        for row in &rows {
            let one = sealed(row)?;
            let Some(sealed) = anew(&one.owner, one.number, &one.master, &one.sealed) else {
                return Ok(None);
            };
            let sql =
                "UPDATE data_keys SET master = $1, sealed = $2 WHERE owner = $3 AND number = $4";
            sqlx::query(sql)
                .bind(master)
                .bind(sealed)
                .bind(&one.owner)
                .bind(i64::from(one.number))
                .execute(&mut *tx)
                .await?;
        }
        let sql = "INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = $2";
        sqlx::query(sql)
            .bind(SETTING)
            .bind(master)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Some(rows.len()))
    }
}

fn sealed(row: &Row) -> Stored<Sealed> {
    Ok(Sealed {
        owner: row.try_get("owner")?,
        number: u32::try_from(row.try_get::<i64, _>("number")?).unwrap_or(u32::MAX),
        master: row.try_get("master")?,
        sealed: row.try_get("sealed")?,
    })
}
