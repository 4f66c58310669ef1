//! One container or one confidential VM: what is wanted of it, and what was seen of it.

use crate::config::{Config, Resources};
use crate::id::{EnvironmentId, InstanceId, OrgId, ProjectId};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Everything a driver needs to create the instance, or to adopt it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceSpec {
    pub id: InstanceId,
    pub org: OrgId,
    pub project: ProjectId,
    pub environment: EnvironmentId,
    /// For people who look at the runtime itself: `web-production-12`.
    pub nickname: String,
    /// The Engine's id of the image.
    pub image: String,
    pub command: Option<Vec<String>>,
    /// The user's, then the injected ones.
    pub env: BTreeMap<String, String>,
    /// The one port it answers HTTP on; published on loopback only.
    pub port: u16,
    pub resources: Resources,
    /// The configuration it came from: exclusive resources and the like.
    pub config: Config,
}

/// What a driver saw of one instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    pub id: InstanceId,
    pub environment: EnvironmentId,
    pub state: State,
    /// Where it answers, while it runs.
    pub address: Option<SocketAddr>,
    pub started_at: Option<Time>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum State {
    /// It exists and does not run yet.
    Starting,
    Running,
    /// It ended, or keeps ending: `lines` are its last.
    Exited {
        code: i64,
        out_of_memory: bool,
        lines: Vec<String>,
    },
    /// It is being removed; it may still answer for a moment.
    Leaving,
}
