//! The Engine's answers as sentences that say what happened, where, and the way out.

use crate::driver::DriverError;
use bollard::errors::Error;
use std::error::Error as _;

/// What the Engine answered, as far as a decision needs it.
pub fn status(error: &Error) -> Option<u16> {
    match error {
        Error::DockerResponseServerError { status_code, .. } => Some(*status_code),
        _ => None,
    }
}

pub fn message(error: &Error) -> String {
    match error {
        Error::DockerResponseServerError { message, .. } => message.trim().to_owned(),
        Error::DockerStreamError { error } => error.trim().to_owned(),
        other => innermost(other),
    }
}

/// `doing` completes the sentence "It was asked to …".
pub fn failed(host: &str, doing: &str, error: &Error) -> DriverError {
    match error {
        Error::DockerResponseServerError {
            status_code,
            message,
        } if is_outage(*status_code, message) => DriverError::Unreachable(format!(
            "Docker Engine at {host} could not {doing} now: {}. Look at `journalctl -u docker`.",
            ended(message)
        )),
        Error::DockerResponseServerError { message, .. }
        | Error::DockerStreamError { error: message } => DriverError::Refused(format!(
            "Docker Engine at {host} would not {doing}: {}.",
            ended(message)
        )),
        Error::RequestTimeoutError => DriverError::Unreachable(format!(
            "Docker Engine at {host} was asked to {doing} and did not answer in time. Look at `systemctl status docker` and at the load of the machine."
        )),
        other => unreachable(host, &innermost(other)),
    }
}

pub fn unreachable(host: &str, why: &str) -> DriverError {
    DriverError::Unreachable(format!(
        "Docker Engine at {host} does not answer: {}. Start it with `systemctl start docker`.",
        ended(why)
    ))
}

/// Without the full stop, because the sentence around it brings one.
pub fn ended(text: &str) -> &str {
    text.trim().trim_end_matches('.')
}

/// The Engine answers 500 for a wrong device as well as for a dead containerd; only the
/// latter gets better by itself.
fn is_outage(status: u16, message: &str) -> bool {
    const SIGNS: [&str; 5] = [
        "transport: ",
        "connection error",
        "context deadline exceeded",
        "context canceled",
        "shutting down",
    ];
    status == 503 || (status >= 500 && SIGNS.iter().any(|sign| message.contains(sign)))
}

fn innermost(error: &Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    if let Some(source) = error.source() {
        cause = source;
    }
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// Why a container that was created did not start, in the words of `sealdock.yml`.
pub fn not_started(host: &str, image: &str, error: &Error) -> DriverError {
    let said = message(error);
    match known_refusal(image, &said) {
        Some(sentence) => DriverError::Refused(sentence),
        None => failed(host, "start the instance", error),
    }
}

fn known_refusal(image: &str, said: &str) -> Option<String> {
    let has = |sign: &str| said.contains(sign);
    if has("port is already allocated") || has("address already in use") {
        return Some(format!(
            "A host port that `exclusive` asks for is in use on this machine ({}). Stop what holds it, or choose another port in sealdock.yml.",
            tail(said)
        ));
    }
    if has("gathering device information") {
        return Some(format!(
            "A device that `exclusive` asks for is not on this machine ({}). Plug it in, or correct the path in sealdock.yml.",
            tail(said)
        ));
    }
    if has("could not select device driver") {
        return Some("`exclusive` asks for GPUs, and this Docker Engine has no driver for them. Install the NVIDIA container toolkit, or remove `gpu` from sealdock.yml.".into());
    }
    if has("exec: ") || has("exec user process") {
        return Some(format!(
            "The program of the instance can't be started in the image {image} ({}). Correct `command` in sealdock.yml or the image's own command.",
            tail(said)
        ));
    }
    None
}

/// What the innermost layer said: the Engine wraps it in the names of all layers above.
fn tail(said: &str) -> &str {
    let from = [
        "exec: ",
        "exec user process",
        "gathering device information",
        "Bind for ",
        "listen tcp",
    ];
    let at = from
        .iter()
        .filter_map(|sign| said.find(sign))
        .min()
        .unwrap_or(0);
    ended(said[at..].trim_end_matches(": unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status_code: u16, message: &str) -> Error {
        Error::DockerResponseServerError {
            status_code,
            message: message.into(),
        }
    }

    #[test]
    fn a_refusal_ends_with_one_full_stop() {
        let refused = failed(
            "unix:///d",
            "create the network",
            &answered(403, "Pool overlaps."),
        );
        assert_eq!(
            refused,
            DriverError::Refused(
                "Docker Engine at unix:///d would not create the network: Pool overlaps.".into()
            )
        );
    }

    #[test]
    fn a_dead_containerd_is_an_outage_and_a_wrong_device_is_not() {
        let dead = answered(
            500,
            "connection error: desc = \"transport: error while dialing\"",
        );
        assert!(matches!(
            failed("h", "start", &dead),
            DriverError::Unreachable(_)
        ));
        let device = answered(
            500,
            "error gathering device information while adding custom device \"/dev/nope\": no such file or directory",
        );
        assert!(
            matches!(not_started("h", "i", &device), DriverError::Refused(said) if said.contains("\"/dev/nope\"") && said.contains("sealdock.yml"))
        );
    }

    #[test]
    fn layers_above_the_cause_are_left_out() {
        let said = "OCI runtime create failed: runc create failed: unable to start container process: exec: \"/nope\": stat /nope: no such file or directory: unknown";
        assert_eq!(
            tail(said),
            "exec: \"/nope\": stat /nope: no such file or directory"
        );
    }
}
