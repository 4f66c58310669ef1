//! The attestation card (I-18): what a confidential deployment proved of itself, and how anyone can
//! check it without us.

use crate::attest::{Boot, Check, Platform};
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// How it stands with a deployment's evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Not every instance has shown evidence yet.
    Waiting,
    /// The newest evidence of each instance holds.
    Holds,
    /// It held, and was not looked at again when it should have been.
    Stale,
    /// The newest evidence of an instance does not hold.
    Refused,
    /// It does not run any more.
    Past,
}

/// The card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AttestationView {
    /// In one word.
    pub standing: Standing,
    /// And in a sentence, with the label of what is simulated.
    pub sentence: String,
    /// Whose reports they are; `None` before there is one.
    pub platform: Option<Platform>,
    /// The host could have made all of it up.
    pub simulated: bool,
    /// How often an instance is asked again.
    pub every_s: u64,
    /// The ed25519 key that signs `expected.json`, in hexadecimal.
    pub key: Option<String>,
    /// How people reach it; `None` where it does not serve.
    pub reach: Option<ReachView>,
    /// The newest of each instance, the first replica first.
    pub instances: Vec<ProofView>,
    /// Of all instances, the newest first.
    pub history: Vec<AttestedView>,
}

/// The addresses of what serves, by where TLS ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ReachView {
    /// Inside the instance: the key of the connection is the one that its evidence names. Empty where
    /// the data plane does not listen for TLS.
    pub inside: Vec<String>,
    /// At the data plane at the latest, which goes on to the attested key: weaker, since the server
    /// reads along.
    pub edge: Vec<String>,
    /// Asks from anywhere, and says the same; where there are several instances, with what is
    /// expected of each. `None`: not every instance was asked for its evidence yet.
    pub command: Option<String>,
}

/// The newest evidence of one instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ProofView {
    /// What was found.
    pub found: AttestedView,
    /// Every check by its name.
    pub checks: Vec<Check>,
    /// The steps of its boot: the host's, then the guest's own.
    pub boot: Vec<Boot>,
    /// Where it can be asked, on the machine that it runs on.
    pub url: String,
    /// Asks it, and says the same.
    pub command: String,
    /// The evidence, as it came; `None`: it showed none.
    pub evidence: Option<String>,
    /// Says the same of the file with the evidence.
    pub command_for_file: Option<String>,
    /// What it must measure as, signed.
    pub expected: String,
}

/// One entry of the history: a verdict, and how often it was reached again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AttestedView {
    /// Which instance, from 0.
    pub replica: u32,
    /// Every check holds.
    pub holds: bool,
    /// Whose report it was; `None`: it showed nothing that could be read.
    pub platform: Option<Platform>,
    /// Which check failed, or that all hold.
    pub sentence: String,
    /// SHA-256 of what was expected: one number for firmware, kernel, image and configuration.
    pub measurement: String,
    /// When it was found first.
    pub first_at: Time,
    /// When it was found last.
    pub last_at: Time,
    /// How often in a row.
    pub times: u64,
}
