//! What the data plane knows: hosts, and where each one leads. Nothing else.
//!
//! A route exists without a live deployment. It then answers with an honest page; it never
//! points at nothing and never at a default address.

use crate::frontage::Frontage;
use crate::id::EnvironmentId;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// Everything the data plane knows, as published and as kept in its snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTable {
    /// Grows with every change. The data plane refuses an older one than it serves.
    pub generation: u64,
    /// One per environment, and one for what it holds at ready.
    pub routes: Vec<Route>,
    /// Names that people brought along, and their certificates.
    #[serde(default, skip_serializing_if = "Frontage::is_empty")]
    pub frontage: Frontage,
}

/// One environment's door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Stable key of the route: the environment's id.
    pub id: String,
    /// Lower-case host names without port, unique over the whole table.
    pub hosts: Vec<String>,
    /// What a request for one of the hosts gets.
    pub target: Target,
}

/// The door of what an environment holds at ready: a host that only its reviewers know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// One that cannot be guessed.
    pub host: String,
    /// What a request for it gets.
    pub target: Target,
}

impl Shown {
    /// As it is published.
    pub fn route(&self, environment: &EnvironmentId) -> Route {
        Route {
            id: shown_id(environment),
            hosts: vec![self.host.clone()],
            target: self.target.clone(),
        }
    }

    /// As the data plane has it.
    pub fn of(route: Route) -> Shown {
        Shown {
            host: route.hosts.into_iter().next().unwrap_or_default(),
            target: route.target,
        }
    }
}

/// After an environment's id, in the id of the route that shows what it holds.
const HELD: &str = "/held";

/// Stable key of the route that shows what an environment holds.
pub fn shown_id(environment: &EnvironmentId) -> String {
    format!("{environment}{HELD}")
}

/// Whose route it is, and whether it shows what is held there.
pub fn owner(id: &str) -> Option<(EnvironmentId, bool)> {
    match id.strip_suffix(HELD) {
        Some(environment) => Some((environment.parse().ok()?, true)),
        None => Some((id.parse().ok()?, false)),
    }
}

/// Where a route leads right now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Target {
    /// No live deployment: answered 404 with this sentence.
    Absent {
        /// Why there is nothing.
        sentence: String,
    },
    /// Nothing can serve for now: answered 503 with `Retry-After` and this sentence.
    Unavailable {
        /// After which a client should try again.
        retry_after_s: u32,
        /// Why not just now.
        sentence: String,
        /// Requests wait for so long before they are answered so; most are not held at all.
        #[serde(default, skip_serializing_if = "is_zero")]
        hold_s: u32,
    },
    /// Live instances. Never empty: an empty set is `Unavailable`.
    Upstreams {
        /// Whose instances these are.
        deployment: String,
        /// Where requests go, in turns.
        upstreams: Vec<Upstream>,
        /// `None`: only broken connections count.
        health: Option<HealthCheck>,
    },
    /// A directory that the data plane serves itself.
    Static {
        /// Whose files these are.
        deployment: String,
        /// The directory; nothing outside it is ever served.
        root: String,
        /// Unknown paths answer `index.html`.
        spa: bool,
    },
}

/// One instance that answers HTTP/1.1.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Upstream {
    /// The instance's id: in-flight accounting and drain are by this.
    pub id: String,
    /// On loopback.
    pub address: SocketAddr,
    /// Where its own TLS ends, inside: a connection that asks for its host by name is passed there
    /// unopened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<SocketAddr>,
}

/// How the data plane goes on checking upstreams that it serves from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// Asked with GET.
    pub path: String,
    /// From one check to the next.
    pub interval_ms: u32,
    /// An answer that takes longer is none.
    pub timeout_ms: u32,
}

/// No request is held for longer, whatever a table says.
pub const MOST_HELD_S: u32 = 60;

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde calls it
fn is_zero(seconds: &u32) -> bool {
    *seconds == 0
}

impl Target {
    /// How long a request waits for something better than this answer.
    pub fn hold_s(&self) -> u32 {
        match self {
            Target::Unavailable { hold_s, .. } => *hold_s.min(&MOST_HELD_S),
            _ => 0,
        }
    }

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
