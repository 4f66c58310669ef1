//! What the control plane and the data plane say to each other.
//!
//! One JSON object per line over a unix socket, one answer line per request, in order. `watch`
//! is the exception: after its answer the connection carries hints until it is closed. A hint
//! says *look again*, never what to do.

use domain::frontage::Frontage;
use domain::route::{Route, RouteTable};
use domain::traffic::Traffic;
use serde::{Deserialize, Serialize};

/// Changed when a line of an older peer would be misread.
pub const PROTOCOL: u32 = 1;

/// The longest line either side reads. A table of 10,000 routes takes about 3 MiB.
pub const MAX_LINE_BYTES: usize = 64 * 1024 * 1024;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Request {
    Hello {
        protocol: u32,
    },
    /// The whole table, after the control plane started or found itself ahead.
    Replace {
        table: RouteTable,
    },
    /// One route, new or instead of the one with its id.
    Put {
        generation: u64,
        route: Route,
    },
    /// One route less.
    Drop {
        generation: u64,
        id: String,
    },
    /// Everything about custom domains, in the place of what there was.
    Front {
        generation: u64,
        frontage: Frontage,
    },
    Status,
    /// The routes that serve: what a control plane adopts after its own restart.
    Table,
    /// Hints from now on.
    Watch,
    /// Close what is still open on a draining upstream.
    Cut {
        upstream: String,
    },
    /// Send the listening sockets along with the answer: a successor is about to serve.
    HandOver,
    /// The successor serves: accept nothing any more, finish, end. Its snapshot is the newer one.
    Retire,
    /// Accept nothing any more, let requests finish for so long, then end.
    Shutdown {
        drain_ms: u64,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    Hello(Hello),
    /// The table with this generation serves from now on.
    Serving {
        generation: u64,
    },
    Status(Status),
    Table {
        table: RouteTable,
    },
    Watching,
    /// So many connections were closed.
    Cut {
        connections: usize,
    },
    ShuttingDown,
    HandedOver {
        sockets: usize,
        /// So many of them, the last ones, speak TLS; an older one has none.
        #[serde(default)]
        tls: usize,
    },
    Retiring,
    Hint(Hint),
    Refused(Refusal),
}

/// A "no" that another try would not change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{sentence}")]
pub struct Refusal {
    pub code: RefusalCode,
    pub sentence: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    Protocol,
    Malformed,
    StaleGeneration,
    HostTaken,
    InvalidRoute,
    InvalidFrontage,
    UnknownUpstream,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    pub protocol: u32,
    pub pid: u32,
    pub version: String,
    /// Which executable it is; empty where an older one does not say.
    #[serde(default)]
    pub build: String,
    /// Of the table that serves.
    pub generation: u64,
    /// Of the table that survives a crash; trails `generation` by milliseconds.
    pub snapshot_generation: u64,
    pub started_at_ms: u64,
    /// Where applications are served: the bound addresses, ports chosen.
    pub listen: Vec<std::net::SocketAddr>,
    /// Where they are served with TLS.
    #[serde(default)]
    pub listen_tls: Vec<std::net::SocketAddr>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Hint {
    /// Nothing is in flight any more on an upstream that left the table.
    Drained { upstream: String },
    /// An upstream that serves was found down, or up again.
    Health { upstream: String, healthy: bool },
    /// The watcher was too slow and hints were lost.
    Missed,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Status {
    pub generation: u64,
    pub snapshot_generation: u64,
    /// Open client connections.
    pub connections: usize,
    /// Serving and draining upstreams. One that is absent has drained.
    pub upstreams: Vec<UpstreamStatus>,
    pub routes: Vec<RouteStatus>,
}

impl Status {
    /// Requests, streams and tunnels that are open on an upstream.
    pub fn in_flight(&self, upstream: &str) -> u64 {
        self.upstreams
            .iter()
            .filter(|one| one.id == upstream)
            .map(|one| one.in_flight)
            .sum()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpstreamStatus {
    pub id: String,
    pub address: std::net::SocketAddr,
    pub in_flight: u64,
    /// It left the table and finishes what it has.
    pub draining: bool,
    /// What the continuing health check last found; true where there is none.
    pub healthy: bool,
    /// Left out for a moment after failed connects.
    pub ejected: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RouteStatus {
    pub id: String,
    pub deployment: Option<String>,
    pub stats: Traffic,
}
