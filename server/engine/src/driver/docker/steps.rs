//! A running build: what it says, where it is, and the sentence when it fails there.

use super::output::Output;
use super::pull::Progress;
use super::{Room, error};
use crate::driver::{Build, DriverError, Lines};
use bollard::errors::Error;
use bollard::models::BuildInfo;

/// Where the build is.
pub struct Steps<'a> {
    lines: &'a dyn Lines,
    output: Output,
    /// Of the base image.
    pull: Progress,
    image: Option<String>,
}

impl<'a> Steps<'a> {
    pub fn new(lines: &'a dyn Lines) -> Self {
        Self {
            lines,
            output: Output::default(),
            pull: Progress::default(),
            image: None,
        }
    }

    pub fn read(&mut self, info: BuildInfo) {
        if let Some(piece) = &info.stream {
            self.output.push(piece, self.lines);
        }
        if let Some(status) = &info.status {
            self.pull.report(info.id.as_deref(), status, self.lines);
        }
        self.image = info.aux.and_then(|image| image.id).or(self.image.take());
    }

    pub fn finish(mut self) -> Option<String> {
        self.output.finish(self.lines);
        self.image
    }

    pub fn failed(&mut self, room: &Room, build: &Build<'_>, e: &Error) -> DriverError {
        self.output.finish(self.lines);
        match (e, self.output.place()) {
            (Error::DockerStreamError { error }, (step, last)) => {
                DriverError::Refused(sentence(step, last, error, build.memory_mib))
            }
            _ => room.client.failed("build the image", e),
        }
    }
}

/// `Step 2/3 : RUN make` failed: oops. The command '/bin/sh -c make' returned …
fn sentence(step: Option<&str>, last: Option<&str>, said: &str, memory_mib: u32) -> String {
    let said = error::ended(said);
    let place = step.map_or_else(|| "The build".to_owned(), |step| format!("`{step}`"));
    let why = last.map_or_else(
        || format!("{place} failed: {said}."),
        |last| format!("{place} failed: {}. {said}.", error::ended(last)),
    );
    if said.ends_with("137") {
        return format!(
            "{why} It was killed, most likely because it needed more than the {memory_mib} MiB of memory that a build may use; raise `build.memory` in sealdock.yml."
        );
    }
    why
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_step_the_last_line_and_the_code() {
        let said = sentence(
            Some("Step 2/3 : RUN make"),
            Some("oops."),
            "The command 'make' returned a non-zero code: 2",
            64,
        );
        assert_eq!(
            said,
            "`Step 2/3 : RUN make` failed: oops. The command 'make' returned a non-zero code: 2."
        );
    }

    #[test]
    fn a_killed_build_names_its_limit() {
        let said = sentence(
            Some("Step 2/3 : RUN make"),
            None,
            "The command 'make' returned a non-zero code: 137",
            64,
        );
        assert!(
            said.contains("64 MiB") && said.contains("sealdock.yml"),
            "{said}"
        );
    }
}
