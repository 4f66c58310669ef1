//! Texts that are kept sealed. A `Column` says where they lie and whose they are; what is
//! sealed there opens as the text of that row, of that owner, and as nothing else. Every column of
//! the schema that holds a secret is one of `ALL`, so a new data key comes to all of them.

use super::{Row, Store, StoreError, Stored, Transaction};
use crate::secrets::seal::{Key, about_row};
use domain::secret::SecretText;
use domain::time::Time;
use sqlx::{AssertSqlSafe, Row as _};
use std::collections::HashMap;

/// Says in the settings that nothing of an older version is in clear: any more, or in the file.
const SETTING: &str = "sealed";
const NOT_SCRUBBED: &str = "sealed";
const SCRUBBED: &str = "scrubbed";

/// Where texts are kept sealed. The names are SQL, and all of them are in this file.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// What its texts are sealed as: never to be changed.
    what: &'static str,
    /// What it is called where one does not open.
    title: &'static str,
    table: &'static str,
    column: &'static str,
    /// What tells its rows apart; several words have a space between them.
    row: &'static str,
    owner: &'static str,
    only: &'static str,
}

pub const SECRET: Column = Column {
    what: "secret",
    title: "The secret",
    table: "secret_values",
    column: "sealed",
    row: "name || ' ' || version",
    owner: "org",
    only: "TRUE",
};

pub const HOOK: Column = Column {
    what: "hook",
    title: "The webhook's secret",
    table: "hooks",
    column: "secret",
    row: "project",
    owner: "org",
    only: "TRUE",
};

pub const FORGE: Column = Column {
    what: "forge",
    title: "The Git host's token",
    table: "forges",
    column: "token",
    row: "project",
    owner: "org",
    only: "TRUE",
};

pub const CREDENTIAL: Column = Column {
    what: "credential",
    title: "The credential",
    table: "credentials",
    column: "secret",
    row: "id",
    owner: "org",
    only: "TRUE",
};

pub const SERVICE: Column = Column {
    what: "service",
    title: "The service's address",
    table: "services",
    column: "address",
    row: "id",
    owner: "org",
    only: "TRUE",
};

pub const DEPLOY_KEY: Column = Column {
    what: "deploy key",
    title: "The deploy key",
    table: "deploy_keys",
    column: "private",
    row: "org",
    owner: "org",
    only: "TRUE",
};

pub const CERTIFICATE: Column = Column {
    what: "certificate",
    title: "The certificate's key",
    table: "certificates",
    column: "sealed_key",
    row: "domain",
    owner: "org",
    only: "TRUE",
};

/// The key of a certificate that is on its way.
pub const CERTIFICATE_ORDER: Column = Column {
    what: "certificate order",
    title: "The key of the certificate to come",
    table: "certificate_orders",
    column: "sealed_key",
    row: "domain",
    owner: "org",
    only: "sealed_key IS NOT NULL",
};

pub const ACME_ACCOUNT: Column = Column {
    what: "certificate authority account",
    title: "The account with the certificate authority",
    table: "acme_accounts",
    column: "sealed",
    row: "directory",
    owner: "org",
    only: "TRUE",
};

/// Of the installation: what calls of crons are signed with.
pub const CRON_KEY: Column = Column {
    what: "cron key",
    title: "The crons' key",
    table: "settings",
    column: "value",
    row: "key",
    owner: "'installation'",
    only: "key = 'cron_key'",
};

pub const INSTALLATION: &str = "installation";

const ALL: [Column; 10] = [
    SECRET,
    HOOK,
    FORGE,
    CREDENTIAL,
    SERVICE,
    DEPLOY_KEY,
    CERTIFICATE,
    CERTIFICATE_ORDER,
    ACME_ACCOUNT,
    CRON_KEY,
];
/// Those that older versions wrote in clear.
const ONCE_CLEAR: [Column; 5] = [HOOK, FORGE, CREDENTIAL, SERVICE, CRON_KEY];

/// One of a column's texts, as it is kept.
struct Kept {
    owner: String,
    row: String,
    text: String,
}

impl Column {
    /// `<number>.<sealed>`.
    fn seal(
        &self,
        (number, key): (u32, &Key),
        owner: &str,
        row: &str,
        text: &str,
    ) -> Stored<String> {
        let sealed = key.seal(&about_row(self.what, owner, row), text.as_bytes());
        let sealed = sealed.map_err(|_| self.shut(row))?;
        Ok(format!("{number}.{sealed}"))
    }

    fn open(&self, key: &Key, owner: &str, row: &str, sealed: &str) -> Stored<SecretText> {
        let shut = || self.shut(row);
        let opened = key.open(&about_row(self.what, owner, row), sealed);
        let opened = opened.map_err(|_| shut())?;
        let text = std::str::from_utf8(&opened).map_err(|_| shut())?;
        Ok(text.to_owned().into())
    }

    /// The data key's number, and what it sealed.
    fn parts<'a>(&self, row: &str, kept: &'a str) -> Stored<(u32, &'a str)> {
        let (number, sealed) = kept.split_once('.').ok_or_else(|| self.shut(row))?;
        let number = number.parse().map_err(|_| self.shut(row))?;
        Ok((number, sealed))
    }

    fn shut(&self, row: &str) -> StoreError {
        StoreError::Shut(match row.split_once(' ') {
            Some((name, _)) => format!("{} `{name}`", self.title),
            None => self.title.to_owned(),
        })
    }

    async fn texts(&self, tx: &mut Transaction<'_>) -> Stored<Vec<Kept>> {
        let Column {
            table,
            column,
            row,
            owner,
            only,
            ..
        } = self;
        let sql = format!(
            "SELECT {owner} AS owner, {row} AS row, {column} AS kept FROM {table} WHERE {only}"
        );
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut **tx).await?;
        rows.iter().map(kept).collect()
    }

    async fn replace(&self, tx: &mut Transaction<'_>, old: &Kept, sealed: &str) -> Stored<()> {
        let Column {
            table,
            column,
            row,
            owner,
            only,
            ..
        } = self;
        let sql = format!(
            "UPDATE {table} SET {column} = $1 WHERE {row} = $2 AND {owner} = $3 AND {only}"
        );
        sqlx::query(AssertSqlSafe(sql))
            .bind(sealed)
            .bind(&old.row)
            .bind(&old.owner)
            .execute(&mut **tx)
            .await?;
        Ok(())
    }
}

impl Store {
    /// What the transaction may write into that row.
    pub(super) async fn seal(
        &self,
        tx: &mut Transaction<'_>,
        column: Column,
        owner: &str,
        row: &str,
        text: &str,
        at: Time,
    ) -> Stored<String> {
        let (number, key) = self.newest_data_key(tx, owner, at).await?;
        column.seal((number, &key), owner, row, text)
    }

    /// What that row holds.
    pub(super) async fn open_sealed(
        &self,
        column: Column,
        owner: &str,
        row: &str,
        kept: &str,
    ) -> Stored<SecretText> {
        let (number, sealed) = column.parts(row, kept)?;
        let key = self.data_key(owner, number).await?;
        let key = key.ok_or_else(|| column.shut(row))?;
        column.open(&key, owner, row, sealed)
    }

    /// Once, after an upgrade: all of it in one transaction, and then no page of the file and no
    /// frame of its log holds what was there before.
    pub(crate) async fn seal_what_is_clear(&self, at: Time) -> Stored<()> {
        if self.setting(SETTING).await?.is_none() {
            let count = self.seal_clear_rows(at).await?;
            tracing::info!(count, "what is secret in the database is sealed");
        }
        if self.setting(SETTING).await?.as_deref() == Some(NOT_SCRUBBED) {
            self.scrub().await?;
            self.set_setting(SETTING, SCRUBBED).await?;
        }
        Ok(())
    }

    async fn seal_clear_rows(&self, at: Time) -> Stored<usize> {
        let mut tx = self.begin().await?;
        // Who comes second finds it done.
        let sql = "INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING";
        let first = sqlx::query(sql).bind(SETTING).bind(NOT_SCRUBBED);
        if first.execute(&mut *tx).await?.rows_affected() == 0 {
            return Ok(0);
        }
        let mut count = 0;
        for column in ONCE_CLEAR {
            for old in column.texts(&mut tx).await? {
                let sealed = self
                    .seal(&mut tx, column, &old.owner, &old.row, &old.text, at)
                    .await?;
                column.replace(&mut tx, &old, &sealed).await?;
                count += 1;
            }
        }
        tx.commit().await?;
        Ok(count)
    }

    /// Writes the file anew, without what rows held before, and empties its log.
    async fn scrub(&self) -> Stored<()> {
        sqlx::query("VACUUM").execute(self.pool()).await?;
        let done = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_one(self.pool())
            .await?;
        match done.try_get::<i64, _>(0)? {
            0 => Ok(()),
            // Somebody reads just now; the next start tries again.
            _ => Err(StoreError::Stale),
        }
    }

    /// A new data key for everybody, and everything sealed with it, in one transaction; how many
    /// texts that were.
    pub(crate) async fn replace_data_keys(&self, at: Time) -> Stored<usize> {
        let mut tx = self.begin().await?;
        let (old, new) = self.renew_data_keys(&mut tx, at).await?;
        let mut count = 0;
        for column in ALL {
            for text in column.texts(&mut tx).await? {
                let sealed = anew(&column, &text, &old, &new)?;
                column.replace(&mut tx, &text, &sealed).await?;
                count += 1;
            }
        }
        tx.commit().await?;
        Ok(count)
    }
}

/// Data keys by owner and number.
pub(super) type Old = HashMap<(String, u32), Key>;
/// The newest of each owner.
pub(super) type New = HashMap<String, (u32, Key)>;

fn anew(column: &Column, text: &Kept, old: &Old, new: &New) -> Stored<String> {
    let Kept { owner, row, text } = text;
    let (number, sealed) = column.parts(row, text)?;
    let key = old.get(&(owner.clone(), number));
    let opened = column.open(key.ok_or_else(|| column.shut(row))?, owner, row, sealed)?;
    let (number, key) = new.get(owner).ok_or_else(|| column.shut(row))?;
    column.seal((*number, key), owner, row, opened.reveal())
}

#[cfg(test)]
mod tests;

fn kept(row: &Row) -> Stored<Kept> {
    Ok(Kept {
        owner: row.try_get("owner")?,
        row: row.try_get("row")?,
        text: row.try_get("kept")?,
    })
}
