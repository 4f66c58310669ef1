//! The route table as the serving threads read it: one hash look-up per request.
//!
//! A table is never changed, only replaced as a whole behind one atomic pointer, so a request
//! sees the old one or the new one and nothing between.

use super::origin::Origin;
use super::stats::Stats;
use domain::route::{Route, RouteTable};
use std::collections::{BTreeMap, HashMap};
use std::ops::Deref;
use std::sync::Arc;

/// A route and what belongs to it while it serves.
#[derive(Debug)]
pub struct Live {
    pub route: Route,
    /// In the order of the target's upstreams; empty for every other target.
    pub origins: Box<[Arc<Origin>]>,
    /// Outlives a `put`: counted per route id.
    pub stats: Arc<Stats>,
}

/// One core's way to a route. Requests count references to this and not to the route, so that
/// cores do not fight over one counter; the alignment keeps neighbours' counters apart.
#[derive(Debug)]
#[repr(align(128))]
pub struct Door {
    pub live: Arc<Live>,
}

impl Deref for Door {
    type Target = Live;

    fn deref(&self) -> &Live {
        &self.live
    }
}

/// One request, stream or tunnel in flight on one of a route's origins. Dropping it ends it.
#[derive(Debug)]
pub struct Ticket {
    door: Arc<Door>,
    index: usize,
}

impl Ticket {
    /// Counts a request in, unless the origin left the table meanwhile.
    pub fn admit(door: &Arc<Door>, index: usize) -> Option<Self> {
        door.origins[index].admit().then(|| Self {
            door: door.clone(),
            index,
        })
    }

    pub fn origin(&self) -> &Arc<Origin> {
        &self.door.origins[self.index]
    }

    pub fn route(&self) -> &Live {
        &self.door
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.origin().leave();
    }
}

#[derive(Clone, Debug, Default)]
pub struct Table {
    pub generation: u64,
    /// By host, then by core.
    hosts: HashMap<Arc<str>, Arc<[Arc<Door>]>>,
    routes: BTreeMap<Arc<str>, Arc<Live>>,
}

impl Table {
    pub fn with_generation(self, generation: u64) -> Self {
        Self { generation, ..self }
    }

    /// The route of a host that has been through `host::lookup_key`.
    pub fn find(&self, host: &str, core: usize) -> Option<&Arc<Door>> {
        self.hosts.get(host)?.get(core)
    }

    pub fn get(&self, id: &str) -> Option<&Arc<Live>> {
        self.routes.get(id)
    }

    pub fn routes(&self) -> impl Iterator<Item = &Arc<Live>> {
        self.routes.values()
    }

    /// Adds a route, or puts it in the place of the one with its id.
    pub fn insert(&mut self, live: Arc<Live>, cores: usize) {
        self.remove(&live.route.id);
        let doors: Arc<[_]> = (0..cores)
            .map(|_| Arc::new(Door { live: live.clone() }))
            .collect();
        for host in &live.route.hosts {
            self.hosts.insert(host.as_str().into(), doors.clone());
        }
        self.routes.insert(live.route.id.as_str().into(), live);
    }

    pub fn remove(&mut self, id: &str) -> Option<Arc<Live>> {
        let gone = self.routes.remove(id)?;
        for host in &gone.route.hosts {
            self.hosts.remove(host.as_str());
        }
        Some(gone)
    }

    /// The table in the words it was published in.
    pub fn published(&self) -> RouteTable {
        RouteTable {
            generation: self.generation,
            routes: self.routes().map(|live| live.route.clone()).collect(),
        }
    }
}
