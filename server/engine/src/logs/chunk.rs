//! Chunks, as a reader gets them: a few at a time, so that no read holds a connection for long.

use super::Logs;
use super::search::Needle;
use crate::store::{Db, Stored};

/// At most about 64 KiB each.
const CHUNKS_AT_ONCE: i64 = 16;

/// A batch of lines, as it is stored.
#[derive(sqlx::FromRow)]
pub(super) struct Chunk {
    pub first_seq: i64,
    pub last_seq: i64,
    pub body: String,
}

impl Chunk {
    pub fn records(&self) -> impl DoubleEndedIterator<Item = (u64, &str)> {
        let records: Vec<&str> = self.body.split_terminator('\n').collect();
        let first = self.first_seq.unsigned_abs();
        records
            .into_iter()
            .enumerate()
            .map(move |(i, record)| (first + i as u64, record))
    }

    /// With a needle, only the lines that hold it.
    pub fn holding(&self, needle: Option<&Needle>) -> Vec<(u64, &str)> {
        let first = self.first_seq.unsigned_abs();
        match needle {
            Some(needle) => needle
                .hits(&self.body)
                .map(|(i, record)| (first + i, record))
                .collect(),
            None => self.records().collect(),
        }
    }
}

impl Logs {
    /// Some chunks in order, the first one with line `from` in it.
    pub(super) async fn chunks(&self, stream: &str, from: u64) -> Stored<Vec<Chunk>> {
        let chunks = sqlx::query_as::<Db, Chunk>(
            "SELECT first_seq, last_seq, body FROM log_chunks WHERE stream = $1 AND first_seq >= \
             COALESCE((SELECT MAX(first_seq) FROM log_chunks WHERE stream = $1 AND first_seq <= $2), 0) \
             ORDER BY first_seq LIMIT $3",
        )
        .bind(stream)
        .bind(i64::try_from(from).unwrap_or(i64::MAX))
        .bind(CHUNKS_AT_ONCE)
        .fetch_all(self.inner.store.pool())
        .await?;
        Ok(chunks)
    }

    /// Some chunks from the one with line `end` in it backwards.
    pub(super) async fn chunks_back(&self, stream: &str, end: u64) -> Stored<Vec<Chunk>> {
        let chunks = sqlx::query_as::<Db, Chunk>(
            "SELECT first_seq, last_seq, body FROM log_chunks WHERE stream = $1 AND first_seq <= $2 \
             ORDER BY first_seq DESC LIMIT $3",
        )
        .bind(stream)
        .bind(i64::try_from(end).unwrap_or(i64::MAX))
        .bind(CHUNKS_AT_ONCE)
        .fetch_all(self.inner.store.pool())
        .await?;
        Ok(chunks)
    }
}
