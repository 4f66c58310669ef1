//! What a running build has to say, read to its end.
//!
//! Engine 20.10 splits what was printed into messages of 1 MiB. Where more than that waits at once
//! it never gets out of the splitting: it ends in empty messages, as fast as they go, until the
//! build is called off. A connection that does so is left for a new one, which begins with what comes next.

use super::control::Control;
use super::progress::Progress;
use bollard_buildkit_proto::moby::buildkit::v1::{StatusRequest, StatusResponse};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tonic::{Status, Streaming};

/// A message with nothing in it means nothing; this many in a row mean that nothing else will come.
const STUCK: u32 = 64;
/// For how long a build that is over may have something to say on a new connection.
const LAST_WORDS: Duration = Duration::from_secs(1);
const WHY_STUCK: &str =
    "this Docker Engine cannot pass on more than 1 MiB that was printed at once";

/// How reading one connection ended.
enum Read {
    Whole,
    Stuck,
}

pub async fn follow(
    mut control: Control,
    build: &str,
    over: &CancellationToken,
    progress: &mut Progress<'_>,
) -> Result<(), Status> {
    let asked = || StatusRequest {
        r#ref: build.to_owned(),
    };
    let mut messages = control.status(asked()).await?.into_inner();
    while let Read::Stuck = read(&mut messages, progress).await? {
        progress.broke_off(WHY_STUCK);
        drop(messages);
        messages = tokio::select! {
            next = control.status(asked()) => next?.into_inner(),
            // Nobody answers for a build that has ended meanwhile.
            () = soon_after(over) => return Ok(()),
        };
    }
    Ok(())
}

async fn soon_after(over: &CancellationToken) {
    over.cancelled().await;
    tokio::time::sleep(LAST_WORDS).await;
}

async fn read(
    messages: &mut Streaming<StatusResponse>,
    progress: &mut Progress<'_>,
) -> Result<Read, Status> {
    let mut empty = Empty::default();
    while let Some(status) = messages.message().await? {
        if empty.is_stuck(&status) {
            return Ok(Read::Stuck);
        }
        progress.read(status);
    }
    Ok(Read::Whole)
}

/// How many messages in a row had nothing in them.
#[derive(Default)]
struct Empty(u32);

impl Empty {
    fn is_stuck(&mut self, status: &StatusResponse) -> bool {
        let is_empty = *status == StatusResponse::default();
        self.0 = if is_empty { self.0 + 1 } else { 0 };
        self.0 >= STUCK
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bollard_buildkit_proto::moby::buildkit::v1::VertexLog;

    #[test]
    fn q6_only_messages_without_end_and_without_content_are_left() {
        let mut empty = Empty::default();
        let nothing = StatusResponse::default();
        let line = StatusResponse {
            logs: vec![VertexLog::default()],
            ..StatusResponse::default()
        };
        assert!((1..STUCK).all(|_| !empty.is_stuck(&nothing)));
        assert!(!empty.is_stuck(&line));
        assert!((1..STUCK).all(|_| !empty.is_stuck(&nothing)));
        assert!(empty.is_stuck(&nothing));
    }
}
