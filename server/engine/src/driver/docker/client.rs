//! The connection to the Engine, made when it is first needed: the Engine may be down when
//! Sealdock starts, and may be up again a moment later.

use super::error;
use super::options::Options;
use crate::driver::DriverError;
use bollard::errors::Error;
use bollard::{BollardRequest, ClientVersion};
use std::time::Duration;
use tokio::sync::OnceCell;

/// The newest version of the API that this client knows.
const NEWEST: ClientVersion = ClientVersion {
    major_version: 1,
    minor_version: 53,
};

/// The Engine's API, in a version that both sides speak.
pub struct Client {
    host: String,
    answer_timeout: Duration,
    engine: OnceCell<bollard::Docker>,
}

impl Client {
    pub fn new(options: &Options) -> Self {
        Self {
            host: options.host.clone(),
            answer_timeout: options.answer_timeout,
            engine: OnceCell::new(),
        }
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    /// The Engine runs on this machine, as far as its address tells.
    pub fn is_here(&self) -> bool {
        self.host.starts_with("unix://")
    }

    pub async fn engine(&self) -> Result<&bollard::Docker, DriverError> {
        self.engine.get_or_try_init(|| self.negotiate()).await
    }

    /// For calls that begin to answer late by design: builds, pulls, graceful stops.
    pub async fn patient(&self, timeout: Duration) -> Result<bollard::Docker, DriverError> {
        Ok(self.engine().await?.clone().with_timeout(timeout))
    }

    /// `doing` completes the sentence "It was asked to …".
    pub fn failed(&self, doing: &str, error: &Error) -> DriverError {
        error::failed(&self.host, doing, error)
    }

    /// The Engine refuses paths of versions it does not know, even the one that asks for its
    /// version; so the question goes to the path without one.
    async fn negotiate(&self) -> Result<bollard::Docker, DriverError> {
        let asking = self.connect(&NEWEST)?.with_request_modifier(unversioned);
        let answer = asking
            .version()
            .await
            .map_err(|e| self.failed("tell its version", &e))?;
        let theirs = answer
            .api_version
            .as_deref()
            .and_then(parse)
            .unwrap_or(NEWEST);
        self.connect(if theirs < NEWEST { &theirs } else { &NEWEST })
    }

    fn connect(&self, version: &ClientVersion) -> Result<bollard::Docker, DriverError> {
        let timeout_s = self.answer_timeout.as_secs();
        let made = if self.is_here() {
            bollard::Docker::connect_with_unix(&self.host, timeout_s, version)
        } else {
            bollard::Docker::connect_with_http(&self.host, timeout_s, version)
        };
        made.map_err(|e| error::unreachable(&self.host, &error::message(&e)))
    }
}

fn parse(version: &str) -> Option<ClientVersion> {
    let (major, minor) = version.split_once('.')?;
    Some(ClientVersion {
        major_version: major.parse().ok()?,
        minor_version: minor.parse().ok()?,
    })
}

fn unversioned(mut request: BollardRequest) -> BollardRequest {
    let mut parts = request.uri().clone().into_parts();
    let path = parts
        .path_and_query
        .as_ref()
        .map(|path| path.as_str().to_owned())
        .unwrap_or_default();
    parts.path_and_query = without_version(&path).parse().ok();
    if let Ok(uri) = hyper::Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
    request
}

/// `/v1.53/version` becomes `/version`.
fn without_version(path: &str) -> &str {
    let rest = path
        .strip_prefix("/v")
        .and_then(|rest| rest.find('/').map(|at| &rest[at..]));
    rest.filter(|_| path[2..].starts_with(|c: char| c.is_ascii_digit()))
        .unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_version_is_taken_from_the_path() {
        assert_eq!(without_version("/v1.53/version"), "/version");
        assert_eq!(without_version("/version"), "/version");
        assert_eq!(without_version("/volumes/x"), "/volumes/x");
    }

    #[test]
    fn a_version_is_read() {
        assert!(parse("1.41").is_some_and(|v| v < NEWEST));
        assert!(parse("new").is_none());
    }
}
