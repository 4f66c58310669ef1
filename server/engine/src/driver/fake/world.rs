//! The instances there are, and what each of them is at a given moment. Pure but for the map.

use super::knob::Knob;
use crate::driver::{DriverError, Scope};
use domain::id::{EnvironmentId, InstanceId};
use domain::instance::{InstanceSpec, Observed, State};
use domain::time::Time;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use tokio_util::sync::{CancellationToken, DropGuard};

/// An instance that is asked to leave takes this long.
const STOP_MS: u32 = 30;

#[derive(Default)]
pub struct World {
    instances: BTreeMap<InstanceId, Instance>,
    ports: u16,
    /// Tags of images that were built here, with what they contain.
    pub tags: BTreeMap<String, String>,
}

pub struct Instance {
    pub spec: InstanceSpec,
    pub knob: Knob,
    /// Each start and its address; the last one counts.
    pub starts: Vec<Start>,
    /// Ended by chaos, with that code.
    killed: Option<i64>,
    gone_at: Option<Time>,
    /// Its listener lives as long as this.
    _open: Option<DropGuard>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    pub at: Time,
    pub address: SocketAddr,
}

/// Where a started instance listens; the token closes it.
pub type Opened = Result<Option<(SocketAddr, CancellationToken)>, DriverError>;

impl World {
    pub fn get(&self, id: &InstanceId) -> Option<&Instance> {
        self.instances.get(id)
    }

    pub fn observe(&self, scope: &Scope<'_>, now: Time) -> Vec<Observed> {
        let wanted = |instance: &&Instance| match scope {
            Scope::Environment(environment) => instance.spec.environment == **environment,
            Scope::Everything => true,
        };
        self.instances
            .values()
            .filter(wanted)
            .map(|instance| instance.observed(now))
            .collect()
    }

    /// Whether it was started: what runs already is adopted.
    pub fn ensure(
        &mut self,
        spec: &InstanceSpec,
        knob: Knob,
        now: Time,
        open: impl FnOnce() -> Opened,
    ) -> Result<bool, DriverError> {
        match self
            .instances
            .get(&spec.id)
            .map(|instance| instance.state(now))
        {
            Some(State::Leaving) => Err(DriverError::Unreachable(format!(
                "Instance {} is still being removed. It can be made again once it is gone.",
                spec.nickname
            ))),
            Some(State::Running | State::Starting) => Ok(false),
            Some(State::Exited { .. }) | None => self.start(spec, knob, now, open).map(|()| true),
        }
    }

    pub fn start(
        &mut self,
        spec: &InstanceSpec,
        knob: Knob,
        now: Time,
        open: impl FnOnce() -> Opened,
    ) -> Result<(), DriverError> {
        let opened = open()?;
        let (address, token) = match opened {
            Some((address, token)) => (address, Some(token.drop_guard())),
            None => (self.next_address(), None),
        };
        let mut starts = self
            .instances
            .remove(&spec.id)
            .map(|instance| instance.starts)
            .unwrap_or_default();
        starts.push(Start { at: now, address });
        let instance = Instance {
            spec: spec.clone(),
            knob,
            starts,
            killed: None,
            gone_at: None,
            _open: token,
        };
        self.instances.insert(spec.id.clone(), instance);
        Ok(())
    }

    /// Without sockets an address is only a name; no two starts have the same.
    fn next_address(&mut self) -> SocketAddr {
        self.ports = self.ports.wrapping_add(1);
        SocketAddr::from(([127, 0, 0, 1], 20_000 + self.ports % 40_000))
    }

    /// Its environment, unless it was gone or leaving already.
    pub fn remove(&mut self, id: &InstanceId, now: Time, grace_s: u32) -> Option<EnvironmentId> {
        let instance = self
            .instances
            .get_mut(id)
            .filter(|instance| instance.gone_at.is_none())?;
        let stop_ms = if let Knob::SlowStop { ms } = instance.knob {
            ms
        } else {
            STOP_MS
        };
        instance.gone_at = Some(now.plus_ms(i64::from(stop_ms.min(grace_s.saturating_mul(1000)))));
        Some(instance.spec.environment.clone())
    }

    pub fn reap(&mut self, now: Time) {
        self.instances
            .retain(|_, instance| instance.gone_at.is_none_or(|at| now < at));
    }

    pub fn vanish(&mut self, id: &InstanceId) -> Option<EnvironmentId> {
        self.instances
            .remove(id)
            .map(|instance| instance.spec.environment)
    }

    pub fn kill(&mut self, id: &InstanceId, code: i64) -> Option<EnvironmentId> {
        let instance = self.instances.get_mut(id)?;
        instance.killed = Some(code);
        instance._open = None;
        Some(instance.spec.environment.clone())
    }
}

impl Instance {
    pub fn state(&self, now: Time) -> State {
        match self.ended(now) {
            _ if self.gone_at.is_some() => State::Leaving,
            Some((code, out_of_memory)) => State::Exited {
                code,
                out_of_memory,
                lines: self.last_lines(now),
            },
            None => State::Running,
        }
    }

    /// The code, and whether it was killed for its memory.
    pub fn ended(&self, now: Time) -> Option<(i64, bool)> {
        match self.knob {
            _ if self.killed.is_some() => self.killed.map(|code| (code, false)),
            Knob::Exits { code } => Some((code, false)),
            Knob::OutOfMemory => Some((137, true)),
            Knob::CrashAfter { ms } if self.age_ms(now) >= i64::from(ms) => Some((1, false)),
            _ => None,
        }
    }

    pub fn age_ms(&self, now: Time) -> i64 {
        self.starts.last().map_or(0, |start| now.since_ms(start.at))
    }

    /// When it will be something else by itself, in milliseconds from now.
    pub fn changes_in_ms(&self, now: Time) -> Option<u64> {
        let crash = match self.knob {
            Knob::CrashAfter { ms } => Some(i64::from(ms) - self.age_ms(now)),
            _ => None,
        };
        let gone = self.gone_at.map(|at| at.since_ms(now));
        gone.or(crash).and_then(|ms| u64::try_from(ms).ok())
    }

    fn observed(&self, now: Time) -> Observed {
        let (state, start) = (self.state(now), self.starts.last());
        let runs = matches!(state, State::Running | State::Leaving) && self.ended(now).is_none();
        Observed {
            id: self.spec.id.clone(),
            environment: self.spec.environment.clone(),
            address: start.filter(|_| runs).map(|start| start.address),
            sealed: None,
            started_at: start.map(|start| start.at),
            state,
        }
    }
}
