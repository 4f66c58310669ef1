//! One stream's lines that wait to be written down.
//!
//! A flush copies what waits, and takes it away only when the transaction is known to have
//! happened. So a flush that fails, or is dropped half-way, loses nothing and repeats nothing.

use super::line;
use super::{Keep, Limits, held};
use domain::id::{EnvironmentId, OrgId};
use domain::time::Time;
use domain::view::Stream;
use std::sync::Mutex;

/// Of a fast stream, this much is worth a flush at once.
pub(super) const URGENT_BYTES: usize = 64 * 1024;
/// About 20 hints a second and stream.
pub(super) const HINT_EVERY_MS: i64 = 50;
/// An empty buffer keeps no more memory than this.
const IDLE_BYTES: usize = 256 * 1024;

pub(super) struct Buffer {
    pub name: String,
    pub org: OrgId,
    pub environment: EnvironmentId,
    pub keep: Keep,
    pending: Mutex<Pending>,
}

#[derive(Default)]
struct Pending {
    body: String,
    /// In a row, because too much waits: a note will stand in their place.
    lost: u64,
    /// Since the stream is full.
    over: u64,
    full: bool,
    writers: usize,
    finished: bool,
    /// Its environment is gone: nothing is kept any more.
    forgotten: bool,
    /// `ended` differs from what is written, or nothing is written yet.
    turned: bool,
    hint_owed: bool,
    hinted_at: Option<Time>,
    written: Option<Written>,
    attempt: Option<Attempt>,
}

/// What the database holds of the stream, as of the last flush.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    pub last_seq: i64,
    pub size_bytes: i64,
    pub ended: bool,
    /// The last chunk, while it may grow: its first line and its size.
    pub tail: Option<(i64, usize)>,
    /// The note about lines over the limit: its line and its count.
    pub note: Option<(i64, u64)>,
}

/// What one flush takes along.
#[derive(Clone, Debug, Default)]
pub(super) struct Batch {
    pub body: String,
    pub over: u64,
    pub ended: bool,
}

/// A flush whose end is not known yet.
struct Attempt {
    bytes: usize,
    over: u64,
    after: Written,
    full: bool,
}

/// What the flusher should do about a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pushed {
    Waits,
    First,
    Urgent,
}

impl Buffer {
    pub fn new(name: &str, org: &OrgId, environment: &EnvironmentId, keep: Keep) -> Self {
        let pending = Mutex::new(Pending {
            turned: true,
            ..Pending::default()
        });
        let (name, org, environment) = (name.to_owned(), org.clone(), environment.clone());
        Self {
            name,
            org,
            environment,
            keep,
            pending,
        }
    }

    /// One more writer; an ended stream goes on.
    pub fn open(&self) {
        let mut pending = held(&self.pending);
        pending.writers += 1;
        pending.turned |= std::mem::take(&mut pending.finished);
    }

    pub fn close(&self, finished: bool) {
        let mut pending = held(&self.pending);
        pending.writers = pending.writers.saturating_sub(1);
        pending.finished |= finished;
        pending.turned |= finished && pending.writers == 0;
    }

    pub fn push(&self, limits: &Limits, at: Time, stream: Stream, text: &str) -> Pushed {
        held(&self.pending).push(limits, at, stream, text)
    }

    /// Its environment is being deleted: what waits is dropped, what comes is ignored.
    pub fn forget(&self) {
        let mut pending = held(&self.pending);
        *pending = Pending {
            forgotten: true,
            writers: pending.writers,
            ..Pending::default()
        };
    }

    pub fn is_dirty(&self) -> bool {
        held(&self.pending).is_dirty()
    }

    /// So much waits that who can wait, should.
    pub fn is_half_full(&self, limits: &Limits) -> bool {
        held(&self.pending).body.len() > limits.waiting_bytes / 2
    }

    /// Nobody writes to it, and nothing waits.
    pub fn is_idle(&self) -> bool {
        let pending = held(&self.pending);
        pending.writers == 0 && !pending.is_dirty() && !pending.hint_owed
    }

    /// What the last flush left behind; `None` when the database has to be asked.
    pub fn written(&self) -> Option<Written> {
        held(&self.pending).written
    }

    /// Compares with what the database holds: an attempt that did happen is settled now. The rest
    /// is not remembered, since the transaction that read it may not happen either.
    pub fn learn(&self, stored: Written) -> Written {
        let mut pending = held(&self.pending);
        let rows = |w: &Written| (w.last_seq, w.size_bytes, w.ended);
        match pending.attempt.take() {
            Some(attempt) if rows(&attempt.after) == rows(&stored) => {
                pending.settle(&attempt);
                attempt.after
            }
            _ => stored,
        }
    }

    /// What is to be written, as of `at`; it keeps waiting until it is settled.
    pub fn batch(&self, limits: &Limits, at: Time) -> Option<Batch> {
        let mut pending = held(&self.pending);
        pending.note_lost(limits, at);
        let ended = pending.ended();
        pending.is_dirty().then(|| Batch {
            body: pending.body.clone(),
            over: pending.over,
            ended,
        })
    }

    /// Before the commit: until it is known to have happened, the database is asked again.
    pub fn attempt(&self, batch: &Batch, after: Written) {
        let mut pending = held(&self.pending);
        pending.written = None;
        let full = after.note.is_some();
        pending.attempt = Some(Attempt {
            bytes: batch.body.len(),
            over: batch.over,
            after,
            full,
        });
    }

    /// After the commit. Whether there was something new to read.
    pub fn settle(&self) -> bool {
        let mut pending = held(&self.pending);
        let attempt = pending.attempt.take();
        attempt.iter().for_each(|attempt| pending.settle(attempt));
        attempt.is_some()
    }

    /// Whether to hint now; if not, one stays owed.
    pub fn may_hint(&self, now: Time) -> bool {
        let mut pending = held(&self.pending);
        let early = pending
            .hinted_at
            .is_some_and(|last| now.since_ms(last) < HINT_EVERY_MS);
        pending.hint_owed = early && !pending.ended();
        if !pending.hint_owed {
            pending.hinted_at = Some(now);
        }
        !pending.hint_owed
    }

    pub fn owes_hint(&self) -> bool {
        held(&self.pending).hint_owed
    }
}

impl Pending {
    fn push(&mut self, limits: &Limits, at: Time, stream: Stream, text: &str) -> Pushed {
        let (was_dirty, was_urgent) = (self.is_dirty(), self.body.len() >= URGENT_BYTES);
        if self.forgotten {
            return Pushed::Waits;
        }
        if self.full {
            self.over += 1;
        } else if self.body.len() >= limits.waiting_bytes {
            self.lost += 1;
        } else {
            self.note_lost(limits, at);
            line::append(&mut self.body, at, stream, text);
        }
        match (was_dirty, was_urgent, self.body.len() >= URGENT_BYTES) {
            (_, false, true) => Pushed::Urgent,
            (false, ..) => Pushed::First,
            _ => Pushed::Waits,
        }
    }

    /// The note stands where the lines would.
    fn note_lost(&mut self, limits: &Limits, at: Time) {
        if self.lost > 0 {
            let note = limits.lost(std::mem::take(&mut self.lost));
            line::append(&mut self.body, at, Stream::Note, &note);
        }
    }

    fn is_dirty(&self) -> bool {
        !self.forgotten && (!self.body.is_empty() || self.lost > 0 || self.over > 0 || self.turned)
    }

    fn ended(&self) -> bool {
        self.finished && self.writers == 0
    }

    fn settle(&mut self, attempt: &Attempt) {
        if self.forgotten {
            return;
        }
        self.body.drain(..attempt.bytes);
        self.over -= attempt.over;
        self.full |= attempt.full;
        self.turned = self.ended() != attempt.after.ended;
        self.written = Some(attempt.after);
        if self.body.is_empty() && self.body.capacity() > IDLE_BYTES {
            self.body = String::new();
        }
    }
}
