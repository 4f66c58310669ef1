//! The only writer of the route table: checks a change, builds the next table, swaps it in,
//! and retires the origins that the new table does not lead to any more.

mod check;

use super::front::Front;
use super::origin::Origin;
use super::protocol::{Hint, Refusal, RefusalCode, RouteStatus, UpstreamStatus};
use super::stats::Stats;
use super::table::{Live, Table};
use arc_swap::ArcSwap;
use check::{check, invalid, stale};
use domain::frontage::Frontage;
use domain::route::{Route, RouteTable, Upstream};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tokio::sync::broadcast;

#[derive(Debug)]
pub struct Book {
    cores: usize,
    table: Arc<ArcSwap<Table>>,
    /// Serving and draining. An upstream that stays over a change keeps its origin.
    origins: HashMap<Upstream, Arc<Origin>>,
    hints: broadcast::Sender<Hint>,
    /// While a predecessor finishes requests, nothing counts as drained.
    has_predecessor: Arc<AtomicBool>,
}

/// Origins of a change that does not serve yet.
type Fresh = HashMap<Upstream, Arc<Origin>>;

impl Book {
    pub fn new(cores: usize, table: Arc<ArcSwap<Table>>, hints: broadcast::Sender<Hint>) -> Self {
        Self {
            cores,
            table,
            origins: HashMap::new(),
            hints,
            has_predecessor: Arc::default(),
        }
    }

    pub fn has_predecessor(&self) -> Arc<AtomicBool> {
        self.has_predecessor.clone()
    }

    pub fn generation(&self) -> u64 {
        self.table.load().generation
    }

    /// The whole table. The generation that serves already may be sent again: that is how a
    /// control plane makes sure after it started.
    pub fn replace(&mut self, table: RouteTable) -> Result<u64, Refusal> {
        if table.generation < self.generation() {
            return Err(stale(table.generation, self.generation()));
        }
        let mut next = Table::default().with_generation(table.generation);
        next.front = Arc::new(front(table.frontage)?);
        let mut fresh = Fresh::new();
        for route in table.routes {
            if next.get(&route.id).is_some() {
                return Err(invalid(&route, "its id is in the table twice"));
            }
            self.add(&mut next, &mut fresh, route)?;
        }
        Ok(self.publish(next))
    }

    /// One route, new or changed. Sending the very same change again is answered like the
    /// first time: the control plane may not have heard that answer.
    pub fn put(&mut self, generation: u64, route: Route) -> Result<u64, Refusal> {
        let current = self.table.load_full();
        if generation <= current.generation {
            let repeated = generation == current.generation
                && current
                    .get(&route.id)
                    .is_some_and(|live| live.route == route);
            return if repeated {
                Ok(generation)
            } else {
                Err(stale(generation, current.generation))
            };
        }
        let mut next = Table::clone(&current).with_generation(generation);
        next.remove(&route.id);
        self.add(&mut next, &mut Fresh::new(), route)?;
        Ok(self.publish(next))
    }

    pub fn drop_route(&mut self, generation: u64, id: &str) -> Result<u64, Refusal> {
        let current = self.table.load_full();
        if generation <= current.generation {
            let repeated = generation == current.generation && current.get(id).is_none();
            return if repeated {
                Ok(generation)
            } else {
                Err(stale(generation, current.generation))
            };
        }
        let mut next = Table::clone(&current).with_generation(generation);
        next.remove(id);
        Ok(self.publish(next))
    }

    /// Everything about custom domains, instead of what there was.
    pub fn front(&mut self, generation: u64, frontage: Frontage) -> Result<u64, Refusal> {
        let current = self.table.load_full();
        if generation <= current.generation {
            let repeated =
                generation == current.generation && *current.front.published() == frontage;
            return if repeated {
                Ok(generation)
            } else {
                Err(stale(generation, current.generation))
            };
        }
        let mut next = Table::clone(&current).with_generation(generation);
        next.front = Arc::new(front(frontage)?);
        Ok(self.publish(next))
    }

    /// Closes what is still open on an upstream that left the table.
    pub fn cut(&self, upstream: &str) -> Result<usize, Refusal> {
        let mut draining = self
            .origins
            .values()
            .filter(|origin| origin.upstream().id == upstream && origin.is_retired());
        match draining.next() {
            Some(origin) => Ok(origin.cut() + draining.map(|origin| origin.cut()).sum::<usize>()),
            None => Err(Refusal {
                code: RefusalCode::UnknownUpstream,
                sentence: format!(
                    "the upstream {upstream} is not draining, so nothing was cut; take it out of its route first"
                ),
            }),
        }
    }

    /// Serving and draining upstreams; those that have drained are forgotten here.
    pub fn upstreams(&mut self) -> Vec<UpstreamStatus> {
        self.forget_drained();
        let unseen = u64::from(self.has_predecessor.load(Relaxed));
        let status = |origin: &Arc<Origin>| {
            let mut status = origin.status();
            status.in_flight += unseen * u64::from(status.draining);
            status
        };
        self.origins.values().map(status).collect()
    }

    pub fn routes(&self) -> Vec<RouteStatus> {
        self.table
            .load()
            .routes()
            .map(|live| status(live))
            .collect()
    }

    fn add(&self, next: &mut Table, fresh: &mut Fresh, route: Route) -> Result<(), Refusal> {
        check(next, &route)?;
        let origins = route
            .target
            .upstreams()
            .iter()
            .map(|upstream| self.origin(upstream, fresh))
            .collect();
        let kept = self
            .table
            .load()
            .get(&route.id)
            .map(|live| live.stats.clone());
        let stats = kept.unwrap_or_else(|| Arc::new(Stats::new(self.cores)));
        next.insert(
            Arc::new(Live {
                route,
                origins,
                stats,
            }),
            self.cores,
        );
        Ok(())
    }

    /// Routes that lead to the same upstream share its origin: what is in flight is counted once.
    fn origin(&self, upstream: &Upstream, fresh: &mut Fresh) -> Arc<Origin> {
        if let Some(known) = self.origins.get(upstream) {
            return known.clone();
        }
        let make = || Origin::new(upstream.clone(), self.cores, self.hints.clone());
        let made = fresh.entry(upstream.clone());
        made.or_insert_with(|| Arc::new(make())).clone()
    }

    /// The order matters: what serves next is reinstated before the swap, what does not is
    /// retired after it. So at every moment the table leads to origins that admit, and once
    /// this returns nothing new gets to the old ones.
    fn publish(&mut self, mut next: Table) -> u64 {
        next.lead_names();
        let serving: Vec<_> = next
            .routes()
            .flat_map(|live| live.origins.iter().cloned())
            .collect();
        let wanted: HashSet<Upstream> = serving
            .iter()
            .map(|origin| origin.upstream().clone())
            .collect();
        for origin in serving {
            origin.reinstate();
            self.origins
                .entry(origin.upstream().clone())
                .or_insert(origin);
        }
        let generation = next.generation;
        self.table.store(Arc::new(next));
        self.origins
            .iter()
            .filter(|(upstream, _)| !wanted.contains(*upstream))
            .for_each(|(_, origin)| origin.retire());
        self.forget_drained();
        generation
    }

    fn forget_drained(&mut self) {
        if self.has_predecessor.load(Relaxed) {
            return;
        }
        self.origins
            .retain(|_, origin| !origin.is_retired() || origin.in_flight() > 0);
    }
}

fn front(frontage: Frontage) -> Result<Front, Refusal> {
    Front::of(frontage).map_err(|sentence| Refusal {
        code: RefusalCode::InvalidFrontage,
        sentence,
    })
}

fn status(live: &Live) -> RouteStatus {
    let deployment = live.route.target.deployment().map(str::to_owned);
    RouteStatus {
        id: live.route.id.clone(),
        deployment,
        stats: live.stats.total(),
    }
}

#[cfg(test)]
mod tests;
