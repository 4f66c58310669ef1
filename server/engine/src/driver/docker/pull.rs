//! Fetching an image from its registry.

use super::{Room, error, images};
use crate::driver::{DriverError, Lines};
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
    lines: &dyn Lines,
) -> Result<Artifact, DriverError> {
    let reference = tagged(reference);
    let options = CreateImageOptionsBuilder::new()
        .from_image(&reference)
        .build();
    let engine = room.client.patient(LONGEST).await?;
    let mut answers = std::pin::pin!(engine.create_image(Some(options), None, None));
    let mut progress = Progress::default();
    while let Some(answer) = answers.next().await {
        let info = answer.map_err(|e| failed(room, &reference, &e))?;
        if let Some(status) = &info.status {
            progress.report(info.id.as_deref(), status, lines);
        }
    }
    images::artifact(room, &reference)
        .await?
        .ok_or_else(|| missing(&reference))
}

/// Without a tag the Engine would fetch every tag there is.
fn tagged(reference: &str) -> String {
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

fn missing(reference: &str) -> DriverError {
    DriverError::Refused(format!(
        "The registry has no image {reference}. Check its name and tag."
    ))
}

fn failed(room: &Room, reference: &str, e: &Error) -> DriverError {
    refusal(reference, &error::message(e))
        .unwrap_or_else(|| room.client.failed(&format!("pull {reference}"), e))
}

/// Registries say "denied" for what does not exist as well as for what is private.
fn refusal(reference: &str, said: &str) -> Option<DriverError> {
    let has = |signs: &[&str]| signs.iter().any(|sign| said.contains(sign));
    let why = error::ended(said);
    if has(&[
        "unauthorized",
        "denied",
        "authentication required",
        "no basic auth",
    ]) {
        return Some(DriverError::Refused(format!(
            "The registry does not give {reference} to us ({why}). Check the name; if the image is private, run `docker login` on the machine or make it public."
        )));
    }
    if has(&[
        "dial tcp",
        "no such host",
        "i/o timeout",
        "connection refused",
        "TLS handshake",
        "Client.Timeout",
        "network is unreachable",
    ]) {
        return Some(DriverError::Unreachable(format!(
            "The registry of {reference} does not answer ({why}). Check the machine's network and the registry's name."
        )));
    }
    if has(&["manifest unknown", "not found", "does not exist"]) {
        return Some(missing(reference));
    }
    None
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
    fn each_refusal_of_a_registry_has_its_sentence() {
        let refused = |said| refusal("app:7", said);
        assert!(
            matches!(refused("manifest for app:7 not found: manifest unknown"), Some(DriverError::Refused(s)) if s.contains("no image app:7"))
        );
        assert!(
            matches!(refused("pull access denied for app"), Some(DriverError::Refused(s)) if s.contains("docker login"))
        );
        assert!(matches!(
            refused("Get https://r/v2/: dial tcp: lookup r: no such host"),
            Some(DriverError::Unreachable(_))
        ));
        assert_eq!(refused("disk full"), None);
    }
}
