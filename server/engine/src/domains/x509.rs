//! What a certificate says about itself, and whether one that a person brought can be served.

use crate::proxy::pem;
use crate::store::custom_domain::{KeptCertificate, Served};
use domain::api::OwnCertificate;
use domain::custom_domain::{DomainName, MAX_PEM_BYTES};
use domain::refusal::Refusal;
use domain::secret::SecretText;
use domain::time::Time;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    pub issuer: String,
    pub serial: String,
    pub names: Vec<String>,
    pub not_before: Time,
    pub not_after: Time,
}

/// Of the first certificate in a chain.
pub fn facts(chain: &str) -> Result<Facts, String> {
    let all = pem::chain(chain)?;
    let first = all.first().ok_or("there is no certificate in it")?;
    let (_, read) = X509Certificate::from_der(first)
        .map_err(|error| format!("its first certificate can't be read ({error})"))?;
    let at = |time: x509_parser::time::ASN1Time| Time(time.timestamp().saturating_mul(1000));
    Ok(Facts {
        issuer: issuer(&read),
        serial: serial(&read),
        names: names(&read),
        not_before: at(read.validity().not_before),
        not_after: at(read.validity().not_after),
    })
}

fn issuer(of: &X509Certificate<'_>) -> String {
    let issuer = of.issuer();
    let common = issuer.iter_common_name().chain(issuer.iter_organization());
    let mut said = common.filter_map(|name| name.as_str().ok());
    said.next()
        .map_or_else(|| issuer.to_string(), str::to_owned)
}

/// As other tools print it: the zero that only says that the number is positive is not in it.
fn serial(of: &X509Certificate<'_>) -> String {
    let digits = of.raw_serial_as_string().replace(':', "");
    digits.strip_prefix("00").unwrap_or(&digits).to_owned()
}

fn names(of: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(all)) = of.subject_alternative_name() else {
        return vec![];
    };
    let name = |one: &GeneralName<'_>| match one {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        _ => None,
    };
    all.value.general_names.iter().filter_map(name).collect()
}

impl Facts {
    /// Of this chain, which begins to serve.
    pub fn kept(self, chain: String, key: SecretText, set_at: Time) -> KeptCertificate {
        let served = Served {
            issuer: self.issuer,
            serial: self.serial,
            not_before: self.not_before,
            not_after: self.not_after,
            set_at,
        };
        KeptCertificate { chain, key, served }
    }

    /// `*.b.c` covers `a.b.c`, and itself.
    fn covers(&self, name: &DomainName) -> bool {
        let wild = name
            .as_str()
            .split_once('.')
            .map(|(_, rest)| format!("*.{rest}"));
        let is = |one: &String| one == name.as_str() || (Some(one) == wild.as_ref());
        self.names.iter().any(is)
    }
}

/// Everything that a browser would refuse is refused here.
pub fn own(name: &DomainName, own: &OwnCertificate, now: Time) -> Result<Facts, Refusal> {
    let no = |place: &str, sentence: String, way_out: &str| {
        Err(Refusal::invalid(place, sentence).way_out(way_out.to_owned()))
    };
    let format = "Paste it as PEM: the certificate of the domain first, then those in between.";
    if own.chain.len() > MAX_PEM_BYTES || own.key.reveal().len() > MAX_PEM_BYTES {
        return no(
            "chain",
            "The certificate or its key is larger than 64 KiB.".into(),
            format,
        );
    }
    let facts = match facts(&own.chain) {
        Ok(facts) => facts,
        Err(why) => {
            return no(
                "chain",
                format!("The certificate can't be used: {why}."),
                format,
            );
        }
    };
    if let Err(why) = pem::certified(&own.chain, own.key.reveal()) {
        let way_out =
            "Upload the private key that the certificate was asked for with, without a passphrase.";
        return no("key", format!("The key can't be used: {why}."), way_out);
    }
    if !facts.covers(name) {
        let names = facts.names.join(", ");
        let sentence = format!("The certificate is for {names}, and not for {name}.");
        return no("chain", sentence, "Upload one that names the domain.");
    }
    if facts.not_after <= now {
        let sentence = format!("The certificate ran out on {}.", facts.not_after.rfc3339());
        return no("chain", sentence, "Upload one that is valid.");
    }
    if facts.not_before > now.plus_ms(60_000) {
        let from = facts.not_before.rfc3339();
        let sentence = format!("The certificate is valid from {from} on.");
        return no("chain", sentence, "Upload it then.");
    }
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    fn made(names: &[&str], year: i32) -> OwnCertificate {
        let names: Vec<_> = names.iter().map(|n| (*n).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("names");
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().expect("a key");
        OwnCertificate {
            chain: params.self_signed(&key).expect("signed").pem(),
            key: key.serialize_pem().into(),
        }
    }

    fn refused(name: &str, uploaded: &OwnCertificate) -> Refusal {
        let name = DomainName::stored(name.into());
        own(&name, uploaded, Time(1_700_000_000_000)).expect_err(name.as_str())
    }

    #[test]
    fn i15_an_own_certificate_is_for_the_domain_valid_and_with_its_key() {
        let good = made(&["shop.example.com", "*.example.org"], 2090);
        for name in ["shop.example.com", "a.example.org", "*.example.org"] {
            let name = DomainName::stored(name.into());
            let facts = own(&name, &good, Time(1_700_000_000_000)).expect("taken");
            assert_eq!(facts.not_before, Time(1_577_836_800_000));
        }
        for name in [
            "example.com",
            "a.b.example.org",
            "example.org",
            "*.example.com",
        ] {
            let sentence = refused(name, &good).sentence;
            assert!(
                sentence.ends_with(&format!("and not for {name}.")),
                "{sentence}"
            );
        }
        let other = OwnCertificate {
            key: made(&["shop.example.com"], 2090).key,
            ..good.clone()
        };
        let refusal = refused("shop.example.com", &other);
        assert_eq!(refusal.place.as_deref(), Some("key"));
        assert!(
            refusal.sentence.contains("another certificate's"),
            "{}",
            refusal.sentence
        );
        let old = refused("shop.example.com", &made(&["shop.example.com"], 2021));
        assert!(
            old.sentence
                .starts_with("The certificate ran out on 2021-01-01"),
            "{}",
            old.sentence
        );
        for chain in [
            "",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "no",
        ] {
            let broken = OwnCertificate {
                chain: chain.into(),
                ..good.clone()
            };
            assert_eq!(
                refused("shop.example.com", &broken).place.as_deref(),
                Some("chain")
            );
        }
    }
}
