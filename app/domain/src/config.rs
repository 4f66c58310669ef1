//! `sealdock.yml`: how a team says what its deployment is run with.
//!
//! Three shapes of the same thing. A [`ConfigPatch`] is what somebody *said*: a file, a form, a
//! request; every part of it is optional. A [`Config`] is what a deployment *has*: patches laid
//! over the defaults, every field with a value, kept as a snapshot with the deployment. A
//! [`Change`] is a difference between two of them, as the person reads who confirms a plan.
//!
//! There is one [table of fields](fields). The parser's idea of a known field, the JSON Schema,
//! the rendering, the merging and the comparison all walk over it, so that a new field is one
//! new line there and one new place in the two structs.
//!
//! Reading is strict. A typo that is ignored becomes an outage that nobody can explain, so
//! everything unknown is refused, with its place and with the name that was probably meant.

mod cell;
mod check;
mod complaint;
pub mod compose;
mod crons;
mod diff;
mod error;
mod exclusive;
mod field;
mod foreign;
mod kind;
mod many;
pub mod nearest;
mod node;
mod patch;
mod preset;
mod read;
mod render;
mod schema;
pub mod text;
pub mod tinfoil;
mod units;
mod yaml;

pub use check::is_pinned;
pub use diff::{Change, diff};
pub use error::{ConfigError, ConfigErrors, MAX_ERRORS};
pub use exclusive::{Exclusive, NotExclusive};
pub use field::{Field, fields};
pub use kind::Kind;
pub use patch::{BuildPatch, ConfigPatch, EnvPatch, HealthPatch, ResourcesPatch, SourcePatch};
pub use preset::{NotAPreset, Preset, PresetChoice};
pub use read::{parse, validate};
pub use render::to_yaml;
pub use schema::schema;
pub use text::MAX_FILE_BYTES;

use crate::cron::Cron;
use crate::refusal::Refusal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Whether `build.output` could say this.
pub(crate) fn is_folder(path: &str) -> bool {
    check::folder(path).is_ok()
}

/// Whether a variable of the team's own may be called so; also the rule for names of secrets.
pub(crate) fn own_variable(name: &str) -> Result<(), Refusal> {
    check::own_variable(name)
        .map_err(|fault| Refusal::invalid("name", format!("{}; {}.", fault.problem, fault.way_out)))
}

/// The file's name, at the root of the repository.
pub const FILE_NAME: &str = "sealdock.yml";

/// Everything a deployment is run with; the snapshot on a deployment. Every field has a value.
// `serde(default)`: a snapshot from before a field existed reads as if that field had its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Config {
    /// What is cloned, where there is a repository.
    pub source: SourceConfig,
    /// How the image comes to be, where there is a repository.
    pub build: Build,
    /// Where the container listens; injected as `PORT`.
    pub port: u16,
    /// Instead of the image's own entrypoint, and of its command with it.
    pub entrypoint: Option<Vec<String>>,
    /// Instead of the image's own command.
    pub command: Option<Vec<String>>,
    /// The team's own variables; injected ones win.
    pub env: BTreeMap<String, String>,
    /// Secrets of the organization, given to every instance as variables of the same names.
    pub secrets: Vec<String>,
    /// Instances that share the traffic.
    pub replicas: u32,
    /// The ceiling of each instance.
    pub resources: Resources,
    /// When it may take traffic.
    pub health: Health,
    /// How long requests in flight may take to finish after the switch.
    pub drain_s: u32,
    /// How long a request waits for the new version while `replace` has stopped the old one.
    pub max_hold_s: u32,
    /// What only one deployment can hold at a time: decides between blue-green and replace.
    #[cfg_attr(feature = "schema", schema(value_type = Vec<String>))]
    pub exclusive: Vec<Exclusive>,
    /// Static bundles: unknown paths answer with `index.html`.
    pub spa: bool,
    /// What it does at set times.
    pub crons: Vec<Cron>,
}

/// What is cloned besides the repository's own files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct SourceConfig {
    /// The repositories inside it too, and those inside them.
    pub submodules: bool,
    /// The files themselves, where Git has only pointers to them.
    pub lfs: bool,
}

/// How the image is built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Build {
    /// What builds it; `auto` goes by the files.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub preset: PresetChoice,
    /// What runs instead of a build, with its digest.
    pub image: Option<String>,
    /// Relative to `root`.
    pub dockerfile: String,
    /// The project's directory inside the repository.
    pub root: String,
    /// Instead of the preset's own; an empty one leaves the step out.
    pub install: Option<String>,
    /// Instead of the preset's own; an empty one leaves the step out.
    pub command: Option<String>,
    /// Instead of what was detected.
    pub start: Option<String>,
    /// The directory that the build leaves, relative to `root`: served as static files.
    pub output: Option<String>,
    /// Base images by language, where they are not the usual ones.
    pub images: BTreeMap<String, String>,
    /// Public by declaration: they end up in the image's history.
    pub args: BTreeMap<String, String>,
    /// A build that takes longer has failed.
    pub timeout_s: u32,
    /// A build that wants more is killed, so that the apps beside it are not.
    pub memory_mib: u32,
    /// Thousandths of a core; of a busy machine it gets only what the apps leave.
    pub cpus_milli: u32,
    /// Processes and threads at a time.
    pub pids: u32,
    /// Secrets of the organization that its steps may mount.
    pub secrets: Vec<String>,
}

/// What one instance may use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Resources {
    /// Thousandths of a core.
    pub cpus_milli: u32,
    /// More, and the instance is killed.
    pub memory_mib: u32,
}

/// When an instance counts as healthy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Health {
    /// Asked with GET.
    pub path: String,
    /// Where it differs from the port that serves.
    pub port: Option<u16>,
    /// Consecutive successes before it counts.
    pub successes: u32,
    /// The window for becoming healthy.
    pub timeout_s: u32,
    /// An answer that takes longer is none.
    pub probe_timeout_ms: u32,
    /// Accepted besides 2xx.
    pub statuses: Vec<u16>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            source: SourceConfig::default(),
            build: Build::default(),
            port: 8080,
            entrypoint: None,
            command: None,
            env: BTreeMap::new(),
            secrets: Vec::new(),
            replicas: 1,
            resources: Resources::default(),
            health: Health::default(),
            drain_s: 30,
            max_hold_s: 0,
            exclusive: Vec::new(),
            spa: false,
            crons: Vec::new(),
        }
    }
}

impl Default for Build {
    fn default() -> Build {
        Build {
            preset: PresetChoice::Auto,
            image: None,
            dockerfile: "Dockerfile".to_owned(),
            root: ".".to_owned(),
            install: None,
            command: None,
            start: None,
            output: None,
            images: BTreeMap::new(),
            args: BTreeMap::new(),
            timeout_s: 1800,
            memory_mib: 2048,
            cpus_milli: 2000,
            pids: 2048,
            secrets: Vec::new(),
        }
    }
}

impl Default for Resources {
    fn default() -> Resources {
        Resources {
            cpus_milli: 1000,
            memory_mib: 512,
        }
    }
}

impl Default for Health {
    fn default() -> Health {
        Health {
            path: "/".to_owned(),
            port: None,
            successes: 2,
            timeout_s: 60,
            probe_timeout_ms: 2000,
            statuses: Vec::new(),
        }
    }
}

impl Health {
    /// Whether an answer with this status is a success.
    pub fn accepts(&self, status: u16) -> bool {
        (200..300).contains(&status) || self.statuses.contains(&status)
    }
}

#[cfg(test)]
mod tests;
