//! What is shown of domains: everything but keys.

use crate::custom_domain::{CertificateSource, DomainStatus, Proof};
use crate::id::{DomainId, EnvironmentId, ProjectId};
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// One domain of the organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DomainView {
    /// Its id.
    pub id: DomainId,
    /// In ASCII, as DNS knows it.
    pub name: String,
    /// As a person reads it.
    pub shown: String,
    /// How it stands.
    pub status: DomainStatus,
    /// Why, or what is to be done.
    #[serde(default)]
    pub sentence: Option<String>,
    /// Where it leads.
    #[serde(default)]
    pub place: Option<DomainPlace>,
    /// What is to be set in DNS: what proves it, and what leads it here.
    pub records: Vec<DnsRecord>,
    /// How it was proved.
    #[serde(default)]
    pub proof: Option<Proof>,
    /// Since when.
    #[serde(default)]
    pub verified_at: Option<Time>,
    /// When DNS was looked at last.
    #[serde(default)]
    pub looked_at: Option<Time>,
    /// Who provides its certificate.
    pub certificate_source: CertificateSource,
    /// The one that serves.
    #[serde(default)]
    pub certificate: Option<CertificateView>,
    /// Requests without TLS are sent to TLS.
    pub https_only: bool,
    /// For so long browsers insist on TLS.
    pub hsts_s: u32,
    /// When it was added.
    pub created_at: Time,
    /// By whom; `None` when they have left.
    #[serde(default)]
    pub created_by: Option<String>,
}

/// The environment that a domain leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DomainPlace {
    /// The environment.
    pub environment: EnvironmentId,
    /// By name.
    pub environment_name: String,
    /// Its project.
    pub project: ProjectId,
    /// By name.
    pub project_name: String,
}

impl DomainPlace {
    /// As sentences name it.
    pub fn title(&self) -> String {
        format!("{} / {}", self.project_name, self.environment_name)
    }
}

/// A record of DNS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DnsRecord {
    /// `TXT`, `CNAME`, `A` or `AAAA`.
    pub kind: String,
    /// Where.
    pub name: String,
    /// What.
    pub value: String,
    /// What it is for.
    pub purpose: String,
}

/// A certificate, without its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CertificateView {
    /// Who signed it.
    pub issuer: String,
    /// In hexadecimal digits.
    pub serial: String,
    /// Valid from.
    pub not_before: Time,
    /// Valid until.
    pub not_after: Time,
    /// When the next one is asked for; `None` for one's own.
    #[serde(default)]
    pub renew_at: Option<Time>,
}
