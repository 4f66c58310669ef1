//! What each environment answered over the last hour: samples of the data plane's counters (P-22).

use crate::clock::Clock;
use crate::plane::Plane;
use domain::id::EnvironmentId;
use domain::time::Time;
use domain::traffic::{Minute, Traffic};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const EVERY: Duration = Duration::from_secs(10);
/// Over these, *the last minute* is counted.
const SAMPLES: usize = 7;
const MINUTE_MS: i64 = 60_000;
const MINUTES: usize = 60;

/// By environment.
pub type Counted = BTreeMap<String, Traffic>;

#[derive(Debug, Default)]
pub struct Meter(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    requests: VecDeque<(Time, BTreeMap<String, u64>)>,
    /// The counters when the last minute ended.
    minute: Option<(Time, Counted)>,
    /// Only of environments that answered something within the hour.
    minutes: BTreeMap<String, VecDeque<Minute>>,
}

impl Meter {
    /// `None` until there are two samples.
    pub fn last_minute(&self, environment: &EnvironmentId) -> Option<u64> {
        let kept = self.kept();
        let (oldest, newest) = (kept.requests.front()?, kept.requests.back()?);
        let then = oldest.1.get(environment.as_str()).copied().unwrap_or(0);
        let now = *newest.1.get(environment.as_str())?;
        // A data plane that was started anew counts from zero.
        (oldest.0 < newest.0).then(|| now.checked_sub(then).unwrap_or(now))
    }

    /// The oldest first; empty where nothing was answered for an hour.
    pub fn hour(&self, environment: &EnvironmentId) -> Vec<Minute> {
        let kept = self.kept();
        let minutes = kept.minutes.get(environment.as_str());
        minutes.into_iter().flatten().copied().collect()
    }

    pub fn note(&self, now: Time, counted: Counted) {
        self.kept().note(now, counted);
    }

    pub async fn run(
        self: Arc<Self>,
        plane: Arc<dyn Plane>,
        clock: Arc<dyn Clock>,
        cancel: CancellationToken,
    ) {
        loop {
            if let Ok(counted) = plane.traffic().await {
                self.note(clock.now(), counted);
            }
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn note(&mut self, now: Time, counted: Counted) {
        let requests = counted.iter().map(|(id, t)| (id.clone(), t.requests));
        self.requests.push_back((now, requests.collect()));
        if self.requests.len() > SAMPLES {
            self.requests.pop_front();
        }
        match &self.minute {
            Some((began, _)) if now.0 - began.0 < MINUTE_MS => {}
            Some((_, before)) => {
                let minute = minute(now, before, &counted);
                self.end_minute(now, &minute);
                self.minute = Some((now, counted));
            }
            None => self.minute = Some((now, counted)),
        }
    }

    /// An environment that answered nothing has a minute too, for as long as its hour shows one.
    fn end_minute(&mut self, now: Time, minute: &BTreeMap<String, Minute>) {
        for id in minute.keys() {
            self.minutes.entry(id.clone()).or_default();
        }
        for (id, hour) in &mut self.minutes {
            let quiet = Minute {
                at: now,
                ..Minute::default()
            };
            hour.push_back(minute.get(id).copied().unwrap_or(quiet));
            if hour.len() > MINUTES {
                hour.pop_front();
            }
        }
        self.minutes
            .retain(|_, hour| hour.iter().any(|m| m.requests > 0));
    }
}

/// What was answered since `before`, by whoever answered anything.
fn minute(now: Time, before: &Counted, counted: &Counted) -> BTreeMap<String, Minute> {
    let none = Traffic::default();
    let one = |(id, traffic): (&String, &Traffic)| {
        let since = traffic.since(before.get(id).unwrap_or(&none));
        (since.requests > 0).then(|| (id.clone(), Minute::of(now, &since)))
    };
    counted.iter().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(id: &EnvironmentId, requests: u64) -> Counted {
        let traffic = Traffic {
            requests,
            by_class: [0, requests, 0, 0, 0],
            latency_us: vec![(1_000, requests)],
            ..Traffic::default()
        };
        BTreeMap::from([(id.to_string(), traffic)])
    }

    #[test]
    fn p22_the_last_minute_is_the_difference_of_its_samples() {
        let (meter, id) = (Meter::default(), EnvironmentId::new(Time(0), 1));
        meter.note(Time(0), count(&id, 100));
        assert_eq!(meter.last_minute(&id), None);
        meter.note(Time(10_000), count(&id, 160));
        assert_eq!(meter.last_minute(&id), Some(60));
        meter.note(Time(20_000), count(&id, 5));
        assert_eq!(
            meter.last_minute(&id),
            Some(5),
            "counts from zero after a restart"
        );
    }

    #[test]
    fn p22_an_hour_has_sixty_minutes_and_a_quiet_one_is_forgotten() {
        let (meter, id) = (Meter::default(), EnvironmentId::new(Time(0), 1));
        let minutes = |n: i64| Time(n * MINUTE_MS);
        meter.note(minutes(0), count(&id, 0));
        meter.note(minutes(1), count(&id, 30));
        let hour = meter.hour(&id);
        assert_eq!(
            (hour.len(), hour[0].requests, hour[0].p99_us),
            (1, 30, 1_000)
        );
        for n in 2..=60 {
            meter.note(minutes(n), count(&id, 30));
        }
        let hour = meter.hour(&id);
        assert_eq!((hour.len(), hour[59].requests), (60, 0));
        meter.note(minutes(61), count(&id, 30));
        assert_eq!(meter.hour(&id), []);
    }
}
