//! What runs instances. Five awaiting verbs, all idempotent; what a driver saw is a
//! `domain::instance::Observed`, what is wanted is an `InstanceSpec`.
//!
//! There is no `start(id)` and no `pause(id)`: those are intents, and the planner has them.

#[cfg(test)]
mod contract;
pub mod docker;
pub mod fake;
pub mod services;
pub mod tee;
pub mod terminal;

use crate::contents::{Found, Limits, Wanted};
use async_trait::async_trait;
use domain::id::{EnvironmentId, InstanceId};
use domain::instance::{InstanceSpec, Observed};
pub use domain::secret::Secrets;
use domain::source::Artifact;
use domain::usage::Usage;
use domain::view::Stream;
use services::Services;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use tokio::sync::{broadcast, mpsc};

/// Why a driver did not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DriverError {
    /// It will not work the next time either: the image is missing, the port is in use.
    #[error("{0}")]
    Refused(String),
    /// The runtime does not answer: try again later.
    #[error("{0}")]
    Unreachable(String),
}

/// What a runtime is and has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    pub version: String,
    pub cpus: u32,
    pub memory_bytes: u64,
    /// What it says of GPUs, a word each; none where it names none.
    pub gpus: Vec<String>,
}

/// Which instances to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope<'a> {
    Environment(&'a EnvironmentId),
    /// Everything with our label: for finding orphans.
    Everything,
}

/// One line that an instance printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    pub at_ms: i64,
    pub stream: Stream,
    pub text: String,
}

#[async_trait]
pub trait Driver: Send + Sync {
    async fn fingerprint(&self) -> Result<Fingerprint, DriverError>;

    async fn observe(&self, scope: Scope<'_>) -> Result<Vec<Observed>, DriverError>;

    /// Creates and starts it, or adopts the one that is there.
    async fn ensure(&self, spec: &InstanceSpec) -> Result<(), DriverError>;

    /// Begins to stop and remove it and returns at once; until it is gone it is observed as
    /// `Leaving`. Asking again is no harm, and one that never was is gone already.
    async fn remove(&self, id: &InstanceId, grace_s: u32) -> Result<(), DriverError>;

    /// Sends every line printed at or after `since_ms`, in order, until the instance is gone.
    async fn logs(
        &self,
        id: &InstanceId,
        since_ms: i64,
        into: mpsc::Sender<Printed>,
    ) -> Result<(), DriverError>;

    /// The environment to look at again, as soon as something happened there.
    fn hints(&self) -> broadcast::Receiver<EnvironmentId>;

    /// Removes what belongs to the environment but is no instance: its network.
    async fn forget(&self, environment: &EnvironmentId) -> Result<(), DriverError>;

    /// Where it can: commands inside its instances.
    fn exec(&self) -> Option<&dyn Exec> {
        None
    }

    /// Where it can: commands with a person at their keyboard.
    fn terminals(&self) -> Option<&dyn terminal::Terminals> {
        None
    }

    /// Where it can: what its instances use.
    fn gauge(&self) -> Option<&dyn Gauge> {
        None
    }

    /// Where its instances prove what they are before anything reaches them.
    fn attests(&self) -> Option<Attests> {
        None
    }

    /// Where it can: databases and stores with a volume each.
    fn services(&self) -> Option<&dyn Services> {
        None
    }
}

/// How a driver's instances are attested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attests {
    /// Signs what is expected of them.
    pub key: domain::attest::Hex<32>,
    /// How often each is asked again.
    pub every: Duration,
}

/// A command to run beside an instance's own process.
pub struct Command<'a> {
    pub instance: &'a InstanceId,
    /// No shell is involved.
    pub argv: &'a [String],
    /// Then it is ended.
    pub limit: Duration,
    /// Of its output, the end.
    pub keep_bytes: usize,
}

/// What became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Executed {
    /// `None`: it took longer than its limit.
    pub code: Option<i64>,
    /// It runs no more.
    pub ended: bool,
    /// What it printed, both streams as they came; the end of it.
    pub output: Vec<u8>,
    pub cut: bool,
}

impl Executed {
    /// Keeps the last `most` bytes of what it printed.
    pub fn print(&mut self, bytes: &[u8], most: usize) {
        self.output.extend_from_slice(bytes);
        // In steps, so that a talkative command is not moved at every line.
        if self.output.len() > 2 * most {
            self.trim(most);
        }
    }

    /// Once nothing more comes.
    pub fn trim(&mut self, most: usize) {
        let over = self.output.len().saturating_sub(most);
        self.output.drain(..over);
        self.cut |= over > 0;
    }
}

/// An optional interface of a driver: what its place can't do, it does not have.
#[async_trait]
pub trait Exec: Send + Sync {
    /// Waits for its end, or for its limit.
    async fn exec(&self, command: Command<'_>) -> Result<Executed, DriverError>;
}

/// The other one.
#[async_trait]
pub trait Gauge: Send + Sync {
    /// `None` when it does not run. Cheap enough to be asked all the time, but for `restarts`,
    /// which are 0 unless they are asked for.
    async fn usage(&self, id: &InstanceId, restarts: bool) -> Result<Option<Usage>, DriverError>;
}

/// What opens a registry: sent to that one only.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// As references name it, with its port; `docker.io` for the Hub.
    pub registry: String,
    pub username: String,
    pub password: String,
}

/// What a build is given.
pub struct Build<'a> {
    /// A clean tree.
    pub context: &'a Path,
    /// Relative to the context.
    pub dockerfile: &'a str,
    /// Its text, where the tree does not have it: sent under that name, and never written there.
    pub generated: Option<&'a str>,
    /// What the image is called, besides its id: `sealdock/web:dep_…`.
    pub tag: &'a str,
    pub args: &'a BTreeMap<String, String>,
    /// On the image, so that only ours is ever collected.
    pub labels: &'a BTreeMap<String, String>,
    pub limits: BuildLimits,
    /// What its steps can mount (`RUN --mount=type=secret,id=…`); never part of the image.
    pub secrets: Secrets,
    /// For the images that it begins with.
    pub logins: &'a [Login],
}

/// What all the steps of a build may use together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildLimits {
    pub memory_mib: u32,
    pub cpus_milli: u32,
    pub pids: u32,
}

impl BuildLimits {
    /// What of every `period_us` its CPUs come to.
    pub fn cpu_quota_us(&self, period_us: u32) -> u64 {
        u64::from(self.cpus_milli) * u64::from(period_us) / 1000
    }
}

/// Where a job writes what a person should read. Never waits long: lines over the cap are counted, not kept.
pub trait Lines: Send + Sync {
    fn line(&self, stream: Stream, text: &str);
}

/// Images, where the runtime has them. Dropping the future cancels the work.
#[async_trait]
pub trait Images: Send + Sync {
    async fn build(&self, build: Build<'_>, lines: &dyn Lines) -> Result<Artifact, DriverError>;
    /// Fetches it from its registry, with what opens that where it is known.
    async fn pull(
        &self,
        reference: &str,
        login: Option<&Login>,
        lines: &dyn Lines,
    ) -> Result<Artifact, DriverError>;
    /// The same under a tag of ours, which is all that keeps it: a name that it came under goes
    /// again, unless that was there before.
    async fn adopt(
        &self,
        reference: &str,
        tag: &str,
        login: Option<&Login>,
        lines: &dyn Lines,
    ) -> Result<Artifact, DriverError> {
        let artifact = self.pull(reference, login, lines).await?;
        self.keep(artifact.digest(), tag).await?;
        Ok(artifact)
    }
    /// Takes in what `docker save` wrote, without the names that it brings along.
    async fn load(&self, archive: &Path, lines: &dyn Lines) -> Result<Artifact, DriverError>;
    /// `None` when it is not there.
    async fn find(&self, reference: &str) -> Result<Option<Artifact>, DriverError>;
    /// Gives an image one more tag of ours, so that it stays.
    async fn keep(&self, image: &str, tag: &str) -> Result<(), DriverError>;
    /// The files of an image whose path is wanted, within the limits; links are not followed.
    async fn files(
        &self,
        image: &str,
        wanted: Wanted,
        limits: Limits,
    ) -> Result<Found, DriverError>;
    /// Writes a directory of an image to a tar at `into`, of at most about so many bytes; nothing of the image runs.
    async fn take_out(
        &self,
        tag: &str,
        directory: &str,
        into: &Path,
        most_bytes: u64,
    ) -> Result<(), DriverError>;
    /// Only by our own tag; false: a container still uses the image, and it stays.
    async fn discard(&self, tag: &str) -> Result<bool, DriverError>;
}
