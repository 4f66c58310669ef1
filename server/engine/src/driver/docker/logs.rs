//! What an instance prints, followed across its restarts until it is gone.
//!
//! The Engine's stream is not trusted to tell all of it. One that is behind while log files are rotated
//! ends too early, goes on at a later file than the next one, or says nothing more (Docker 20.10 does
//! each). What it *keeps* is told whole when it is asked for that alone. So a stream that may have gone
//! past something is left, what is kept is read from the last line until that is caught up with, and
//! then the end is followed again.

use super::gap::{self, Read};
use super::kept::{self, following, keeping};
use super::lines::{Joiner, Line};
use super::repeats::Repeats;
use super::{Room, error, name, observe};
use crate::driver::{DriverError, Printed};
use bollard::container::LogOutput;
use bollard::errors::Error;
use domain::id::InstanceId;
use domain::view::Stream;
use futures_util::StreamExt;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;
use tokio::time::timeout;

const NANOS_PER_MS: i64 = 1_000_000;
/// How soon a restart of an ended instance is noticed here, or that one which runs says no more.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// After so long without a line the Engine is asked whether it has one; ever more rarely.
const QUIET: Duration = Duration::from_secs(4);
const MOST_QUIET: Duration = Duration::from_secs(300);
/// Two pipes of one program: a line may be kept behind one that is a little younger.
const OVERLAP_NS: i64 = NANOS_PER_MS;
/// The Engine reads its files from their begin whenever it is asked, which may take a tenth of the time.
const SHARE: u32 = 10;

/// Ends without an error when the instance is gone or nobody listens any more.
pub async fn follow(
    room: &Room,
    id: &InstanceId,
    since_ms: i64,
    into: mpsc::Sender<Printed>,
) -> Result<(), DriverError> {
    let since_ns = since_ms.saturating_mul(NANOS_PER_MS) - 1;
    let mut reader = Reader {
        room,
        container: name::container(id),
        into: &into,
        last: (since_ms > 0).then(|| Read {
            at_ns: since_ns,
            behind_ns: now_ns() - since_ns,
        }),
        has_told: false,
        repeats: Repeats::default(),
        rests: Instant::now(),
    };
    let (mut start, mut more) = (None, false);
    while let Some((state, _)) = observe::inspect(room, &reader.container).await? {
        // Of what runs no more, a stream that tells nothing new was the last one.
        if start != state.started_at || state.running == Some(true) || more {
            start = state.started_at;
            let before = reader.last;
            reader.one_start().await?;
            more = reader.last != before;
        }
        tokio::select! {
            () = into.closed() => break,
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }
    Ok(())
}

/// Whoever reads on from a last line.
struct Reader<'a> {
    room: &'a Room,
    container: String,
    into: &'a mpsc::Sender<Printed>,
    last: Option<Read>,
    has_told: bool,
    repeats: Repeats,
    /// Until then no stream is left.
    rests: Instant,
}

impl Reader<'_> {
    /// To the end of the stream, whole.
    async fn one_start(&mut self) -> Result<(), DriverError> {
        while self.stream(true).await? {
            while self.stream(false).await? {}
        }
        Ok(())
    }

    /// Follows until it ends, or reads what is kept; whether there is more to read.
    async fn stream(&mut self, follows: bool) -> Result<bool, DriverError> {
        let (begun, before) = (Instant::now(), self.last);
        let after_ns = match (self.last, self.has_told) {
            (Some(last), true) => last.at_ns - OVERLAP_NS,
            (Some(last), false) => last.at_ns,
            (None, _) => -1,
        };
        let options = if follows { following } else { keeping };
        let engine = self.room.client.engine().await?;
        let mut frames = std::pin::pin!(engine.logs(&self.container, Some(options(after_ns))));
        let (mut joiner, mut quiet, mut is_first) = (Joiner::default(), QUIET, true);
        loop {
            let frame = tokio::select! {
                () = self.into.closed() => return Ok(false),
                frame = timeout(quiet, frames.next()) => frame,
            };
            let Ok(frame) = frame else {
                if self.is_late().await? {
                    return Ok(true);
                }
                quiet = (quiet * 2).min(MOST_QUIET);
                continue;
            };
            let Some(frame) = self.frame(frame)? else {
                // Of what was kept, some may have come meanwhile; little of it is followed.
                let is_behind = self.last.is_some_and(gap::is_behind) && self.has_rested();
                return Ok(!follows && self.last != before && is_behind);
            };
            quiet = QUIET;
            let line = joiner.push(frame);
            let Some(line) = line.filter(|line| line.at_ns > after_ns) else {
                continue;
            };
            if follows && !is_first && self.may_skip(&line) {
                return Ok(true);
            }
            if !self.repeats.is_new(&line, now_ns()) {
                continue;
            }
            if is_first {
                self.note(&line).await?;
                if !follows {
                    self.rests = Instant::now() + begun.elapsed() * SHARE;
                }
            }
            is_first = false;
            self.tell(line).await;
        }
    }

    /// `None`: the stream ends.
    fn frame(
        &self,
        frame: Option<Result<LogOutput, Error>>,
    ) -> Result<Option<LogOutput>, DriverError> {
        match frame {
            Some(Err(e)) if error::status(&e) == Some(404) => Ok(None),
            frame => frame.transpose().map_err(|e| {
                let client = &self.room.client;
                client.failed("send the lines of an instance", &e)
            }),
        }
    }

    fn may_skip(&self, next: &Line) -> bool {
        let skips = self
            .last
            .is_some_and(|last| gap::may_skip(last, next.at_ns));
        skips && self.has_rested()
    }

    fn has_rested(&self) -> bool {
        Instant::now() > self.rests
    }

    /// The Engine has a line that the stream does not tell.
    async fn is_late(&self) -> Result<bool, DriverError> {
        let last_ns = self.last.map_or(-1, |last| last.at_ns);
        kept::has_after(self.room, &self.container, last_ns).await
    }

    /// A stream begins with the first line after the last one that there still is.
    async fn note(&self, next: &Line) -> Result<(), DriverError> {
        let Some(last) = self.last else {
            return Ok(());
        };
        // Of a line that an earlier reader had, only the millisecond is known.
        let last_ns = match self.has_told {
            true => last.at_ns,
            false => last.at_ns + NANOS_PER_MS,
        };
        let oldest = kept::oldest(self.room, &self.container).await?;
        if let Some(text) = oldest.and_then(|oldest| gap::note(last_ns, next, oldest.at_ns)) {
            let note = Printed {
                at_ms: next.at_ns.div_euclid(NANOS_PER_MS),
                stream: Stream::Note,
                text,
            };
            let _ = self.into.send(note).await;
        }
        Ok(())
    }

    async fn tell(&mut self, line: Line) {
        self.has_told = true;
        self.last = Some(Read {
            at_ns: line
                .at_ns
                .max(self.last.map_or(i64::MIN, |last| last.at_ns)),
            behind_ns: now_ns() - line.at_ns,
        });
        // Nobody listens: noticed at the top.
        let _ = self.into.send(printed(line)).await;
    }
}

fn now_ns() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| i64::try_from(now.as_nanos()).unwrap_or(i64::MAX))
}

fn printed(line: Line) -> Printed {
    Printed {
        at_ms: line.at_ns.div_euclid(NANOS_PER_MS),
        stream: line.stream,
        text: line.text,
    }
}
