//! What all serving threads share, and what one of them has for itself.

use super::clock::now_ms;
use super::link::Watch;
use super::options::ProxyOptions;
use super::table::Table;
use super::tls::Tls;
use arc_swap::ArcSwap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, Weak};

#[derive(Debug)]
pub struct Shared {
    pub options: ProxyOptions,
    pub table: Arc<ArcSwap<Table>>,
    /// `None` only where no connection is accepted.
    pub tls: Option<Tls>,
    /// Open client connections of the whole process.
    pub connections: AtomicUsize,
    /// Requests that wait for their route to lead to somebody, in the whole process.
    pub held: AtomicUsize,
    /// The process is about to end: answers say so and idle connections are closed.
    pub ending: AtomicBool,
    /// The data plane that served before still finishes requests, on upstreams that it alone counts.
    pub has_predecessor: Arc<AtomicBool>,
}

/// One serving thread.
#[derive(Debug)]
pub struct Core {
    pub index: usize,
    pub shared: Arc<Shared>,
    /// The time as of the last sweep: good enough for timeouts, free to read.
    tick_ms: AtomicU64,
    turn: AtomicUsize,
    watches: Mutex<Vec<Weak<Watch>>>,
}

impl Core {
    pub fn new(index: usize, shared: Arc<Shared>) -> Self {
        Self {
            index,
            shared,
            tick_ms: AtomicU64::new(now_ms()),
            turn: AtomicUsize::new(0),
            watches: Mutex::default(),
        }
    }

    pub fn tick_ms(&self) -> u64 {
        self.tick_ms.load(Relaxed)
    }

    pub fn set_tick(&self, now_ms: u64) {
        self.tick_ms.store(now_ms, Relaxed);
    }

    /// Where to start among equals, so that they take turns.
    pub fn next_turn(&self) -> usize {
        let turn = self.turn.load(Relaxed).wrapping_add(1);
        self.turn.store(turn, Relaxed);
        turn
    }

    pub fn is_ending(&self) -> bool {
        self.shared.ending.load(Relaxed)
    }

    pub fn watch(&self, watch: &Arc<Watch>) {
        self.watches
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::downgrade(watch));
    }

    /// Shows every open connection to `look`; closed ones are forgotten.
    pub fn each_watch(&self, mut look: impl FnMut(&Watch)) {
        let mut watches = self.watches.lock().unwrap_or_else(PoisonError::into_inner);
        watches.retain(|watch| watch.upgrade().inspect(|watch| look(watch)).is_some());
    }
}
