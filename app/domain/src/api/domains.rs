//! Domains that organizations bring along (I-15).

use super::Reply;
use crate::access::Caller;
use crate::custom_domain::CertificateSource;
use crate::id::{DomainId, EnvironmentId};
use crate::secret::SecretText;
use crate::view::DomainView;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// A domain to be proved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewDomain {
    /// `shop.example.com`, or `*.example.com`; other scripts are taken too.
    pub name: String,
    /// Where it is to lead once it is proved.
    #[serde(default)]
    pub environment: Option<EnvironmentId>,
}

/// Everything that can be set about a domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DomainSettings {
    /// Where it leads; nowhere when not said.
    #[serde(default)]
    pub environment: Option<EnvironmentId>,
    /// Who provides its certificate.
    #[serde(default)]
    pub certificate: CertificateSource,
    /// Requests without TLS are sent to the same address with it.
    #[serde(default)]
    pub https_only: bool,
    /// For how many seconds browsers are told to insist on TLS; 0: they are not told.
    #[serde(default)]
    pub hsts_s: u32,
}

/// A certificate of one's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OwnCertificate {
    /// PEM: the domain's certificate first, then the ones in between.
    pub chain: String,
    /// PEM: its private key.
    #[cfg_attr(feature = "schema", schema(value_type = String, format = Password, write_only))]
    pub key: SecretText,
}

/// Domains, their proofs and their certificates.
#[async_trait]
pub trait Domains: Send + Sync {
    /// All of them, by name.
    async fn domains(&self, caller: &Caller) -> Reply<Vec<DomainView>>;
    /// One of them.
    async fn domain(&self, caller: &Caller, id: &DomainId) -> Reply<DomainView>;
    /// Says which record proves it.
    async fn add_domain(&self, caller: &Caller, new: NewDomain) -> Reply<DomainView>;
    /// Looks at DNS now.
    async fn verify_domain(&self, caller: &Caller, id: &DomainId) -> Reply<DomainView>;
    /// Also asks for a certificate, once it leads somewhere.
    async fn set_domain(
        &self,
        caller: &Caller,
        id: &DomainId,
        settings: DomainSettings,
    ) -> Reply<DomainView>;
    /// Serves it from now on, and asks no authority any more.
    async fn upload_certificate(
        &self,
        caller: &Caller,
        id: &DomainId,
        own: OwnCertificate,
    ) -> Reply<DomainView>;
    /// Refused while it leads to an environment.
    async fn remove_domain(&self, caller: &Caller, id: &DomainId) -> Reply<()>;
}
