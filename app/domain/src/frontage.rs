//! What the data plane knows of the names that people brought along (I-15): where each one leads,
//! the certificates, and what it answers to who proves a name. Small and always sent as a whole, so
//! a control plane that was killed in the middle of anything sends the right one afterwards.

use crate::secret::SecretText;
use serde::{Deserialize, Serialize};

/// Everything about custom domains that serves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frontage {
    /// Sorted by host.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<Name>,
    /// Sorted by host.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<Certificate>,
    /// Sorted by host and token.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<Answer>,
    /// Where clients reach TLS; `None`: no one is sent there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub https_port: Option<u16>,
}

/// A name that leads to a route, beside the route's own hosts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Name {
    /// In lower case and ASCII; `*.` in front stands for exactly one label.
    pub host: String,
    /// The id of the route.
    pub route: String,
    /// Requests without TLS are sent to the same address with it.
    pub https_only: bool,
    /// For how long browsers are told to insist on TLS; 0: they are not told.
    pub hsts_s: u32,
}

/// What a client is shown that asks for a host with TLS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// As in [`Name`].
    pub host: String,
    /// PEM: its own certificate first.
    pub chain: String,
    /// PEM.
    pub key: SecretText,
}

/// What HTTP-01 asks for at `/.well-known/acme-challenge/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Whose name is proved.
    pub host: String,
    /// The last segment of the path.
    pub token: String,
    /// The body.
    pub text: String,
}

impl Frontage {
    /// Nobody brought a name along.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.certificates.is_empty() && self.answers.is_empty()
    }
}

/// What stands for a host in the place of its first label: `a.b.c` is also `*.b.c`.
pub fn under_wildcard(host: &str) -> Option<&str> {
    host.split_once('.')
        .map(|(_, rest)| rest)
        .filter(|rest| !rest.is_empty())
}
