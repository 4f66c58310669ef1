//! SEV-SNP: the certificates from AMD's root to the chip, before they are signed.

use super::*;
use crate::attest::tests::amd::{FROM, NOW, amd, extension, moment, stranger};
use crate::attest::tests::snp_mock;
use expect_test::expect;
use x509_cert::TbsCertificate;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::ext::Extension;
use x509_cert::serial_number::SerialNumber;

type Edit = Box<dyn Fn(&mut TbsCertificate)>;

const SAYS: &str = "the key that signed it decides, not what it says beside";
const FUTURE: Time = Time(NOW.0 + 1000);
const PAST: Time = Time(FROM.0 + 1000);
const WAYS: &str = "other, missing, twice, of another type";

fn edit(edit: impl Fn(&mut TbsCertificate) + 'static) -> Edit {
    Box::new(edit)
}

fn all(tbs: &mut TbsCertificate) -> &mut Vec<Extension> {
    tbs.extensions.as_mut().unwrap()
}

/// One of AMD's extensions, in each way in which it can be wrong.
fn wrong(number: &'static str) -> [Edit; 4] {
    let oid = move || format!("1.3.6.1.4.1.3704.1.{number}");
    let place = move |tbs: &mut TbsCertificate| {
        let mut all = all(tbs).iter();
        all.position(|one| one.extn_id.to_string() == oid())
            .unwrap()
    };
    let value = move |tbs: &mut TbsCertificate, der: &[u8]| {
        let at = place(tbs);
        all(tbs)[at] = extension(&oid(), der.to_vec());
    };
    [
        edit(move |tbs| value(tbs, &[2, 1, 99])),
        edit(move |tbs| {
            let at = place(tbs);
            all(tbs).remove(at);
        }),
        edit(move |tbs| {
            let at = place(tbs);
            let again = all(tbs)[at].clone();
            all(tbs).push(again);
        }),
        edit(move |tbs| value(tbs, &[4, 1, 3])),
    ]
}

fn more(number: &'static str, der: &'static [u8]) -> [Edit; 1] {
    let oid = format!("1.3.6.1.4.1.3704.1.{number}");
    [edit(move |tbs| {
        all(tbs).push(extension(&oid, der.to_vec()))
    })]
}

fn serial() -> Edit {
    edit(|tbs| tbs.serial_number = SerialNumber::new(&[7]).unwrap())
}

fn names() -> [Edit; 2] {
    [
        edit(|tbs| tbs.issuer = "CN=x".parse().unwrap()),
        edit(|tbs| tbs.subject = "CN=x".parse().unwrap()),
    ]
}

fn dates() -> [Edit; 2] {
    [
        edit(|tbs| tbs.validity.not_before = moment(FUTURE)),
        edit(|tbs| tbs.validity.not_after = moment(PAST)),
    ]
}

fn algorithm() -> Edit {
    let pkcs1 = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
    edit(move |tbs| tbs.signature.oid = pkcs1)
}

fn vceks() -> Vec<Case<Edit>> {
    let chip = edit(|tbs| tbs.subject_public_key_info = stranger().chip_key());
    let rsa = edit(|tbs| tbs.subject_public_key_info = stranger().ask_key());
    vec![
        case("VCEK: boot loader", WAYS, wrong("3.1")),
        case("VCEK: TEE", WAYS, wrong("3.2")),
        case("VCEK: SNP", WAYS, wrong("3.3")),
        case("VCEK: microcode", WAYS, wrong("3.8")),
        case("VCEK: chip id", WAYS, wrong("4")),
        case("VCEK: reserved 4", "there", more("3.4", &[2, 1, 1])).accepted("for later use"),
        case("VCEK: product name", "there", more("2", b"\x16\x01x")).accepted(SAYS),
        case("VCEK: serial number", "another", [serial()]).accepted(SAYS),
        case("VCEK: issuer, subject", "another", names()).accepted(SAYS),
        case("VCEK: not before, not after", "later, over", dates()),
        case("VCEK: public key", "another chip's", [chip]),
        case("VCEK: public key", "RSA", [rsa]),
        case("VCEK: algorithm", "RSA without PSS", [algorithm()]),
    ]
}

fn asks() -> Vec<Case<Edit>> {
    let key = edit(|tbs| tbs.subject_public_key_info = stranger().ask_key());
    let [issuer, subject] = names();
    vec![
        case(
            "ASK: serial number, subject",
            "another",
            [serial(), subject],
        )
        .accepted(SAYS),
        case("ASK: issuer", "another", [issuer]).accepted(SAYS),
        case("ASK: not before, not after", "later, over", dates()),
        case("ASK: public key", "another", [key]),
        case("ASK: algorithm", "RSA without PSS", [algorithm()]),
    ]
}

#[test]
fn q27_every_field_of_a_chain_that_amd_signs() {
    let honest = snp_mock::honest();
    let asker = snp_mock::asker();
    let roots = amd().roots();
    let ask = |evidence: &Evidence| asker.ask(&roots, evidence);
    let mut changes = Changes::new("snp, signed so", &[], &ask, &honest);
    let with = |certs: Certs| Evidence {
        certs,
        ..honest.clone()
    };
    let vcek = |der| {
        with(Certs {
            vcek: Some(Base64(der)),
            ..honest.certs.clone()
        })
    };
    changes.cases(vceks(), |edit| vcek(amd().changed_vcek(edit)));
    changes.change(
        "VCEK: signature",
        "+ ASK's modulus",
        &[vcek(amd().respelled())],
        "",
    );
    changes.cases(asks(), |edit| {
        with(Certs {
            ask: Some(Base64(amd().changed_ask(edit))),
            ..honest.certs.clone()
        })
    });
    let ark = amd().changed_ark(|tbs| serial()(tbs));
    let ark = with(Certs {
        ark: Some(Base64(ark)),
        ..honest.certs.clone()
    });
    changes.change("ARK", "anything, signed by itself", &[ark], "");
    changes.close(&expect![[r#"
        platform       | field                       | place | change                                 | refused by       | because
        snp, signed so | VCEK: boot loader           |       | other, missing, twice, of another type | chain.tcb
        snp, signed so | VCEK: TEE                   |       | other, missing, twice, of another type | chain.tcb
        snp, signed so | VCEK: SNP                   |       | other, missing, twice, of another type | chain.tcb
        snp, signed so | VCEK: microcode             |       | other, missing, twice, of another type | chain.tcb
        snp, signed so | VCEK: chip id               |       | other, missing, twice, of another type | chain.chip_id
        snp, signed so | VCEK: reserved 4            |       | there                                  | accepted         | for later use
        snp, signed so | VCEK: product name          |       | there                                  | accepted         | the key that signed it decides, not what it says beside
        snp, signed so | VCEK: serial number         |       | another                                | accepted         | the key that signed it decides, not what it says beside
        snp, signed so | VCEK: issuer, subject       |       | another                                | accepted         | the key that signed it decides, not what it says beside
        snp, signed so | VCEK: not before, not after |       | later, over                            | chain.dates
        snp, signed so | VCEK: public key            |       | another chip's                         | signature        | VEK does not sign the attestation report: signature::Error { source: None }
        snp, signed so | VCEK: public key            |       | RSA                                    | signature        | failed to deserialize public key from sec1 bytes: signature::Error { source: None }
        snp, signed so | VCEK: algorithm             |       | RSA without PSS                        | chain.signatures | unsupported signature algorithm: AlgorithmIdentifier { oid: ObjectIdentifier(1.2.840.113549.1.1.12), parameters: None }
        snp, signed so | VCEK: signature             |       | + ASK's modulus                        | chain.signatures | Signer certificate does not RSA sign signee certificate: signature error: verification error
        snp, signed so | ASK: serial number, subject |       | another                                | accepted         | the key that signed it decides, not what it says beside
        snp, signed so | ASK: issuer                 |       | another                                | accepted         | the key that signed it decides, not what it says beside
        snp, signed so | ASK: not before, not after  |       | later, over                            | chain.dates
        snp, signed so | ASK: public key             |       | another                                | chain.signatures | Signer certificate does not RSA sign signee certificate: signature error: verification error
        snp, signed so | ASK: algorithm              |       | RSA without PSS                        | chain.signatures | unsupported signature algorithm: AlgorithmIdentifier { oid: ObjectIdentifier(1.2.840.113549.1.1.12), parameters: None }
        snp, signed so | ARK                         |       | anything, signed by itself             | chain.root       | another root, which calls itself CN=ARK-Mock
    "#]]);
}
