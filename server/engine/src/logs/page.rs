//! Reading a log: from any line, or its end. One look-up in the index leads to the chunk.

use super::filter::Sieve;
use super::{Logs, line};
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
    sieve: &'a Sieve<'a>,
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
        let sieve = Sieve::new(&query.filter);
        let want = Want {
            stream,
            last_seq,
            limit,
            sieve: &sieve,
        };
        // It is never closed: it lives as long as the logs.
        let _turn = match query.filter.is_empty() {
            true => None,
            false => self.inner.searches.acquire().await.ok(),
        };
        let page = LogPage {
            last_seq,
            ended,
            ..LogPage::default()
        };
        Ok(Some(match *query {
            LogQuery {
                around: Some(seq), ..
            } => self.around(want, seq, page).await?,
            LogQuery {
                before: Some(seq), ..
            } => self.back(want, seq, page).await?,
            LogQuery {
                from: Some(seq), ..
            } => self.forward(want, seq, page).await?,
            _ => self.back(want, last_seq + 1, page).await?,
        }))
    }

    /// A third of them before it, the rest from it on.
    async fn around(&self, want: Want<'_>, seq: u64, page: LogPage) -> Stored<LogPage> {
        let before = Want {
            limit: (want.limit / 3).max(1),
            ..want
        };
        let after = Want {
            limit: want.limit.saturating_sub(before.limit).max(1),
            ..want
        };
        let mut start = self.back(before, seq, page.clone()).await?;
        let end = self.forward(after, seq, page).await?;
        start.lines.extend(end.lines);
        start.later = end.later;
        Ok(start)
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

    /// From line `from` on.
    async fn forward(&self, want: Want<'_>, from: u64, page: LogPage) -> Stored<LogPage> {
        let mut lines = Lines::at_most(want.limit);
        let mut next = from.max(1);
        while !lines.full() && next <= want.last_seq {
            let chunks = self.chunks(want.stream, next).await?;
            let Some(end) = chunks.last().map(|c| c.last_seq.unsigned_abs()) else {
                break;
            };
            let records = chunks.iter().flat_map(|chunk| want.sieve.sift(chunk));
            let wanted = records.filter(|&(seq, _)| seq >= next && seq <= want.last_seq);
            lines.fill(wanted, VecDeque::push_back);
            next = end + 1;
        }
        let last = lines.found.back().map(|line| line.seq);
        Ok(LogPage {
            earlier: from > 1,
            later: lines.full() && last.is_some_and(|last| last < want.last_seq),
            lines: lines.found.into(),
            ..page
        })
    }

    /// The last ones before line `before`.
    async fn back(&self, want: Want<'_>, before: u64, page: LogPage) -> Stored<LogPage> {
        let mut lines = Lines::at_most(want.limit);
        let mut end = before.saturating_sub(1).min(want.last_seq);
        while !lines.full() && end > 0 {
            let chunks = self.chunks_back(want.stream, end).await?;
            let Some(first) = chunks.last().map(|c| c.first_seq.unsigned_abs()) else {
                break;
            };
            let records = chunks
                .iter()
                .flat_map(|chunk| want.sieve.sift(chunk).into_iter().rev());
            lines.fill(records.filter(|&(seq, _)| seq <= end), VecDeque::push_front);
            end = first.saturating_sub(1);
        }
        let first = lines.found.front().map(|line| line.seq);
        Ok(LogPage {
            earlier: lines.full() && first.is_some_and(|first| first > 1),
            later: before <= want.last_seq,
            lines: lines.found.into(),
            ..page
        })
    }
}
