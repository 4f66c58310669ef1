//! Lines of a log.

use crate::log_level::Level;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// Lines of one log, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LogPage {
    /// Oldest first.
    pub lines: Vec<LogLine>,
    /// Sequence numbers run from 1 to this; the newest line has it.
    pub last_seq: u64,
    /// No line will follow.
    pub ended: bool,
    /// Before these there may be more that were asked for.
    #[serde(default)]
    pub earlier: bool,
    /// After these there may be more that were asked for, written already.
    #[serde(default)]
    pub later: bool,
}

/// Where a search is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LogFound {
    /// Lines that match, in the whole log.
    pub total: u64,
    /// Which of them this one is, from 1; 0 where there is none.
    pub position: u64,
    /// The line.
    pub seq: Option<u64>,
}

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LogLine {
    /// Never skips: a gap would be a lost line.
    pub seq: u64,
    /// When it was printed.
    pub at: Time,
    /// Who wrote it.
    pub stream: Stream,
    /// How grave it is, as far as it says so itself.
    #[serde(default)]
    pub level: Level,
    /// Without its line end, cleaned of control characters.
    pub text: String,
}

/// Who wrote a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Standard output.
    #[serde(alias = "stdout")]
    Out,
    /// Standard error.
    #[serde(alias = "stderr")]
    Err,
    /// Sealdock itself.
    #[serde(alias = "system")]
    Note,
}

impl Stream {
    /// In the order in which people look for them.
    pub const ALL: [Stream; 3] = [Stream::Out, Stream::Err, Stream::Note];

    /// As it stands in an address.
    pub const fn word(self) -> &'static str {
        match self {
            Stream::Out => "stdout",
            Stream::Err => "stderr",
            Stream::Note => "system",
        }
    }

    /// What [`Stream::word`] wrote.
    pub fn parse(word: &str) -> Option<Stream> {
        Self::ALL.into_iter().find(|stream| stream.word() == word)
    }
}
