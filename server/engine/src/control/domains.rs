//! Domains that organizations bring along (I-15).

mod view;

use super::{Control, broken, found, token};
use crate::domains::own;
use crate::store::custom_domain::{AddedDomain, Domain};
use async_trait::async_trait;
use domain::access::{Action, Caller};
use domain::api::{DomainSettings, Domains, NewDomain, OwnCertificate, Reply};
use domain::custom_domain::{CertificateSource, DomainName, MOST, check_hsts, in_use};
use domain::id::{DomainId, EnvironmentId};
use domain::refusal::Refusal;
use domain::view::DomainView;

const NOUN: &str = "domain";

#[async_trait]
impl Domains for Control {
    async fn domains(&self, caller: &Caller) -> Reply<Vec<DomainView>> {
        caller.may(Action::Read)?;
        let all = self.store.kept_domains(&caller.org).await.map_err(broken)?;
        let hosts = self.store.kept_hosts(&caller.org).await.map_err(broken)?;
        Ok(all
            .iter()
            .map(|one| self.domain_view(one, &hosts))
            .collect())
    }

    async fn domain(&self, caller: &Caller, id: &DomainId) -> Reply<DomainView> {
        caller.may(Action::Read)?;
        self.shown(caller, id).await
    }

    async fn add_domain(&self, caller: &Caller, new: NewDomain) -> Reply<DomainView> {
        caller.may(Action::ManageDomains)?;
        let name = named(&new.name, &self.settings.base_domain)?;
        self.leads_to(caller, new.environment.as_ref()).await?;
        let now = self.now();
        let (id, proof) = (
            DomainId::new(now.at, now.entropy),
            token::fresh("sealdock-"),
        );
        let row = (&id, &name, proof.as_str());
        let added = self
            .store
            .add_domain(caller, row, new.environment.as_ref(), self.now());
        match added.await.map_err(broken)? {
            AddedDomain::Done => {}
            AddedDomain::There => return Err(there(&name)),
            AddedDomain::TooMany => return Err(too_many()),
        }
        self.domains.wake(&caller.org);
        self.shown(caller, &id).await
    }

    async fn verify_domain(&self, caller: &Caller, id: &DomainId) -> Reply<DomainView> {
        caller.may(Action::ManageDomains)?;
        let domain = self.kept(caller, id).await?;
        self.domains.look(&domain).await.map_err(broken)?;
        self.domains.wake(&caller.org);
        self.shown(caller, id).await
    }

    async fn set_domain(
        &self,
        caller: &Caller,
        id: &DomainId,
        settings: DomainSettings,
    ) -> Reply<DomainView> {
        caller.may(Action::ManageDomains)?;
        let domain = self.kept(caller, id).await?;
        check_hsts(settings.hsts_s, settings.https_only)?;
        self.leads_to(caller, settings.environment.as_ref()).await?;
        if settings.certificate == CertificateSource::Own && domain.certificate.is_none() {
            return Err(nothing_uploaded());
        }
        let now = self.now();
        let set = self.store.set_domain(caller, &domain, &settings, now).await;
        if !set.map_err(broken)? {
            return Err(Refusal::not_found(NOUN));
        }
        self.domains.wake(&caller.org);
        self.shown(caller, id).await
    }

    async fn upload_certificate(
        &self,
        caller: &Caller,
        id: &DomainId,
        uploaded: OwnCertificate,
    ) -> Reply<DomainView> {
        caller.may(Action::ManageDomains)?;
        let domain = self.kept(caller, id).await?;
        let now = self.now();
        let facts = own(&domain.name, &uploaded, now.at)?;
        let certificate = facts.kept(uploaded.chain, uploaded.key, now.at);
        let kept = self.store.keep_own(caller, &domain, &certificate, now);
        kept.await.map_err(broken)?;
        self.domains.wake(&caller.org);
        self.shown(caller, id).await
    }

    async fn remove_domain(&self, caller: &Caller, id: &DomainId) -> Reply<()> {
        caller.may(Action::ManageDomains)?;
        let domain = self.kept(caller, id).await?;
        let now = self.now();
        let removed = self.store.remove_domain(caller, &domain, now).await;
        if !removed.map_err(broken)? {
            let place = domain.place.map_or_else(
                || "an environment".to_owned(),
                |p| format!("{} / {}", p.project_name, p.environment_name),
            );
            return Err(in_use(domain.name.as_str(), &place));
        }
        self.domains.wake(&caller.org);
        Ok(())
    }
}

impl Control {
    async fn kept(&self, caller: &Caller, id: &DomainId) -> Reply<Domain> {
        found(self.store.kept_domain(&caller.org, id).await, NOUN)
    }

    async fn shown(&self, caller: &Caller, id: &DomainId) -> Reply<DomainView> {
        let hosts = self.store.kept_hosts(&caller.org).await.map_err(broken)?;
        Ok(self.domain_view(&self.kept(caller, id).await?, &hosts))
    }

    /// An environment that stays, and is the caller's.
    async fn leads_to(&self, caller: &Caller, id: Option<&EnvironmentId>) -> Reply<()> {
        let Some(id) = id else {
            return Ok(());
        };
        let environment = found(self.store.environment(&caller.org, id).await, "environment")?;
        match environment.deleting {
            true => Err(Refusal::conflict(
                "being_deleted",
                format!(
                    "{} / {} is being deleted.",
                    environment.project_name, environment.name
                ),
            )
            .way_out("Choose another environment.")),
            false => Ok(()),
        }
    }
}

/// In whatever script it was written.
fn named(text: &str, base_domain: &str) -> Reply<DomainName> {
    let text = text.trim().trim_end_matches('.');
    let (star, rest) = match text.strip_prefix("*.") {
        Some(rest) => ("*.", rest),
        None => ("", text),
    };
    let ascii = idna::domain_to_ascii_strict(rest).map_err(|_| {
        Refusal::invalid("name", "That can't be a domain.").way_out(
            "Write it like shop.example.com, or *.example.com for everything right below it.",
        )
    })?;
    DomainName::parse(&format!("{star}{ascii}"), base_domain)
}

fn there(name: &DomainName) -> Refusal {
    Refusal {
        place: Some("name".into()),
        ..Refusal::conflict("domain_there", format!("{name} is in the list already."))
            .way_out("Prove it, or set where it leads.")
    }
}

fn too_many() -> Refusal {
    Refusal::conflict(
        "too_many_domains",
        format!("The organization has {MOST} domains, which is the most that it can have."),
    )
    .way_out("Remove one that is not needed, or take a wildcard.")
}

fn nothing_uploaded() -> Refusal {
    Refusal::invalid(
        "certificate",
        "There is no certificate of your own for it yet.",
    )
    .way_out("Upload one; it is used from then on.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i15_names_in_other_scripts_become_what_dns_knows() {
        let as_known = |text| named(text, "apps.example.net").map(|n| n.to_string());
        for (text, known) in [
            ("Bücher.example", "xn--bcher-kva.example"),
            (" Shop.Example.COM. ", "shop.example.com"),
            ("*.bücher.example", "*.xn--bcher-kva.example"),
        ] {
            assert_eq!(as_known(text).as_deref(), Ok(known), "{text}");
        }
        for bad in [
            "a_b.example.com",
            "a b.com",
            "",
            "xn--.com",
            "*.",
            "a\u{200b}b.com/x",
        ] {
            assert!(as_known(bad).is_err(), "{bad:?}");
        }
    }
}
