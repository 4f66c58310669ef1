//! What an instance would answer, and the probe that asks without a socket.

use super::knob::Knob;
use super::world::Instance;
use super::{FakeDriver, Fault};
use crate::probe::{self, Prober};
use async_trait::async_trait;
use domain::id::InstanceId;
use domain::time::Time;
use hyper::StatusCode;
use std::net::SocketAddr;

/// How a request to it ends at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing listens.
    Refused,
    /// Something listens, and the program behind it is not ready.
    Closed,
    Status(StatusCode),
}

impl Instance {
    pub fn answer(&self, now: Time) -> Answer {
        let age_ms = self.age_ms(now);
        match self.knob {
            _ if self.ended(now).is_some() => Answer::Refused,
            Knob::SlowStart { ms } if age_ms < i64::from(ms) => Answer::Closed,
            Knob::Unhealthy => Answer::Status(StatusCode::SERVICE_UNAVAILABLE),
            Knob::Flaps { ms } if age_ms / i64::from(ms) % 2 == 1 => {
                Answer::Status(StatusCode::SERVICE_UNAVAILABLE)
            }
            _ => Answer::Status(StatusCode::OK),
        }
    }

    /// The version on the first line, then where it came from and what it was given.
    pub fn body(&self, reference: &str) -> String {
        let version = reference.rsplit_once(':').map_or("latest", |(_, tag)| tag);
        let env = self
            .spec
            .env
            .iter()
            .map(|(name, value)| format!("{name}={value}\n"));
        format!(
            "{version}\n{reference}\n{}\n{}",
            self.spec.id,
            env.collect::<String>()
        )
    }
}

#[async_trait]
impl Prober for FakeDriver {
    async fn probe(
        &self,
        instance: &InstanceId,
        address: SocketAddr,
        _: &str,
        _: u32,
        accept: &[u16],
    ) -> Result<(), String> {
        match self.room.faults.before("probe", &instance.to_string()) {
            Fault::None => {}
            Fault::ErrorBefore(error) | Fault::ErrorAfterEffect(error) => {
                return Err(error.to_string());
            }
        }
        let now = self.room.clock.now();
        let world = self.room.world();
        // An address of an earlier start leads nowhere.
        let found = world.get(instance).filter(|found| {
            found
                .starts
                .last()
                .is_some_and(|start| start.address == address)
        });
        match found.map_or(Answer::Refused, |found| found.answer(now)) {
            Answer::Refused => Err(probe::REFUSED.into()),
            Answer::Closed => Err(probe::BROKE_OFF.into()),
            Answer::Status(status) => probe::judge(status, accept),
        }
    }
}
