//! Intel TDX: the certificates that a quote brings.

use super::*;
use crate::attest::tests::tdx_real;
use expect_test::expect;
use x509_cert::Certificate;
use x509_cert::der::asn1::{BitString, Uint, UintRef};
use x509_cert::der::{Decode as _, Encode as _};

const BEGIN: &[u8] = b"-----BEGIN";

/// Where the chain is: it is the last thing but for zeros.
fn chain(quote: &[u8]) -> (usize, Vec<Vec<u8>>) {
    let at = quote.windows(BEGIN.len()).position(|part| part == BEGIN);
    let at = at.unwrap();
    (at, pem::read(std::str::from_utf8(&quote[at..]).unwrap()))
}

/// With another text in the place of the chain, and all lengths as they must be.
fn with(honest: &Evidence, text: &str) -> Evidence {
    let quote = &honest.report.0;
    let (at, _) = chain(quote);
    let length = |bytes: usize| u32::try_from(bytes).unwrap().to_le_bytes();
    let mut changed = [&quote[..at], text.as_bytes()].concat();
    let end = changed.len();
    // Of all that is signed, of what certifies it, and of the chain.
    for place in [632, 766, at - 4] {
        changed[place..place + 4].copy_from_slice(&length(end - place - 4));
    }
    Evidence {
        report: Base64(changed),
        ..honest.clone()
    }
}

#[test]
fn q27_every_field_of_a_quotes_certificates() {
    let sample = &tdx_real::V4;
    let (honest, asker, roots) = (sample.evidence(), sample.asker(), Roots::makers());
    let ask = |evidence: &Evidence| asker.ask(&roots, evidence);
    let mut changes = Changes::new("tdx", sample.known, &ask, &honest);
    let (_, chain) = chain(&honest.report.0);
    let changed = |number: usize, der: Vec<u8>| {
        let mut chain = chain.clone();
        chain[number] = der;
        with(&honest, &pem::write(&chain))
    };
    for (number, name) in ["PCK", "PCK CA", "root"].into_iter().enumerate() {
        let der = &chain[number];
        for field in der::certificate(der, &[]) {
            changes.flip(&field.of(name), der, |der| changed(number, der));
        }
        let long = changed(number, [&der[..], &[0]].concat());
        let short = changed(number, der[..der.len() - 1].to_vec());
        changes.change(name, "a byte more, a byte less", &[long, short], "");
    }
    texts(&mut changes, &honest, &chain);
    let reason =
        "ECDSA has two spellings of a signature; both are of this certificate, by this key";
    changes.change(
        "PCK: signature",
        "order - s",
        &[changed(0, respelled(&chain[0]))],
        reason,
    );
    changes.change(
        "PCK CA: signature",
        "order - s",
        &[changed(1, respelled(&chain[1]))],
        "",
    );
    changes.change(
        "root: signature",
        "order - s",
        &[changed(2, respelled(&chain[2]))],
        "",
    );
    changes.close(&expect![[r#"
        platform | field                             | place       | change                               | refused by | because
        tdx      | PCK: version                      | 0x8 + 5     | each bit                             | signature
        tdx      | PCK: serial number                | 0xd + 22    | each byte                            | signature
        tdx      | PCK: algorithm, signed            | 0x23 + 12   | each byte                            | signature
        tdx      | PCK: issuer                       | 0x2f + 114  | each byte                            | signature
        tdx      | PCK: not before                   | 0xa3 + 15   | each byte                            | signature
        tdx      | PCK: not after                    | 0xb2 + 15   | each byte                            | signature
        tdx      | PCK: subject                      | 0xc1 + 114  | each byte                            | signature
        tdx      | PCK: public key                   | 0x133 + 91  | each byte                            | signature
        tdx      | PCK: extension issuer's key       | 0x196 + 33  | each byte                            | signature
        tdx      | PCK: extension where lists are    | 0x1b7 + 109 | each byte                            | signature
        tdx      | PCK: extension subject's key      | 0x224 + 31  | each byte                            | signature
        tdx      | PCK: extension key usage          | 0x243 + 16  | each byte                            | signature
        tdx      | PCK: extension constraints        | 0x253 + 14  | each byte                            | signature
        tdx      | PCK: SGX: number                  | 0x265 + 11  | each byte                            | signature
        tdx      | PCK: SGX: PPID                    | 0x278 + 32  | each byte                            | signature  | Failed to verify certificate chain: InvalidSignatureForPublicKey
        tdx      | PCK: SGX: TCB                     | 0x298 + 359 | each byte                            | signature  | Failed to verify certificate chain: InvalidSignatureForPublicKey
        tdx      | PCK: SGX: PCE-ID                  | 0x3ff + 18  | each byte                            | signature  | Failed to verify certificate chain: InvalidSignatureForPublicKey
        tdx      | PCK: SGX: FMSPC                   | 0x411 + 22  | each byte                            | signature  | Failed to verify certificate chain: InvalidSignatureForPublicKey
        tdx      | PCK: SGX: type                    | 0x427 + 17  | each byte                            | signature  | Failed to verify certificate chain: InvalidSignatureForPublicKey
        tdx      | PCK: SGX: platform instance       | 0x438 + 32  | each byte                            | signature  | Failed to verify certificate chain: InvalidSignatureForPublicKey
        tdx      | PCK: SGX: configuration           | 0x458 + 70  | each byte                            | signature  | Failed to verify certificate chain: InvalidSignatureForPublicKey
        tdx      | PCK: algorithm, outside           | 0x49e + 12  | each byte                            | signature
        tdx      | PCK: signature                    | 0x4aa + 75  | each byte                            | signature
        tdx      | PCK: tags and lengths around      | 30 places   | each byte                            | signature
        tdx      | PCK                               |             | a byte more, a byte less             | signature
        tdx      | PCK CA: version                   | 0x8 + 5     | each bit                             | signature  | a pck_crl_issuer_chain that has not issued the chip's certificate
        tdx      | PCK CA: serial number             | 0xd + 23    | each byte                            | signature  | a pck_crl_issuer_chain that has not issued the chip's certificate
        tdx      | PCK CA: algorithm, signed         | 0x24 + 12   | each byte                            | signature  | a pck_crl_issuer_chain that has not issued the chip's certificate
        tdx      | PCK CA: issuer                    | 0x30 + 106  | each byte                            | signature  | a pck_crl_issuer_chain that has not issued the chip's certificate
        tdx      | PCK CA: not before                | 0x9c + 15   | each byte                            | signature  | a pck_crl_issuer_chain that has not issued the chip's certificate
        tdx      | PCK CA: not after                 | 0xab + 15   | each byte                            | signature  | a pck_crl_issuer_chain that has not issued the chip's certificate
        tdx      | PCK CA: subject                   | 0xba + 114  | each byte                            | signature  | a pck_crl_issuer_chain that has not issued the chip's certificate
        tdx      | PCK CA: public key                | 0x12c + 91  | each byte                            | signature  | a pck_crl_issuer_chain that has not issued the chip's certificate
        tdx      | PCK CA: extension issuer's key    | 0x18d + 33  | each byte                            | signature  | a pck_crl_issuer_chain that has not issued the chip's certificate
        tdx      | PCK CA: extension where lists are | 0x1ae + 84  | each byte                            | signature  | a pck_crl_issuer_chain that has not issued the chip's certificate
        tdx      | PCK CA: extension subject's key   | 0x202 + 31  | each byte                            | signature  | a pck_crl_issuer_chain that has not issued the chip's certificate
        tdx      | PCK CA: extension key usage       | 0x221 + 16  | each byte                            | signature  | a pck_crl_issuer_chain that has not issued the chip's certificate
        tdx      | PCK CA: extension constraints     | 0x231 + 20  | each byte                            | signature  | a pck_crl_issuer_chain that has not issued the chip's certificate
        tdx      | PCK CA: algorithm, outside        | 0x245 + 12  | each byte                            | signature  | a pck_crl_issuer_chain that has not issued the chip's certificate
        tdx      | PCK CA: signature                 | 0x251 + 73  | each byte                            | signature  | a pck_crl_issuer_chain that has not issued the chip's certificate
        tdx      | PCK CA: tags and lengths around   | 16 places   | each byte                            | signature  | a pck_crl_issuer_chain that has not issued the chip's certificate
        tdx      | PCK CA                            |             | a byte more, a byte less             | signature  | a pck_crl_issuer_chain that has not issued the chip's certificate
        tdx      | root: version                     | 0x8 + 5     | each bit                             | signature  | a chain that ends in another root
        tdx      | root: serial number               | 0xd + 22    | each byte                            | signature  | a chain that ends in another root
        tdx      | root: algorithm, signed           | 0x23 + 12   | each byte                            | signature  | a chain that ends in another root
        tdx      | root: issuer                      | 0x2f + 106  | each byte                            | signature  | a chain that ends in another root
        tdx      | root: not before                  | 0x9b + 15   | each byte                            | signature  | a chain that ends in another root
        tdx      | root: not after                   | 0xaa + 15   | each byte                            | signature  | a chain that ends in another root
        tdx      | root: subject                     | 0xb9 + 106  | each byte                            | signature  | a chain that ends in another root
        tdx      | root: public key                  | 0x123 + 91  | each byte                            | signature  | a chain that ends in another root
        tdx      | root: extension issuer's key      | 0x184 + 33  | each byte                            | signature  | a chain that ends in another root
        tdx      | root: extension where lists are   | 0x1a5 + 84  | each byte                            | signature  | a chain that ends in another root
        tdx      | root: extension subject's key     | 0x1f9 + 31  | each byte                            | signature  | a chain that ends in another root
        tdx      | root: extension key usage         | 0x218 + 16  | each byte                            | signature  | a chain that ends in another root
        tdx      | root: extension constraints       | 0x228 + 20  | each byte                            | signature  | a chain that ends in another root
        tdx      | root: algorithm, outside          | 0x23c + 12  | each byte                            | signature  | a chain that ends in another root
        tdx      | root: signature                   | 0x248 + 75  | each byte                            | signature  | a chain that ends in another root
        tdx      | root: tags and lengths around     | 16 places   | each byte                            | signature  | a chain that ends in another root
        tdx      | root                              |             | a byte more, a byte less             | signature  | a chain that ends in another root
        tdx      | chain                             |             | words before, behind, between        | signature  | a chain of the chip's certificate with more than certificates
        tdx      | chain                             |             | spaces, one line                     | signature  | a chain of the chip's certificate with more than certificates
        tdx      | chain                             |             | a header, a blank line               | signature  | a chain of the chip's certificate with more than certificates
        tdx      | chain                             |             | other line ends, more or none around | accepted   | the same certificates
        tdx      | chain                             |             | fewer, more, in another order        | signature
        tdx      | PCK: signature                    |             | order - s                            | accepted   | ECDSA has two spellings of a signature; both are of this certificate, by this key
        tdx      | PCK CA: signature                 |             | order - s                            | signature  | a pck_crl_issuer_chain that has not issued the chip's certificate
        tdx      | root: signature                   |             | order - s                            | signature  | a chain that ends in another root
    "#]]);
}

/// What is no certificate.
fn texts(changes: &mut Changes<'_>, honest: &Evidence, chain: &[Vec<u8>]) {
    let text = pem::write(chain);
    let all = |texts: &[String]| {
        texts
            .iter()
            .map(|text| with(honest, text))
            .collect::<Vec<_>>()
    };
    let words = [
        format!("x{text}"),
        format!("{text}x"),
        text.replacen("-----\n-----", "-----\nx\n-----", 1),
    ];
    changes.change("chain", "words before, behind, between", &all(&words), "");
    let spaces = [
        text.replace('\n', " \n"),
        text.replace('\n', "\n "),
        text.replace('\n', ""),
    ];
    changes.change("chain", "spaces, one line", &all(&spaces), "");
    let header = text.replacen("CERTIFICATE-----\n", "CERTIFICATE-----\nA: b\n\n", 1);
    changes.change(
        "chain",
        "a header, a blank line",
        &all(&[header, text.replacen("\nMI", "\n\nMI", 1)]),
        "",
    );
    let blanks = [
        text.replace('\n', "\r\n"),
        text.trim_end().to_owned(),
        format!("\n{text}\0\n"),
    ];
    changes.change(
        "chain",
        "other line ends, more or none around",
        &all(&blanks),
        "the same certificates",
    );
    let [pck, ca, root] = [0, 1, 2].map(|number| chain[number].clone());
    let orders = [
        vec![pck.clone(), ca.clone()],
        vec![pck.clone(), root.clone(), ca.clone()],
        vec![pck.clone(), ca.clone(), root.clone(), root.clone()],
        vec![ca.clone(), ca, root],
        vec![],
    ];
    let orders = orders.map(|chain| pem::write(&chain));
    changes.change("chain", "fewer, more, in another order", &all(&orders), "");
}

/// The same certificate with its signature's other spelling.
fn respelled(der: &[u8]) -> Vec<u8> {
    let mut certificate = Certificate::from_der(der).unwrap();
    let signature = certificate.signature.raw_bytes().to_vec();
    let [r, s] = Vec::<UintRef<'_>>::from_der(&signature).unwrap()[..] else {
        panic!("a signature is two numbers");
    };
    let mut padded = vec![0; 32 - s.as_bytes().len()];
    padded.extend(s.as_bytes());
    let s = Uint::new(&curve::other(curve::P256, &padded)).unwrap();
    let numbers = vec![Uint::new(r.as_bytes()).unwrap(), s].to_der().unwrap();
    certificate.signature = BitString::from_bytes(&numbers).unwrap();
    certificate.to_der().unwrap()
}
