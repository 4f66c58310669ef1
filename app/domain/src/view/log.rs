//! Lines of a log.

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
    /// Without its line end, cleaned of control characters.
    pub text: String,
}

/// Who wrote a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
    /// Sealdock itself.
    Note,
}
