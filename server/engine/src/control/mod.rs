//! The use cases: one file per noun of `domain::api`, one method each, and every one reads the
//! same: scope → may → decide → one transaction → wake → view.

mod accounts;
mod allowed;
mod attention;
mod attestations;
mod credentials;
mod crons;
mod deployments;
mod detect;
mod disk;
mod domains;
mod environments;
mod holds;
mod hooks;
mod imports;
mod metrics;
mod papers;
mod password;
mod projects;
mod pushes;
mod recovery;
mod releases;
mod resolve;
mod reviews;
mod running;
mod runtimes;
mod secrets;
mod services;
mod stack_trace;
mod stop;
mod terminals;
mod token;
mod updates;
mod uploads;
mod versions;
mod views;

pub use token::{fresh, hash};

use crate::changes::Bus;
use crate::clock::Clock;
use crate::dirs::Dirs;
use crate::domains::Domains;
use crate::gauges::Gauges;
use crate::logs::Logs;
use crate::meter::Meter;
use crate::plane::Plane;
use crate::reconciler::Memory;
use crate::reconciler::queue::Queue;
use crate::runtimes::Runtimes;
use crate::secrets::Vault;
use crate::services::Standing;
use crate::source::git::Git;
use crate::store::{Now, Store, StoreError};
use domain::api::Reply;
use domain::hint::Topic;
use domain::id::{DeploymentId, EnvironmentId, OrgId};
use domain::refusal::Refusal;
use std::sync::Arc;
use tokio::sync::{Notify, Semaphore};

/// What an operator set at start.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Apps answer at `<project>.<base domain>`.
    pub base_domain: String,
    /// Where a browser reaches the data plane.
    pub proxy_port: u16,
    /// And with TLS, where it speaks that.
    pub tls_port: Option<u16>,
    pub version: String,
    /// What deployments made may hold together.
    pub disk_budget_bytes: u64,
    /// How often the poll asks for the head of a branch.
    pub git_poll_s: u64,
}

pub struct Control {
    pub store: Store,
    pub runtimes: Arc<Runtimes>,
    pub plane: Arc<dyn Plane>,
    pub git: Arc<Git>,
    pub logs: Logs,
    pub clock: Arc<dyn Clock>,
    pub bus: Bus,
    pub queue: Arc<Queue>,
    /// Wakes the worker of deliveries.
    pub pushes: Arc<Notify>,
    pub memory: Arc<Memory>,
    pub meter: Arc<Meter>,
    pub gauges: Arc<Gauges>,
    pub dirs: Dirs,
    pub settings: Settings,
    /// How each service is; wakes whoever keeps them up.
    pub services: Arc<Standing>,
    /// Wakes whoever keeps the crons' time.
    pub crons_changed: Arc<Notify>,
    /// Seals and opens secrets.
    pub vault: Arc<Vault>,
    /// So many terminals are open at once, and no more.
    pub terminals: Arc<Semaphore>,
    /// Proves custom domains, and keeps their certificates.
    pub domains: Arc<Domains>,
    /// Password hashes take 19 MiB each: so many at once, and no more.
    pub hashing: Semaphore,
}

impl Control {
    pub(crate) fn now(&self) -> Now {
        Now {
            at: self.clock.now(),
            entropy: self.clock.entropy(),
        }
    }

    /// Look again: at the environment, and on the pages that show it.
    fn wake(&self, org: &OrgId, environment: &EnvironmentId, deployment: Option<&DeploymentId>) {
        if let Some(id) = deployment {
            // What was said of it before is not true any more.
            self.memory
                .with(environment, |memory| memory.why.remove(id));
            self.bus.hint(org, Topic::Deployment(id.clone()));
        }
        self.queue.wake(environment);
        self.bus.hint(org, Topic::Environment(environment.clone()));
    }
}

fn bad_cursor() -> Refusal {
    Refusal::invalid("cursor", "That is not a cursor of this list.")
        .way_out("Take `next` of the page before, or begin without one.")
}

/// Turns our own fault into an answer: the log has the details, the person an incident's number.
fn broken(error: impl std::fmt::Display) -> Refusal {
    let incident = format!("{:08x}", rand::random::<u32>());
    tracing::error!(incident, "{error}");
    Refusal::internal(&incident)
}

/// What a write that lost a race answers.
fn moved_on(error: StoreError) -> Refusal {
    match error {
        StoreError::Stale => Refusal::conflict(
            "moved_on",
            "It has changed in the same moment; nothing was done.",
        )
        .way_out("Look at it again and repeat if you still want to."),
        other => broken(other),
    }
}

/// `Option` of a scoped look-up: another tenant's is exactly like none.
fn found<T>(row: Result<Option<T>, StoreError>, noun: &str) -> Reply<T> {
    row.map_err(broken)?.ok_or_else(|| Refusal::not_found(noun))
}
