//! A data plane in a thread of the test.

use crate::proxy::client::{Client, ClientError};
use crate::proxy::protocol::Status;
use crate::proxy::{Limits, ProxyOptions, run};
use domain::frontage::Frontage;
use domain::route::{HealthCheck, Route, Target, Upstream};
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use tempfile::TempDir;

pub struct House {
    pub address: SocketAddr,
    pub tls: SocketAddr,
    pub client: Client,
    pub folder: PathBuf,
    _owned: Option<TempDir>,
    generation: u64,
    thread: Option<JoinHandle<()>>,
}

impl House {
    pub async fn open() -> Self {
        Self::open_with(Limits::default()).await
    }

    pub async fn open_with(limits: Limits) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().to_owned();
        let mut house = Self::open_in(&path, limits).await;
        house._owned = Some(folder);
        house
    }

    /// In a folder that outlives it, to be opened there again.
    pub async fn open_in(folder: &Path, limits: Limits) -> Self {
        let listen = vec![([127, 0, 0, 1], 0).into()];
        let mut options = ProxyOptions::new(listen, folder.join("control"), folder.join("routes"));
        options.threads = 2;
        options.listen_tls = vec![([127, 0, 0, 1], 0).into()];
        options.limits = limits;
        let thread = std::thread::spawn(move || run(options).expect("the data plane ran"));
        let (client, hello) = connect(folder).await;
        Self {
            address: hello.listen[0],
            tls: hello.listen_tls[0],
            client,
            folder: folder.to_owned(),
            _owned: None,
            generation: hello.generation,
            thread: Some(thread),
        }
    }

    pub async fn put(&mut self, route: Route) -> u64 {
        self.generation += 1;
        self.client
            .put(self.generation, route)
            .await
            .expect("published")
    }

    pub async fn front(&mut self, frontage: Frontage) {
        self.try_front(frontage).await.expect("published");
    }

    pub async fn try_front(&mut self, frontage: Frontage) -> Result<u64, ClientError> {
        self.generation += 1;
        self.client.front(self.generation, frontage).await
    }

    pub async fn status(&mut self) -> Status {
        self.client.status().await.expect("status")
    }

    pub async fn in_flight(&mut self, upstream: &str) -> u64 {
        self.status().await.in_flight(upstream)
    }

    /// Ends it as an operator would, and waits until it has.
    pub fn close(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let Some(thread) = self.thread.take() else {
            return;
        };
        if let Ok(mut socket) = std::os::unix::net::UnixStream::connect(self.folder.join("control"))
        {
            let _ = socket.write_all(b"{\"op\":\"shutdown\",\"drain_ms\":0}\n");
            let _ = socket.read(&mut [0; 64]);
        }
        let _ = thread.join();
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.end();
    }
}

async fn connect(folder: &Path) -> (Client, crate::proxy::protocol::Hello) {
    loop {
        match Client::connect(&folder.join("control")).await {
            Ok(connected) => return connected,
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(5)).await,
        }
    }
}

/// A route of one host to upstreams that are named like what they answer.
pub fn route(host: &str, upstreams: &[(&str, SocketAddr)]) -> Route {
    checked_route(host, upstreams, None)
}

pub fn checked_route(
    host: &str,
    upstreams: &[(&str, SocketAddr)],
    health: Option<HealthCheck>,
) -> Route {
    let upstream = |(id, address): &(&str, SocketAddr)| Upstream {
        id: (*id).into(),
        address: *address,
        sealed: None,
    };
    let upstreams = upstreams.iter().map(upstream).collect();
    leading_to(
        host,
        Target::Upstreams {
            deployment: "deployment".into(),
            upstreams,
            health,
        },
    )
}

pub fn leading_to(host: &str, target: Target) -> Route {
    Route {
        id: format!("route-{host}"),
        hosts: vec![host.into()],
        target,
    }
}
