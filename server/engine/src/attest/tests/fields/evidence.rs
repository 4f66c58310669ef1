//! What is around a report: every member of the evidence.

use super::*;
use crate::attest::tests::intel::{self, intel};
use crate::attest::tests::{amd, snp_mock};
use domain::attest::{Boot, Status};
use expect_test::expect;

type Case<'a> = (&'a str, &'a str, &'a dyn Fn(&mut Evidence), &'a str);

const UNUSED: &str = "not of this platform; nobody looks at it";

fn common(changes: &mut Changes<'_>, honest: &Evidence) {
    let boot = Boot {
        name: "tls".into(),
        status: Status::Ok,
        ms: 1,
        detail: "x".into(),
    };
    let version = "read_evidence refuses it before anything is verified";
    let cases: [Case<'_>; 8] = [
        ("v", "2", &|e| e.v = 2, version),
        ("nonce", "another", &|e| e.nonce = Hex([8; 32]), ""),
        ("crypto", "a blank more", &|e| e.crypto.0.push(b' '), ""),
        ("devices", "a blank more", &|e| e.devices.0.push(b' '), ""),
        ("platform", "sim", &|e| e.platform = Platform::Sim, ""),
        (
            "pcrs",
            "some",
            &|e| e.pcrs = Some(std::collections::BTreeMap::new()),
            UNUSED,
        ),
        (
            "event_log",
            "some",
            &|e| e.event_log = Some(Base64(vec![1])),
            UNUSED,
        ),
        (
            "boot",
            "a step more",
            &|e| e.boot.push(boot.clone()),
            "for people; the key at the connection's end says it",
        ),
    ];
    all(changes, honest, &cases);
}

fn all(changes: &mut Changes<'_>, honest: &Evidence, cases: &[Case<'_>]) {
    for (field, change, edit, reason) in cases {
        let mut evidence = honest.clone();
        edit(&mut evidence);
        changes.change(field, change, &[evidence], reason);
    }
}

#[test]
fn q27_every_member_of_evidence() {
    let honest = snp_mock::honest();
    let asker = snp_mock::asker();
    let roots = amd::amd().roots();
    let ask = |evidence: &Evidence| asker.ask(&roots, evidence);
    let mut changes = Changes::new("snp", &[], &ask, &honest);
    common(&mut changes, &honest);
    let same = "the one of the pinned roots is taken";
    let collateral = intel().evidence(|_| {}).certs.collateral;
    let cases: [Case<'_>; 6] = [
        ("platform", "tdx", &|e| e.platform = Platform::Tdx, ""),
        ("report", "none", &|e| e.report.0.clear(), ""),
        ("certs.vcek", "none", &|e| e.certs.vcek = None, ""),
        ("certs.ask", "none", &|e| e.certs.ask = None, same),
        ("certs.ark", "none", &|e| e.certs.ark = None, same),
        (
            "certs.collateral",
            "some",
            &|e| e.certs.collateral = collateral.clone(),
            UNUSED,
        ),
    ];
    all(&mut changes, &honest, &cases);
    changes.close(&expect![[r#"
        platform | field            | place | change       | refused by                     | because
        snp      | v                |       | 2            | accepted                       | read_evidence refuses it before anything is verified
        snp      | nonce            |       | another      | nonce + report_data
        snp      | crypto           |       | a blank more | report_data
        snp      | devices          |       | a blank more | report_data
        snp      | platform         |       | sim          | report.form + policy.simulated | a signature that is not ECDSA with SHA-256
        snp      | pcrs             |       | some         | accepted                       | not of this platform; nobody looks at it
        snp      | event_log        |       | some         | accepted                       | not of this platform; nobody looks at it
        snp      | boot             |       | a step more  | accepted                       | for people; the key at the connection's end says it
        snp      | platform         |       | tdx          | report.form                    | no quote: Codec error
        snp      | report           |       | none         | report.form                    | no report: expected 1184 bytes, got 0
        snp      | certs.vcek       |       | none         | chain.root                     | no VCEK
        snp      | certs.ask        |       | none         | accepted                       | the one of the pinned roots is taken
        snp      | certs.ark        |       | none         | accepted                       | the one of the pinned roots is taken
        snp      | certs.collateral |       | some         | accepted                       | not of this platform; nobody looks at it
    "#]]);
}

#[test]
fn q27_every_member_of_evidence_of_tdx() {
    let honest = intel().evidence(|_| {});
    let asker = Asker::new(&intel::expected(), amd::NOW);
    let roots = intel().roots();
    let ask = |evidence: &Evidence| asker.ask(&roots, evidence);
    let mut changes = Changes::new("tdx", &[], &ask, &honest);
    common(&mut changes, &honest);
    let der = Some(Base64(vec![1]));
    let cases: [Case<'_>; 4] = [
        ("platform", "snp", &|e| e.platform = Platform::Snp, ""),
        ("report", "none", &|e| e.report.0.clear(), ""),
        (
            "certs.collateral",
            "none",
            &|e| e.certs.collateral = None,
            "",
        ),
        (
            "certs.ark, ask, vcek",
            "some",
            &|e| (e.certs.ark, e.certs.ask, e.certs.vcek) = (der.clone(), der.clone(), der.clone()),
            UNUSED,
        ),
    ];
    all(&mut changes, &honest, &cases);
    changes.close(&expect![[r#"
        platform | field                | place | change       | refused by                     | because
        tdx      | v                    |       | 2            | accepted                       | read_evidence refuses it before anything is verified
        tdx      | nonce                |       | another      | nonce + report_data
        tdx      | crypto               |       | a blank more | report_data
        tdx      | devices              |       | a blank more | report_data
        tdx      | platform             |       | sim          | report.form + policy.simulated | a signature that is not ECDSA with SHA-256
        tdx      | pcrs                 |       | some         | accepted                       | not of this platform; nobody looks at it
        tdx      | event_log            |       | some         | accepted                       | not of this platform; nobody looks at it
        tdx      | boot                 |       | a step more  | accepted                       | for people; the key at the connection's end says it
        tdx      | platform             |       | snp          | report.form                    | no report: expected 1184 bytes, got 3524
        tdx      | report               |       | none         | report.form                    | no quote: Codec error
        tdx      | certs.collateral     |       | none         | signature                      | no collateral of Intel's
        tdx      | certs.ark, ask, vcek |       | some         | accepted                       | not of this platform; nobody looks at it
    "#]]);
}
