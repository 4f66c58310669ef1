//! Time and chance come in through here, so that a simulation can hold both in its hand.

use domain::time::Time;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

pub trait Clock: Send + Sync {
    fn now(&self) -> Time;
    /// Bits that nobody can guess; in a simulation, the next of its seed.
    fn entropy(&self) -> u128;
}

/// The machine's own.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Time {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn entropy(&self) -> u128 {
        rand::random()
    }
}

/// Moves when told to.
#[derive(Debug, Default)]
pub struct ManualClock {
    now: AtomicI64,
    drawn: AtomicI64,
}

impl ManualClock {
    pub fn at(now: Time) -> Self {
        Self {
            now: AtomicI64::new(now.0),
            drawn: AtomicI64::new(0),
        }
    }

    pub fn advance_ms(&self, ms: i64) {
        self.now.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Time {
        Time(self.now.load(Ordering::SeqCst))
    }

    fn entropy(&self) -> u128 {
        self.drawn.fetch_add(1, Ordering::SeqCst) as u128
    }
}
