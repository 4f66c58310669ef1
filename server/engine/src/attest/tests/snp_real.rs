//! A real report of a real chip (Milan), from the tests of the crate `sev`.

use super::vectors::{file, hex};
use super::*;
use domain::attest::SnpExpected;

/// Long after it was made, and while AMD's certificates hold.
const AT: Time = Time(1_750_000_000_000);

pub fn evidence() -> Evidence {
    Evidence {
        report: Base64(hex(&file("sev", "tests/certs_data/report_milan.hex"))),
        certs: Certs {
            vcek: Some(Base64(file("sev", "tests/certs_data/vcek_milan.der"))),
            ..Certs::default()
        },
        ..envelope(Platform::Snp)
    }
}

/// What was asked when it was made is not known any more, so its report data can't be ours: that one
/// check must fail, and all others must hold.
pub fn asker(report: &[u8]) -> Asker {
    let snp = SnpExpected {
        measurement: Hex(report[0x90..0xc0].try_into().unwrap()),
        host_data: Hex(report[0xc0..0xe0].try_into().unwrap()),
    };
    Asker::new(
        &Expected {
            snp: Some(snp),
            ..image()
        },
        AT,
    )
}

fn accepted(verdict: &Verdict) -> bool {
    verdict
        .checks
        .iter()
        .all(|check| check.ok || check.check == "report_data")
}

#[test]
fn q27_a_real_report_of_amds_is_accepted() {
    let evidence = evidence();
    let verdict = asker(&evidence.report.0).ask(&Roots::makers(), &evidence);
    let mut table = Table::default();
    table.row("Milan, as it was made", &["report_data"], &verdict);
    table.close("SEV-SNP, a real report");
    assert!(accepted(&verdict), "{verdict:#?}");
}

#[test]
fn q27_a_real_report_with_the_debug_bit_is_refused() {
    let mut evidence = evidence();
    let asker = asker(&evidence.report.0);
    evidence.report.0[0x0a] |= 1 << 3;
    let verdict = asker.ask(&Roots::makers(), &evidence);
    assert_eq!(failed(&verdict), ["report_data", "signature"]);
}

#[test]
fn q27_a_real_chip_under_another_generations_root_is_refused() {
    let mut evidence = evidence();
    let asker = asker(&evidence.report.0);
    let turin = file("sev", "tests/certs_data/vcek_turin.der");
    evidence.certs.vcek = Some(Base64(turin));
    let verdict = asker.ask(&Roots::makers(), &evidence);
    assert_eq!(
        failed(&verdict),
        ["report_data", "chain.chip_id", "chain.tcb", "signature"]
    );
}

#[test]
fn q27_a_real_report_is_refused_when_its_certificates_have_ended() {
    let evidence = evidence();
    let asker = Asker {
        at: Time(4_000_000_000_000),
        ..asker(&evidence.report.0)
    };
    let verdict = asker.ask(&Roots::makers(), &evidence);
    assert_eq!(failed(&verdict), ["report_data", "chain.dates"]);
}
