//! The next line that is looked for, and how many there are: the whole log is read, by its turn.

use super::Logs;
use super::filter::Sieve;
use crate::store::Stored;
use domain::api::{LogFind, LogFinder};
use domain::id::OrgId;
use domain::view::LogFound;

impl Logs {
    /// `None` when the organization has no such stream.
    pub async fn find(
        &self,
        org: &OrgId,
        stream: &str,
        find: &LogFind,
    ) -> Stored<Option<LogFound>> {
        let Some((last_seq, _)) = self.state(org, stream).await? else {
            return Ok(None);
        };
        // It is never closed: it lives as long as the logs.
        let _turn = self.inner.searches.acquire().await;
        let (mut finder, sieve) = (LogFinder::new(find), Sieve::new(&find.filter));
        let mut next = 1;
        while next <= last_seq {
            let chunks = self.chunks(stream, next).await?;
            let Some(end) = chunks.last().map(|c| c.last_seq.unsigned_abs()) else {
                break;
            };
            let found = chunks.iter().flat_map(|chunk| sieve.sift(chunk));
            found
                .map(|(seq, _)| seq)
                .filter(|seq| (next..=last_seq).contains(seq))
                .for_each(|seq| finder.push(seq));
            next = end + 1;
        }
        Ok(Some(finder.finish()))
    }
}
