//! Reading a log: from any line, or its end. One look-up in the index leads to the chunk.

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

/// What every way of reading has to know.
#[derive(Clone, Copy)]
struct Want<'a> {
    stream: &'a str,
    /// As it was when the page was asked for.
    last_seq: u64,
    limit: usize,
}

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

    fn fill<'r>(
        &mut self,
        records: impl Iterator<Item = (u64, &'r str)>,
        put: fn(&mut VecDeque<LogLine>, LogLine),
    ) {
        for line in records.filter_map(|(seq, record)| line::read(seq, record)) {
            if self.full() {
                return;
            }
            self.bytes += line.text.len();
            put(&mut self.found, line);
        }
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
        let want = Want {
            stream,
            last_seq,
            limit,
        };
        let needle = query
            .search
            .as_deref()
            .filter(|text| !text.is_empty())
            .map(Needle::new);
        let lines = match (&needle, query.from) {
            (Some(needle), from) => self.search(want, from.unwrap_or(1), needle).await?,
            (None, Some(from)) => self.forward(want, from, None).await?,
            (None, None) => self.tail(want).await?,
        };
        Ok(Some(LogPage {
            lines: lines.found.into(),
            last_seq,
            ended,
        }))
    }

    async fn search(&self, want: Want<'_>, from: u64, needle: &Needle) -> Stored<Lines> {
        // It is never closed: it lives as long as the logs.
        let _turn = self.inner.searches.acquire().await;
        self.forward(want, from, Some(needle)).await
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

    /// From line `from` on; with a needle only the lines that hold it.
    async fn forward(&self, want: Want<'_>, from: u64, needle: Option<&Needle>) -> Stored<Lines> {
        let mut lines = Lines::at_most(want.limit);
        let mut next = from.max(1);
        while !lines.full() && next <= want.last_seq {
            let chunks = self.chunks(want.stream, next).await?;
            let Some(end) = chunks.last().map(|c| c.last_seq.unsigned_abs()) else {
                break;
            };
            let records = chunks.iter().flat_map(|chunk| chunk.holding(needle));
            let wanted = records.filter(|&(seq, _)| seq >= next && seq <= want.last_seq);
            lines.fill(wanted, VecDeque::push_back);
            next = end + 1;
        }
        Ok(lines)
    }

    /// The end of it.
    async fn tail(&self, want: Want<'_>) -> Stored<Lines> {
        let mut lines = Lines::at_most(want.limit);
        let mut end = want.last_seq;
        while !lines.full() && end > 0 {
            let chunks = self.chunks_back(want.stream, end).await?;
            let Some(first) = chunks.last().map(|c| c.first_seq.unsigned_abs()) else {
                break;
            };
            let records = chunks.iter().flat_map(|chunk| chunk.records().rev());
            lines.fill(records.filter(|&(seq, _)| seq <= end), VecDeque::push_front);
            end = first - 1;
        }
        Ok(lines)
    }
}
