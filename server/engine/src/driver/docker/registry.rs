//! Registries, as the Engine speaks to them for us: what opens one, and what its "no" means.

use super::error::ended;
use crate::driver::{DriverError, Login};
use bollard::BollardRequest;
use bollard::auth::DockerCredentials;
use domain::credential::{HUB, registry_of};
use hyper::header::HeaderValue;
use std::collections::HashMap;
use std::time::Duration;

/// What the Engine calls the Hub.
const HUB_ADDRESS: &str = "https://index.docker.io/v1/";
const HEADERS: [&str; 2] = ["x-registry-auth", "x-registry-config"];

pub fn one(login: &Login) -> DockerCredentials {
    DockerCredentials {
        username: Some(login.username.clone()),
        password: Some(login.password.clone()),
        serveraddress: Some(address(login)),
        ..DockerCredentials::default()
    }
}

/// By address, as a build wants them.
pub fn every(logins: &[Login]) -> Option<HashMap<String, DockerCredentials>> {
    let all: HashMap<_, _> = logins.iter().map(|l| (address(l), one(l))).collect();
    (!all.is_empty()).then_some(all)
}

fn address(login: &Login) -> String {
    match login.registry.as_str() {
        HUB => HUB_ADDRESS.to_owned(),
        host => host.to_owned(),
    }
}

/// The Engine reads base64 in its form for URLs, the client writes it in the other one; and where
/// they differ, the Engine goes on as if nothing had been sent.
pub fn readable(mut request: BollardRequest) -> BollardRequest {
    for name in HEADERS {
        let headers = request.headers_mut();
        let text = headers.get(name).and_then(|value| value.to_str().ok());
        let Some(text) = text.map(|text| text.replace('+', "-").replace('/', "_")) else {
            continue;
        };
        if let Ok(mut value) = HeaderValue::from_str(&text) {
            value.set_sensitive(true);
            headers.insert(name, value);
        }
    }
    request
}

/// A registry's "no".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum No {
    /// It wants to be asked less often; it may say how long to wait.
    TooOften(Option<Duration>),
    Ended(DriverError),
}

/// `None`: what was said is nothing that a registry says.
pub fn read(reference: &str, login: Option<&Login>, said: &str) -> Option<No> {
    let has = |signs: &[&str]| signs.iter().any(|sign| said.contains(sign));
    let refused = |sentence: String| Some(No::Ended(DriverError::Refused(sentence)));
    let why = ended(said);
    if has(&["toomanyrequests", "Too Many Requests", "HTTP 429"]) {
        return Some(No::TooOften(wait(said)));
    }
    if has(&[
        "verification failed",
        "digest mismatch",
        "unexpected digest",
    ]) {
        return refused(format!(
            "The registry gave out something else than {reference} ({why}), and nothing of it was kept. Check the digest with whoever publishes the image."
        ));
    }
    if has(&[
        "unauthorized",
        "denied",
        "authentication required",
        "no basic auth",
        "401 Unauthorized",
    ]) {
        return refused(locked(reference, login, why));
    }
    if has(&[
        "dial tcp",
        "no such host",
        "i/o timeout",
        "connection refused",
        "connection reset",
        "TLS handshake",
        "Client.Timeout",
        "network is unreachable",
        "unexpected EOF",
    ]) {
        return Some(No::Ended(DriverError::Unreachable(format!(
            "The registry of {reference} does not answer ({why}). Check the machine's network and the registry's name."
        ))));
    }
    if has(&["manifest unknown", "not found", "does not exist"]) {
        return Some(No::Ended(missing(reference)));
    }
    None
}

/// Registries say "denied" for what does not exist as well as for what is private.
fn locked(reference: &str, login: Option<&Login>, why: &str) -> String {
    let host = registry_of(reference);
    match login {
        Some(login) => format!(
            "The registry {host} does not give {reference} to `{}` ({why}). Check the name; if it is right, set the credential for {host} once more under Settings, Git and registries, or with `sealdock registry add {host}`.",
            login.username
        ),
        None => format!(
            "The registry {host} does not give {reference} to everybody ({why}), and no credential is kept for it. Check the name; if the image is private, add one under Settings, Git and registries, or with `sealdock registry add {host}`."
        ),
    }
}

pub fn missing(reference: &str) -> DriverError {
    DriverError::Refused(format!(
        "The registry has no image {reference}. Check its name and tag."
    ))
}

pub fn too_often(reference: &str, patience: Duration) -> DriverError {
    DriverError::Unreachable(format!(
        "The registry of {reference} has been asked too often, and still said so after {} s. Deploy again later; a credential raises the limit of many registries.",
        patience.as_secs()
    ))
}

pub fn stalled(reference: &str, stall: Duration) -> DriverError {
    DriverError::Unreachable(format!(
        "The registry of {reference} has sent nothing for {} s, so pulling was stopped. Check the machine's network, then deploy again.",
        stall.as_secs()
    ))
}

/// `Retry-After: 30`, where the Engine passes on that much of the answer.
fn wait(said: &str) -> Option<Duration> {
    let said = said.to_ascii_lowercase().replace('-', " ");
    let rest = said.split_once("retry after")?.1;
    let digits: String = rest
        .trim_start_matches([':', ' ', '"'])
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn login() -> Login {
        Login {
            registry: "r.example:5000".into(),
            username: "bot".into(),
            password: "hunter22".into(),
        }
    }

    #[test]
    fn i16_each_no_of_a_registry_has_its_sentence() {
        let reference = "r.example:5000/app:7";
        let login = login();
        let cases = [
            (None, "manifest for app:7 not found: manifest unknown"),
            (
                None,
                "Get https://r.example:5000/v2/: no basic auth credentials",
            ),
            (
                Some(&login),
                "Get https://r.example:5000/v2/: unauthorized: authentication required",
            ),
            (None, "Get https://r/v2/: dial tcp: lookup r: no such host"),
            (None, "manifest verification failed for digest sha256:00"),
            (None, "toomanyrequests: rate exceeded"),
            (None, "toomanyrequests: Retry-After: 12"),
            (None, "disk full"),
        ];
        let text: String = cases
            .iter()
            .map(|(login, said)| match read(reference, *login, said) {
                None => "nothing of a registry\n".to_owned(),
                Some(No::TooOften(wait)) => format!("too often, {wait:?}\n"),
                Some(No::Ended(error)) => format!("{error}\n"),
            })
            .collect();
        expect![[r#"
            The registry has no image r.example:5000/app:7. Check its name and tag.
            The registry r.example:5000 does not give r.example:5000/app:7 to everybody (Get https://r.example:5000/v2/: no basic auth credentials), and no credential is kept for it. Check the name; if the image is private, add one under Settings, Git and registries, or with `sealdock registry add r.example:5000`.
            The registry r.example:5000 does not give r.example:5000/app:7 to `bot` (Get https://r.example:5000/v2/: unauthorized: authentication required). Check the name; if it is right, set the credential for r.example:5000 once more under Settings, Git and registries, or with `sealdock registry add r.example:5000`.
            The registry of r.example:5000/app:7 does not answer (Get https://r/v2/: dial tcp: lookup r: no such host). Check the machine's network and the registry's name.
            The registry gave out something else than r.example:5000/app:7 (manifest verification failed for digest sha256:00), and nothing of it was kept. Check the digest with whoever publishes the image.
            too often, None
            too often, Some(12s)
            nothing of a registry
        "#]].assert_eq(&text);
        assert!(!text.contains("hunter22"));
    }

    #[test]
    fn i16_the_engine_can_read_every_password() {
        let mut request = BollardRequest::new(http_body_util::Either::Left(Default::default()));
        let sent = HeaderValue::from_static("ab+/c=");
        request.headers_mut().insert("x-registry-auth", sent);
        let request = readable(request);
        assert_eq!(request.headers()["x-registry-auth"], "ab-_c=");
        assert!(request.headers()["x-registry-auth"].is_sensitive());
    }

    #[test]
    fn i16_the_hub_has_the_engine_s_name() {
        let hub = Login {
            registry: HUB.into(),
            ..login()
        };
        assert_eq!(one(&hub).serveraddress.as_deref(), Some(HUB_ADDRESS));
        assert!(every(&[]).is_none());
    }
}
