//! The logs of builds and instances: every line, with its number, its time and who wrote it.
//!
//! A [`LogWriter`] cleans a line, hides secrets in it and puts it into the stream's buffer; it
//! never waits. A flush writes what waits of all streams in one transaction, numbers the lines
//! without a gap, and hints that there is something to read. Readers see what waits too, since a
//! read flushes its stream first. Numbers begin at 1 and go on after a restart.
//!
//! There is no hidden thread: a simulation calls [`Logs::flush`], a server spawns the flusher.

mod buffer;
pub mod capture;
mod chunk;
mod filter;
mod find;
mod flush;
mod forget;
mod line;
mod outline;
mod page;
mod pending;
mod raw;
mod rows;
mod search;
mod write;
mod writer;

#[cfg(test)]
mod tests;

pub use line::LINE_MAX_BYTES;
pub use writer::LogWriter;

use crate::changes::Bus;
use crate::clock::Clock;
use crate::store::Store;
use buffer::Buffer;
use domain::id::{EnvironmentId, OrgId};
use domain::redact::Redactor;
use pending::Pushed;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, Semaphore};

/// Searches at once: each reads a whole log.
const SEARCHES: usize = 2;

/// What goes when a stream is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keep {
    /// The newest: a build that prints too much is wrong from its beginning.
    First,
    /// The oldest: an instance runs for months, and its last lines are the ones that matter.
    Last,
}

/// How much of one stream is kept.
#[derive(Clone, Debug)]
pub struct Limits {
    pub lines: u64,
    pub bytes: u64,
    /// What may wait for the database; beyond it lines are counted, not kept.
    pub waiting_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            lines: 2_000_000,
            bytes: 256 << 20,
            waiting_bytes: 8 << 20,
        }
    }
}

impl Limits {
    fn lost(&self, lines: u64) -> String {
        let (lines, kib) = (
            line::grouped(lines),
            line::grouped(self.waiting_bytes as u64 >> 10),
        );
        format!(
            "… {lines} lines were not kept: over the limit of {kib} KiB that wait to be written"
        )
    }

    fn over(&self, lines: u64) -> String {
        let (lines, most) = (line::grouped(lines), line::grouped(self.lines));
        let mib = line::grouped(self.bytes >> 20);
        format!(
            "… {lines} lines were not kept: over the limit of {most} lines or {mib} MiB for one log"
        )
    }
}

/// The log store. Cheap to clone.
#[derive(Clone)]
pub struct Logs {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    bus: Bus,
    clock: Arc<dyn Clock>,
    limits: Limits,
    /// Streams that are written to, or whose lines wait.
    buffers: Mutex<HashMap<String, Arc<Buffer>>>,
    /// One flush at a time: it is what numbers the lines.
    flushing: tokio::sync::Mutex<()>,
    dirty: Notify,
    urgent: Notify,
    searches: Semaphore,
}

impl Logs {
    pub fn new(store: Store, bus: Bus, clock: Arc<dyn Clock>) -> Self {
        Self::with_limits(store, bus, clock, Limits::default())
    }

    pub fn with_limits(store: Store, bus: Bus, clock: Arc<dyn Clock>, limits: Limits) -> Self {
        let inner = Inner {
            store,
            bus,
            clock,
            limits,
            buffers: Mutex::default(),
            flushing: tokio::sync::Mutex::default(),
            dirty: Notify::new(),
            urgent: Notify::new(),
            searches: Semaphore::new(SEARCHES),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Writes to the stream, and begins it when it is new. Several may write to one stream.
    /// When it is full, further lines are counted, and a note stands in their place.
    pub fn writer(
        &self,
        org: &OrgId,
        environment: &EnvironmentId,
        stream: &str,
        redactor: Arc<Redactor>,
    ) -> LogWriter {
        self.open(Buffer::new(stream, org, environment, Keep::First), redactor)
    }

    /// The same, but when it is full, the oldest lines make room.
    pub fn rolling_writer(
        &self,
        org: &OrgId,
        environment: &EnvironmentId,
        stream: &str,
        redactor: Arc<Redactor>,
    ) -> LogWriter {
        self.open(Buffer::new(stream, org, environment, Keep::Last), redactor)
    }

    fn open(&self, fresh: Buffer, redactor: Arc<Redactor>) -> LogWriter {
        let mut buffers = held(&self.inner.buffers);
        let buffer = buffers
            .entry(fresh.name.clone())
            .or_insert_with(|| Arc::new(fresh))
            .clone();
        buffer.open();
        drop(buffers);
        self.woken(Pushed::First);
        LogWriter::new(self.clone(), buffer, redactor)
    }

    fn woken(&self, pushed: Pushed) {
        match pushed {
            Pushed::Waits => {}
            Pushed::First => self.inner.dirty.notify_one(),
            Pushed::Urgent => {
                self.inner.dirty.notify_one();
                self.inner.urgent.notify_one();
            }
        }
    }

    fn buffer(&self, stream: &str) -> Option<Arc<Buffer>> {
        held(&self.inner.buffers).get(stream).cloned()
    }
}

/// A lock whose holder panicked holds data that is still whole: every change under it is one step.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
