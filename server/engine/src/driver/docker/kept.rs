//! What the Engine still has of what an instance printed, asked beside the stream that tells it.

use super::lines::{Joiner, Line};
use super::{Room, error};
use crate::driver::DriverError;
use bollard::query_parameters::{LogsOptions, LogsOptionsBuilder};
use futures_util::StreamExt;

const NANOS_PER_S: i64 = 1_000_000_000;

/// The first line of all.
pub async fn oldest(room: &Room, container: &str) -> Result<Option<Line>, DriverError> {
    first(room, container, all().build(), i64::MIN).await
}

/// Whether there is a line after that moment; the Engine looks at its end only.
pub async fn has_after(room: &Room, container: &str, at_ns: i64) -> Result<bool, DriverError> {
    let newest = first(room, container, all().tail("1").build(), at_ns).await?;
    Ok(newest.is_some())
}

async fn first(
    room: &Room,
    container: &str,
    options: LogsOptions,
    after_ns: i64,
) -> Result<Option<Line>, DriverError> {
    let engine = room.client.engine().await?;
    let mut frames = std::pin::pin!(engine.logs(container, Some(options)));
    let mut joiner = Joiner::default();
    while let Some(frame) = frames.next().await {
        match frame {
            Ok(frame) => {
                let line = joiner.push(frame).filter(|line| line.at_ns > after_ns);
                if line.is_some() {
                    return Ok(line);
                }
            }
            Err(e) if error::status(&e) == Some(404) => return Ok(None),
            Err(e) => return Err(room.client.failed("send the lines of an instance", &e)),
        }
    }
    Ok(None)
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
