//! What waits of one stream, and what is known of the rest. All of it changes under one lock.

use super::{Limits, line};
use domain::time::Time;
use domain::view::Stream;

/// Of a fast stream, this much is worth a flush at once.
const URGENT_BYTES: usize = 64 * 1024;
/// An empty buffer keeps no more memory than this.
const IDLE_BYTES: usize = 256 * 1024;

#[derive(Default)]
pub(super) struct Pending {
    pub body: String,
    /// In a row, because too much waits: a note will stand in their place.
    pub lost: u64,
    /// Since the stream is full.
    pub over: u64,
    pub full: bool,
    pub writers: usize,
    pub finished: bool,
    /// Its environment is gone: nothing is kept any more.
    pub forgotten: bool,
    /// `ended` differs from what is written, or nothing is written yet.
    pub turned: bool,
    pub hint_owed: bool,
    pub hinted_at: Option<Time>,
    pub written: Option<Written>,
    pub attempt: Option<Attempt>,
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
pub(super) struct Attempt {
    pub bytes: usize,
    pub over: u64,
    pub after: Written,
    pub full: bool,
}

/// What the flusher should do about a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pushed {
    Waits,
    First,
    Urgent,
}

impl Pending {
    pub fn push(&mut self, limits: &Limits, at: Time, stream: Stream, text: &str) -> Pushed {
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
    pub fn note_lost(&mut self, limits: &Limits, at: Time) {
        if self.lost > 0 {
            let note = limits.lost(std::mem::take(&mut self.lost));
            line::append(&mut self.body, at, Stream::Note, &note);
        }
    }

    pub fn is_dirty(&self) -> bool {
        !self.forgotten && (!self.body.is_empty() || self.lost > 0 || self.over > 0 || self.turned)
    }

    pub fn ended(&self) -> bool {
        self.finished && self.writers == 0
    }

    pub fn settle(&mut self, attempt: &Attempt) {
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
