//! A real quote of a real TDX guest, with Intel's collateral of its day, from `dcap-qvl`.

use super::vectors::file;
use super::*;
use dcap_qvl::quote::{Quote, TDReport10};
use domain::attest::{Collateral, TcbStatus, TdxExpected};

/// A real quote, and Intel's collateral of its day.
pub struct Sample {
    name: &'static str,
    at: Time,
    /// Checks that fail of it as it is: what was asked is not known any more.
    pub known: &'static [&'static str],
}

/// 2025-06-25: the collateral is valid from 2025-06-19 to 07-19.
pub const V4: Sample = Sample {
    name: "tdx_quote",
    at: Time(1_750_809_600_000),
    known: &[OTHER],
};

/// 2026-10-20: the collateral is valid from 2026-10-08 to 11-07. Its guest measured more at run time.
pub const V5: Sample = Sample {
    name: "tdx_quote_td15ex",
    at: Time(1_792_454_400_000),
    known: &[OTHER, "measurement.runtime"],
};

impl Sample {
    pub fn collateral(&self) -> Collateral {
        let path = format!("sample/{}_collateral.json", self.name);
        serde_json::from_slice(&file("dcap-qvl", &path)).unwrap()
    }

    pub fn evidence(&self) -> Evidence {
        Evidence {
            report: Base64(file("dcap-qvl", &format!("sample/{}", self.name))),
            certs: Certs {
                collateral: Some(self.collateral()),
                ..Certs::default()
            },
            ..envelope(Platform::Tdx)
        }
    }

    /// Who expects just this, at its time.
    pub fn asker(&self) -> Asker {
        Asker {
            at: self.at,
            ..asker(&td(&self.evidence().report.0))
        }
    }
}

const AT: Time = V4.at;

fn collateral(name: &str) -> Collateral {
    serde_json::from_slice(&file("dcap-qvl", &format!("sample/{name}_collateral.json"))).unwrap()
}

fn evidence() -> Evidence {
    V4.evidence()
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
