//! What a deployment does at set times (P-12): a command inside an instance that serves, or a
//! signed call to one. Declared in `sealdock.yml`, so a version brings its own crons along.

mod due;
mod run;
mod schedule;

pub use due::{Due, Place, due, place};
pub use run::{RunStatus, RunTrigger};
pub use schedule::{NotASchedule, Schedule};

use serde::{Deserialize, Serialize};

/// A name longer than this is no name.
pub const MAX_NAME_BYTES: usize = 64;
/// More than these in one file are a program.
pub const MAX_CRONS: usize = 64;
/// A day: what takes longer is no cron but a worker.
pub const MAX_TIMEOUT_S: u32 = 86_400;
/// What is kept of a run's output: its beginning is thrown away first, for the end says how it went.
pub const MAX_OUTPUT_BYTES: usize = 32 * 1024;
/// At once, of one cron that lets its runs overlap.
pub const MAX_OVERLAPPING: u32 = 8;
/// The header that carries a cron's name.
pub const NAME_HEADER: &str = "x-sealdock-cron";
/// The header that carries the run's id, for an app that must not do something twice.
pub const RUN_HEADER: &str = "x-sealdock-run";
/// The header that proves that Sealdock calls: `t=<seconds>,v1=<hex>`.
pub const SIGNATURE_HEADER: &str = "x-sealdock-signature";
/// The variable that an app with `http` crons finds the key in.
pub const SECRET_VARIABLE: &str = "SEALDOCK_CRON_SECRET";

/// One entry of `crons`: exactly one of `command` and `http` is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Cron {
    /// Tells it from the others of its environment; its history is kept under it.
    pub name: String,
    /// Five fields, or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.
    pub schedule: String,
    /// Of the IANA database; `UTC` when not said.
    #[serde(default = "utc")]
    pub timezone: String,
    /// Run inside an instance that serves, word by word: no shell is involved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
    /// Called with POST at an instance's own address; 2xx is a success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<String>,
    /// When its time comes while it still runs.
    #[serde(default)]
    pub overlap: Overlap,
    /// A run that takes longer is ended, and has failed.
    #[serde(default = "usual_timeout_s")]
    pub timeout_s: u32,
}

/// What happens when a cron's time comes while it still runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// That time is left out, and the history says so.
    #[default]
    Skip,
    /// It runs once more after that; a third is left out.
    Queue,
    /// Both run.
    Allow,
}

impl Overlap {
    /// For sentences and forms.
    pub const ALL: [Overlap; 3] = [Overlap::Skip, Overlap::Queue, Overlap::Allow];

    /// As the file writes it.
    pub const fn word(self) -> &'static str {
        match self {
            Overlap::Skip => "skip",
            Overlap::Queue => "queue",
            Overlap::Allow => "allow",
        }
    }

    /// Reads the file's word.
    pub fn parse(word: &str) -> Option<Overlap> {
        Self::ALL.into_iter().find(|o| o.word() == word)
    }
}

/// What a cron does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call<'a> {
    /// These words, as a process of the instance.
    Command(&'a [String]),
    /// A POST to this path.
    Http(&'a str),
}

impl Cron {
    /// What it does; a row that says neither does nothing, by way of an empty command.
    pub fn call(&self) -> Call<'_> {
        match (&self.command, &self.http) {
            (None, Some(path)) => Call::Http(path),
            (words, _) => Call::Command(words.as_deref().unwrap_or_default()),
        }
    }

    /// What it does, on one line.
    pub fn sentence(&self) -> String {
        match self.call() {
            Call::Command(words) => words.join(" "),
            Call::Http(path) => format!("POST {path}"),
        }
    }
}

/// What is signed with the environment's key (HMAC-SHA256): whoever checks it puts the same four
/// together. `t` is when it was signed, so that an old call can't be sent again for ever.
pub fn signed_text(t: i64, path: &str, name: &str, run: &str) -> String {
    format!("{t}.POST {path}.{name}.{run}")
}

fn utc() -> String {
    "UTC".to_owned()
}

/// Five minutes.
pub const fn usual_timeout_s() -> u32 {
    300
}
