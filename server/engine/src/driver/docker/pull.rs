//! Fetching an image from its registry.

use super::registry::{self, No};
use super::{Room, error, images};
use crate::driver::{DriverError, Lines, Login};
use bollard::errors::Error;
use bollard::query_parameters::CreateImageOptionsBuilder;
use domain::source::Artifact;
use domain::view::Stream;
use futures_util::StreamExt;
use std::collections::HashMap;
use std::time::Duration;

/// The Engine answers only after it has asked the registry.
const LONGEST: Duration = Duration::from_secs(60 * 60);

pub async fn pull(
    room: &Room,
    reference: &str,
    login: Option<&Login>,
    lines: &dyn Lines,
) -> Result<Artifact, DriverError> {
    let reference = tagged(reference);
    let patience = room.options.registry_patience;
    let mut pauses = Pauses::within(patience);
    loop {
        match once(room, &reference, login, lines).await {
            Ok(()) => break,
            Err(No::Ended(error)) => return Err(error),
            Err(No::TooOften(wanted)) => {
                let pause = pauses.next(wanted);
                let pause = pause.ok_or_else(|| registry::too_often(&reference, patience))?;
                let seconds = pause.as_secs();
                lines.line(
                    Stream::Note,
                    &format!("The registry wants to be asked less often; again in {seconds} s."),
                );
                tokio::time::sleep(pause).await;
            }
        }
    }
    pinned(room, &reference).await
}

async fn once(
    room: &Room,
    reference: &str,
    login: Option<&Login>,
    lines: &dyn Lines,
) -> Result<(), No> {
    let options = CreateImageOptionsBuilder::new()
        .from_image(reference)
        .build();
    let engine = room.client.patient(LONGEST).await.map_err(No::Ended)?;
    let engine = engine.with_request_modifier(registry::readable);
    let answers = engine.create_image(Some(options), None, login.map(registry::one));
    let mut answers = std::pin::pin!(answers);
    let (mut progress, stall) = (Progress::default(), room.options.registry_stall);
    loop {
        let next = tokio::time::timeout(stall, answers.next()).await;
        let Some(answer) = next.map_err(|_| No::Ended(registry::stalled(reference, stall)))? else {
            return Ok(());
        };
        let info = answer.map_err(|e| failed(room, reference, login, &e))?;
        if let Some(status) = &info.status {
            progress.report(info.id.as_deref(), status, lines);
        }
    }
}

/// What came, by the registry's digest too; and nothing else than what was asked for.
async fn pinned(room: &Room, reference: &str) -> Result<Artifact, DriverError> {
    let engine = room.client.engine().await?;
    let image = match engine.inspect_image(reference).await {
        Ok(image) => image,
        Err(e) if error::status(&e) == Some(404) => return Err(registry::missing(reference)),
        Err(e) => return Err(room.client.failed("look for the image", &e)),
    };
    let names = image.repo_digests.unwrap_or_default();
    let artifact = images::artifact(room, reference).await?;
    match artifact {
        Some(Artifact::Image {
            image, size_bytes, ..
        }) => Ok(Artifact::Image {
            image,
            pulled_as: name_of(reference, names),
            size_bytes,
        }),
        _ => Err(registry::missing(reference)),
    }
}

/// The one of this very repository: the same image may have come from several.
fn name_of(reference: &str, names: Vec<String>) -> Option<String> {
    let wanted = repository(reference);
    names.into_iter().find(|name| repository(name) == wanted)
}

/// Without tag and digest, and without what may be left out of the Hub's names.
fn repository(reference: &str) -> &str {
    let name = reference.split('@').next().unwrap_or(reference);
    let name = match name.rfind(':') {
        Some(colon) if !name[colon..].contains('/') => &name[..colon],
        _ => name,
    };
    let name = name.strip_prefix("docker.io/").unwrap_or(name);
    name.strip_prefix("library/").unwrap_or(name)
}

/// Twice as long each time, or as long as the registry says.
struct Pauses {
    next: Duration,
    left: Duration,
}

impl Pauses {
    const FIRST: Duration = Duration::from_secs(2);

    fn within(left: Duration) -> Self {
        Self {
            next: Self::FIRST,
            left,
        }
    }

    /// `None`: it would take too long altogether.
    fn next(&mut self, wanted: Option<Duration>) -> Option<Duration> {
        let pause = wanted.unwrap_or(self.next).max(Duration::from_secs(1));
        self.next *= 2;
        self.left = self.left.checked_sub(pause)?;
        Some(pause)
    }
}

/// Without a tag the Engine would fetch every tag there is.
pub fn tagged(reference: &str) -> String {
    let name = reference.rsplit('/').next().unwrap_or(reference);
    if name.contains([':', '@']) {
        reference.to_owned()
    } else {
        format!("{reference}:latest")
    }
}

/// Says of each layer only what changed: the bars of a terminal make no readable log.
#[derive(Default)]
pub struct Progress(HashMap<String, String>);

impl Progress {
    pub fn report(&mut self, layer: Option<&str>, status: &str, lines: &dyn Lines) {
        let said = self
            .0
            .insert(layer.unwrap_or_default().to_owned(), status.to_owned());
        if said.as_deref() != Some(status) {
            let line =
                layer.map_or_else(|| status.to_owned(), |layer| format!("{layer}: {status}"));
            lines.line(Stream::Out, &line);
        }
    }
}

fn failed(room: &Room, reference: &str, login: Option<&Login>, e: &Error) -> No {
    registry::read(reference, login, &error::message(e))
        .unwrap_or_else(|| No::Ended(room.client.failed(&format!("pull {reference}"), e)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_without_a_tag_means_latest() {
        assert_eq!(tagged("registry:5000/app"), "registry:5000/app:latest");
        assert_eq!(tagged("registry:5000/app:7"), "registry:5000/app:7");
        assert_eq!(tagged("app@sha256:00"), "app@sha256:00");
    }

    #[test]
    fn i16_an_image_is_known_by_the_digest_of_its_own_repository() {
        let names = || {
            vec![
                "r:5000/other@sha256:1".to_owned(),
                "r:5000/app@sha256:2".to_owned(),
            ]
        };
        let of = |reference: &str| name_of(reference, names());
        assert_eq!(of("r:5000/app:7").as_deref(), Some("r:5000/app@sha256:2"));
        assert_eq!(of("app:7"), None);
        assert_eq!(
            repository("docker.io/library/app:7"),
            repository("app@sha256:00")
        );
    }

    #[test]
    fn i16_pauses_double_or_are_the_registry_s_own_and_end() {
        let mut pauses = Pauses::within(Duration::from_secs(20));
        let seconds = |pause: Option<Duration>| pause.map(|p| p.as_secs());
        assert_eq!(seconds(pauses.next(None)), Some(2));
        assert_eq!(seconds(pauses.next(None)), Some(4));
        assert_eq!(
            seconds(pauses.next(Some(Duration::from_secs(12)))),
            Some(12)
        );
        assert_eq!(pauses.next(None), None);
    }
}
