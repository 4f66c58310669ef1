//! Domains that people bring along (I-15): what may be one, who proved it, where it points, and what
//! becomes of its certificate. Looking and calling is the engine's business; here it is decided.

mod certificate;
mod name;
mod proof;

pub use certificate::{
    MAX_PEM_BYTES, Need, Order, Step, Way, blocked, next, order_is_late, pause_ms, renew_at,
};
pub use name::DomainName;
pub use proof::{Proof, Seen, Verdict, judge, look_again};

use crate::refusal::Refusal;
use serde::{Deserialize, Serialize};

/// Of one organization.
pub const MOST: u32 = 500;
/// Two years: what browsers ask for who want to be on their list.
pub const MOST_HSTS_S: u32 = 63_072_000;

/// Who provides the certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CertificateSource {
    /// A certificate authority, asked and renewed by ACME.
    #[default]
    Acme,
    /// The organization, which also renews it.
    Own,
    /// Nobody: served without TLS.
    None,
}

impl CertificateSource {
    /// For forms.
    pub const ALL: [Self; 3] = [Self::Acme, Self::Own, Self::None];

    /// As it is stored and sent.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Acme => "acme",
            Self::Own => "own",
            Self::None => "none",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// How a domain stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DomainStatus {
    /// Nobody proved it yet.
    Unproven,
    /// Proved, and leads to no environment.
    Unused,
    /// Its address is another server's.
    Elsewhere,
    /// It serves without TLS, as it was asked to.
    Plain,
    /// Its first certificate is on the way.
    Issuing,
    /// It serves with TLS.
    Serving,
    /// Its certificate runs out soon, or ran out, and no other one came.
    Expiring,
    /// There is no certificate, and the last try failed.
    Failed,
}

impl DomainStatus {
    /// As it is shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unproven => "unproven",
            Self::Unused => "unused",
            Self::Elsewhere => "points elsewhere",
            Self::Plain => "without TLS",
            Self::Issuing => "certificate on its way",
            Self::Serving => "serving",
            Self::Expiring => "expiring",
            Self::Failed => "failed",
        }
    }
}

/// Why it can't be removed.
pub fn in_use(name: &str, environment: &str) -> Refusal {
    Refusal::conflict(
        "domain_in_use",
        format!("{name} can't be removed: it leads to {environment}."),
    )
    .way_out("Take it away from the environment first, then remove it.")
}

/// Another organization proved that it has it.
pub fn taken(name: &str) -> String {
    format!(
        "{name} is proved by another organization of this installation. It has to be removed there first."
    )
}

/// What may be asked of browsers.
pub fn check_hsts(seconds: u32, https_only: bool) -> Result<(), Refusal> {
    if seconds > MOST_HSTS_S {
        return Err(Refusal::invalid(
            "hsts_s",
            format!("Browsers can't be told to insist on TLS for {seconds} s."),
        )
        .way_out(format!(
            "Choose at most {MOST_HSTS_S} s, which is two years."
        )));
    }
    match seconds > 0 && !https_only {
        true => Err(Refusal::invalid(
            "hsts_s",
            "Browsers are told to insist on TLS, but requests without it are served.",
        )
        .way_out("Switch the redirect to HTTPS on as well.")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests;
