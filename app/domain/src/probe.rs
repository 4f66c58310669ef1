//! When to probe an instance, and what its probes say so far (P-8). The edge sends the request;
//! this decides when, and when to stop hoping.

use crate::config::Health;
use crate::id::InstanceId;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// The pause after the first failure; each further one is 1.6 times as long.
const FIRST_PAUSE_MS: i64 = 20;
const LONGEST_PAUSE_MS: i64 = 5_000;
/// An outage is over within 5 s of the app being back.
const LIVE_PAUSE_MS: i64 = 2_000;
/// Between two successes that must follow each other.
const CONFIRM_PAUSE_MS: i64 = 20;

/// What the probes of one instance came to, at one address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probed {
    /// A restart may move it, and then nothing said here counts.
    pub address: SocketAddr,
    /// The health window opens with it.
    pub first_at: Time,
    /// The next pause begins with it.
    pub last_at: Time,
    /// Failures since the last success.
    pub failures: u32,
    /// Successes since the last failure.
    pub passes: u32,
    /// What the last failure was: "answered 503".
    pub last_failure: Option<String>,
}

/// What to do with an instance that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Passed often enough in a row.
    Healthy,
    /// Nothing is known, or the pause is over.
    ProbeNow,
    /// The pause lasts until then.
    Wait(Time),
    /// The health window closed; the sentence says what the last probe got.
    GiveUp(String),
}

impl Probed {
    /// Nothing is known yet: the window opens.
    pub const fn begin(address: SocketAddr, now: Time) -> Self {
        Self {
            address,
            first_at: now,
            last_at: now,
            failures: 0,
            passes: 0,
            last_failure: None,
        }
    }

    /// What is known after one more probe ended at `now`.
    #[must_use]
    pub fn after(self, now: Time, result: Result<(), String>) -> Self {
        match result {
            Ok(()) => Self {
                last_at: now,
                failures: 0,
                passes: self.passes.saturating_add(1),
                ..self
            },
            Err(sentence) => Self {
                last_at: now,
                failures: self.failures.saturating_add(1),
                passes: 0,
                last_failure: Some(sentence),
                ..self
            },
        }
    }
}

/// What to do next with an instance that runs at `address`.
pub fn verdict(
    health: &Health,
    id: &InstanceId,
    address: SocketAddr,
    known: Option<&Probed>,
    now: Time,
) -> Verdict {
    let Some(known) = known.filter(|k| k.address == address) else {
        return Verdict::ProbeNow;
    };
    if known.passes >= health.successes {
        return Verdict::Healthy;
    }
    let closes = known.first_at.plus_ms(i64::from(health.timeout_s) * 1000);
    if now >= closes && known.passes == 0 {
        return Verdict::GiveUp(gave_up(health, known));
    }
    at(known.last_at.plus_ms(pause_ms(known, id)), now)
}

/// The same for an instance that served before. It is never given up: what it waits for may be
/// under repair. Its window being over changes nothing about the pauses either.
pub fn verdict_while_live(
    id: &InstanceId,
    address: SocketAddr,
    known: Option<&Probed>,
    now: Time,
) -> Verdict {
    match known.filter(|k| k.address == address) {
        None => Verdict::ProbeNow,
        Some(known) if known.passes > 0 => Verdict::Healthy,
        Some(known) => at(
            known
                .last_at
                .plus_ms(pause_ms(known, id).min(LIVE_PAUSE_MS)),
            now,
        ),
    }
}

fn at(due: Time, now: Time) -> Verdict {
    match now >= due {
        true => Verdict::ProbeNow,
        false => Verdict::Wait(due),
    }
}

fn gave_up(health: &Health, known: &Probed) -> String {
    let last = known
        .last_failure
        .as_deref()
        .unwrap_or("no probe was answered");
    format!(
        "It did not become healthy within {} s: GET {} {last}.",
        health.timeout_s, health.path
    )
}

/// Exponential backoff; the jitter comes from the id, so that the same world gives the same plan.
fn pause_ms(known: &Probed, id: &InstanceId) -> i64 {
    if known.failures == 0 {
        return CONFIRM_PAUSE_MS;
    }
    let grown = (1..known.failures.min(32))
        .fold(FIRST_PAUSE_MS, |ms, _| (ms * 8 / 5).min(LONGEST_PAUSE_MS));
    grown + jitter(id, known.failures) % (grown / 4 + 1)
}

fn jitter(id: &InstanceId, attempt: u32) -> i64 {
    let id = id.to_string();
    let seed = id.bytes().chain(attempt.to_le_bytes());
    let hash = seed.fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3)
    });
    (hash >> 33) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::id::{DeploymentId, WEB};

    fn parts() -> (Health, InstanceId, SocketAddr) {
        let id = InstanceId::of(&DeploymentId::new(Time(0), 1), WEB, 0);
        (
            Config::default().health,
            id,
            SocketAddr::from(([127, 0, 0, 1], 9)),
        )
    }

    #[test]
    fn p8_the_pauses_grow_and_stay_under_the_cap() {
        let (health, id, address) = parts();
        let mut known = Probed::begin(address, Time(0));
        let mut pauses = vec![];
        for _ in 0..16 {
            known = known.after(Time(0), Err("refused".into()));
            match verdict(&health, &id, address, Some(&known), Time(0)) {
                Verdict::Wait(until) => pauses.push(until.0),
                other => panic!("expected a pause, got {other:?}"),
            }
        }
        assert!(
            pauses.windows(2).all(|w| w[1] * 5 >= w[0] * 4),
            "{pauses:?}"
        );
        assert!(
            pauses[0] <= 25 && pauses[15] >= 5_000 && pauses[15] <= 6_250,
            "{pauses:?}"
        );
    }

    #[test]
    fn p8_it_takes_consecutive_successes() {
        let (health, id, address) = parts();
        let flapping = Probed::begin(address, Time(0))
            .after(Time(1), Ok(()))
            .after(Time(2), Err("x".into()))
            .after(Time(3), Ok(()));
        assert_ne!(
            verdict(&health, &id, address, Some(&flapping), Time(900)),
            Verdict::Healthy
        );
        let steady = flapping.after(Time(30), Ok(()));
        assert_eq!(
            verdict(&health, &id, address, Some(&steady), Time(900)),
            Verdict::Healthy
        );
    }

    #[test]
    fn p8_the_window_closes_with_what_the_last_probe_got() {
        let (health, id, address) = parts();
        let known = Probed::begin(address, Time(0)).after(Time(59_000), Err("answered 503".into()));
        let said = verdict(&health, &id, address, Some(&known), Time(60_000));
        assert_eq!(
            said,
            Verdict::GiveUp("It did not become healthy within 60 s: GET / answered 503.".into())
        );
    }

    #[test]
    fn q22_a_new_address_begins_anew() {
        let (health, id, address) = parts();
        let known = Probed::begin(address, Time(0))
            .after(Time(1), Ok(()))
            .after(Time(30), Ok(()));
        let moved = SocketAddr::from(([127, 0, 0, 1], 10));
        assert_eq!(
            verdict(&health, &id, moved, Some(&known), Time(40)),
            Verdict::ProbeNow
        );
    }
}
