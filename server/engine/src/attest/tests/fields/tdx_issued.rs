//! Intel TDX: certificates, and lists of revoked ones, before they are signed.

use super::*;
use crate::attest::tests::amd::{FROM, NOW, extension, moment};
use crate::attest::tests::intel::{self, Words, intel, octets, revoke};
use expect_test::expect;
use x509_cert::TbsCertificate;
use x509_cert::crl::TbsCertList;
use x509_cert::ext::Extension;
use x509_cert::serial_number::SerialNumber;

type Edit = Box<dyn Fn(&mut Words)>;

const SAYS: &str = "the key that signed it decides, not what it says beside";
const UNUSED: &str = "nothing is concluded from it";
const FUTURE: Time = Time(NOW.0 + 1000);
const PAST: Time = Time(FROM.0 + 1000);

/// Of the chip, of what issued it, and of who signs statements.
fn chip(edit: impl Fn(&mut TbsCertificate) + 'static) -> Edit {
    Box::new(move |words| edit(&mut words.chip))
}

fn ca(edit: impl Fn(&mut TbsCertificate) + 'static) -> Edit {
    Box::new(move |words| edit(&mut words.ca))
}

fn signer(edit: impl Fn(&mut TbsCertificate) + 'static) -> Edit {
    Box::new(move |words| edit(&mut words.signer))
}

fn all(edit: impl Fn(&mut TbsCertificate) + Clone + 'static) -> [Edit; 3] {
    [chip(edit.clone()), ca(edit.clone()), signer(edit)]
}

fn both(edit: impl Fn(&mut TbsCertList) + Clone + 'static) -> [Edit; 2] {
    let other = edit.clone();
    [
        Box::new(move |words| edit(&mut words.pck_crl)),
        Box::new(move |words| other(&mut words.root_crl)),
    ]
}

/// One of Intel's own fields.
fn sgx(number: u8, der: Vec<u8>) -> [Edit; 1] {
    [Box::new(move |words| {
        let field = words.sgx.iter_mut().find(|(n, _)| *n == number);
        field.unwrap().1 = der.clone();
    })]
}

/// Every number in the chip's TCB is 5, but the PCE's is 11.
fn tcb(from: &'static [u8], to: &'static [u8]) -> [Edit; 1] {
    [Box::new(move |words| {
        let tcb = &mut words.sgx[1].1;
        let at = tcb.windows(from.len()).position(|part| part == from);
        Put(at.unwrap(), to.to_vec()).onto(tcb);
    })]
}

fn unknown() -> Extension {
    Extension {
        critical: true,
        ..extension("1.2.3.4", vec![5, 0])
    }
}

fn chips() -> Vec<Case<Edit>> {
    let missing = [0, 1, 2, 3, 4].map(|at| -> Edit { Box::new(move |w| drop(w.sgx.remove(at))) });
    vec![
        case("PCK: PPID", "another", sgx(1, octets(&[2; 16]))).accepted(UNUSED),
        case(
            "PCK: TCB, CPUSVN",
            "out of date",
            tcb(&[4, 16, 5], &[4, 16, 4]),
        ),
        case(
            "PCK: TCB, CPUSVN",
            "of no known level",
            tcb(&[4, 16, 5], &[4, 16, 0]),
        ),
        case(
            "PCK: TCB, PCESVN",
            "out of date",
            tcb(&[2, 1, 11], &[2, 1, 10]),
        ),
        case(
            "PCK: TCB, PCESVN",
            "of no known level",
            tcb(&[2, 1, 11], &[2, 1, 4]),
        ),
        case(
            "PCK: TCB, components",
            "another",
            tcb(&[2, 1, 5], &[2, 1, 0]),
        )
        .accepted("CPUSVN says the same as a whole"),
        case("PCK: PCE-ID", "another", sgx(3, octets(&[0, 1]))),
        case("PCK: FMSPC", "another", sgx(4, octets(&[1; 6]))),
        case("PCK: type", "another", sgx(5, vec![0x0a, 1, 0])).accepted(UNUSED),
        case("PCK: SGX fields", "one is missing", missing),
    ]
}

fn certificates() -> Vec<Case<Edit>> {
    let serial = |tbs: &mut TbsCertificate| tbs.serial_number = SerialNumber::new(&[9]).unwrap();
    let issuer = |tbs: &mut TbsCertificate| tbs.issuer = "CN=x".parse().unwrap();
    let subject = |tbs: &mut TbsCertificate| tbs.subject = "CN=x".parse().unwrap();
    let later = |tbs: &mut TbsCertificate| tbs.validity.not_before = moment(FUTURE);
    let over = |tbs: &mut TbsCertificate| tbs.validity.not_after = moment(PAST);
    let critical = |tbs: &mut TbsCertificate| {
        tbs.extensions.get_or_insert_default().push(unknown());
    };
    let key = |tbs: &mut TbsCertificate| tbs.subject_public_key_info = intel().quoting_key();
    let name = "PCK, PCK CA, TCB signer";
    let root: Edit = Box::new(|words| words.root = intel().other_root());
    vec![
        case("PCK, PCK CA, TCB signer: serial", "another", all(serial)).accepted(SAYS),
        case(
            "PCK, TCB signer: subject",
            "another",
            [chip(subject), signer(subject)],
        )
        .accepted(SAYS),
        case("PCK CA: subject", "another", [ca(subject)]),
        case(name, "another issuer", all(issuer)),
        case(name, "another key", all(key)),
        case(name, "not before: later", all(later)),
        case(name, "not after: over", all(over)),
        case(
            "PCK CA: constraints",
            "missing",
            [ca(|tbs| tbs.extensions = None)],
        ),
        case(
            "PCK CA, TCB signer",
            "an unknown critical extension",
            [ca(critical), signer(critical)],
        ),
        case("root", "another, of the same key", [root]),
    ]
}

fn lists() -> Vec<Case<Edit>> {
    let pck = |serial| -> Edit { Box::new(move |words| revoke(&mut words.pck_crl, serial)) };
    let root = |serial| -> Edit { Box::new(move |words| revoke(&mut words.root_crl, serial)) };
    let name = "pck_crl, root_ca_crl";
    vec![
        case("pck_crl: revoked", "PCK", [pck(3)]),
        case("root_ca_crl: revoked", "PCK CA", [root(2)]),
        case("root_ca_crl: revoked", "TCB signer", [root(4)]),
        case("root_ca_crl: revoked", "root", [root(1)]),
        case(name, "others are revoked", [pck(4), root(3)]).accepted("not of this chain"),
        case(
            name,
            "another issuer",
            both(|list| list.issuer = "CN=x".parse().unwrap()),
        ),
        case(
            name,
            "next update: over",
            both(|list| list.next_update = Some(moment(PAST))),
        ),
        case(
            name,
            "next update: missing",
            both(|list| list.next_update = None),
        ),
        case(
            name,
            "this update: later",
            both(|list| list.this_update = moment(FUTURE)),
        )
        .accepted("a newer list knows more"),
        case(
            name,
            "no extensions",
            both(|list| list.crl_extensions = None),
        ),
        case(
            name,
            "an unknown critical extension",
            both(|list| list.crl_extensions.get_or_insert_default().push(unknown())),
        ),
    ]
}

#[test]
fn q27_every_field_of_what_intel_issues() {
    let honest = intel().evidence(|_| {});
    let asker = Asker::new(&intel::expected(), NOW);
    let roots = intel().roots();
    let ask = |evidence: &Evidence| asker.ask(&roots, evidence);
    let mut changes = Changes::new("tdx, signed so", &[], &ask, &honest);
    for cases in [chips(), certificates(), lists()] {
        changes.cases(cases, |edit| intel().evidence(|words| edit(words)));
    }
    changes.close(&expect![[r#"
        platform       | field                           | place | change                        | refused by        | because
        tdx, signed so | PCK: PPID                       |       | another                       | accepted          | nothing is concluded from it
        tdx, signed so | PCK: TCB, CPUSVN                |       | out of date                   | policy.tcb_status
        tdx, signed so | PCK: TCB, CPUSVN                |       | of no known level             | signature         | No matching TCB level found
        tdx, signed so | PCK: TCB, PCESVN                |       | out of date                   | policy.tcb_status
        tdx, signed so | PCK: TCB, PCESVN                |       | of no known level             | signature         | No matching TCB level found
        tdx, signed so | PCK: TCB, components            |       | another                       | accepted          | CPUSVN says the same as a whole
        tdx, signed so | PCK: PCE-ID                     |       | another                       | signature         | TCB info of the PCE 0000, not 0001
        tdx, signed so | PCK: FMSPC                      |       | another                       | signature         | Fmspc mismatch
        tdx, signed so | PCK: type                       |       | another                       | accepted          | nothing is concluded from it
        tdx, signed so | PCK: SGX fields                 |       | one is missing                | signature
        tdx, signed so | PCK, PCK CA, TCB signer: serial |       | another                       | accepted          | the key that signed it decides, not what it says beside
        tdx, signed so | PCK, TCB signer: subject        |       | another                       | accepted          | the key that signed it decides, not what it says beside
        tdx, signed so | PCK CA: subject                 |       | another                       | signature         | Failed to verify certificate chain: UnknownIssuer
        tdx, signed so | PCK, PCK CA, TCB signer         |       | another issuer                | signature         | Failed to verify certificate chain: UnknownIssuer
        tdx, signed so | PCK, PCK CA, TCB signer         |       | another key                   | signature
        tdx, signed so | PCK, PCK CA, TCB signer         |       | not before: later             | signature         | Failed to verify certificate chain: CertNotValidYet { time: UnixTime(1780000000), not_before: UnixTime(1780000001) }
        tdx, signed so | PCK, PCK CA, TCB signer         |       | not after: over               | signature         | Failed to verify certificate chain: CertExpired { time: UnixTime(1780000000), not_after: UnixTime(1767225601) }
        tdx, signed so | PCK CA: constraints             |       | missing                       | signature         | Failed to verify certificate chain: EndEntityUsedAsCa
        tdx, signed so | PCK CA, TCB signer              |       | an unknown critical extension | signature
        tdx, signed so | root                            |       | another, of the same key      | signature         | a chain that ends in another root
        tdx, signed so | pck_crl: revoked                |       | PCK                           | signature         | Failed to verify certificate chain: CertRevoked
        tdx, signed so | root_ca_crl: revoked            |       | PCK CA                        | signature         | Failed to verify certificate chain: CertRevoked
        tdx, signed so | root_ca_crl: revoked            |       | TCB signer                    | signature         | Failed to verify certificate chain: CertRevoked
        tdx, signed so | root_ca_crl: revoked            |       | root                          | signature         | CertRevoked
        tdx, signed so | pck_crl, root_ca_crl            |       | others are revoked            | accepted          | not of this chain
        tdx, signed so | pck_crl, root_ca_crl            |       | another issuer                | signature
        tdx, signed so | pck_crl, root_ca_crl            |       | next update: over             | signature
        tdx, signed so | pck_crl, root_ca_crl            |       | next update: missing          | signature
        tdx, signed so | pck_crl, root_ca_crl            |       | this update: later            | accepted          | a newer list knows more
        tdx, signed so | pck_crl, root_ca_crl            |       | no extensions                 | signature
        tdx, signed so | pck_crl, root_ca_crl            |       | an unknown critical extension | signature
    "#]]);
}
