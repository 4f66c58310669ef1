//! Building an image with the Engine's classic builder.
//!
//! Not BuildKit: over the API that needs a gRPC session (tonic, prost, rustls in this binary)
//! and reports its progress in protobuf; the classic builder is in every Engine, answers in
//! lines, and is cancelled by closing the connection. `RUN --mount` is what it lacks.

use super::steps::Steps;
use super::{Room, context, error, images};
use crate::driver::{Build, DriverError, Lines};
use bollard::BollardRequest;
use bollard::query_parameters::{BuildImageOptions, BuildImageOptionsBuilder};
use domain::source::Artifact;
use futures_util::StreamExt;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio_stream::wrappers::ReceiverStream;

/// The job has its own limit; this one only keeps a lost connection from waiting for ever.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

pub async fn build(
    room: &Room,
    build: Build<'_>,
    lines: &dyn Lines,
) -> Result<Artifact, DriverError> {
    if build.generated.is_none() && !context::dockerfile(build.context, build.dockerfile).is_file()
    {
        return Err(no_dockerfile(build.dockerfile));
    }
    let engine = room
        .client
        .patient(LONGEST)
        .await?
        .with_request_modifier(limit_memory(build.memory_mib));
    let unreadable = Arc::new(OnceLock::new());
    let tar = bollard::body_try_stream(context_body(&build, unreadable.clone()));
    let mut steps = Steps::new(lines);
    let mut answers = std::pin::pin!(engine.build_image(options(&build), None, Some(tar)));
    while let Some(answer) = answers.next().await {
        if let Err(e) = answer.map(|info| steps.read(info)) {
            return Err(unreadable
                .get()
                .map_or_else(|| steps.failed(room, &build, &e), |why| no_context(why)));
        }
    }
    let image = steps.finish().ok_or_else(|| no_image(room))?;
    images::artifact(room, &image)
        .await?
        .ok_or_else(|| no_image(room))
}

fn options(build: &Build<'_>) -> BuildImageOptions {
    BuildImageOptionsBuilder::new()
        .dockerfile(build.dockerfile.trim_start_matches("./"))
        .t(build.tag)
        .buildargs(&map(build.args))
        .labels(&map(build.labels))
        .rm(true)
        // Also after a failure and after a cancellation.
        .forcerm(true)
        .build()
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
        request
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

fn no_dockerfile(dockerfile: &str) -> DriverError {
    DriverError::Refused(format!(
        "There is no `{dockerfile}` in the source. Add it, or name another in sealdock.yml under `build`."
    ))
}

fn no_context(why: &str) -> DriverError {
    DriverError::Refused(format!(
        "The source could not be read while it was sent to the builder: {}. Deploy again.",
        error::ended(why)
    ))
}

fn no_image(room: &Room) -> DriverError {
    DriverError::Refused(format!(
        "Docker Engine at {} ended the build without an image. Deploy again; look at `journalctl -u docker`.",
        room.client.host()
    ))
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
