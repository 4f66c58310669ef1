//! Building with the BuildKit inside Docker Engine, the way its own client does: gRPC over
//! connections that `POST /session` and `POST /grpc` hand over. The client library builds over
//! the same interface, but holds the whole context in memory and drops the progress.

mod auth;
mod control;
mod hijack;
mod progress;
mod session;
mod status;

use super::fence::Fence;
use super::{Room, context, error, failure, images};
use crate::driver::{Build, DriverError, Lines};
use bollard_buildkit_proto::moby::buildkit::v1::SolveRequest;
use control::Control;
use domain::source::Artifact;
use progress::Progress;
use session::{Offer, Session};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};

/// The one frontend that every Engine has in it.
const FRONTEND: &str = "dockerfile.v0";
/// Puts the result among the Engine's own images.
const EXPORTER: &str = "moby";

/// Asked once: an Engine does not lose it while we are connected.
pub async fn available(room: &Room) -> bool {
    let asked = room.has_buildkit.get_or_try_init(|| async {
        match hijack::hijack(room.client.host(), "/grpc", &[]).await {
            Ok(_) => Ok(true),
            Err(DriverError::Refused(_)) => Ok(false),
            Err(e) => Err(e),
        }
    });
    // One that does not answer will say so to whoever builds.
    asked.await.copied().unwrap_or(true)
}

pub async fn build(
    room: &Room,
    build: &Build<'_>,
    fence: Option<&Fence>,
    lines: &dyn Lines,
) -> Result<Artifact, DriverError> {
    let id = rand::random::<u128>();
    let id = format!("{id:032x}");
    let unreadable = Arc::new(OnceLock::new());
    let offer = Offer {
        context: Some(context::stream(
            build.context,
            build.dockerfile,
            build.generated,
        )),
        unreadable: unreadable.clone(),
        secrets: build.secrets.clone(),
        logins: build.logins.to_vec(),
    };
    let session = Session::open(room.client.host(), &id, offer).await?;
    let control = control::control(room.client.host()).await?;
    let mut progress = Progress::new(lines);
    let request = request(build, &session, fence);
    if let Err(status) = solve(control, request, &mut progress).await {
        return Err(match unreadable.get() {
            Some(why) => failure::no_context(why),
            None => failed(room, build, &progress, &status),
        });
    }
    images::artifact(room, build.tag)
        .await?
        .ok_or_else(|| failure::no_image(room.client.host()))
}

fn request(build: &Build<'_>, session: &Session, fence: Option<&Fence>) -> SolveRequest {
    SolveRequest {
        r#ref: session.id.clone(),
        session: session.id.clone(),
        frontend: FRONTEND.to_owned(),
        frontend_attrs: attributes(build, session, fence.and_then(Fence::parent)),
        exporter_deprecated: EXPORTER.to_owned(),
        exporter_attrs_deprecated: HashMap::from([("name".to_owned(), build.tag.to_owned())]),
        ..SolveRequest::default()
    }
}

fn attributes(
    build: &Build<'_>,
    session: &Session,
    group: Option<String>,
) -> HashMap<String, String> {
    let mut all = HashMap::from([
        ("context".to_owned(), session.context()),
        (
            "filename".to_owned(),
            build.dockerfile.trim_start_matches("./").to_owned(),
        ),
        // An image that is here is taken as it is, like the classic builder does.
        ("image-resolve-mode".to_owned(), "default".to_owned()),
    ]);
    all.extend(prefixed("build-arg", build.args));
    all.extend(prefixed("label", build.labels));
    all.extend(group.map(|group| ("cgroup-parent".to_owned(), group)));
    all
}

fn prefixed<'a>(
    prefix: &'a str,
    pairs: &'a std::collections::BTreeMap<String, String>,
) -> impl Iterator<Item = (String, String)> + 'a {
    pairs
        .iter()
        .map(move |(name, value)| (format!("{prefix}:{name}"), value.clone()))
}

/// Until the builder has answered, and all it had to say was read.
async fn solve(
    mut control: Control,
    request: SolveRequest,
    progress: &mut Progress<'_>,
) -> Result<(), Status> {
    let build = request.r#ref.clone();
    let over = CancellationToken::new();
    let following = status::follow(control.clone(), &build, &over, progress);
    let solving = async {
        let _over = over.clone().drop_guard();
        control.solve(request).await
    };
    let (solved, followed) = tokio::join!(solving, following);
    solved?;
    // The image is there; that its log may not be whole is said where it is read.
    if let Err(broken) = followed {
        progress.broke_off(broken.message());
    }
    Ok(())
}

fn failed(room: &Room, build: &Build<'_>, progress: &Progress<'_>, status: &Status) -> DriverError {
    match progress.failed() {
        Some(failed) => DriverError::Refused(failure::step(
            Some(&failed.step),
            failed.last.as_deref(),
            &failed.error,
            build.limits.memory_mib,
        )),
        None if is_lost(status) => error::unreachable(room.client.host(), status.message()),
        None => DriverError::Refused(failure::step(
            None,
            None,
            status.message(),
            build.limits.memory_mib,
        )),
    }
}

/// What the builder says itself has no cause on this side.
fn is_lost(status: &Status) -> bool {
    let code = status.code();
    matches!(code, Code::Unavailable | Code::Cancelled)
        || std::error::Error::source(status).is_some()
}
