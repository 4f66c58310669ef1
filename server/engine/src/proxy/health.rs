//! Going on checking the upstreams that serve, for routes that ask for it.
//!
//! One checker for the process, not one per core. An upstream starts as healthy: the control
//! plane probed it before it published it. Two failures in a row make it down, one success up:
//! a single lost answer takes nothing out, and what is well again serves again at once.

use super::clock::now_ms;
use super::origin::Origin;
use super::table::{Live, Table};
use arc_swap::ArcSwap;
use bytes::Bytes;
use domain::route::{HealthCheck, Target};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST, USER_AGENT};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use rand::RngExt;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

const LOOK_EVERY: Duration = Duration::from_millis(100);
const DOWN_AFTER_FAILURES: u32 = 2;
/// A check that failed is repeated soon: what is down is known as down, and as well again, at once.
const RETRY_MS: u32 = 500;
/// Checks under way at the same time, over all routes.
const MAX_CHECKS: usize = 64;

pub async fn run(table: Arc<ArcSwap<Table>>) {
    let slots = Arc::new(Semaphore::new(MAX_CHECKS));
    loop {
        sleep(LOOK_EVERY).await;
        let table = table.load_full();
        for live in table.routes() {
            look_at(live, &slots);
        }
    }
}

fn look_at(live: &Live, slots: &Arc<Semaphore>) {
    let Target::Upstreams { health, .. } = &live.route.target else {
        return;
    };
    for origin in &live.origins {
        match health {
            Some(check) => start_if_due(origin, check, live, slots),
            // Nobody checks it any more, so nobody could ever find it well again.
            None => origin.set_health(true),
        }
    }
}

fn start_if_due(origin: &Arc<Origin>, check: &HealthCheck, live: &Live, slots: &Arc<Semaphore>) {
    let Some(turn) = origin.check_due(now_ms()) else {
        return;
    };
    let Ok(slot) = slots.clone().try_acquire_owned() else {
        turn.put_off(now_ms());
        return;
    };
    let (origin, check) = (origin.clone(), check.clone());
    let host = live
        .route
        .hosts
        .first()
        .cloned()
        .unwrap_or_else(|| origin.address().to_string());
    tokio::spawn(async move {
        let healthy = ask(&origin, &check, &host).await;
        judge(&origin, healthy);
        let pause_ms = match healthy {
            true => check.interval_ms,
            false => check.interval_ms.min(RETRY_MS),
        };
        turn.put_off(now_ms() + spread(pause_ms));
        drop(slot);
    });
}

fn judge(origin: &Origin, healthy: bool) {
    let failures = origin.checked(healthy);
    if healthy {
        origin.set_health(true);
    } else if failures >= DOWN_AFTER_FAILURES {
        origin.set_health(false);
    }
}

/// A tenth more or less, so that checks of many upstreams do not march in step.
fn spread(interval_ms: u32) -> u64 {
    let interval_ms = u64::from(interval_ms.max(100));
    rand::rng().random_range(interval_ms * 9 / 10..=interval_ms * 11 / 10)
}

async fn ask(origin: &Origin, check: &HealthCheck, host: &str) -> bool {
    let within = Duration::from_millis(u64::from(check.timeout_ms));
    matches!(timeout(within, status(origin, &check.path, host)).await, Ok(Ok(status)) if status.is_success())
}

async fn status(origin: &Origin, path: &str, host: &str) -> io::Result<StatusCode> {
    let stream = TcpStream::connect(origin.address()).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    let request = Request::get(path)
        .header(HOST, host)
        .header(USER_AGENT, "sealdock-health")
        .header(CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(io::Error::other)?;
    // Dropping the set ends the connection, whether or not the upstream has closed it.
    let mut driving = JoinSet::new();
    driving.spawn(connection);
    sender
        .send_request(request)
        .await
        .map(|answer| answer.status())
        .map_err(io::Error::other)
}
