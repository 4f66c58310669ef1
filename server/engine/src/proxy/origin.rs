//! One upstream while it is known: what is in flight on it, its idle connections, its health.
//!
//! An origin outlives its place in the table. After a switch it is *retired*: it admits nothing
//! new, closes its idle connections and stays until what was in flight has finished.

use super::clock::now_ms;
use super::protocol::{Hint, UpstreamStatus};
use super::wire::Wire;
use domain::route::Upstream;
use std::collections::HashMap;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::futures::Notified;
use tokio::sync::{Notify, broadcast};

/// Set in `load` while the origin is out of the table. One word for both, so that admitting
/// and retiring cannot pass each other unseen.
const RETIRED: u64 = 1 << 63;
const FIRST_EJECTION_MS: u64 = 100;
const LONGEST_EJECTION_MS: u64 = 10_000;

#[derive(Debug)]
pub struct Origin {
    upstream: Upstream,
    load: AtomicU64,
    /// Consecutive failed connects and the time until which they keep it out.
    failures: AtomicU32,
    ejected_until_ms: AtomicU64,
    down: AtomicBool,
    /// When the next health check is due; `u64::MAX` while one is under way.
    check_at_ms: AtomicU64,
    failed_checks: AtomicU32,
    /// Idle connections by core: a core takes and returns only its own.
    idle: Box<[Mutex<Vec<Wire>>]>,
    /// A second handle on every open socket, so that `cut` reaches those in use.
    open: Mutex<HashMap<u64, TcpStream>>,
    next_socket: AtomicU64,
    was_cut: Notify,
    hints: broadcast::Sender<Hint>,
}

/// One health check under way.
#[derive(Debug)]
pub struct CheckTurn(Arc<Origin>);

impl CheckTurn {
    pub fn put_off(self, until_ms: u64) {
        self.0.check_at_ms.store(until_ms, Relaxed);
    }
}

impl Origin {
    pub fn new(upstream: Upstream, cores: usize, hints: broadcast::Sender<Hint>) -> Self {
        Self {
            upstream,
            load: AtomicU64::new(0),
            failures: AtomicU32::new(0),
            ejected_until_ms: AtomicU64::new(0),
            down: AtomicBool::new(false),
            check_at_ms: AtomicU64::new(0),
            failed_checks: AtomicU32::new(0),
            idle: (0..cores).map(|_| Mutex::default()).collect(),
            open: Mutex::default(),
            next_socket: AtomicU64::new(0),
            was_cut: Notify::new(),
            hints,
        }
    }

    pub fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    pub fn address(&self) -> SocketAddr {
        self.upstream.address
    }

    /// Counts a request in, unless the origin left the table meanwhile: then look it up again.
    /// Whoever was admitted leaves; `Ticket` sees to that.
    pub fn admit(&self) -> bool {
        let admitted = self.load.fetch_add(1, SeqCst) & RETIRED == 0;
        if !admitted {
            self.leave();
        }
        admitted
    }

    pub fn leave(&self) {
        if self.load.fetch_sub(1, SeqCst) == RETIRED | 1 {
            self.hint_drained();
        }
    }

    pub fn in_flight(&self) -> u64 {
        self.load.load(SeqCst) & !RETIRED
    }

    pub fn is_retired(&self) -> bool {
        self.load.load(SeqCst) & RETIRED != 0
    }

    /// Out of the table: nothing new is admitted, idle connections are closed.
    pub fn retire(&self) {
        if self.load.fetch_or(RETIRED, SeqCst) == 0 {
            self.hint_drained();
        }
        self.close_idle();
    }

    /// Back in the table, as after a roll back while it was still draining.
    pub fn reinstate(&self) {
        self.load.fetch_and(!RETIRED, SeqCst);
    }

    fn hint_drained(&self) {
        // Nobody watching is fine: a hint only saves the control plane a look.
        let _ = self.hints.send(Hint::Drained {
            upstream: self.upstream.id.clone(),
        });
    }

    /// A connect failed or a connection broke before answering: leave it out for a moment.
    pub fn failed(&self) {
        let failures = self.failures.fetch_add(1, Relaxed).min(16);
        let pause_ms = (FIRST_EJECTION_MS << failures).min(LONGEST_EJECTION_MS);
        self.ejected_until_ms.store(now_ms() + pause_ms, Relaxed);
    }

    pub fn succeeded(&self) {
        if self.failures.load(Relaxed) != 0 {
            self.failures.store(0, Relaxed);
            self.ejected_until_ms.store(0, Relaxed);
        }
    }

    /// Until when failed connects keep it out; 0 when nothing does.
    pub fn ejected_until_ms(&self) -> u64 {
        self.ejected_until_ms.load(Relaxed)
    }

    pub fn is_down(&self) -> bool {
        self.down.load(Relaxed)
    }

    /// What the health check found. An origin that is up again starts with a clean record.
    pub fn set_health(&self, healthy: bool) {
        if self.down.swap(!healthy, Relaxed) == healthy {
            self.succeeded();
            let _ = self.hints.send(Hint::Health {
                upstream: self.upstream.id.clone(),
                healthy,
            });
        }
    }

    /// The right to check its health now, for one checker at a time.
    pub fn check_due(self: &Arc<Self>, now_ms: u64) -> Option<CheckTurn> {
        let due = self.check_at_ms.load(Relaxed) <= now_ms;
        due.then(|| {
            self.check_at_ms.store(u64::MAX, Relaxed);
            CheckTurn(self.clone())
        })
    }

    /// Counts a check's result; the answer is how many failed in a row.
    pub fn checked(&self, healthy: bool) -> u32 {
        match healthy {
            true => self.failed_checks.swap(0, Relaxed),
            false => self.failed_checks.fetch_add(1, Relaxed) + 1,
        }
    }

    pub fn take_idle(&self, core: usize) -> Option<Wire> {
        locked(&self.idle[core]).pop()
    }

    /// Keeps a connection for the next request, if it is still of use to anybody.
    pub fn keep_idle(&self, core: usize, wire: Wire, max: usize) {
        let mut idle = locked(&self.idle[core]);
        if idle.len() < max && !self.is_retired() {
            idle.push(wire);
        }
    }

    /// Drops this core's connections that are older than so, or that the upstream closed.
    pub fn prune_idle(&self, core: usize, idle_before_ms: u64) {
        locked(&self.idle[core])
            .retain_mut(|wire| wire.idle_since_ms() >= idle_before_ms && wire.is_open());
    }

    fn close_idle(&self) {
        for core in &self.idle {
            locked(core).clear();
        }
    }

    /// Remembers a second handle on a new socket until `forget` is called with the answer.
    pub fn remember(&self, handle: TcpStream) -> u64 {
        let key = self.next_socket.fetch_add(1, Relaxed);
        locked(&self.open).insert(key, handle);
        key
    }

    pub fn forget(&self, key: u64) {
        locked(&self.open).remove(&key);
    }

    /// Closes every connection that is still open, in use or not.
    pub fn cut(&self) -> usize {
        let open = locked(&self.open);
        for socket in open.values() {
            // An error means that it is closed already, which is what is wanted.
            let _ = socket.shutdown(Shutdown::Both);
        }
        self.was_cut.notify_waiters();
        open.len()
    }

    /// Ends when `cut` is called: for tunnels, whose client may never close its half.
    pub fn cut_signal(&self) -> Notified<'_> {
        self.was_cut.notified()
    }

    pub fn status(&self) -> UpstreamStatus {
        UpstreamStatus {
            id: self.upstream.id.clone(),
            address: self.upstream.address,
            in_flight: self.in_flight(),
            draining: self.is_retired(),
            healthy: !self.is_down(),
            ejected: self.ejected_until_ms() > now_ms(),
        }
    }
}

/// The value behind a lock whose holders cannot leave it half changed.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The origin for the next request: least in flight among those that may be asked.
///
/// One that the health check found down is never asked. Ejection is only a guess from failed
/// connects, and it never empties the set: when all are ejected, the one whose pause ends
/// first is asked. A single instance that comes back serves at once, and a connect that is
/// refused costs microseconds.
pub fn choose(
    origins: &[Arc<Origin>],
    tried: &[SocketAddr],
    turn: usize,
    now_ms: impl Fn() -> u64,
) -> Option<usize> {
    let may_be_asked = |index: &usize| {
        let origin = &origins[*index];
        !origin.is_down() && !tried.contains(&origin.address())
    };
    let pause = |origin: &Origin| match origin.ejected_until_ms() {
        0 => 0,
        until if until <= now_ms() => 0,
        until => until,
    };
    let start = turn.checked_rem(origins.len()).unwrap_or(0);
    (start..origins.len())
        .chain(0..start)
        .filter(may_be_asked)
        .min_by_key(|index| {
            let origin = &origins[*index];
            (pause(origin), origin.in_flight())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(id: &str, port: u16) -> Arc<Origin> {
        let upstream = Upstream {
            id: id.into(),
            address: ([127, 0, 0, 1], port).into(),
            sealed: None,
        };
        Arc::new(Origin::new(upstream, 1, broadcast::channel(8).0))
    }

    fn chosen<'a>(
        origins: &'a [Arc<Origin>],
        tried: &[SocketAddr],
        now_ms: u64,
    ) -> Option<&'a str> {
        choose(origins, tried, 0, || now_ms).map(|index| origins[index].upstream().id.as_str())
    }

    #[test]
    fn p9_a_retired_origin_admits_nothing_and_counts_what_it_has() {
        let one = origin("a", 1);
        assert!(one.admit());
        one.retire();
        assert!(!one.admit());
        assert_eq!(one.in_flight(), 1);
        one.leave();
        assert_eq!(one.in_flight(), 0);
        one.reinstate();
        assert!(one.admit());
    }

    #[test]
    fn p9_the_last_request_on_a_retired_origin_gives_a_hint() {
        let one = origin("a", 1);
        let mut hints = one.hints.subscribe();
        assert!(one.admit() && one.admit());
        one.retire();
        one.leave();
        assert!(hints.try_recv().is_err());
        one.leave();
        assert_eq!(
            hints.try_recv(),
            Ok(Hint::Drained {
                upstream: "a".into()
            })
        );
    }

    #[test]
    fn the_least_loaded_origin_is_chosen_and_equals_take_turns() {
        let origins = [origin("a", 1), origin("b", 2)];
        assert!(origins[0].admit());
        assert_eq!(chosen(&origins, &[], 1), Some("b"));
        assert!(origins[1].admit());
        let turns: Vec<_> = (0..4)
            .map(|turn| choose(&origins, &[], turn, || 1))
            .collect();
        assert_eq!(turns, [Some(0), Some(1), Some(0), Some(1)]);
    }

    #[test]
    fn ejection_prefers_others_and_never_empties_the_set() {
        let origins = [origin("a", 1), origin("b", 2)];
        origins[0].failed();
        assert_eq!(chosen(&origins, &[], now_ms()), Some("b"));
        origins[1].failed();
        origins[1].failed();
        assert_eq!(
            chosen(&origins, &[], now_ms()),
            Some("a"),
            "its pause ends first"
        );
        assert_eq!(
            chosen(&origins, &[origins[0].address()], now_ms()),
            Some("b")
        );
        assert_eq!(
            chosen(&origins, &[], now_ms() + LONGEST_EJECTION_MS),
            Some("a")
        );
    }

    #[test]
    fn an_origin_that_its_health_check_found_down_is_never_chosen() {
        let origins = [origin("a", 1)];
        origins[0].set_health(false);
        assert_eq!(chosen(&origins, &[], 1), None);
        origins[0].set_health(true);
        assert_eq!(chosen(&origins, &[], 1), Some("a"));
        assert_eq!(chosen(&[], &[], 1), None);
    }
}
