//! Tells the data plane: what is proved and used leads somewhere, what has a certificate is served
//! with it, and what authorities ask for is answered.

use super::{DomainError, Domains};
use crate::proxy::pem;
use crate::store::StoreError;
use crate::store::custom_domain::Domain;
use domain::custom_domain::CertificateSource;
use domain::frontage::{Certificate, Frontage, Name};

impl Domains {
    /// Only when it differs from what serves.
    pub async fn publish(&self) -> Result<(), DomainError> {
        let _alone = self.publishing.lock().await;
        let wanted = self.wanted().await?;
        match self.plane.frontage().await {
            Ok(serves) if serves == wanted => Ok(()),
            Ok(_) => Ok(self.plane.front(wanted).await?),
            // Nothing is missed by anybody.
            Err(_) if wanted.is_empty() => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn wanted(&self) -> Result<Frontage, DomainError> {
        let mut frontage = Frontage {
            https_port: self.options.tls_listen.map(|address| address.port()),
            ..Frontage::default()
        };
        for domain in self.store.domains_of_all().await? {
            let Some(place) = domain
                .place
                .as_ref()
                .filter(|_| domain.verified_at.is_some())
            else {
                continue;
            };
            frontage.names.push(Name {
                host: domain.name.to_string(),
                route: place.environment.to_string(),
                https_only: domain.https_only,
                hsts_s: domain.hsts_s,
            });
            frontage
                .certificates
                .extend(self.certificate(&domain).await?);
            let answers = domain.order.into_iter().flat_map(|order| order.answers);
            frontage.answers.extend(answers);
        }
        if frontage.is_empty() {
            return Ok(Frontage::default());
        }
        Ok(frontage)
    }

    async fn certificate(&self, domain: &Domain) -> Result<Option<Certificate>, DomainError> {
        if domain.source == CertificateSource::None {
            return Ok(None);
        }
        // One that can't be opened or used must not keep the others from being served.
        let unserved = |why: &str| {
            tracing::error!(domain = %domain.name, "its certificate can't be served: {why}");
            Ok(None)
        };
        let kept = match self.store.certificate(domain).await {
            Ok(Some(kept)) => kept,
            Ok(None) => return Ok(None),
            Err(error @ StoreError::Shut(_)) => return unserved(&error.to_string()),
            Err(error) => return Err(error.into()),
        };
        if let Err(why) = pem::certified(&kept.chain, kept.key.reveal()) {
            return unserved(&why);
        }
        Ok(Some(Certificate {
            host: domain.name.to_string(),
            chain: kept.chain,
            key: kept.key,
        }))
    }
}
