//! The certificates that a quote and its collateral bring. `dcap-qvl` takes what it needs of them and
//! leaves the rest unread: copies of the root, the issuers of the list of revoked keys, a chain of
//! the quote's beside one of the collateral's. Here each of them must be one that counts, so that
//! nothing can be changed unseen.

use super::pem;
use super::root::Root;
use dcap_qvl::quote::Quote;
use domain::attest::Collateral;

type Der = Vec<u8>;

/// The quote brings the chain of the chip's certificate.
const CHAIN: u16 = 5;

/// Both ends of the chip's chain, DER.
pub struct Chip {
    pub certificate: Der,
    pub root: Der,
}

/// If all chains end in the root that is pinned.
pub fn read(quote: &Quote, collateral: &Collateral, pinned: &Root) -> Result<Chip, String> {
    let [certificate, ca, root] = chip(quote, collateral)?;
    if !pinned.is(&root) {
        return Err("a chain that ends in another root".into());
    }
    for (name, text) in [
        ("tcb_info_issuer_chain", &collateral.tcb_info_issuer_chain),
        (
            "qe_identity_issuer_chain",
            &collateral.qe_identity_issuer_chain,
        ),
    ] {
        let [_, top] = certificates(name, text.as_bytes())?;
        if top != root {
            return Err(format!("a {name} that ends in another root"));
        }
    }
    let name = "pck_crl_issuer_chain";
    let issuers: [Der; 2] = certificates(name, collateral.pck_crl_issuer_chain.as_bytes())?;
    if issuers != [ca, root.clone()] {
        return Err(format!(
            "a {name} that has not issued the chip's certificate"
        ));
    }
    Ok(Chip { certificate, root })
}

/// The chip's certificate, what issued it, and the root. If the quote and the collateral both bring
/// them, they are the same.
fn chip(quote: &Quote, collateral: &Collateral) -> Result<[Der; 3], String> {
    let brought = collateral.pck_certificate_chain.as_ref();
    let brought = brought.map(|text| certificates("pck_certificate_chain", text.as_bytes()));
    let own = match (quote.inner_cert_type(), quote.inner_cert_data()) {
        (CHAIN, text) => Some(certificates("chain of the chip's certificate", text)),
        // Which chip it is, encrypted for Intel: with RSA of 2048 or 3072 bits.
        (2, data) if data.len() == 256 + 20 => None,
        (3, data) if data.len() == 384 + 20 => None,
        _ => return Err("a quote that does not say which chip it is from".into()),
    };
    match (own.transpose()?, brought.transpose()?) {
        (Some(own), Some(brought)) if own != brought => {
            Err("two different chains of the chip's certificate".into())
        }
        (Some(chain), _) | (None, Some(chain)) => Ok(chain),
        (None, None) => Err("no certificate of the chip's".into()),
    }
}

fn certificates<const N: usize>(name: &str, text: &[u8]) -> Result<[Der; N], String> {
    let all = pem::read(text).ok_or_else(|| format!("a {name} with more than certificates"))?;
    let count = all.len();
    all.try_into()
        .map_err(|_| format!("a {name} of {count} certificates instead of {N}"))
}
