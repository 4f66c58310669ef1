//! How a domain stands, in one word and one sentence, and which records it takes.

use crate::control::Control;
use crate::store::custom_domain::{Domain, Place};
use domain::custom_domain::{CertificateSource, DomainStatus, blocked};
use domain::id::EnvironmentId;
use domain::time::Time;
use domain::view::{CertificateView, DnsRecord, DomainPlace, DomainView};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// With a fourth of its life left, the next one is long overdue.
const LATE_PART: i64 = 4;
const DAY_MS: i64 = 86_400_000;

pub(super) type Hosts = BTreeMap<EnvironmentId, String>;

impl Control {
    pub(super) fn domain_view(&self, domain: &Domain, hosts: &Hosts) -> DomainView {
        let (status, sentence) = self.standing(domain);
        DomainView {
            id: domain.id.clone(),
            name: domain.name.to_string(),
            shown: idna::domain_to_unicode(domain.name.as_str()).0,
            status,
            sentence,
            place: domain.place.as_ref().map(place),
            records: self.records(domain, hosts),
            proof: domain.proof,
            verified_at: domain.verified_at,
            looked_at: domain.looked_at,
            certificate_source: domain.source,
            certificate: self.certificate_view(domain),
            https_only: domain.https_only,
            hsts_s: domain.hsts_s,
            created_at: domain.created_at,
            created_by: domain.created_by.clone(),
        }
    }

    fn standing(&self, domain: &Domain) -> (DomainStatus, Option<String>) {
        let problem = domain.problem.clone();
        if domain.verified_at.is_none() {
            let looks = || Some("DNS is being looked at.".to_owned());
            return (DomainStatus::Unproven, problem.or_else(looks));
        }
        if domain.place.is_none() {
            let sentence = "It is proved. Choose the environment that it leads to.";
            return (DomainStatus::Unused, Some(sentence.into()));
        }
        if domain.points_here == Some(false) {
            return (DomainStatus::Elsewhere, problem);
        }
        self.certificate_standing(domain)
    }

    fn certificate_standing(&self, domain: &Domain) -> (DomainStatus, Option<String>) {
        let need = self.domains.need(domain);
        let failed = domain
            .order
            .as_ref()
            .and_then(|order| order.problem.clone());
        let why = failed.or_else(|| blocked(&need).map(str::to_owned));
        let now = self.clock.now();
        match &domain.certificate {
            _ if domain.source == CertificateSource::None => (DomainStatus::Plain, None),
            Some(served) if runs_out(served.not_before, served.not_after, domain.source, now) => (
                DomainStatus::Expiring,
                why.or_else(|| Some(ends(served.not_after))),
            ),
            Some(_) => (DomainStatus::Serving, why),
            None if why.is_some() => (DomainStatus::Failed, why),
            None => (DomainStatus::Issuing, None),
        }
    }

    fn certificate_view(&self, domain: &Domain) -> Option<CertificateView> {
        let served = domain.certificate.as_ref()?;
        Some(CertificateView {
            issuer: served.issuer.clone(),
            serial: served.serial.clone(),
            not_before: served.not_before,
            not_after: served.not_after,
            renew_at: self.domains.renewal(domain),
        })
    }

    fn records(&self, domain: &Domain, hosts: &Hosts) -> Vec<DnsRecord> {
        let proof = DnsRecord {
            kind: "TXT".into(),
            name: domain.name.proof_host(),
            value: domain.token.clone(),
            purpose: "proves that it is yours".into(),
        };
        let addresses = self.domains.options.addresses.iter();
        let at = addresses.map(|address| DnsRecord {
            kind: if address.is_ipv4() { "A" } else { "AAAA" }.into(),
            name: domain.name.to_string(),
            value: IpAddr::to_string(address),
            purpose: "leads it here".into(),
        });
        let host = domain
            .place
            .as_ref()
            .and_then(|place| hosts.get(&place.environment))
            .filter(|host| !host.ends_with("localhost"));
        let cname = host.map(|host| DnsRecord {
            kind: "CNAME".into(),
            name: domain.name.to_string(),
            value: host.clone(),
            purpose: "instead: proves it and leads it here".into(),
        });
        std::iter::once(proof).chain(at).chain(cname).collect()
    }
}

fn place(place: &Place) -> DomainPlace {
    DomainPlace {
        environment: place.environment.clone(),
        environment_name: place.environment_name.clone(),
        project: place.project.clone(),
        project_name: place.project_name.clone(),
    }
}

/// One's own: two weeks before, since a person has to do something.
fn runs_out(from: Time, to: Time, source: CertificateSource, now: Time) -> bool {
    let left = to.since_ms(now);
    match source {
        CertificateSource::Own => left < 14 * DAY_MS,
        _ => left < to.since_ms(from) / LATE_PART,
    }
}

fn ends(at: Time) -> String {
    format!("Its certificate is valid until {}.", at.rfc3339())
}
