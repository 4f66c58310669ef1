//! Which records of a chunk a reader wants.

use super::chunk::Chunk;
use super::line;
use super::search::Needle;
use domain::api::LogFilter;
use domain::log_level::Level;

/// A filter, ready to be asked about every line of a log.
pub(super) struct Sieve<'f> {
    filter: &'f LogFilter,
    needle: Option<Needle>,
}

impl<'f> Sieve<'f> {
    pub fn new(filter: &'f LogFilter) -> Self {
        Self {
            filter,
            needle: filter.text().map(Needle::new),
        }
    }

    /// In order. The text goes first: it is found in the whole chunk at once.
    pub fn sift<'c>(&self, chunk: &'c Chunk) -> Vec<(u64, &'c str)> {
        let mut records = chunk.holding(self.needle.as_ref());
        if self.filter.level.is_some() || self.filter.stream.is_some() {
            records.retain(|(_, record)| self.takes(record));
        }
        records
    }

    fn takes(&self, record: &str) -> bool {
        let level = || Level::of(&record[line::text_at(record)..]);
        line::stream_of(record).is_some_and(|stream| self.filter.takes(stream, level))
    }
}
