//! RFC 8555: one account of the organization, one question at a time. Nothing in here is
//! remembered: the authority's order says how far things are.

use super::http::Http;
use super::step::{Failed, Tried};
use super::{Acme, Domains};
use crate::store::custom_domain::Record;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::custom_domain::{DomainName, Way};
use domain::frontage::Answer;
use domain::id::OrgId;
use domain::secret::SecretText;
use instant_acme::{
    Account, AccountCredentials, AuthorizationStatus, ChallengeType, Error, ExternalAccountKey,
    Identifier, NewAccount, NewOrder, Order, OrderStatus, Problem,
};
use rcgen::{CertificateParams, DistinguishedName, KeyPair};

const MOST_CHARS: usize = 400;

/// Why there is no certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub sentence: String,
    pub rate_limited: bool,
    /// The authority does not know the account (any more).
    pub forget_account: bool,
    /// Of the conversation only: an order that is under way is not lost by it.
    pub passing: bool,
}

impl Trouble {
    pub fn now(why: impl Into<String>) -> Self {
        let mut sentence: String = why.into().chars().take(MOST_CHARS).collect();
        if !sentence.ends_with('.') {
            sentence.push('.');
        }
        Self {
            sentence,
            rate_limited: false,
            forget_account: false,
            passing: false,
        }
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match error {
            Error::Api(problem) => refused(&problem),
            other => Trouble::now(format!(
                "the certificate authority can't be asked: {}",
                whole(&other)
            )),
        }
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Failed::Order(error.into())
    }
}

fn refused(problem: &Problem) -> Trouble {
    let kind = problem.r#type.as_deref().unwrap_or_default();
    let kind = kind.rsplit(':').next().unwrap_or_default();
    let detail = problem.detail.as_deref().unwrap_or("it says no more");
    let rate_limited = kind == "rateLimited";
    let said = match rate_limited {
        true => "the certificate authority was asked too often",
        false => "the certificate authority refuses",
    };
    Trouble {
        rate_limited,
        forget_account: kind == "accountDoesNotExist",
        // RFC 8555, 6.5: to be tried again.
        passing: kind == "badNonce",
        ..Trouble::now(format!("{said}: {detail} ({kind})"))
    }
}

/// With its causes: "error sending request" alone helps nobody.
fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        let said = deeper.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = deeper.source();
    }
    text
}

/// An order, and what is to be shown for it.
pub struct Asked {
    pub url: String,
    pub answers: Vec<Answer>,
    pub records: Vec<Record>,
}

/// How far an order is.
pub enum Came {
    /// The authority has not seen the proofs yet.
    Unproved,
    Waits,
    Ready,
    Issued(String),
    Refused(String),
}

/// An account at work.
pub struct Session(Account);

impl Domains {
    /// The organization's account, made at the first time.
    pub(super) async fn session(&self, org: &OrgId) -> Tried<Session> {
        let Some(acme) = &self.options.acme else {
            return Err(Trouble::now("there is no certificate authority any more").into());
        };
        let http = || Http::new(acme).map(Box::new).map_err(Trouble::now);
        if let Some(text) = self.store.acme_account(org, &acme.directory).await? {
            let kept: AccountCredentials =
                serde_json::from_str(text.reveal()).map_err(Error::from)?;
            let account = Account::builder_with_http(http()?);
            return Ok(Session(account.from_credentials(kept).await?));
        }
        let contact = acme.contact.as_ref().map(|mail| format!("mailto:{mail}"));
        let contact: Vec<_> = contact.iter().map(String::as_str).collect();
        let new = NewAccount {
            contact: &contact,
            terms_of_service_agreed: true,
            only_return_existing: false,
        };
        let binding = binding(acme).map_err(Trouble::now)?;
        let (account, credentials) = Account::builder_with_http(http()?)
            .create(&new, acme.directory.clone(), binding.as_ref())
            .await?;
        let text = serde_json::to_string(&credentials).map_err(Error::from)?;
        let (directory, text, at) = (&acme.directory, text.into(), self.clock.now());
        self.store
            .keep_acme_account(org, directory, &text, at)
            .await?;
        Ok(Session(account))
    }
}

fn binding(acme: &Acme) -> Result<Option<ExternalAccountKey>, String> {
    let Some(binding) = &acme.binding else {
        return Ok(None);
    };
    let path = binding.key_file.display();
    let text = std::fs::read_to_string(&binding.key_file).map_err(|error| {
        format!("the key of the account binding, {path}, can't be read: {error}")
    })?;
    let text = text.trim().trim_end_matches('=');
    let key = URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| format!("the key of the account binding, {path}, is not base64url"))?;
    Ok(Some(ExternalAccountKey::new(binding.key_id.clone(), &key)))
}

impl Session {
    pub async fn ask(&self, name: &DomainName, way: Way) -> Result<Asked, Trouble> {
        let names = [Identifier::Dns(name.to_string())];
        let mut order = self.0.new_order(&NewOrder::new(&names)).await?;
        let (mut answers, mut records) = (vec![], vec![]);
        let mut all = order.authorizations();
        while let Some(authorization) = all.next().await {
            let mut authorization = authorization?;
            if authorization.status == AuthorizationStatus::Valid {
                continue;
            }
            let Some(challenge) = authorization.challenge(kind(way)) else {
                let sentence = "the certificate authority does not offer the proof that this takes";
                return Err(Trouble::now(sentence));
            };
            let proof = challenge.key_authorization();
            match way {
                Way::Http => answers.push(Answer {
                    host: name.base().to_owned(),
                    token: challenge.token.clone(),
                    text: proof.as_str().to_owned(),
                }),
                Way::Dns => records.push(Record {
                    name: name.challenge_host(),
                    value: proof.dns_value(),
                }),
            }
        }
        let url = order.url().to_owned();
        Ok(Asked {
            url,
            answers,
            records,
        })
    }

    pub async fn look(&self, url: &str) -> Result<Came, Trouble> {
        let mut order = self.0.order(url.to_owned()).await?;
        if let Some(problem) = &order.state().error {
            return Err(refused(problem));
        }
        Ok(match order.state().status {
            OrderStatus::Pending => Came::Unproved,
            OrderStatus::Processing => Came::Waits,
            OrderStatus::Ready => Came::Ready,
            OrderStatus::Invalid => Came::Refused(why_invalid(&mut order).await?),
            OrderStatus::Valid => match order.certificate().await? {
                Some(chain) => Came::Issued(chain),
                None => Came::Waits,
            },
        })
    }

    /// The authority may look now.
    pub async fn claim(&self, url: &str) -> Result<(), Trouble> {
        let mut order = self.0.order(url.to_owned()).await?;
        let mut all = order.authorizations();
        while let Some(authorization) = all.next().await {
            let mut authorization = authorization?;
            if authorization.status != AuthorizationStatus::Pending {
                continue;
            }
            let way = match authorization.wildcard {
                true => Way::Dns,
                false => Way::Http,
            };
            if let Some(mut challenge) = authorization.challenge(kind(way)) {
                challenge.set_ready().await?;
            }
        }
        Ok(())
    }

    pub async fn finalize(
        &self,
        url: &str,
        name: &DomainName,
        key: &SecretText,
    ) -> Result<(), Trouble> {
        let broken = |error: rcgen::Error| Trouble::now(format!("no request can be made: {error}"));
        let key = KeyPair::from_pem(key.reveal()).map_err(broken)?;
        let mut params = CertificateParams::new(vec![name.to_string()]).map_err(broken)?;
        params.distinguished_name = DistinguishedName::new();
        let request = params.serialize_request(&key).map_err(broken)?;
        let mut order = self.0.order(url.to_owned()).await?;
        Ok(order.finalize_csr(request.der()).await?)
    }
}

/// Of a certificate to come, in PEM.
pub fn fresh_key() -> Result<SecretText, String> {
    let made = KeyPair::generate().map_err(|error| format!("no key can be made: {error}"))?;
    Ok(made.serialize_pem().into())
}

const fn kind(way: Way) -> ChallengeType {
    match way {
        Way::Http => ChallengeType::Http01,
        Way::Dns => ChallengeType::Dns01,
    }
}

/// The order only says that it failed; the challenges say why.
async fn why_invalid(order: &mut Order) -> Result<String, Trouble> {
    let mut all = order.authorizations();
    while let Some(authorization) = all.next().await {
        let authorization = authorization?;
        let mut errors = authorization
            .challenges
            .iter()
            .filter_map(|c| c.error.as_ref());
        if let Some(problem) = errors.next() {
            return Ok(refused(problem).sentence);
        }
    }
    Ok("the certificate authority refuses, and does not say why".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(kind: &str) -> Trouble {
        let kind = format!("urn:ietf:params:acme:error:{kind}");
        let text = format!(r#"{{"type":"{kind}","detail":"so it is"}}"#);
        Error::Api(serde_json::from_str(&text).expect("a problem")).into()
    }

    #[test]
    fn i15_what_an_authority_says_decides_what_becomes_of_the_order() {
        let known = |kind| {
            let trouble = said(kind);
            (
                trouble.rate_limited,
                trouble.forget_account,
                trouble.passing,
            )
        };
        assert_eq!(known("rateLimited"), (true, false, false));
        assert_eq!(known("accountDoesNotExist"), (false, true, false));
        assert_eq!(known("badNonce"), (false, false, true));
        assert_eq!(known("unauthorized"), (false, false, false));
        let sentence = "the certificate authority refuses: so it is (unauthorized).";
        assert_eq!(said("unauthorized").sentence, sentence);
    }
}
