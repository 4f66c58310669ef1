//! A whole log as text, for a download: what was printed, nothing added.

use super::chunk::Chunk;
use super::{Logs, line};
use crate::store::Stored;
use domain::id::OrgId;
use futures_util::stream::{self, BoxStream, StreamExt};

impl Logs {
    /// Pieces of at most about 1 MiB, up to the line that is the last one now.
    /// `None` when the organization has no such stream.
    pub async fn raw(
        &self,
        org: &OrgId,
        stream: &str,
    ) -> Stored<Option<BoxStream<'static, Stored<String>>>> {
        let Some((last, _)) = self.state(org, stream).await? else {
            return Ok(None);
        };
        let (logs, stream) = (self.clone(), stream.to_owned());
        let pieces = stream::try_unfold(1, move |next| {
            let (logs, stream) = (logs.clone(), stream.clone());
            async move { logs.piece(&stream, next, last).await }
        });
        Ok(Some(pieces.boxed()))
    }

    /// The text from line `next` on, and where the piece after it begins.
    async fn piece(&self, stream: &str, next: u64, last: u64) -> Stored<Option<(String, u64)>> {
        if next > last {
            return Ok(None);
        }
        let chunks = self.chunks(stream, next).await?;
        let end = chunks.last().map(|c| c.last_seq.unsigned_abs() + 1);
        Ok(end.map(|end| (text(&chunks, next, last), end)))
    }
}

fn text(chunks: &[Chunk], next: u64, last: u64) -> String {
    let mut text = String::with_capacity(chunks.iter().map(|c| c.body.len()).sum());
    let records = chunks.iter().flat_map(Chunk::records);
    for (_, record) in records.filter(|&(seq, _)| seq >= next && seq <= last) {
        text.push_str(&record[line::text_at(record)..]);
        text.push('\n');
    }
    text
}
