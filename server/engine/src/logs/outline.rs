//! A log as its steps and its first error: read whole, like a search, and by its turn.

use super::{Logs, line};
use crate::store::Stored;
use domain::build_log::{Outline, Outliner};
use domain::id::OrgId;

impl Logs {
    /// `None` when the organization has no such stream.
    pub async fn outline(&self, org: &OrgId, stream: &str) -> Stored<Option<Outline>> {
        let Some((last_seq, _)) = self.state(org, stream).await? else {
            return Ok(None);
        };
        // It is never closed: it lives as long as the logs.
        let _turn = self.inner.searches.acquire().await;
        let mut outliner = Outliner::default();
        let mut next = 1;
        while next <= last_seq {
            let chunks = self.chunks(stream, next).await?;
            let Some(end) = chunks.last().map(|c| c.last_seq.unsigned_abs()) else {
                break;
            };
            for (seq, record) in chunks.iter().flat_map(|chunk| chunk.records()) {
                if seq >= next {
                    outliner.push(seq, &record[line::text_at(record)..]);
                }
            }
            next = end + 1;
        }
        Ok(Some(outliner.finish()))
    }
}
