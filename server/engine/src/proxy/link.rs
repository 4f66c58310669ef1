//! One client connection: who is at the other end, and since when it keeps us waiting.
//!
//! A timer per request would cost more than the look-up of the route. So the connection only
//! notes *what it waits for and since when*, and a sweep over all connections (`sweep`)
//! closes those that wait too long, a few hundred milliseconds late at most.

use super::core::Core;
use super::options::Limits;
use hyper::header::HeaderValue;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::AbortHandle;

/// Zero in a `since` field: it does not wait for that.
const NOT_WAITING: u64 = 0;

#[derive(Debug, Default)]
pub struct Watch {
    /// Requests in progress; more than one only with HTTP/2.
    active: AtomicU64,
    idle_since_ms: AtomicU64,
    /// First byte of a header that is not complete yet.
    head_since_ms: AtomicU64,
    /// The client does not take what we write.
    write_since_ms: AtomicU64,
    /// The client does not send the body it announced.
    body_since_ms: AtomicU64,
    last_io_ms: AtomicU64,
    task: Mutex<Option<AbortHandle>>,
}

impl Watch {
    pub fn accepted(now_ms: u64) -> Self {
        let watch = Self::default();
        watch.head_since_ms.store(now_ms, Relaxed);
        watch.idle_since_ms.store(now_ms, Relaxed);
        watch.last_io_ms.store(now_ms, Relaxed);
        watch
    }

    /// The task that holds the connection: the server's at first, then perhaps a tunnel's.
    pub fn belongs_to(&self, task: AbortHandle) {
        *self.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
    }

    pub fn close(&self) {
        if let Some(task) = &*self.task.lock().unwrap_or_else(PoisonError::into_inner) {
            task.abort();
        }
    }

    pub fn did_read(&self, now_ms: u64) {
        self.last_io_ms.store(now_ms, Relaxed);
        if self.active.load(Relaxed) == 0 {
            start(&self.head_since_ms, now_ms);
        }
    }

    pub fn did_write(&self, now_ms: u64) {
        self.last_io_ms.store(now_ms, Relaxed);
        self.write_since_ms.store(NOT_WAITING, Relaxed);
    }

    pub fn write_blocked(&self, now_ms: u64) {
        start(&self.write_since_ms, now_ms);
    }

    pub fn body_awaited(&self, now_ms: u64) {
        start(&self.body_since_ms, now_ms);
    }

    pub fn body_moved(&self) {
        self.body_since_ms.store(NOT_WAITING, Relaxed);
    }

    /// HTTP/2 sends frames that begin no request: its connections are only judged as idle.
    pub fn speaks_http2(&self) {
        self.head_since_ms.store(u64::MAX, Relaxed);
    }

    fn begin(&self) {
        self.active.store(self.active.load(Relaxed) + 1, Relaxed);
        if self.head_since_ms.load(Relaxed) != u64::MAX {
            self.head_since_ms.store(NOT_WAITING, Relaxed);
        }
    }

    fn end(&self, now_ms: u64) {
        self.active
            .store(self.active.load(Relaxed).saturating_sub(1), Relaxed);
        self.idle_since_ms.store(now_ms, Relaxed);
        self.body_moved();
    }

    /// Nothing is under way, and has not been for so long.
    pub fn is_idle_for(&self, quiet_ms: u64, now_ms: u64) -> bool {
        self.active.load(Relaxed) == 0
            && self.write_since_ms.load(Relaxed) == NOT_WAITING
            && now_ms.saturating_sub(self.last_io_ms.load(Relaxed)) >= quiet_ms
    }

    /// Whether the client, or a stream without a byte, kept us waiting for too long.
    pub fn is_overdue(&self, now_ms: u64, limits: &Limits) -> bool {
        let longer = |since: &AtomicU64, limit_ms: u64| match since.load(Relaxed) {
            NOT_WAITING | u64::MAX => false,
            since => now_ms.saturating_sub(since) > limit_ms,
        };
        let stalled = longer(&self.write_since_ms, limits.body_idle_timeout_ms);
        if self.active.load(Relaxed) > 0 {
            return stalled
                || longer(&self.body_since_ms, limits.body_idle_timeout_ms)
                || longer(&self.last_io_ms, limits.stream_idle_timeout_ms);
        }
        stalled
            || longer(&self.head_since_ms, limits.header_read_timeout_ms)
            || longer(&self.idle_since_ms, limits.keep_alive_timeout_ms)
    }
}

fn start(since: &AtomicU64, now_ms: u64) {
    if since.load(Relaxed) == NOT_WAITING {
        since.store(now_ms, Relaxed);
    }
}

/// What every request on one connection has in common.
#[derive(Debug)]
pub struct Link {
    pub core: Arc<Core>,
    pub watch: Arc<Watch>,
    /// The client's address and our port as header values, formatted once.
    pub client: HeaderValue,
    pub port: HeaderValue,
    /// TLS ends here.
    pub is_secure: bool,
}

impl Link {
    pub fn new(
        core: Arc<Core>,
        watch: Arc<Watch>,
        client: SocketAddr,
        local: SocketAddr,
        is_secure: bool,
    ) -> Self {
        let client = client.ip().to_canonical().to_string();
        // An address or a number is always a legal header value.
        let client = HeaderValue::try_from(client).unwrap_or(HeaderValue::from_static("unknown"));
        Self {
            core,
            watch,
            client,
            port: HeaderValue::from(local.port()),
            is_secure,
        }
    }

    pub fn limits(&self) -> &Limits {
        &self.core.shared.options.limits
    }
}

/// A request in progress, from its header to the last byte of its answer.
#[derive(Debug)]
pub struct Visit(Arc<Link>);

impl Visit {
    pub fn begin(link: Arc<Link>) -> Self {
        link.watch.begin();
        Self(link)
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.0.watch.end(self.0.core.tick_ms());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: fn() -> Limits = || Limits {
        header_read_timeout_ms: 10,
        keep_alive_timeout_ms: 100,
        body_idle_timeout_ms: 20,
        stream_idle_timeout_ms: 1_000,
        ..Limits::default()
    };

    #[test]
    fn x14_a_header_that_drips_is_overdue_however_often_a_byte_comes() {
        let watch = Watch::accepted(1);
        watch.did_read(5);
        watch.did_read(11);
        assert!(!watch.is_overdue(11, &LIMITS()));
        assert!(watch.is_overdue(12, &LIMITS()));
    }

    #[test]
    fn an_idle_connection_may_wait_for_longer_than_a_begun_header() {
        let watch = Watch::accepted(1);
        watch.begin();
        watch.end(50);
        assert!(!watch.is_overdue(150, &LIMITS()) && watch.is_overdue(151, &LIMITS()));
        watch.did_read(100);
        assert!(watch.is_overdue(111, &LIMITS()));
    }

    #[test]
    fn x14_a_body_that_stalls_is_overdue_in_either_direction_and_a_quiet_stream_is_not() {
        let watch = Watch::accepted(1);
        watch.begin();
        watch.did_write(10);
        assert!(!watch.is_overdue(500, &LIMITS()) && watch.is_overdue(1_011, &LIMITS()));
        watch.body_awaited(500);
        assert!(watch.is_overdue(521, &LIMITS()));
        watch.body_moved();
        assert!(!watch.is_overdue(521, &LIMITS()));
        watch.write_blocked(521);
        assert!(watch.is_overdue(542, &LIMITS()));
    }

    #[test]
    fn http2_without_a_stream_is_judged_as_idle_only() {
        let watch = Watch::accepted(1);
        watch.speaks_http2();
        watch.did_read(90);
        assert!(!watch.is_overdue(101, &LIMITS()) && watch.is_overdue(102, &LIMITS()));
    }
}
