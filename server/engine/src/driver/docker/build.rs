//! Which of the Engine's two builders builds, and within which limits.

use super::fence::Fence;
use super::reserve::Reserve;
use super::{Room, buildkit, classic, context, spare};
use crate::driver::{Build, DriverError, Lines};
use domain::source::Artifact;
use domain::view::Stream;

/// The first API whose BuildKit takes the name of a control group: Engine 23.0.
const OWN_GROUPS: (usize, usize) = (1, 42);

/// Within what the machine can spare.
pub async fn build(
    room: &Room,
    mut build: Build<'_>,
    lines: &dyn Lines,
) -> Result<Artifact, DriverError> {
    let text = dockerfile(&build)?;
    if !room.client.is_here() {
        return by_one_of_two(room, build, &text, lines).await;
    }
    let name = name(&build).to_owned();
    let _promise = spare::memory(room, &name, &mut build.limits, lines).await;
    let Some(reserve) = Reserve::of(room).await else {
        return by_one_of_two(room, build, &text, lines).await;
    };
    reserve.begin()?;
    tokio::select! {
        built = by_one_of_two(room, build, &text, lines) => built,
        low = reserve.runs_low() => Err(low),
    }
}

async fn by_one_of_two(
    room: &Room,
    build: Build<'_>,
    text: &str,
    lines: &dyn Lines,
) -> Result<Artifact, DriverError> {
    if !buildkit::available(room).await {
        return classic::build(room, build, lines).await;
    }
    let fence = fence(room, &build).await?;
    let needed = !build.secrets.is_empty() || needs_buildkit(text);
    match fence {
        Ok(fence) => buildkit::build(room, &build, Some(&fence), lines).await,
        Err(why) if needed => {
            lines.line(Stream::Err, &format!(
                "This build has only its time limit: the control group that would hold its memory, CPU and process limits could not be made ({why}). Sealdock needs the right to write /sys/fs/cgroup, on the Engine's own machine."
            ));
            buildkit::build(room, &build, None, lines).await
        }
        Err(why) => {
            lines.line(Stream::Out, &format!(
                "Built by the classic builder, which takes limits itself: for BuildKit they could not be set ({why})."
            ));
            classic::build(room, build, lines).await
        }
    }
}

fn dockerfile(build: &Build<'_>) -> Result<String, DriverError> {
    if let Some(text) = build.generated {
        return Ok(text.to_owned());
    }
    let path = context::dockerfile(build.context, build.dockerfile);
    let bytes = std::fs::read(&path).map_err(|_| no_dockerfile(build.dockerfile))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

async fn fence(room: &Room, build: &Build<'_>) -> Result<std::io::Result<Fence>, DriverError> {
    let engine = room.client.engine().await?;
    if !room.client.is_here() {
        let elsewhere = std::io::Error::other("the Engine is on another machine");
        return Ok(Err(elsewhere));
    }
    let version = engine.client_version();
    let name = name(build);
    let own = (version.major_version, version.minor_version) >= OWN_GROUPS;
    Ok(match own {
        true => Fence::own(&room.options.installation, name, &build.limits),
        false => Fence::shared(name, &build.limits, &room.sharing),
    })
}

/// What tells it from other builds.
fn name<'a>(build: &Build<'a>) -> &'a str {
    build.tag.rsplit(':').next().unwrap_or(build.tag)
}

/// Whether the classic builder would not understand it.
fn needs_buildkit(dockerfile: &str) -> bool {
    let directive = dockerfile
        .lines()
        .map(str::trim_start)
        .take_while(|line| line.starts_with('#'))
        .any(|line| line[1..].trim_start().starts_with("syntax"));
    let instruction = dockerfile.lines().map(str::trim_start).any(|line| {
        let words = !line.starts_with('#');
        words
            && ["--mount=", "--link", "--chmod=", "--network=", "<<"]
                .iter()
                .any(|new| line.contains(new))
    });
    directive || instruction
}

fn no_dockerfile(dockerfile: &str) -> DriverError {
    DriverError::Refused(format!(
        "There is no `{dockerfile}` in the source. Add it, or name another in sealdock.yml under `build`."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p5_what_only_buildkit_understands_is_seen() {
        for text in [
            "# syntax=docker/dockerfile:1\nFROM x",
            "FROM x\nRUN --mount=type=secret,id=A cat /run/secrets/A",
            "FROM x\nCOPY <<EOF /a\nhi\nEOF",
            "FROM x\nCOPY --link a b",
        ] {
            assert!(needs_buildkit(text), "{text}");
        }
        assert!(!needs_buildkit("# about --mount=\nFROM x\nRUN make\n"));
    }
}
