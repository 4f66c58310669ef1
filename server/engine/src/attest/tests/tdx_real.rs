//! A real quote of a real TDX guest, with Intel's collateral of its day, from `dcap-qvl`.

use super::vectors::file;
use super::*;
use dcap_qvl::quote::{Quote, TDReport10};
use domain::attest::{Collateral, TcbStatus, TdxExpected};

/// 2025-06-25: the collateral is valid from 2025-06-19 to 07-19.
const AT: Time = Time(1_750_809_600_000);

fn collateral(name: &str) -> Collateral {
    serde_json::from_slice(&file("dcap-qvl", &format!("sample/{name}_collateral.json"))).unwrap()
}

fn evidence() -> Evidence {
    Evidence {
        report: Base64(file("dcap-qvl", "sample/tdx_quote")),
        certs: Certs {
            collateral: Some(collateral("tdx_quote")),
            ..Certs::default()
        },
        ..envelope(Platform::Tdx)
    }
}

fn td(quote: &[u8]) -> TDReport10 {
    *Quote::parse(quote).unwrap().report.as_td10().unwrap()
}

fn asker(td: &TDReport10) -> Asker {
    let tdx = TdxExpected {
        mrtd: Hex(td.mr_td),
        rtmr0: Hex(td.rt_mr0),
        rtmr1: Hex(td.rt_mr1),
        rtmr2: Hex(td.rt_mr2),
        mrconfigid: Hex(td.mr_config_id),
    };
    Asker::new(
        &Expected {
            tdx: Some(tdx),
            ..image()
        },
        AT,
    )
}

/// What was asked when it was made is not known: its report data can't be ours.
const OTHER: &str = "report_data";

fn accepted(verdict: &Verdict) -> bool {
    verdict
        .checks
        .iter()
        .all(|check| check.ok || check.check == OTHER)
}

#[test]
fn q27_a_real_quote_of_intels_is_accepted() {
    let evidence = evidence();
    let td = td(&evidence.report.0);
    let verdict = asker(&td).ask(&Roots::makers(), &evidence);
    assert_eq!(failed(&verdict), [OTHER], "{verdict:#?}");
    assert!(accepted(&verdict));
}

#[test]
fn q27_every_changed_byte_of_a_real_quote_is_refused() {
    let honest = evidence();
    let roots = Roots::makers();
    let asker = asker(&td(&honest.report.0));
    assert!(accepted(&asker.ask(&roots, &honest)));
    let chain = certificates(&honest.report.0).unwrap();
    let mut same = 0;
    for place in places(&honest.report.0) {
        let mut evidence = honest.clone();
        evidence.report.0[place] ^= 1 << (place % 8);
        if accepted(&asker.ask(&roots, &evidence)) {
            // Around and between certificates there is text that is nobody's word; and the root that
            // counts is the pinned one, not the copy that the quote ends with.
            let left = certificates(&evidence.report.0).unwrap();
            assert!(left.starts_with(&chain[..2]), "byte {place}: {left:?}");
            assert!(place > 632, "byte {place} is signed");
            same += 1;
        }
    }
    println!("{same} of the changed bytes are no part of a certificate that counts");
}

/// Every byte of what is signed and of the signatures, and one in eight of the certificates behind.
fn places(quote: &[u8]) -> Vec<usize> {
    let begin = b"-----BEGIN";
    let chain = quote
        .windows(begin.len())
        .position(|at| at == begin)
        .unwrap();
    (0..chain).chain((chain..quote.len()).step_by(8)).collect()
}

/// What the quote's PEM means, whatever is around it.
fn certificates(quote: &[u8]) -> Option<Vec<String>> {
    let quote = Quote::parse(quote).ok()?;
    let text = String::from_utf8_lossy(quote.raw_cert_chain().ok()?).into_owned();
    let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----");
    let blocks = text
        .split(begin)
        .skip(1)
        .map(|block| block.split(end).next().unwrap_or_default());
    Some(
        blocks
            .map(|block| block.split_whitespace().collect())
            .collect(),
    )
}

#[test]
fn q27_what_is_changed_around_a_real_quote_is_refused() {
    let honest = evidence();
    let asker = asker(&td(&honest.report.0));
    let mut table = Table::default();
    let mut row = |case: &str, want: &[&str], edit: &dyn Fn(&mut Evidence)| {
        let mut evidence = honest.clone();
        edit(&mut evidence);
        let mut verdict = asker.ask(&Roots::makers(), &evidence);
        verdict.checks.retain(|check| check.check != OTHER);
        verdict.ok = verdict.checks.iter().all(|check| check.ok && check.reached);
        table.row(case, want, &verdict);
    };
    let json = |e: &mut Evidence, edit: &dyn Fn(&mut Collateral)| {
        edit(e.certs.collateral.as_mut().unwrap())
    };
    row("as it was made", &[], &|_| {});
    // TD attributes begin at byte 48 + 120 of a version 4 quote.
    row("debug bit", &["signature", "policy.debug"], &|e| {
        e.report.0[168] |= 1
    });
    row("migratable", &["signature", "policy.migration"], &|e| {
        e.report.0[171] |= 1 << 5
    });
    row("no collateral", &["signature"], &|e| {
        e.certs.collateral = None
    });
    row("another platform's collateral", &["signature"], &|e| {
        e.certs.collateral = Some(collateral("sgx_quote"))
    });
    row("TCB info changed", &["signature"], &|e| {
        json(e, &|c| c.tcb_info = c.tcb_info.replacen("TDX", "TDY", 1))
    });
    row("TCB info unsigned", &["signature"], &|e| {
        json(e, &|c| c.tcb_info_signature = "00".repeat(64))
    });
    row("identity unsigned", &["signature"], &|e| {
        json(e, &|c| c.qe_identity_signature = "00".repeat(64))
    });
    row(
        "a list of revoked keys that is no list",
        &["signature"],
        &|e| json(e, &|c| c.pck_crl = "3000".into()),
    );
    row("no hexadecimal", &["signature"], &|e| {
        json(e, &|c| c.root_ca_crl = "zz".into())
    });
    row("an SGX quote", &["report.form"], &|e| {
        e.report = Base64(file("dcap-qvl", "sample/sgx_quote"))
    });
    row("bytes behind it", &["report.form"], &|e| e.report.0.push(1));
    table.close("TDX, a real quote");
}

#[test]
fn q27_collateral_counts_only_in_its_time() {
    let evidence = evidence();
    let td = td(&evidence.report.0);
    for at in [1_750_000_000_000, 1_753_200_000_000, 0] {
        let asker = Asker {
            at: Time(at),
            ..asker(&td)
        };
        let verdict = asker.ask(&Roots::makers(), &evidence);
        assert!(failed(&verdict).contains(&"signature"), "{at}");
    }
}

#[test]
fn q27_a_status_of_intels_that_is_not_accepted_is_refused() {
    let evidence = evidence();
    let mut asker = asker(&td(&evidence.report.0));
    for statuses in [vec![], vec![TcbStatus::OutOfDate], vec![TcbStatus::Revoked]] {
        asker.policy.tdx.statuses = statuses;
        let verdict = asker.ask(&Roots::makers(), &evidence);
        assert_eq!(failed(&verdict), [OTHER, "policy.tcb_status"]);
    }
}

/// Of a platform below every level that Intel knows.
#[test]
fn q27_a_real_quote_of_firmware_that_is_too_old_is_refused() {
    let evidence = Evidence {
        report: Base64(file("dcap-qvl", "sample/tdx_quote_outdated")),
        certs: Certs {
            collateral: Some(collateral("tdx_quote_outdated")),
            ..Certs::default()
        },
        ..envelope(Platform::Tdx)
    };
    let issued = &evidence.certs.collateral.as_ref().unwrap().tcb_info;
    let mut asker = asker(&td(&evidence.report.0));
    asker.at = issue_date(issued);
    asker.policy.tdx.statuses = TcbStatus::ALL.to_vec();
    let verdict = asker.ask(&Roots::makers(), &evidence);
    assert_eq!(failed(&verdict), [OTHER, "signature"]);
}

/// A day after the collateral was issued.
fn issue_date(tcb_info: &str) -> Time {
    let info: serde_json::Value = serde_json::from_str(tcb_info).unwrap();
    let text = info["issueDate"].as_str().unwrap();
    let format = &time::format_description::well_known::Rfc3339;
    let at = time::OffsetDateTime::parse(text, format).unwrap();
    Time((at.unix_timestamp() + 86_400) * 1000)
}

#[test]
fn q27_each_measurement_of_a_quote_is_compared() {
    let evidence = evidence();
    let real = td(&evidence.report.0);
    type Edit = (&'static str, fn(&mut TDReport10));
    let edits: [Edit; 5] = [
        ("measurement.firmware", |td| td.mr_td[0] ^= 1),
        ("measurement.settings", |td| td.rt_mr0[0] ^= 1),
        ("measurement.kernel", |td| td.rt_mr1[0] ^= 1),
        ("measurement.cmdline_initrd", |td| td.rt_mr2[0] ^= 1),
        ("measurement.host_data", |td| td.mr_config_id[0] ^= 1),
    ];
    for (check, edit) in edits {
        let mut other = real;
        edit(&mut other);
        let verdict = asker(&other).ask(&Roots::makers(), &evidence);
        assert!(
            !accepted(&verdict) && failed(&verdict).contains(&check),
            "{check}"
        );
    }
}
