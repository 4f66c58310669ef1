//! Building an image with the Engine's classic builder: it takes its limits over the API,
//! answers in lines, and is cancelled by closing the connection.

use super::classic_steps::Steps;
use super::fence::{PERIOD_US, SHARES};
use super::{Room, context, error, failure, images, registry};
use crate::driver::{Build, DriverError, Lines};
use bollard::BollardRequest;
use bollard::errors::Error;
use bollard::query_parameters::{BuildImageOptions, BuildImageOptionsBuilder};
use domain::source::Artifact;
use domain::view::Stream;
use futures_util::StreamExt;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio_stream::wrappers::ReceiverStream;

/// The job has its own limit; this one only keeps a lost connection from waiting for ever.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// While the Engine looks for a step in its cache, somebody may remove an image that has nothing to do
/// with it, and the build ends (moby, `daemon/images/cache.go`). Its steps are kept, so it goes on there.
const TRIES: u32 = 3;
const LOST: &str = "unable to find image \"sha256:";

pub async fn build(
    room: &Room,
    build: Build<'_>,
    lines: &dyn Lines,
) -> Result<Artifact, DriverError> {
    for _ in 1..TRIES {
        match once(room, &build, lines).await {
            Err(Ended::Lost(_)) => lines.line(
                Stream::Note,
                "An image went while the Engine looked into its cache: the build is tried again.",
            ),
            built => return built.map_err(Ended::why),
        }
    }
    once(room, &build, lines).await.map_err(Ended::why)
}

enum Ended {
    Lost(DriverError),
    Failed(DriverError),
}

impl From<DriverError> for Ended {
    fn from(why: DriverError) -> Self {
        Self::Failed(why)
    }
}

impl Ended {
    /// By the Engine's own words: a step may print whatever it likes.
    fn of(error: &Error, why: DriverError) -> Self {
        match error::message(error).starts_with(LOST) {
            true => Self::Lost(why),
            false => Self::Failed(why),
        }
    }

    fn why(self) -> DriverError {
        match self {
            Self::Lost(why) | Self::Failed(why) => why,
        }
    }
}

async fn once(room: &Room, build: &Build<'_>, lines: &dyn Lines) -> Result<Artifact, Ended> {
    let engine = room
        .client
        .patient(LONGEST)
        .await?
        .with_request_modifier(limit_memory(build.limits.memory_mib));
    let unreadable = Arc::new(OnceLock::new());
    let tar = bollard::body_try_stream(context_body(build, unreadable.clone()));
    let mut steps = Steps::new(lines);
    let mut answers = std::pin::pin!(engine.build_image(
        options(build),
        registry::every(build.logins),
        Some(tar)
    ));
    while let Some(answer) = answers.next().await {
        if let Err(e) = answer.map(|info| steps.read(info)) {
            return Err(unreadable.get().map_or_else(
                || Ended::of(&e, steps.failed(room, build, &e)),
                |why| failure::no_context(why).into(),
            ));
        }
    }
    let image = steps
        .finish()
        .ok_or_else(|| failure::no_image(room.client.host()))?;
    let made = images::artifact(room, &image).await?;
    made.ok_or_else(|| failure::no_image(room.client.host()).into())
}

fn options(build: &Build<'_>) -> BuildImageOptions {
    BuildImageOptionsBuilder::new()
        .dockerfile(build.dockerfile.trim_start_matches("./"))
        .t(build.tag)
        .buildargs(&map(build.args))
        .labels(&map(build.labels))
        .cpuperiod(signed(PERIOD_US))
        .cpuquota(signed(build.limits.cpu_quota_us(PERIOD_US)))
        .cpushares(signed(SHARES))
        .rm(true)
        // Also after a failure and after a cancellation.
        .forcerm(true)
        .build()
}

/// The client's numbers are signed.
fn signed(number: impl TryInto<i32>) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}

fn map(pairs: &BTreeMap<String, String>) -> HashMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The client counts these bytes in 32 bits, which ends just below 2 GiB; so they are put
/// into the address by hand. The same number twice: no swap.
fn limit_memory(
    memory_mib: u32,
) -> impl Fn(BollardRequest) -> BollardRequest + Send + Sync + 'static {
    let bytes = u64::from(memory_mib) * 1024 * 1024;
    move |mut request| {
        let limited = format!("{}&memory={bytes}&memswap={bytes}", request.uri());
        if let Ok(uri) = limited.parse() {
            *request.uri_mut() = uri;
        }
        registry::readable(request)
    }
}

/// An unreadable tree breaks the request; why it broke is kept for the sentence.
fn context_body(
    build: &Build<'_>,
    unreadable: Arc<OnceLock<String>>,
) -> impl futures_util::Stream<Item = context::Chunk> + Send + 'static {
    ReceiverStream::new(context::stream(
        build.context,
        build.dockerfile,
        build.generated,
    ))
    .inspect(move |chunk| {
        if let Err(e) = chunk {
            let _ = unreadable.set(e.to_string());
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_limit_may_be_larger_than_32_bits() {
        let mut request = BollardRequest::new(http_body_util::Either::Left(Default::default()));
        *request.uri_mut() = "/v1.41/build?t=x".parse().unwrap_or_default();
        let limited = limit_memory(8192)(request);
        assert_eq!(
            limited.uri().to_string(),
            "/v1.41/build?t=x&memory=8589934592&memswap=8589934592"
        );
    }
}
