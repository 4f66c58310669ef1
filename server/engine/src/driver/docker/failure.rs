//! Why a build failed, as a sentence.

use super::error::ended;
use crate::driver::DriverError;

/// `Step 2/3 : RUN make` failed: oops. The command '/bin/sh -c make' returned …
pub fn step(step: Option<&str>, last: Option<&str>, said: &str, memory_mib: u32) -> String {
    let said = ended(said);
    let place = step.map_or_else(|| "The build".to_owned(), |step| format!("`{step}`"));
    let why = last.map_or_else(
        || format!("{place} failed: {said}."),
        |last| format!("{place} failed: {}. {said}.", ended(last)),
    );
    if said.ends_with("137") {
        return format!(
            "{why} It was killed, most likely because it needed more than the {memory_mib} MiB of memory that a build may use; raise `build.memory` in sealdock.yml."
        );
    }
    why
}

pub fn no_context(why: &str) -> DriverError {
    DriverError::Refused(format!(
        "The source could not be read while it was sent to the builder: {}. Deploy again.",
        ended(why)
    ))
}

pub fn no_image(host: &str) -> DriverError {
    DriverError::Refused(format!(
        "Docker Engine at {host} ended the build without an image. Deploy again; look at `journalctl -u docker`."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_step_the_last_line_and_the_code() {
        let said = step(
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
        let said = step(
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
