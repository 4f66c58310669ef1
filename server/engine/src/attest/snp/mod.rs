//! AMD SEV-SNP. The crate `sev` reads the report and checks the signatures of the chain; what it
//! leaves out is checked here: that the root is AMD's own, that every certificate is valid now, that
//! the chip's certificate is for this very chip and for the TCB that is reported, and the policy.
//!
//! `sev` hashes a report as it writes it again. So the report must be written again as it was sent,
//! byte for byte, and so must every certificate.

mod chain;
mod extensions;
mod roots;

#[cfg(test)]
pub use roots::Pair;
pub use roots::Roots;

use super::case::Case;
use chain::Chain;
use domain::attest::checks::{
    CHAIN, CHIP, CHIP_TCB, CHIPS, DATES, DEBUG, HOST_DATA, LAUNCH, MIGRATION, MIN_TCB, REPORT,
    ROOT, SIGNATURE, VMPL,
};
use domain::attest::{Hex, SnpTcb};
use sev::firmware::guest::AttestationReport;
use sev::firmware::host::TcbVersion;
use sev::parser::ByteParser as _;

const ECDSA_P384_SHA384: u32 = 1;
/// The chip's own key; 1 would be one that AMD loads for a cloud (VLEK), which names no chip.
const VCEK: u32 = 0;

pub fn check(case: &mut Case<'_>, roots: &Roots) {
    let report = match read(&case.evidence.report.0) {
        Ok(report) => report,
        Err(what) => {
            return case
                .ledger
                .no(REPORT, what, "a signed SEV-SNP report, version 2 to 5");
        }
    };
    case.ledger.note(
        REPORT,
        true,
        format!("version {}", report.version),
        "version 2 to 5",
    );
    case.report_data(report.report_data);
    if !signed(case, roots, &report) {
        return;
    }
    policy(case, &report);
    measured(case, &report);
    case.devices();
}

/// Strictly: in its one spelling, signed by a chip, in a form that is known here.
fn read(bytes: &[u8]) -> Result<AttestationReport, String> {
    let report =
        AttestationReport::from_bytes(bytes).map_err(|error| format!("no report: {error}"))?;
    let again = report
        .to_bytes()
        .map_err(|error| format!("no report: {error}"))?;
    let (r, s) = (report.signature.r(), report.signature.s());
    let problem = if again.as_slice() != bytes {
        Some("a report with bits where there should be none")
    } else if !(2..=5).contains(&report.version) {
        Some("a report of an unknown version")
    } else if report.sig_algo != ECDSA_P384_SHA384 {
        Some("a report with another signature algorithm")
    } else if report.key_info.signing_key() != VCEK || report.key_info.mask_chip_key() {
        Some("a report that no chip's own key has signed")
    } else if unknown(&report) {
        Some("a report with bits that nobody here knows")
    } else if r[48..].iter().chain(&s[48..]).any(|byte| *byte != 0) {
        Some("a signature that is too long")
    } else {
        None
    };
    problem.map_or(Ok(report), |what| Err(what.into()))
}

/// A bit of the guest's policy that is not known may allow anything to the host, which chose it. Known
/// are those up to `PAGE_SWAP_DISABLE`, of which bit 17 is always one. The same goes for `key_info`.
fn unknown(report: &AttestationReport) -> bool {
    let policy = report.policy.to_bytes().map(u64::from_le_bytes);
    let strange = policy.map_or(true, |bits| bits >> 26 != 0 || bits >> 17 & 1 == 0);
    strange || u32::from(report.key_info) >> 5 != 0
}

/// Chain, then signature. What the chain says of the chip counts, but nothing else waits for it.
fn signed(case: &mut Case<'_>, roots: &Roots, report: &AttestationReport) -> bool {
    let chain = match Chain::read(&case.evidence.certs, roots) {
        Ok(chain) => chain,
        Err(what) => {
            case.ledger
                .no(ROOT, what, "a chain from AMD's root to the chip");
            return false;
        }
    };
    case.ledger
        .note(ROOT, true, chain.root(), "one of AMD's roots");
    let want = "ARK signs itself and ASK, ASK signs VCEK";
    match chain.signatures() {
        Ok(()) => case.ledger.note(CHAIN, true, want, want),
        Err(what) => case.ledger.note(CHAIN, false, what, want),
    };
    dates(case, &chain);
    chip(case, &chain, report);
    let want = "ECDSA P-384 by the chip's key";
    match chain.signs(report) {
        Ok(()) => case.ledger.note(SIGNATURE, true, want, want),
        Err(what) => case.ledger.note(SIGNATURE, false, what, want),
    };
    case.ledger.holds(CHAIN) && case.ledger.holds(SIGNATURE)
}

fn dates(case: &mut Case<'_>, chain: &Chain) {
    let at = case.question.at;
    let want = format!("valid at {}", at.rfc3339());
    match chain.valid(at) {
        Ok(()) => case.ledger.note(DATES, true, want.clone(), want),
        Err(what) => case.ledger.note(DATES, false, what, want),
    };
}

fn chip(case: &mut Case<'_>, chain: &Chain, report: &AttestationReport) {
    let want = Hex(report.chip_id).to_string();
    match chain.hardware_id() {
        Ok(id) if id.is(&report.chip_id) => case.ledger.note(CHIP, true, want.clone(), want),
        Ok(id) => case.ledger.note(CHIP, false, id.to_string(), want),
        Err(what) => case.ledger.note(CHIP, false, what, want),
    };
    let want = tcb(&report.reported_tcb);
    match chain.tcb(report.reported_tcb.fmc.is_some()) {
        Ok(got) => case.ledger.same(CHIP_TCB, got, want),
        Err(what) => case.ledger.note(CHIP_TCB, false, what, want.to_string()),
    };
}

fn tcb(version: &TcbVersion) -> SnpTcb {
    SnpTcb {
        fmc: version.fmc.unwrap_or(0),
        bootloader: version.bootloader,
        tee: version.tee,
        snp: version.snp,
        microcode: version.microcode,
    }
}

fn policy(case: &mut Case<'_>, report: &AttestationReport) {
    let policy = &report.policy;
    case.ledger.same(DEBUG, on(policy.debug_allowed()), "off");
    case.ledger.same(VMPL, report.vmpl, 0);
    let agent = report.report_id_ma != [0xff; 32] && report.report_id_ma != [0; 32];
    let migrates = policy.migrate_ma_allowed() || agent;
    case.ledger.same(MIGRATION, on(migrates), "off");
    min_tcb(case, report);
    chips(case, report);
}

const fn on(bit: bool) -> &'static str {
    if bit { "on" } else { "off" }
}

/// The lowest of the four: what is reported may be lowered by the host, never raised.
fn min_tcb(case: &mut Case<'_>, report: &AttestationReport) {
    let least = case.question.policy.snp.min_tcb;
    let all = [
        report.reported_tcb,
        report.current_tcb,
        report.committed_tcb,
        report.launch_tcb,
    ];
    let low = all.iter().map(tcb).find(|tcb| !tcb.reaches(least));
    let got = low.unwrap_or_else(|| tcb(&report.reported_tcb));
    case.ledger.note(
        MIN_TCB,
        low.is_none(),
        got.to_string(),
        format!("at least {least}"),
    );
}

fn chips(case: &mut Case<'_>, report: &AttestationReport) {
    let chips = &case.question.policy.snp.chips;
    let got = Hex(report.chip_id);
    let ok = chips.is_empty() || chips.contains(&got);
    let want = match chips.as_slice() {
        [] => "any chip that AMD certifies".to_owned(),
        some => some
            .iter()
            .map(Hex::to_string)
            .collect::<Vec<_>>()
            .join(" or "),
    };
    case.ledger.note(CHIPS, ok, got.to_string(), want);
}

fn measured(case: &mut Case<'_>, report: &AttestationReport) {
    let Some(expected) = &case.expected else {
        return;
    };
    match expected.snp.clone() {
        Some(snp) => {
            case.ledger
                .same(LAUNCH, Hex(report.measurement), snp.measurement);
            case.ledger
                .same(HOST_DATA, Hex(report.host_data), snp.host_data);
        }
        None => [LAUNCH, HOST_DATA]
            .iter()
            .for_each(|check| case.nothing_expected(check)),
    }
}
