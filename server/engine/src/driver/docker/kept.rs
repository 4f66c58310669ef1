//! What the Engine still has of what an instance printed, asked beside the stream that tells it.

use super::Room;
use super::lines::Joiner;
use crate::driver::DriverError;
use bollard::query_parameters::{LogsOptions, LogsOptionsBuilder};
use futures_util::StreamExt;

const NANOS_PER_S: i64 = 1_000_000_000;

/// Whether there is a line after that moment; the Engine looks at its end only.
pub async fn has_after(room: &Room, container: &str, at_ns: i64) -> Result<bool, DriverError> {
    let engine = room.client.engine().await?;
    let mut frames = std::pin::pin!(engine.logs(container, Some(all().tail("1").build())));
    let mut joiner = Joiner::default();
    while let Some(frame) = frames.next().await {
        let frame =
            frame.map_err(|e| room.client.failed("send the last line of an instance", &e))?;
        if joiner.push(frame).is_some_and(|line| line.at_ns > at_ns) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Everything after that moment, and what comes.
pub fn following(after_ns: i64) -> LogsOptions {
    since(after_ns).follow(true).build()
}

/// Everything after that moment that is there now.
pub fn keeping(after_ns: i64) -> LogsOptions {
    since(after_ns).build()
}

/// The Engine counts in whole seconds here; the rest is left out by the stamp.
fn since(after_ns: i64) -> LogsOptionsBuilder {
    let since_s = i32::try_from(after_ns.max(0) / NANOS_PER_S).unwrap_or(i32::MAX);
    all().since(since_s)
}

fn all() -> LogsOptionsBuilder {
    LogsOptionsBuilder::new()
        .stdout(true)
        .stderr(true)
        .timestamps(true)
}
