//! From a pinned root to the chip's certificate.

use super::extensions::{HardwareId, hardware_id, number};
use super::roots::{Pair, Roots};
use domain::attest::{Base64, Certs, SnpTcb};
use domain::time::Time;
use sev::certs::snp::{Certificate, Verifiable, ca};
use sev::firmware::guest::AttestationReport;
use x509_cert::Certificate as X509;

/// Three certificates; the first is one of the roots.
pub struct Chain {
    chain: sev::certs::snp::Chain,
    all: [(&'static str, X509); 3],
}

impl Chain {
    /// Or why there is none. What the evidence leaves out is taken from the roots.
    pub fn read(certs: &Certs, roots: &Roots) -> Result<Self, String> {
        let vcek = read("VCEK", certs.vcek.as_ref())?.ok_or("no VCEK")?;
        let ask = read("ASK", certs.ask.as_ref())?;
        let ark = read("ARK", certs.ark.as_ref())?;
        let issuer = x509(ask.as_ref().unwrap_or(&vcek)).tbs_certificate.issuer;
        let fits = |pair: &&Pair| match (&ark, &ask) {
            (Some(ark), _) => *ark == pair.ark,
            (None, Some(_)) => x509(&pair.ark).tbs_certificate.subject == issuer,
            (None, None) => x509(&pair.ask).tbs_certificate.subject == issuer,
        };
        let pair = roots
            .0
            .iter()
            .find(fits)
            .ok_or_else(|| other_root(ark.as_ref(), &issuer))?;
        Ok(Self::new(
            pair.ark.clone(),
            ask.unwrap_or_else(|| pair.ask.clone()),
            vcek,
        ))
    }

    fn new(ark: Certificate, ask: Certificate, vcek: Certificate) -> Self {
        let all = [
            ("ARK", x509(&ark)),
            ("ASK", x509(&ask)),
            ("VCEK", x509(&vcek)),
        ];
        let chain = sev::certs::snp::Chain {
            ca: ca::Chain { ark, ask },
            vek: vcek,
        };
        Self { chain, all }
    }

    /// Its name.
    pub fn root(&self) -> String {
        self.all[0].1.tbs_certificate.subject.to_string()
    }

    /// Each signs the next, and the root itself.
    pub fn signatures(&self) -> Result<(), String> {
        self.chain
            .verify()
            .map(|_| ())
            .map_err(|error| error.to_string())
    }

    /// The report, by the chip's key.
    pub fn signs(&self, report: &AttestationReport) -> Result<(), String> {
        (&self.chain.vek, report)
            .verify()
            .map_err(|error| error.to_string())
    }

    /// All three.
    pub fn valid(&self, at: Time) -> Result<(), String> {
        let outside = self.all.iter().find_map(|(name, cert)| {
            let [from, to] = period(cert);
            (at < from || at > to).then(|| {
                format!(
                    "{name} is valid from {} to {}",
                    from.rfc3339(),
                    to.rfc3339()
                )
            })
        });
        outside.map_or(Ok(()), Err)
    }

    /// Whose certificate it is.
    pub fn hardware_id(&self) -> Result<HardwareId, &'static str> {
        hardware_id(&self.all[2].1)
    }

    /// For which firmware it was made. Only chips from Turin on have an FMC.
    pub fn tcb(&self, has_fmc: bool) -> Result<SnpTcb, String> {
        let part = |which, name| {
            number(&self.all[2].1, which).ok_or(format!("a VCEK without one {name} version"))
        };
        Ok(SnpTcb {
            fmc: if has_fmc { part(9, "FMC")? } else { 0 },
            bootloader: part(1, "boot loader")?,
            tee: part(2, "TEE")?,
            snp: part(3, "SNP")?,
            microcode: part(8, "microcode")?,
        })
    }
}

fn other_root(ark: Option<&Certificate>, issuer: &x509_cert::name::Name) -> String {
    match ark {
        Some(ark) => format!(
            "another root, which calls itself {}",
            x509(ark).tbs_certificate.subject
        ),
        None => format!("a chain that ends in {issuer}"),
    }
}

fn x509(certificate: &Certificate) -> X509 {
    certificate.clone().into()
}

/// In its one spelling.
fn read(name: &str, der: Option<&Base64>) -> Result<Option<Certificate>, String> {
    let Some(Base64(der)) = der else {
        return Ok(None);
    };
    let wrong = |what: String| format!("the {name} is no certificate: {what}");
    let certificate = Certificate::from_der(der).map_err(|error| wrong(error.to_string()))?;
    let again = certificate
        .to_der()
        .map_err(|error| wrong(error.to_string()))?;
    if again != *der || !plain(&x509(&certificate)) {
        return Err(wrong("it can be written in another way".into()));
    }
    Ok(Some(certificate))
}

/// What stands outside of the signature says nothing else than what stands inside.
fn plain(certificate: &X509) -> bool {
    let inside = &certificate.tbs_certificate.signature;
    certificate.signature_algorithm == *inside && certificate.signature.unused_bits() == 0
}

fn period(cert: &X509) -> [Time; 2] {
    let validity = &cert.tbs_certificate.validity;
    let ms = |t: x509_cert::time::Time| i64::try_from(t.to_unix_duration().as_millis());
    // What can't be counted is never.
    [
        Time(ms(validity.not_before).unwrap_or(i64::MAX)),
        Time(ms(validity.not_after).unwrap_or(i64::MIN)),
    ]
}
