//! What the data plane knows: hosts, and where each one leads. Nothing else.
//!
//! A route exists without a live deployment. It then answers with an honest page; it never
//! points at nothing and never at a default address.

use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// Everything the data plane knows, as published and as kept in its snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTable {
    /// Grows with every change. The data plane refuses an older one than it serves.
    pub generation: u64,
    pub routes: Vec<Route>,
}

/// One environment's door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Stable key of the route: the environment's id.
    pub id: String,
    /// Lower-case host names without port, unique over the whole table.
    pub hosts: Vec<String>,
    pub target: Target,
}

/// Where a route leads right now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Target {
    /// No live deployment: answered 404 with this sentence.
    Absent { sentence: String },
    /// Nothing can serve for now: answered 503 with `Retry-After` and this sentence.
    Unavailable {
        retry_after_s: u32,
        sentence: String,
    },
    /// Live instances. Never empty: an empty set is `Unavailable`.
    Upstreams {
        deployment: String,
        upstreams: Vec<Upstream>,
        health: Option<HealthCheck>,
    },
    /// A directory that the data plane serves itself.
    Static {
        deployment: String,
        root: String,
        spa: bool,
    },
}

/// One instance that answers HTTP/1.1.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Upstream {
    /// The instance's id: in-flight accounting and drain are by this.
    pub id: String,
    pub address: SocketAddr,
}

/// How the data plane goes on checking upstreams that it serves from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    pub path: String,
    pub interval_ms: u32,
    pub timeout_ms: u32,
}

impl Target {
    /// The upstreams that this target leads to; empty for every other kind.
    pub fn upstreams(&self) -> &[Upstream] {
        match self {
            Target::Upstreams { upstreams, .. } => upstreams,
            _ => &[],
        }
    }

    /// The deployment that serves, where one does.
    pub fn deployment(&self) -> Option<&str> {
        match self {
            Target::Upstreams { deployment, .. } | Target::Static { deployment, .. } => {
                Some(deployment)
            }
            _ => None,
        }
    }
}
