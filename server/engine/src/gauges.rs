//! What each serving instance took of its machine over the last hour: samples of what its runtime
//! counts (P-22).

use crate::clock::Clock;
use crate::driver::Gauge;
use crate::runtimes::Runtimes;
use crate::store::{Store, Stored};
use domain::id::{DeploymentId, EnvironmentId, InstanceId};
use domain::plan::world::wanted;
use domain::time::Time;
use domain::usage::{Usage, UsageMinute};
use futures_util::{StreamExt, stream};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const EVERY: Duration = Duration::from_secs(20);
/// Asked at the same time: a runtime has better things to do.
const AT_ONCE: usize = 4;
/// An instance that does not answer does not hold up the others.
const ANSWER: Duration = Duration::from_secs(5);
const MINUTE_MS: i64 = 60_000;
const MINUTES: usize = 60;

#[derive(Debug, Default)]
pub struct Gauges(Mutex<BTreeMap<EnvironmentId, BTreeMap<InstanceId, Kept>>>);

/// Of one instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    pub now: Usage,
    /// The oldest first.
    pub minutes: VecDeque<UsageMinute>,
    /// When the last minute ended, and what had been counted then.
    began: Option<(Time, Usage)>,
    most_memory_bytes: u64,
}

/// Who takes the samples.
pub struct Watch {
    pub gauges: Arc<Gauges>,
    pub store: Store,
    pub runtimes: Arc<Runtimes>,
    pub clock: Arc<dyn Clock>,
}

/// What serves now; a deployment is read once, since it never changes what it wants.
#[derive(Default)]
struct Known(HashMap<DeploymentId, Vec<InstanceId>>);

type Sampled = BTreeMap<EnvironmentId, BTreeMap<InstanceId, Usage>>;

impl Gauges {
    /// By instance; empty where nothing is sampled.
    pub fn of(&self, environment: &EnvironmentId) -> BTreeMap<InstanceId, Kept> {
        self.kept().get(environment).cloned().unwrap_or_default()
    }

    /// What serves no more is forgotten, with its hour.
    fn note(&self, now: Time, sampled: Sampled) {
        let mut kept = self.kept();
        let before = std::mem::take(&mut *kept);
        let mut before: BTreeMap<_, _> = before.into_values().flatten().collect();
        for (environment, instances) in sampled {
            let noted = instances.into_iter().map(|(id, usage)| {
                let mut one = before.remove(&id).unwrap_or_default();
                one.note(now, usage);
                (id, one)
            });
            kept.insert(environment, noted.collect());
        }
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<EnvironmentId, BTreeMap<InstanceId, Kept>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Whether the next sample ends a minute.
    fn is_due(&self, now: Time) -> bool {
        self.began
            .is_none_or(|(began, _)| now.0 - began.0 >= MINUTE_MS)
    }

    fn note(&mut self, now: Time, usage: Usage) {
        self.most_memory_bytes = self.most_memory_bytes.max(usage.memory_bytes);
        if self.is_due(now) {
            if let Some((at, then)) = &self.began {
                let memory = self.most_memory_bytes;
                let minute = UsageMinute::between((*at, then), (now, &usage), memory);
                self.minutes.push_back(minute);
            }
            if self.minutes.len() > MINUTES {
                self.minutes.pop_front();
            }
            self.began = Some((now, usage));
            self.most_memory_bytes = 0;
        }
        self.now = usage;
    }
}

impl Watch {
    pub async fn run(self, cancel: CancellationToken) {
        let mut known = Known::default();
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                sampled = self.sample(&mut known) => match sampled {
                    Ok(sampled) => self.gauges.note(self.clock.now(), sampled),
                    Err(error) => tracing::warn!("what instances use can't be looked at: {error}"),
                },
            }
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    async fn sample(&self, known: &mut Known) -> Stored<Sampled> {
        let serving = self.store.serving().await?;
        known.keep(
            &serving
                .iter()
                .map(|s| s.deployment.clone())
                .collect::<Vec<_>>(),
        );
        let mut wanted = vec![];
        for one in serving {
            for id in known.instances(&self.store, &one.deployment).await? {
                wanted.push((one.environment.clone(), one.runtime.clone(), id));
            }
        }
        let asked = stream::iter(wanted).map(|(environment, runtime, id)| async move {
            let place = self.runtimes.of(&runtime).await.ok()?;
            let last = self.gauges.of(&environment).remove(&id);
            let usage = one(place.driver.gauge()?, &id, last, self.clock.now()).await?;
            Some((environment, id, usage))
        });
        let mut answered = std::pin::pin!(asked.buffer_unordered(AT_ONCE));
        let mut sampled = Sampled::default();
        while let Some(answer) = answered.next().await {
            if let Some((environment, id, usage)) = answer {
                sampled.entry(environment).or_default().insert(id, usage);
            }
        }
        Ok(sampled)
    }
}

/// Restarts cost a question of their own, so they are asked for once a minute.
async fn one(gauge: &dyn Gauge, id: &InstanceId, last: Option<Kept>, now: Time) -> Option<Usage> {
    let counts = last.as_ref().is_none_or(|last| last.is_due(now));
    let asked = tokio::time::timeout(ANSWER, gauge.usage(id, counts)).await;
    let usage = asked.ok()?.ok()??;
    Some(match last {
        Some(last) if !counts => Usage {
            restarts: last.now.restarts,
            ..usage
        },
        _ => usage,
    })
}

impl Known {
    fn keep(&mut self, serving: &[DeploymentId]) {
        self.0.retain(|id, _| serving.contains(id));
    }

    async fn instances(&mut self, store: &Store, id: &DeploymentId) -> Stored<Vec<InstanceId>> {
        if !self.0.contains_key(id) {
            let deployment = store.deployment_of_any(id).await?;
            let instances = deployment.as_ref().map(wanted).unwrap_or_default();
            self.0.insert(id.clone(), instances);
        }
        Ok(self.0.get(id).cloned().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(environment: &EnvironmentId, id: &InstanceId, usage: Usage) -> Sampled {
        BTreeMap::from([(environment.clone(), BTreeMap::from([(id.clone(), usage)]))])
    }

    #[test]
    fn p22_an_instance_s_hour_has_sixty_minutes_and_goes_with_it() {
        let (gauges, environment) = (Gauges::default(), EnvironmentId::new(Time(0), 1));
        let id = InstanceId::of(&DeploymentId::new(Time(0), 1), "web", 0);
        for n in 0..=(61 * 6) {
            let usage = Usage {
                cpu_us: 5_000_000 * n,
                memory_bytes: if n % 6 == 3 { 900 } else { 100 },
                ..Usage::default()
            };
            gauges.note(Time(n as i64 * 10_000), sampled(&environment, &id, usage));
        }
        let kept = gauges.of(&environment);
        let minutes = &kept[&id].minutes;
        assert_eq!(minutes.len(), 60);
        assert!(
            minutes
                .iter()
                .all(|m| m.cpu_milli == 500 && m.memory_bytes == 900)
        );
        assert_eq!(minutes[59].at, Time(61 * 60_000));
        gauges.note(Time(0), Sampled::default());
        assert_eq!(gauges.of(&environment), BTreeMap::new());
    }
}
