//! Reading a log: from any line, or its end. One look-up in the index leads to the chunk.

use super::chunk::Chunk;
use super::{Logs, line, search::Needle};
use crate::store::{Db, Stored};
use domain::api::LogQuery;
use domain::id::OrgId;
use domain::view::{LogLine, LogPage};
use std::collections::VecDeque;

const LINES: u32 = 500;
const LINES_MAX: u32 = 5000;
/// Beyond this a page ends early; the next one goes on.
const PAGE_MAX_BYTES: usize = 4 << 20;

/// The lines of a page, within its limits.
struct Lines {
    found: VecDeque<LogLine>,
    limit: usize,
    bytes: usize,
}

impl Lines {
    fn at_most(limit: usize) -> Self {
        Self {
            found: VecDeque::new(),
            limit,
            bytes: 0,
        }
    }

    fn full(&self) -> bool {
        self.found.len() >= self.limit || self.bytes >= PAGE_MAX_BYTES
    }

    fn after(&mut self, line: LogLine) {
        self.bytes += line.text.len();
        self.found.push_back(line);
    }

    fn before(&mut self, line: LogLine) {
        self.bytes += line.text.len();
        self.found.push_front(line);
    }
}

impl Logs {
    /// `None` when the organization has no such stream.
    pub async fn page(
        &self,
        org: &OrgId,
        stream: &str,
        query: &LogQuery,
    ) -> Stored<Option<LogPage>> {
        let Some((last_seq, ended)) = self.state(org, stream).await? else {
            return Ok(None);
        };
        let limit = query.limit.unwrap_or(LINES).clamp(1, LINES_MAX) as usize;
        let needle = query
            .search
            .as_deref()
            .filter(|text| !text.is_empty())
            .map(Needle::new);
        let lines = match (needle, query.from) {
            (Some(needle), from) => {
                self.hits(stream, &needle, from.unwrap_or(1), last_seq, limit)
                    .await?
            }
            (None, Some(from)) => self.from(stream, from, last_seq, limit).await?,
            (None, None) => self.tail(stream, last_seq, limit).await?,
        };
        Ok(Some(LogPage {
            lines: lines.found.into(),
            last_seq,
            ended,
        }))
    }

    /// How far the stream goes, with what waits, and whether it has ended.
    pub(super) async fn state(&self, org: &OrgId, stream: &str) -> Stored<Option<(u64, bool)>> {
        if let Some(buffer) = self
            .buffer(stream)
            .filter(|b| b.is_dirty() && b.org == *org)
        {
            self.flush_stream(&buffer).await?;
        }
        let row = sqlx::query_as::<Db, (i64, i64)>(
            "SELECT last_seq, ended FROM log_streams WHERE stream = $1 AND org = $2",
        )
        .bind(stream)
        .bind(org.as_str())
        .fetch_optional(self.inner.store.pool())
        .await?;
        Ok(row.map(|(last_seq, ended)| (last_seq.unsigned_abs(), ended != 0)))
    }

    async fn from(&self, stream: &str, from: u64, last: u64, limit: usize) -> Stored<Lines> {
        let mut lines = Lines::at_most(limit);
        let mut next = from.max(1);
        while !lines.full() && next <= last {
            let chunks = self.chunks(stream, next).await?;
            let Some(end) = chunks.last().map(|c| c.last_seq.unsigned_abs()) else {
                break;
            };
            let records = chunks.iter().flat_map(Chunk::records);
            for (seq, record) in records.filter(|&(seq, _)| seq >= next && seq <= last) {
                if lines.full() {
                    break;
                }
                line::read(seq, record)
                    .into_iter()
                    .for_each(|line| lines.after(line));
            }
            next = end + 1;
        }
        Ok(lines)
    }

    async fn tail(&self, stream: &str, last: u64, limit: usize) -> Stored<Lines> {
        let mut lines = Lines::at_most(limit);
        let mut end = last;
        while !lines.full() && end > 0 {
            let chunks = self.chunks_back(stream, end).await?;
            let Some(first) = chunks.last().map(|c| c.first_seq.unsigned_abs()) else {
                break;
            };
            let records = chunks.iter().flat_map(|chunk| chunk.records().rev());
            for (seq, record) in records.filter(|&(seq, _)| seq <= end) {
                if lines.full() {
                    break;
                }
                line::read(seq, record)
                    .into_iter()
                    .for_each(|line| lines.before(line));
            }
            end = first - 1;
        }
        Ok(lines)
    }

    async fn hits(
        &self,
        stream: &str,
        needle: &Needle,
        from: u64,
        last: u64,
        limit: usize,
    ) -> Stored<Lines> {
        // Closed never: the semaphore lives as long as the logs.
        let _turn = self.inner.searches.acquire().await;
        let mut lines = Lines::at_most(limit);
        let mut next = from.max(1);
        while !lines.full() && next <= last {
            let chunks = self.chunks(stream, next).await?;
            let Some(end) = chunks.last().map(|c| c.last_seq.unsigned_abs()) else {
                break;
            };
            for chunk in &chunks {
                let hits = needle
                    .hits(&chunk.body)
                    .map(|(i, record)| (chunk.first_seq.unsigned_abs() + i, record));
                for (seq, record) in hits.filter(|&(seq, _)| seq >= next && seq <= last) {
                    if lines.full() {
                        break;
                    }
                    line::read(seq, record)
                        .into_iter()
                        .for_each(|line| lines.after(line));
                }
            }
            next = end + 1;
        }
        Ok(lines)
    }
}
