//! The data plane behind its socket. What it serves is asked of it, never assumed: after any
//! error the connection is dropped, and the next call connects and reads the routes anew.

use crate::plane::{Plane, PlaneError};
use crate::proxy::client::{Client, ClientError};
use crate::proxy::protocol::{Hint, Status};
use crate::proxy::supervise::{self, Event, Launch};
use crate::reconciler::queue::Queue;
use async_trait::async_trait;
use domain::frontage::Frontage;
use domain::id::EnvironmentId;
use domain::route::{Route, Shown, Target, owner, shown_id};
use domain::traffic::Traffic;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{Mutex, MutexGuard, mpsc};
use tokio_util::sync::CancellationToken;

const EVENTS_HELD: usize = 256;

pub struct ProxyPlane {
    socket: PathBuf,
    link: Mutex<Link>,
}

#[derive(Default)]
struct Link {
    client: Option<Client>,
    /// True while `client` is there.
    served: BTreeMap<String, Route>,
    frontage: Frontage,
    generation: u64,
    /// Whose upstream it is or was: hints name upstreams only.
    owner: HashMap<String, EnvironmentId>,
}

impl ProxyPlane {
    pub fn new(socket: PathBuf) -> Self {
        Self {
            socket,
            link: Mutex::default(),
        }
    }

    /// Adopts or starts the data plane, starts it again when it dies, and turns what it tells into wakes.
    pub async fn supervise(
        self: Arc<Self>,
        launch: Launch,
        queue: Arc<Queue>,
        cancel: CancellationToken,
    ) {
        let (sender, mut events) = mpsc::channel(EVENTS_HELD);
        let keep = supervise::keep(launch, sender);
        tokio::pin!(keep);
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                () = &mut keep => return,
                event = events.recv() => match event {
                    Some(event) => self.on(event, &queue).await,
                    None => return,
                }
            }
        }
    }

    async fn on(&self, event: Event, queue: &Queue) {
        match event {
            Event::Up(hello) => {
                tracing::info!(
                    pid = hello.pid,
                    generation = hello.generation,
                    "the data plane serves"
                );
                self.wake_all(queue).await;
            }
            Event::Down { sentence } => tracing::error!("the data plane is down: {sentence}"),
            Event::Hint(Hint::Drained { upstream } | Hint::Health { upstream, .. }) => {
                if let Some(environment) = self.link.lock().await.owner.get(&upstream) {
                    queue.wake(environment);
                }
            }
            Event::Hint(Hint::Missed) => self.wake_all(queue).await,
        }
    }

    async fn wake_all(&self, queue: &Queue) {
        // Another process may answer now: what we knew of its routes is void.
        let mut link = self.link.lock().await;
        link.client = None;
        link.owner
            .values()
            .for_each(|environment| queue.wake(environment));
    }

    /// Connected, with the routes that it serves.
    async fn link(&self) -> Result<MutexGuard<'_, Link>, PlaneError> {
        let mut link = self.link.lock().await;
        if link.client.is_none() {
            link.connect(&self.socket).await.map_err(said)?;
        }
        Ok(link)
    }

    async fn status(&self) -> Result<Status, PlaneError> {
        let mut link = self.link().await?;
        let asked = match &mut link.client {
            Some(client) => client.status().await,
            None => return Err(PlaneError("is not connected".into())),
        };
        link.keep(asked)
    }
}

impl ProxyPlane {
    async fn drop_route(&self, id: String) -> Result<(), PlaneError> {
        let mut link = self.link().await?;
        let generation = link.generation + 1;
        link.generation = generation;
        let asked = match &mut link.client {
            Some(client) => client.drop_route(generation, id.clone()).await,
            None => return Err(PlaneError("is not connected".into())),
        };
        link.keep(asked)?;
        link.served.remove(&id);
        Ok(())
    }
}

impl Link {
    async fn connect(&mut self, socket: &std::path::Path) -> Result<(), ClientError> {
        let (mut client, hello) = Client::connect(socket).await?;
        let table = client.table().await?;
        // One that came back from an older snapshot still takes only what is newer than all we sent.
        self.generation = self.generation.max(hello.generation).max(table.generation);
        for route in &table.routes {
            self.own(route);
        }
        self.frontage = table.frontage;
        self.served = table
            .routes
            .into_iter()
            .map(|r| (r.id.clone(), r))
            .collect();
        self.client = Some(client);
        Ok(())
    }

    fn own(&mut self, route: &Route) {
        let Some((environment, _)) = owner(&route.id) else {
            return;
        };
        for upstream in route.target.upstreams() {
            self.owner.insert(upstream.id.clone(), environment.clone());
        }
    }

    fn disown(&mut self, environment: &EnvironmentId) {
        self.owner.retain(|_, owner| owner != environment);
    }

    /// After an error nobody knows what happened: connect anew and ask.
    fn keep<T>(&mut self, asked: Result<T, ClientError>) -> Result<T, PlaneError> {
        if asked.is_err() {
            self.client = None;
        }
        asked.map_err(said)
    }
}

#[async_trait]
impl Plane for ProxyPlane {
    async fn publish(&self, route: Route) -> Result<(), PlaneError> {
        let mut link = self.link().await?;
        link.own(&route);
        let generation = link.generation + 1;
        link.generation = generation;
        let asked = match &mut link.client {
            Some(client) => client.put(generation, route.clone()).await,
            None => return Err(PlaneError("is not connected".into())),
        };
        link.keep(asked)?;
        link.served.insert(route.id.clone(), route);
        Ok(())
    }

    async fn unpublish(&self, environment: &EnvironmentId) -> Result<(), PlaneError> {
        self.drop_route(environment.to_string()).await
    }

    async fn served(&self, environment: &EnvironmentId) -> Result<Option<Target>, PlaneError> {
        let link = self.link().await?;
        let route = link.served.get(environment.as_str());
        Ok(route.map(|route| route.target.clone()))
    }

    async fn shown(&self, environment: &EnvironmentId) -> Result<Option<Shown>, PlaneError> {
        let link = self.link().await?;
        let route = link.served.get(&shown_id(environment));
        Ok(route.cloned().map(Shown::of))
    }

    async fn hide(&self, environment: &EnvironmentId) -> Result<(), PlaneError> {
        self.drop_route(shown_id(environment)).await
    }

    async fn front(&self, frontage: Frontage) -> Result<(), PlaneError> {
        let mut link = self.link().await?;
        let generation = link.generation + 1;
        link.generation = generation;
        let asked = match &mut link.client {
            Some(client) => client.front(generation, frontage.clone()).await,
            None => return Err(PlaneError("is not connected".into())),
        };
        link.keep(asked)?;
        link.frontage = frontage;
        Ok(())
    }

    async fn frontage(&self) -> Result<Frontage, PlaneError> {
        Ok(self.link().await?.frontage.clone())
    }

    async fn routed(&self) -> Result<Vec<String>, PlaneError> {
        Ok(self.link().await?.served.keys().cloned().collect())
    }

    async fn in_flight(&self) -> Result<BTreeMap<String, u64>, PlaneError> {
        let status = self.status().await?;
        let mut counts = BTreeMap::new();
        for upstream in status.upstreams {
            *counts.entry(upstream.id).or_default() += upstream.in_flight;
        }
        Ok(counts)
    }

    async fn traffic(&self) -> Result<BTreeMap<String, Traffic>, PlaneError> {
        let status = self.status().await?;
        let routes = status.routes.into_iter();
        // Who reviews what is held is no traffic of the environment.
        let own = routes.filter(|route| owner(&route.id).is_none_or(|(_, held)| !held));
        Ok(own.map(|route| (route.id, route.stats)).collect())
    }

    async fn forgotten(&self, environment: &EnvironmentId) {
        self.link.lock().await.disown(environment);
    }
}

fn said(error: ClientError) -> PlaneError {
    PlaneError(format!("did not do it: {error}"))
}
