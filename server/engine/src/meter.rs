//! How many requests each environment had over the last minute: samples of the data plane's
//! counters, kept for as long.

use crate::clock::Clock;
use crate::plane::{Plane, Traffic};
use domain::id::EnvironmentId;
use domain::time::Time;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const EVERY: Duration = Duration::from_secs(10);
const SAMPLES: usize = 7;

type Sample = (Time, BTreeMap<String, Traffic>);

#[derive(Debug, Default)]
pub struct Meter {
    samples: Mutex<VecDeque<Sample>>,
}

impl Meter {
    /// `None` until there are two samples.
    pub fn last_minute(&self, environment: &EnvironmentId) -> Option<u64> {
        let samples = self.samples();
        let (oldest, newest) = (samples.front()?, samples.back()?);
        let count = |sample: &Sample| sample.1.get(environment.as_str()).map(|t| t.requests);
        let (then, now) = (count(oldest).unwrap_or(0), count(newest)?);
        // A data plane that was started anew counts from zero.
        (oldest.0 < newest.0).then(|| now.checked_sub(then).unwrap_or(now))
    }

    pub fn note(&self, now: Time, traffic: BTreeMap<String, Traffic>) {
        let mut samples = self.samples();
        samples.push_back((now, traffic));
        if samples.len() > SAMPLES {
            samples.pop_front();
        }
    }

    pub async fn run(
        self: Arc<Self>,
        plane: Arc<dyn Plane>,
        clock: Arc<dyn Clock>,
        cancel: CancellationToken,
    ) {
        loop {
            if let Ok(traffic) = plane.traffic().await {
                self.note(clock.now(), traffic);
            }
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    fn samples(&self) -> MutexGuard<'_, VecDeque<Sample>> {
        self.samples.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p22_a_minute_is_the_difference_of_its_samples() {
        let (meter, id) = (Meter::default(), EnvironmentId::new(Time(0), 1));
        let count = |requests| {
            BTreeMap::from([(
                id.to_string(),
                Traffic {
                    requests,
                    errors: 0,
                },
            )])
        };
        meter.note(Time(0), count(100));
        assert_eq!(meter.last_minute(&id), None);
        meter.note(Time(10_000), count(160));
        assert_eq!(meter.last_minute(&id), Some(60));
        meter.note(Time(20_000), count(5));
        assert_eq!(
            meter.last_minute(&id),
            Some(5),
            "counts from zero after a restart"
        );
    }
}
