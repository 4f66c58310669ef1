//! One stream's lines that wait to be written down.
//!
//! A flush copies what waits, and takes it away only when the transaction is known to have
//! happened. So a flush that fails, or is dropped half-way, loses nothing and repeats nothing.

use super::pending::{Attempt, Batch, Pending, Pushed, Written};
use super::{Keep, Limits, held};
use domain::id::{EnvironmentId, OrgId};
use domain::time::Time;
use domain::view::Stream;
use std::sync::Mutex;

/// About 20 hints a second and stream.
pub(super) const HINT_EVERY_MS: i64 = 50;
pub(super) struct Buffer {
    pub name: String,
    pub org: OrgId,
    pub environment: EnvironmentId,
    pub keep: Keep,
    pending: Mutex<Pending>,
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
        pending.turned |= pending.ended();
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
