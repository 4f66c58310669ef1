//! One container or one confidential VM: what is wanted of it, and what was seen of it.

use crate::config::{Config, Resources};
use crate::id::{EnvironmentId, InstanceId, OrgId, ProjectId};
use crate::secret::Secrets;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Everything a driver needs to create the instance, or to adopt it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceSpec {
    /// Goes into the container's name and labels before it exists.
    pub id: InstanceId,
    /// The tenant.
    pub org: OrgId,
    /// Its private network is the project's.
    pub project: ProjectId,
    /// What an observation is scoped by.
    pub environment: EnvironmentId,
    /// For people who look at the runtime itself: `web-production-12`.
    pub nickname: String,
    /// The Engine's id of the image.
    pub image: String,
    /// Instead of the image's own.
    pub command: Option<Vec<String>>,
    /// Instead of the image's own entrypoint, and of its command with it.
    pub entrypoint: Option<Vec<String>>,
    /// The user's, then the injected ones.
    pub env: BTreeMap<String, String>,
    /// What nobody is to read: more variables, and never written anywhere.
    #[serde(skip)]
    pub secrets: Secrets,
    /// The one port it answers HTTP on; published on loopback only.
    pub port: u16,
    /// The ceiling.
    pub resources: Resources,
    /// Its environment is for debugging: a confidential machine shows then what its app prints, and
    /// measures as something else.
    #[serde(default)]
    pub debug: bool,
    /// The configuration it came from: exclusive resources and the like.
    pub config: Config,
}

/// What a driver saw of one instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// Read back from its label.
    pub id: InstanceId,
    /// Read back from its label.
    pub environment: EnvironmentId,
    /// How it was at that moment.
    pub state: State,
    /// Where it answers, while it runs.
    pub address: Option<SocketAddr>,
    /// Where its own TLS ends, inside, while it is reached at all; only confidential machines have one.
    #[serde(default)]
    pub sealed: Option<SocketAddr>,
    /// Its last start, after an exit too. `None` while nobody has started it: a crash may have
    /// come between create and start.
    pub started_at: Option<Time>,
}

/// How an instance was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum State {
    /// It exists and does not run yet.
    Starting,
    /// It has a process; whether it is healthy is for probes to say.
    Running,
    /// It ended, or keeps ending: `lines` are its last.
    Exited {
        /// Of its process.
        code: i64,
        /// The runtime killed it for its memory.
        out_of_memory: bool,
        /// The last that it printed.
        lines: Vec<String>,
    },
    /// It is being removed; it may still answer for a moment.
    Leaving,
}
