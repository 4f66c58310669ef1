//! What an instance prints, followed across its restarts until it is gone.

use super::gap::{self, Read};
use super::lines::{Joiner, Line};
use super::repeats::Repeats;
use super::{Room, error, name, observe};
use crate::driver::{DriverError, Printed};
use bollard::query_parameters::{LogsOptions, LogsOptionsBuilder};
use domain::id::InstanceId;
use domain::view::Stream;
use futures_util::StreamExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;

const NANOS_PER_MS: i64 = 1_000_000;
const NANOS_PER_S: i64 = 1_000_000_000;
/// How soon a restart of an ended instance is noticed here, or that one which runs says no more.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Ends without an error when the instance is gone or nobody listens any more.
pub async fn follow(
    room: &Room,
    id: &InstanceId,
    since_ms: i64,
    into: mpsc::Sender<Printed>,
) -> Result<(), DriverError> {
    let container = name::container(id);
    let since_ns = since_ms.saturating_mul(NANOS_PER_MS) - 1;
    let mut last = (since_ms > 0).then(|| Read {
        at_ns: since_ns,
        behind_ns: now_ns() - since_ns,
    });
    let mut start = None;
    while let Some((state, _)) = observe::inspect(room, &container).await? {
        // What it prints may end before it does: the Engine drops a reader whose file is gone.
        if start != state.started_at || state.running == Some(true) {
            start = state.started_at;
            last = one_start(room, &container, last, &into).await?;
        }
        tokio::select! {
            () = into.closed() => break,
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }
    Ok(())
}

/// Everything printed after the last line until the program ends; returns the last one then.
async fn one_start(
    room: &Room,
    container: &str,
    mut last: Option<Read>,
    into: &mpsc::Sender<Printed>,
) -> Result<Option<Read>, DriverError> {
    let engine = room.client.engine().await?;
    let after_ns = last.map_or(-1, |last| last.at_ns);
    let mut frames = std::pin::pin!(engine.logs(container, Some(following(after_ns))));
    let (mut joiner, mut repeats) = (Joiner::default(), Repeats::default());
    loop {
        let frame = tokio::select! {
            () = into.closed() => return Ok(last),
            frame = frames.next() => frame,
        };
        let frame = match frame {
            None => return Ok(last),
            Some(Err(e)) if error::status(&e) == Some(404) => return Ok(last),
            Some(frame) => {
                frame.map_err(|e| room.client.failed("send the lines of an instance", &e))?
            }
        };
        let now_ns = now_ns();
        let is_new = |line: &Line| line.at_ns > after_ns && repeats.is_new(line, now_ns);
        let Some(line) = joiner.push(frame).filter(is_new) else {
            continue;
        };
        if let Some(last) = last.filter(|last| gap::may_lack(*last, line.at_ns))
            && let Some(note) = missing(room, container, last, &line).await?
        {
            let _ = into.send(note).await;
        }
        last = Some(Read {
            at_ns: line.at_ns.max(last.map_or(i64::MIN, |last| last.at_ns)),
            behind_ns: now_ns - line.at_ns,
        });
        // Nobody listens: noticed at the top.
        let _ = into.send(printed(line)).await;
    }
}

async fn missing(
    room: &Room,
    container: &str,
    last: Read,
    next: &Line,
) -> Result<Option<Printed>, DriverError> {
    let oldest = oldest(room, container).await?;
    let note = oldest.and_then(|oldest| gap::note(last.at_ns, next, oldest.at_ns));
    Ok(note.map(|text| Printed {
        at_ms: next.at_ns.div_euclid(NANOS_PER_MS),
        stream: Stream::Note,
        text,
    }))
}

/// The first line that the Engine still has.
async fn oldest(room: &Room, container: &str) -> Result<Option<Line>, DriverError> {
    let engine = room.client.engine().await?;
    let mut frames = std::pin::pin!(engine.logs(container, Some(all().build())));
    let mut joiner = Joiner::default();
    while let Some(frame) = frames.next().await {
        let frame = frame.map_err(|e| room.client.failed("send the lines of an instance", &e))?;
        if let Some(line) = joiner.push(frame) {
            return Ok(Some(line));
        }
    }
    Ok(None)
}

fn now_ns() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| i64::try_from(now.as_nanos()).unwrap_or(i64::MAX))
}

/// The Engine counts in whole seconds here; the rest is left out by the stamp.
fn following(after_ns: i64) -> LogsOptions {
    let since_s = i32::try_from(after_ns.max(0) / NANOS_PER_S).unwrap_or(i32::MAX);
    all().follow(true).since(since_s).build()
}

fn all() -> LogsOptionsBuilder {
    LogsOptionsBuilder::new()
        .stdout(true)
        .stderr(true)
        .timestamps(true)
}

fn printed(line: Line) -> Printed {
    Printed {
        at_ms: line.at_ns.div_euclid(NANOS_PER_MS),
        stream: line.stream,
        text: line.text,
    }
}
