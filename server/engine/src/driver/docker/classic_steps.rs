//! A running build: what it says, where it is, and the sentence when it fails there.

use super::output::Output;
use super::pull::Progress;
use super::{Room, error, failure};
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
        self.output.finish(None, self.lines);
        self.image
    }

    pub fn failed(&mut self, room: &Room, build: &Build<'_>, e: &Error) -> DriverError {
        self.output.finish(Some(&error::message(e)), self.lines);
        match (e, self.output.place()) {
            (Error::DockerStreamError { error }, (step, last)) => {
                DriverError::Refused(failure::step(step, last, error, build.limits.memory_mib))
            }
            _ => room.client.failed("build the image", e),
        }
    }
}
