//! Domains of the organization. Nothing in here answers a key.

use crate::answer::Answer;
use crate::error::Fault;
use domain::id::DomainId;
use domain::secret::SecretText;
use domain::view::DomainView;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[cfg(feature = "ssr")]
use {
    crate::call,
    domain::api::{DomainSettings, NewDomain, OwnCertificate},
    domain::custom_domain::CertificateSource,
    domain::refusal::Refusal,
};

#[server(prefix = "/fn", endpoint = "domains", input = GetUrl)]
pub async fn domains() -> Result<Answer<Vec<DomainView>>, Fault> {
    let (api, caller) = call::signed()?;
    call::answer(api.domains(&caller).await)
}

#[server(prefix = "/fn", endpoint = "add-domain")]
pub async fn add_domain(name: String) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    let new = NewDomain {
        name,
        environment: None,
    };
    call::said(api.add_domain(&caller, new).await.map(drop))
}

#[server(prefix = "/fn", endpoint = "verify-domain")]
pub async fn verify_domain(id: DomainId) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    call::said(api.verify_domain(&caller, &id).await.map(drop))
}

/// A box that is not ticked is not sent.
#[server(prefix = "/fn", endpoint = "set-domain")]
pub async fn set_domain(
    id: DomainId,
    environment: String,
    certificate: String,
    #[server(default)] https_only: Option<String>,
    #[server(default)] hsts_days: Option<u32>,
) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    let wrong = || Refusal::invalid("environment", "There is no such environment.");
    let environment = match environment.as_str() {
        "" => Ok(None),
        id => id.parse().map(Some).map_err(|_| wrong()),
    };
    let settings = environment.map(|environment| DomainSettings {
        environment,
        certificate: CertificateSource::parse(&certificate).unwrap_or_default(),
        https_only: https_only.is_some(),
        hsts_s: hsts_days.unwrap_or(0).saturating_mul(86_400),
    });
    let set = match settings {
        Ok(settings) => api.set_domain(&caller, &id, settings).await.map(drop),
        Err(refusal) => Err(refusal),
    };
    call::said(set)
}

#[server(prefix = "/fn", endpoint = "upload-certificate")]
pub async fn upload_certificate(id: DomainId, chain: String, key: SecretText) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    let own = OwnCertificate { chain, key };
    call::said(api.upload_certificate(&caller, &id, own).await.map(drop))
}

#[server(prefix = "/fn", endpoint = "remove-domain")]
pub async fn remove_domain(id: DomainId) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    call::said(api.remove_domain(&caller, &id).await)
}
