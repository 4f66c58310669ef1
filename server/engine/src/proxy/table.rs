//! The route table as the serving threads read it: one hash look-up per request.
//!
//! A table is never changed, only replaced as a whole behind one atomic pointer, so a request
//! sees the old one or the new one and nothing between.

use super::front::Front;
use super::origin::Origin;
use super::stats::Stats;
use domain::frontage::under_wildcard;
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

/// One for each core.
type Doors = Arc<[Arc<Door>]>;

#[derive(Clone, Debug, Default)]
pub struct Table {
    pub generation: u64,
    /// By host, then by core.
    hosts: HashMap<Arc<str>, Doors>,
    /// The same for names that people brought along; a route's own hosts go first.
    named: HashMap<Arc<str>, Doors>,
    /// By what follows the `*.` of a wildcard.
    wild: HashMap<Arc<str>, Doors>,
    pub front: Arc<Front>,
    routes: BTreeMap<Arc<str>, Arc<Live>>,
}

impl Table {
    pub fn with_generation(self, generation: u64) -> Self {
        Self { generation, ..self }
    }

    /// The route of a host that has been through `host::lookup_key`.
    pub fn find(&self, host: &str, core: usize) -> Option<&Arc<Door>> {
        let wild = || self.wild.get(under_wildcard(host)?);
        let doors = self.hosts.get(host).or_else(|| self.named.get(host));
        doors.or_else(wild)?.get(core)
    }

    /// Whether TLS for this host ends inside its instances.
    pub fn is_sealed(&self, host: &str) -> bool {
        let inside = |door: &Arc<Door>| door.origins.iter().any(|o| o.upstream().sealed.is_some());
        self.find(host, 0).is_some_and(inside)
    }

    /// Whose own host it is.
    pub fn owner(&self, host: &str) -> Option<&Arc<Door>> {
        self.hosts.get(host)?.first()
    }

    /// Leads the names of custom domains to the routes as they are now. A name whose route is not
    /// there leads nowhere.
    pub fn lead_names(&mut self) {
        let (mut named, mut wild) = (HashMap::new(), HashMap::new());
        for name in &self.front.published().names {
            let Some(doors) = self.doors(&name.route) else {
                continue;
            };
            match name.host.strip_prefix("*.") {
                Some(rest) => wild.insert(rest.into(), doors),
                None => named.insert(name.host.as_str().into(), doors),
            };
        }
        (self.named, self.wild) = (named, wild);
    }

    fn doors(&self, id: &str) -> Option<Doors> {
        let host = self.routes.get(id)?.route.hosts.first()?;
        self.hosts.get(host.as_str()).cloned()
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
            frontage: self.front.published().clone(),
        }
    }
}
