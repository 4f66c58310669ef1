//! One run of a cron: how it came to be, and how it stands.

use serde::{Deserialize, Serialize};

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// For a free worker, or for the run before it.
    Waiting,
    /// A worker has it.
    Running,
    /// It exited with 0, or was answered with 2xx.
    Success,
    /// Anything else, also when nobody knows how it ended.
    Failure,
    /// It did not run; the sentence says why.
    Skipped,
}

impl RunStatus {
    /// For tables and tests that walk over all.
    pub const ALL: [RunStatus; 5] = [
        RunStatus::Waiting,
        RunStatus::Running,
        RunStatus::Success,
        RunStatus::Failure,
        RunStatus::Skipped,
    ];

    /// As the API writes it.
    pub const fn word(self) -> &'static str {
        match self {
            RunStatus::Waiting => "waiting",
            RunStatus::Running => "running",
            RunStatus::Success => "success",
            RunStatus::Failure => "failure",
            RunStatus::Skipped => "skipped",
        }
    }

    /// Reads the store's word back.
    pub fn parse(word: &str) -> Option<RunStatus> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }

    /// It will never be anything else.
    pub const fn is_final(self) -> bool {
        !matches!(self, RunStatus::Waiting | RunStatus::Running)
    }
}

/// Why a run exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunTrigger {
    /// Its time came.
    Schedule,
    /// A person pressed *Run now*.
    Person,
}

impl RunTrigger {
    /// As the API writes it.
    pub const fn word(self) -> &'static str {
        match self {
            RunTrigger::Schedule => "schedule",
            RunTrigger::Person => "person",
        }
    }

    /// Reads the store's word back.
    pub fn parse(word: &str) -> Option<RunTrigger> {
        [RunTrigger::Schedule, RunTrigger::Person]
            .into_iter()
            .find(|t| t.word() == word)
    }
}
