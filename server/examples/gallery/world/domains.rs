//! The domains of the gallery.

use super::scene::{environment_id, project_id};
use super::{Gallery, World, no};
use domain::access::{Action, Caller};
use domain::api::*;
use domain::custom_domain::{CertificateSource, DomainStatus, Proof, in_use};
use domain::id::DomainId;
use domain::refusal::Refusal;
use domain::time::Time;
use domain::view::*;

const DAY: i64 = 86_400_000;

#[async_trait::async_trait]
impl Domains for Gallery {
    async fn domains(&self, caller: &Caller) -> Reply<Vec<DomainView>> {
        Ok(match self.scene(caller).world {
            World::Empty => vec![],
            _ => vec![serving(self.now), unproven(self.now), failed(self.now)],
        })
    }

    async fn domain(&self, caller: &Caller, id: &DomainId) -> Reply<DomainView> {
        let mut all = self.domains(caller).await?.into_iter();
        all.find(|one| one.id == *id)
            .ok_or_else(|| Refusal::not_found("domain"))
    }

    async fn add_domain(&self, caller: &Caller, _: NewDomain) -> Reply<DomainView> {
        caller.may(Action::ManageDomains)?;
        Err(no())
    }

    async fn verify_domain(&self, caller: &Caller, _: &DomainId) -> Reply<DomainView> {
        caller.may(Action::ManageDomains)?;
        Err(no())
    }

    async fn set_domain(
        &self,
        caller: &Caller,
        _: &DomainId,
        _: DomainSettings,
    ) -> Reply<DomainView> {
        caller.may(Action::ManageDomains)?;
        Err(no())
    }

    async fn upload_certificate(
        &self,
        caller: &Caller,
        _: &DomainId,
        _: OwnCertificate,
    ) -> Reply<DomainView> {
        caller.may(Action::ManageDomains)?;
        Err(no())
    }

    async fn remove_domain(&self, caller: &Caller, id: &DomainId) -> Reply<()> {
        caller.may(Action::ManageDomains)?;
        let one = self.domain(caller, id).await?;
        match one.place {
            Some(place) => Err(in_use(&one.name, &place.title())),
            None => Err(no()),
        }
    }
}

fn plain(number: u128, name: &str, now: Time) -> DomainView {
    DomainView {
        id: DomainId::new(Time(1), number),
        name: name.into(),
        shown: name.into(),
        status: DomainStatus::Unproven,
        sentence: None,
        place: None,
        records: vec![DnsRecord {
            kind: "TXT".into(),
            name: format!("_sealdock.{}", name.trim_start_matches("*.")),
            value: "sealdock-gallery0000000000000000000000000000000000000000".into(),
            purpose: "proves that it is yours".into(),
        }],
        proof: None,
        verified_at: None,
        looked_at: Some(now.plus_ms(-30_000)),
        certificate_source: CertificateSource::Acme,
        certificate: None,
        https_only: true,
        hsts_s: 0,
        created_at: now.plus_ms(-DAY),
        created_by: Some("ada@example.com".into()),
    }
}

fn serving(now: Time) -> DomainView {
    DomainView {
        status: DomainStatus::Serving,
        place: Some(DomainPlace {
            environment: environment_id(1),
            environment_name: "production".into(),
            project: project_id(1),
            project_name: "shop".into(),
        }),
        proof: Some(Proof::Txt),
        verified_at: Some(now.plus_ms(-40 * DAY)),
        certificate: Some(CertificateView {
            issuer: "Example Authority R3".into(),
            serial: "04a1b2c3".into(),
            not_before: now.plus_ms(-40 * DAY),
            not_after: now.plus_ms(50 * DAY),
            renew_at: Some(now.plus_ms(19 * DAY)),
        }),
        hsts_s: 31_536_000,
        ..plain(1, "shop.example.com", now)
    }
}

fn unproven(now: Time) -> DomainView {
    let sentence = "There is no TXT record at _sealdock.example.org yet. Set it to `sealdock-gallery0000000000000000000000000000000000000000`.";
    DomainView {
        sentence: Some(sentence.into()),
        ..plain(2, "*.example.org", now)
    }
}

fn failed(now: Time) -> DomainView {
    let sentence = "the certificate authority was asked too often: too many certificates already issued for example.net (rateLimited).";
    DomainView {
        status: DomainStatus::Failed,
        sentence: Some(sentence.into()),
        proof: Some(Proof::Cname),
        verified_at: Some(now.plus_ms(-DAY)),
        ..plain(
            3,
            "a-name-that-is-long-enough-to-wrap-on-a-phone.example.net",
            now,
        )
    }
}
