//! What an instance prints, followed across its restarts until it is gone.

use super::lines::{Joiner, Line};
use super::repeats::Repeats;
use super::{Room, error, name, observe};
use crate::driver::{DriverError, Printed};
use bollard::query_parameters::{LogsOptions, LogsOptionsBuilder};
use domain::id::InstanceId;
use futures_util::StreamExt;
use std::time::Duration;
use tokio::sync::mpsc;

const NANOS_PER_MS: i64 = 1_000_000;
const NANOS_PER_S: i64 = 1_000_000_000;
/// How soon a restart of an ended instance is noticed here.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Ends without an error when the instance is gone or nobody listens any more.
pub async fn follow(
    room: &Room,
    id: &InstanceId,
    since_ms: i64,
    into: mpsc::Sender<Printed>,
) -> Result<(), DriverError> {
    let container = name::container(id);
    let mut after_ns = since_ms.saturating_mul(NANOS_PER_MS) - 1;
    let mut start = None;
    while let Some((state, _)) = observe::inspect(room, &container).await? {
        if start != state.started_at {
            start = state.started_at;
            after_ns = one_start(room, &container, after_ns, &into).await?;
        } else {
            tokio::select! {
                () = into.closed() => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
        if into.is_closed() {
            break;
        }
    }
    Ok(())
}

/// Everything printed after `after_ns` until the program ends; returns the last stamp.
async fn one_start(
    room: &Room,
    container: &str,
    after_ns: i64,
    into: &mpsc::Sender<Printed>,
) -> Result<i64, DriverError> {
    let engine = room.client.engine().await?;
    let mut frames = std::pin::pin!(engine.logs(container, Some(options(after_ns))));
    let (mut joiner, mut last_ns) = (Joiner::default(), after_ns);
    let mut repeats = Repeats::default();
    loop {
        let frame = tokio::select! {
            () = into.closed() => return Ok(last_ns),
            frame = frames.next() => frame,
        };
        let frame = match frame {
            None => return Ok(last_ns),
            Some(Err(e)) if error::status(&e) == Some(404) => return Ok(last_ns),
            Some(frame) => {
                frame.map_err(|e| room.client.failed("send the lines of an instance", &e))?
            }
        };
        let is_new = |line: &Line| line.at_ns > after_ns && repeats.is_new(line);
        if let Some(line) = joiner.push(frame).filter(is_new) {
            last_ns = last_ns.max(line.at_ns);
            // Nobody listens: noticed at the top.
            let _ = into.send(printed(line)).await;
        }
    }
}

/// The Engine counts in whole seconds here; the rest is left out by the stamp.
fn options(after_ns: i64) -> LogsOptions {
    let since_s = i32::try_from(after_ns.max(0) / NANOS_PER_S).unwrap_or(i32::MAX);
    LogsOptionsBuilder::new()
        .follow(true)
        .stdout(true)
        .stderr(true)
        .timestamps(true)
        .since(since_s)
        .build()
}

fn printed(line: Line) -> Printed {
    Printed {
        at_ms: line.at_ns.div_euclid(NANOS_PER_MS),
        stream: line.stream,
        text: line.text,
    }
}
