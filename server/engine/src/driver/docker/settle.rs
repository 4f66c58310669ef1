//! When an instance started, and when the Engine takes over restarting it.
//!
//! The first ten seconds belong to us: an exit is an exit. Afterwards the Engine restarts it,
//! which works while Sealdock is down and needs no decision of ours.

use super::observe::{self, Found};
use super::{Room, stamp};
use crate::clock::{Clock, SystemClock};
use crate::driver::DriverError;
use bollard::models::{
    ContainerState, ContainerUpdateBody, HostConfig, RestartPolicy, RestartPolicyNameEnum,
};
use domain::time::Time;
use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One start of one container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Started {
    pub at: Time,
    pub settled: bool,
}

impl Started {
    /// `None` while it has not started.
    pub fn read(state: &ContainerState, settled: bool) -> Option<Self> {
        let at = state.started_at.as_deref().and_then(stamp::time)?;
        Some(Self { at, settled })
    }
}

/// Starts that were looked at, by container and address: a restart publishes another port, so
/// it is looked at again.
#[derive(Default)]
pub struct Starts(Mutex<HashMap<String, (Option<SocketAddr>, Started)>>);

impl Starts {
    pub fn of(&self, found: &Found) -> Option<Started> {
        let (address, started) = *self.all().get(&found.container)?;
        (address == found.address).then_some(started)
    }

    /// Everything when it was lost: the next look finds out again.
    pub fn clear(&self) {
        self.all().clear();
    }

    /// What was removed behind our back is forgotten at the next look at everything.
    pub fn keep_only(&self, found: &[Found]) {
        let found: HashSet<&str> = found.iter().map(|found| found.container.as_str()).collect();
        self.all()
            .retain(|container, _| found.contains(container.as_str()));
    }

    pub fn forget(&self, container: &str) {
        self.all().remove(container);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, (Option<SocketAddr>, Started)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub fn is_settled(host: Option<&HostConfig>) -> bool {
    let policy = host
        .and_then(|host| host.restart_policy.as_ref())
        .and_then(|policy| policy.name);
    policy == Some(RestartPolicyNameEnum::UNLESS_STOPPED)
}

pub fn remember(room: &Arc<Room>, found: &Found, started: Started) {
    room.starts
        .all()
        .insert(found.container.clone(), (found.address, started));
    if !started.settled {
        let (room_of_task, container) = (room.clone(), found.container.clone());
        room.spawn(async move { settle_later(&room_of_task, &container, started).await });
    }
}

/// Waits out the rest of the ten seconds. What fails here is tried again at the next start of
/// Sealdock; until then the planner is the one that notices exits.
async fn settle_later(room: &Room, container: &str, started: Started) {
    let age_ms = SystemClock.now().since_ms(started.at).unsigned_abs();
    tokio::time::sleep(
        room.options
            .settle_after
            .saturating_sub(std::time::Duration::from_millis(age_ms)),
    )
    .await;
    if let Err(e) = settle(room, container, started).await {
        tracing::warn!(container, error = %e, "the Engine was not told to restart an instance by itself");
    }
}

/// Only if it is still the same start: anything else gets its own ten seconds.
async fn settle(room: &Room, container: &str, started: Started) -> Result<(), DriverError> {
    let Some((state, settled)) = observe::inspect(room, container).await? else {
        return Ok(());
    };
    if settled || state.running != Some(true) || Started::read(&state, false) != Some(started) {
        return Ok(());
    }
    let policy = RestartPolicy {
        name: Some(RestartPolicyNameEnum::UNLESS_STOPPED),
        maximum_retry_count: None,
    };
    let body = ContainerUpdateBody {
        restart_policy: Some(policy),
        ..Default::default()
    };
    let updated = room
        .client
        .engine()
        .await?
        .update_container(container, body)
        .await;
    updated
        .map(|_| ())
        .map_err(|e| room.client.failed("restart an instance by itself", &e))
}
