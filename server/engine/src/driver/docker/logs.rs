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
use super::{Room, error, name, observe, stamp};
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
const OVERLAP_NS: i64 = 10 * NANOS_PER_MS;
/// The Engine reads its files from their begin whenever it is asked, which may take a fifth of the time.
const SHARE: u32 = 5;

/// Ends without an error when the instance is gone or nobody listens any more.
pub async fn follow(
    room: &Room,
    id: &InstanceId,
    since_ms: i64,
    into: mpsc::Sender<Printed>,
) -> Result<(), DriverError> {
    let mut reader = Reader {
        room,
        container: name::container(id),
        into: &into,
        ahead_ns: ahead_ns(room).await,
        last: None,
        has_told: false,
        repeats: Repeats::default(),
        quiet: QUIET,
        rests: Instant::now(),
    };
    if since_ms > 0 {
        reader.read_until(since_ms.saturating_mul(NANOS_PER_MS) - 1);
    }
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

/// How far the Engine's clock, which stamps the lines, is ahead of ours.
async fn ahead_ns(room: &Room) -> i64 {
    if room.client.is_here() {
        return 0;
    }
    let Ok(engine) = room.client.engine().await else {
        return 0;
    };
    let (before, info) = (now_ns(), engine.info().await.ok());
    let theirs = info.and_then(|info| stamp::nanos(&info.system_time?));
    theirs.map_or(0, |theirs| theirs - before.midpoint(now_ns()))
}

/// Whoever reads on from a last line.
struct Reader<'a> {
    room: &'a Room,
    container: String,
    into: &'a mpsc::Sender<Printed>,
    ahead_ns: i64,
    last: Option<Read>,
    has_told: bool,
    repeats: Repeats,
    /// How long a stream that is followed may say nothing unasked. Longer, once it was left for that: a
    /// busy Engine may take its time for the first line of it.
    quiet: Duration,
    /// Until then what is kept is not read again.
    rests: Instant,
}

impl Reader<'_> {
    /// To the end of the stream, whole.
    async fn one_start(&mut self) -> Result<(), DriverError> {
        self.quiet = QUIET;
        while self.stream(true).await? {
            self.rest().await;
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
        let (mut joiner, mut is_first) = (Joiner::default(), true);
        // Of a line that an earlier reader had, only the millisecond is known.
        let known_ns = self.last.map(|last| match self.has_told {
            true => last.at_ns,
            false => last.at_ns + NANOS_PER_MS,
        });
        let mut goes_on = known_ns.is_none();
        loop {
            // What is kept comes to an end by itself, however long a busy Engine takes to begin.
            let patience = if follows { self.quiet } else { MOST_QUIET };
            let frame = tokio::select! {
                () = self.into.closed() => return Ok(false),
                frame = timeout(patience, frames.next()) => frame,
            };
            let Ok(frame) = frame else {
                self.quiet = (self.quiet * 2).min(MOST_QUIET);
                if !follows || self.is_late().await {
                    return Ok(follows);
                }
                continue;
            };
            let Some(frame) = self.frame(frame)? else {
                if !follows && is_first {
                    self.rests = Instant::now() + QUIET;
                }
                // Of what was kept, some may have come meanwhile; little of it is followed.
                let is_behind = self.last.is_some_and(gap::is_behind) && self.has_rested();
                return Ok(!follows && self.last != before && is_behind);
            };
            let Some(line) = joiner.push(frame) else {
                continue;
            };
            goes_on |= known_ns.is_some_and(|known| line.at_ns <= known);
            if line.at_ns <= after_ns {
                continue;
            }
            if follows && (!goes_on || self.may_skip(&line)) {
                return Ok(true);
            }
            if !self.repeats.is_new(&line, self.now_ns()) {
                continue;
            }
            if is_first && !follows {
                self.rests = Instant::now() + begun.elapsed() * SHARE;
            }
            if let Some(known) = known_ns.filter(|_| !goes_on) {
                self.send(missing(known, &line)).await;
            }
            (is_first, goes_on) = (false, true);
            if follows {
                self.quiet = QUIET;
            }
            self.tell(line).await;
        }
    }

    /// `None`: the stream ends.
    fn frame(
        &self,
        frame: Option<Result<LogOutput, Error>>,
    ) -> Result<Option<LogOutput>, DriverError> {
        match frame {
            Some(Err(e)) if matches!(error::status(&e), Some(404 | 409)) => Ok(None),
            frame => frame.transpose().map_err(|e| {
                let client = &self.room.client;
                client.failed("send the lines of an instance", &e)
            }),
        }
    }

    /// What an earlier reader had may lie anywhere before.
    fn may_skip(&self, next: &Line) -> bool {
        let last = self.last.filter(|_| self.has_told);
        last.is_some_and(|last| gap::may_skip(last, next.at_ns))
    }

    fn has_rested(&self) -> bool {
        Instant::now() > self.rests
    }

    /// Lines are late then, and none is lost.
    async fn rest(&self) {
        tokio::select! {
            () = self.into.closed() => {}
            () = tokio::time::sleep_until(self.rests.into()) => {}
        }
    }

    /// The Engine has a line that the stream does not tell; one that can't say so now is asked later.
    async fn is_late(&self) -> bool {
        let last_ns = self.last.map_or(-1, |last| last.at_ns);
        let asked = kept::has_after(self.room, &self.container, last_ns);
        matches!(timeout(QUIET, asked).await, Ok(Ok(true)))
    }

    async fn tell(&mut self, line: Line) {
        self.has_told = true;
        self.read_until(line.at_ns);
        self.send(printed(line)).await;
    }

    fn read_until(&mut self, at_ns: i64) {
        let newest = self.last.map_or(i64::MIN, |last| last.at_ns);
        self.last = Some(Read {
            at_ns: at_ns.max(newest),
            behind_ns: self.now_ns() - at_ns,
        });
    }

    async fn send(&self, line: Printed) {
        // Nobody listens: noticed at the top.
        let _ = self.into.send(line).await;
    }

    /// By the Engine's clock.
    fn now_ns(&self) -> i64 {
        now_ns() + self.ahead_ns
    }
}

fn now_ns() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| i64::try_from(now.as_nanos()).unwrap_or(i64::MAX))
}

fn missing(last_ns: i64, next: &Line) -> Printed {
    Printed {
        at_ms: next.at_ns.div_euclid(NANOS_PER_MS),
        stream: Stream::Note,
        text: gap::note(last_ns, next.at_ns),
    }
}

fn printed(line: Line) -> Printed {
    Printed {
        at_ms: line.at_ns.div_euclid(NANOS_PER_MS),
        stream: line.stream,
        text: line.text,
    }
}
