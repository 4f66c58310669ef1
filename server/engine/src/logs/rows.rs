//! The rows of one stream, within a flush's transaction.

use super::pending::Written;
use crate::store::{Db, Stored, Transaction};
use domain::id::{EnvironmentId, OrgId};

pub(super) struct Rows<'a, 't> {
    pub tx: &'a mut Transaction<'t>,
    pub stream: &'a str,
}

/// The first chunk that is still there.
#[derive(sqlx::FromRow)]
pub(super) struct Oldest {
    pub first_seq: i64,
    pub last_seq: i64,
    pub bytes: i64,
}

impl Rows<'_, '_> {
    /// What the database holds; a new stream gets its row.
    pub async fn stored(&mut self, org: &OrgId, environment: &EnvironmentId) -> Stored<Written> {
        let found = sqlx::query_as::<Db, (i64, i64, i64)>(
            "SELECT last_seq, size_bytes, ended FROM log_streams WHERE stream = $1 AND org = $2",
        )
        .bind(self.stream)
        .bind(org.as_str())
        .fetch_optional(&mut **self.tx)
        .await?;
        match found {
            Some((last_seq, size_bytes, ended)) => Ok(Written {
                last_seq,
                size_bytes,
                ended: ended != 0,
                ..Written::default()
            }),
            None => self.begin(org, environment).await,
        }
    }

    async fn begin(&mut self, org: &OrgId, environment: &EnvironmentId) -> Stored<Written> {
        sqlx::query::<Db>(
            "INSERT INTO log_streams (stream, org, environment, last_seq, size_bytes, ended) \
             VALUES ($1, $2, $3, 0, 0, 0)",
        )
        .bind(self.stream)
        .bind(org.as_str())
        .bind(environment.as_str())
        .execute(&mut **self.tx)
        .await?;
        Ok(Written::default())
    }

    pub async fn end_at(&mut self, now: &Written) -> Stored<()> {
        sqlx::query::<Db>(
            "UPDATE log_streams SET last_seq = $1, size_bytes = $2, ended = $3 WHERE stream = $4",
        )
        .bind(now.last_seq)
        .bind(now.size_bytes)
        .bind(i64::from(now.ended))
        .bind(self.stream)
        .execute(&mut **self.tx)
        .await?;
        Ok(())
    }

    pub async fn insert(&mut self, first_seq: i64, last_seq: i64, body: &str) -> Stored<()> {
        sqlx::query::<Db>(
            "INSERT INTO log_chunks (stream, first_seq, last_seq, body) VALUES ($1, $2, $3, $4)",
        )
        .bind(self.stream)
        .bind(first_seq)
        .bind(last_seq)
        .bind(body)
        .execute(&mut **self.tx)
        .await?;
        Ok(())
    }

    pub async fn append(&mut self, first_seq: i64, last_seq: i64, more: &str) -> Stored<()> {
        sqlx::query::<Db>(
            "UPDATE log_chunks SET body = body || $1, last_seq = $2 \
             WHERE stream = $3 AND first_seq = $4",
        )
        .bind(more)
        .bind(last_seq)
        .bind(self.stream)
        .bind(first_seq)
        .execute(&mut **self.tx)
        .await?;
        Ok(())
    }

    pub async fn replace(&mut self, seq: i64, body: &str) -> Stored<()> {
        sqlx::query::<Db>("UPDATE log_chunks SET body = $1 WHERE stream = $2 AND first_seq = $3")
            .bind(body)
            .bind(self.stream)
            .bind(seq)
            .execute(&mut **self.tx)
            .await?;
        Ok(())
    }

    pub async fn oldest(&mut self) -> Stored<Option<Oldest>> {
        let oldest = sqlx::query_as::<Db, Oldest>(
            "SELECT first_seq, last_seq, CAST(octet_length(body) AS BIGINT) AS bytes \
             FROM log_chunks WHERE stream = $1 ORDER BY first_seq LIMIT 1",
        )
        .bind(self.stream)
        .fetch_optional(&mut **self.tx)
        .await?;
        Ok(oldest)
    }

    pub async fn delete(&mut self, first_seq: i64) -> Stored<()> {
        sqlx::query::<Db>("DELETE FROM log_chunks WHERE stream = $1 AND first_seq = $2")
            .bind(self.stream)
            .bind(first_seq)
            .execute(&mut **self.tx)
            .await?;
        Ok(())
    }
}
