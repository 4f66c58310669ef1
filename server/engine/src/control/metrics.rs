//! What the data plane and the runtimes count, for charts and for whatever scrapes.

use super::{Control, broken, found};
use crate::store::environment::Environment;
use async_trait::async_trait;
use domain::access::{Action, Caller};
use domain::api::{Metrics, Reply};
use domain::id::EnvironmentId;
use domain::view::{Counters, InstanceCounters, InstanceUsageView, TrafficView};

#[async_trait]
impl Metrics for Control {
    async fn traffic(&self, caller: &Caller, id: &EnvironmentId) -> Reply<TrafficView> {
        caller.may(Action::Read)?;
        let row = found(self.store.environment(&caller.org, id).await, "environment")?;
        Ok(TrafficView {
            environment: self.environment_view(caller, &row).await?,
            minutes: self.meter.hour(&row.id),
            instances: self.instances_used(&row.id),
        })
    }

    async fn counters(&self, caller: &Caller) -> Reply<Option<Vec<Counters>>> {
        caller.may(Action::Read)?;
        let rows = self.store.environments(&caller.org, None).await;
        let Ok(mut counted) = self.plane.traffic().await else {
            return Ok(None);
        };
        let counters = rows.map_err(broken)?.into_iter().filter_map(|row| {
            Some(Counters {
                traffic: counted.remove(row.id.as_str())?,
                project: row.project_name,
                environment: row.name,
            })
        });
        Ok(Some(counters.collect()))
    }

    async fn usage(&self, caller: &Caller) -> Reply<Vec<InstanceCounters>> {
        caller.may(Action::Read)?;
        let rows = self.store.environments(&caller.org, None).await;
        let of_one = |row: Environment| {
            let kept = self.gauges.of(&row.id).into_iter();
            kept.map(move |(instance, kept)| InstanceCounters {
                project: row.project_name.clone(),
                environment: row.name.clone(),
                instance,
                usage: kept.now,
            })
        };
        Ok(rows.map_err(broken)?.into_iter().flat_map(of_one).collect())
    }
}

impl Control {
    fn instances_used(&self, environment: &EnvironmentId) -> Vec<InstanceUsageView> {
        let kept = self.gauges.of(environment).into_iter();
        kept.map(|(id, kept)| InstanceUsageView {
            id,
            now: kept.now,
            minutes: kept.minutes.into(),
        })
        .collect()
    }
}
