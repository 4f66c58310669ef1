//! What is written down. One file per noun; one method per business fact; one transaction each,
//! with its event row in it. No clock and no randomness in here: both are parameters.
//!
//! The SQL is what SQLite and PostgreSQL share. Numbered parameters, TEXT and BIGINT.

pub mod account;
pub mod artifact;
pub mod attestation;
pub mod credential;
pub mod cron;
pub mod custom_domain;
mod data_key;
pub mod delivery;
mod deploy_key;
pub mod deployment;
pub mod environment;
pub mod event;
pub mod forge;
pub mod hook;
pub mod job;
pub mod member;
pub mod project;
pub mod review;
pub mod runtime;
mod sealed;
pub mod secret;
pub mod service;
pub mod session;
pub mod setting;
pub mod source_map;
pub mod tracking;
pub mod upload;

use crate::secrets::seal::Key;
use crate::secrets::{Keys, MasterError};
use domain::id::NotAnId;
use domain::time::Time;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::path::Path;
use std::time::Duration;

pub type Db = sqlx::Sqlite;
pub type Row = sqlx::sqlite::SqliteRow;
pub type Transaction<'a> = sqlx::Transaction<'a, Db>;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");

/// A database that did not do what it should. The user's mistakes are not in here.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database at {path} can't be opened: {source}")]
    Open { path: String, source: sqlx::Error },
    #[error("the database can't be brought to this version: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("{0}")]
    Sql(#[from] sqlx::Error),
    #[error("a row holds what this version can't read: {0}")]
    Unreadable(String),
    /// What was sealed does not open.
    #[error("{0} can't be opened: what is kept of it is damaged. Set it again.")]
    Shut(String),
    #[error(transparent)]
    Master(#[from] MasterError),
    /// Somebody else moved it meanwhile. Look again.
    #[error("it has moved on meanwhile")]
    Stale,
}

impl From<NotAnId> for StoreError {
    fn from(error: NotAnId) -> Self {
        StoreError::Unreadable(error.to_string())
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        StoreError::Unreadable(error.to_string())
    }
}

pub type Stored<T> = Result<T, StoreError>;

/// The database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pool: sqlx::Pool<Db>,
    /// What opens the sealed ones of its texts; empty until the vault was opened.
    keys: Keys,
}

/// Time and fresh ids, handed in by whoever calls.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    pub at: Time,
    pub entropy: u128,
}

/// Hands out times and ids, one after the other.
pub type Ids<'a> = &'a (dyn Fn() -> Now + Send + Sync);

impl Store {
    pub async fn open(path: &Path) -> Stored<Store> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A power cut may lose the last transactions, never the file; a killed process loses nothing.
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            // A list's rows are read ahead: with fewer, two threads wake each other at every few of them.
            .row_buffer_size(1024)
            .pragma("cache_size", "-4000");
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options)
            .await;
        let pool = pool.map_err(|source| StoreError::Open {
            path: path.display().to_string(),
            source,
        })?;
        Self::migrated(pool).await
    }

    /// For tests and simulations: one connection, gone with the store.
    pub async fn in_memory() -> Stored<Store> {
        let options = SqliteConnectOptions::new()
            .in_memory(true)
            .foreign_keys(true);
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None);
        let store = Self::migrated(pool.connect_with(options).await?).await?;
        let master = store.keys.hold(Key::fresh());
        store.name_master_key(&master).await?;
        Ok(store)
    }

    async fn migrated(pool: sqlx::Pool<Db>) -> Stored<Store> {
        MIGRATIONS.run(&pool).await?;
        let keys = Keys::default();
        Ok(Store { pool, keys })
    }

    pub(crate) fn pool(&self) -> &sqlx::Pool<Db> {
        &self.pool
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// A transaction that writes: it takes the lock at once, so it never has to give up half-way.
    pub(crate) async fn begin(&self) -> Stored<Transaction<'_>> {
        Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?)
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Reads a JSON column.
fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Stored<T> {
    Ok(serde_json::from_str(text)?)
}

fn to_json<T: serde::Serialize>(value: &T) -> Stored<String> {
    Ok(serde_json::to_string(value)?)
}
