//! Deleting the logs of an environment, some at a time, so that nobody waits for the database.

use super::{Logs, held};
use crate::store::{Db, Stored};
use domain::id::EnvironmentId;

/// At most 64 KiB each.
const CHUNKS_AT_ONCE: i64 = 200;

impl Logs {
    /// Lines that its writers still send are dropped. Doing it again is no harm.
    pub async fn forget(&self, environment: &EnvironmentId) -> Stored<()> {
        self.stop(environment).await;
        for stream in self.streams(environment).await? {
            while self.forget_some(&stream).await? > 0 {}
            sqlx::query::<Db>("DELETE FROM log_streams WHERE stream = $1")
                .bind(&stream)
                .execute(self.inner.store.pool())
                .await?;
        }
        Ok(())
    }

    async fn stop(&self, environment: &EnvironmentId) {
        // Not while a flush is under way: it would bring the stream back.
        let _one = self.inner.flushing.lock().await;
        let mut buffers = held(&self.inner.buffers);
        for (_, buffer) in buffers.extract_if(|_, b| b.environment == *environment) {
            buffer.forget();
        }
    }

    async fn streams(&self, environment: &EnvironmentId) -> Stored<Vec<String>> {
        let streams = sqlx::query_scalar::<Db, String>(
            "SELECT stream FROM log_streams WHERE environment = $1",
        )
        .bind(environment.as_str())
        .fetch_all(self.inner.store.pool())
        .await?;
        Ok(streams)
    }

    async fn forget_some(&self, stream: &str) -> Stored<u64> {
        let done = sqlx::query::<Db>(
            "DELETE FROM log_chunks WHERE stream = $1 AND first_seq IN \
             (SELECT first_seq FROM log_chunks WHERE stream = $1 ORDER BY first_seq LIMIT $2)",
        )
        .bind(stream)
        .bind(CHUNKS_AT_ONCE)
        .execute(self.inner.store.pool())
        .await?;
        Ok(done.rows_affected())
    }
}
