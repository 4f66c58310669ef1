//! Intel TDX. The crate `dcap-qvl` checks the chain from Intel's root to the quote, with Intel's
//! signed word on revoked keys and on the firmware at that time. What it must have said is checked
//! here, with the attributes, once more and by name, and the measurements; and that nothing comes
//! along which it has not looked at.

mod chains;
mod pem;
mod platform;
mod root;

pub use root::Root;

use super::case::Case;
use dcap_qvl::QuoteCollateralV3;
use dcap_qvl::quote::{AuthData, Quote, TDAttributes, TDReport10};
use dcap_qvl::verify::{QuoteVerifier, VerifiedReport};
use domain::attest::checks::{
    CMDLINE, DEBUG, DEVICES, FIRMWARE, HOST_DATA, KERNEL, MIGRATION, MODULE, REPORT, RUNTIME,
    SETTINGS, SIGNATURE, TCB_STATUS,
};
use domain::attest::{Collateral, Hex, TcbStatus};
use scale::Encode as _;

/// What holds the chip's certificates in a version 4 quote.
const QE_REPORT_CERTIFICATION: u16 = 6;

pub fn check(case: &mut Case<'_>, root: &Root) {
    let (quote, td) = match read(&case.evidence.report.0) {
        Ok(read) => read,
        Err(what) => return case.ledger.no(REPORT, what, "a TDX quote, version 4 or 5"),
    };
    let version = format!("version {}", quote.header.version);
    case.ledger.note(REPORT, true, version, "version 4 or 5");
    case.report_data(td.report_data);
    let attributes = attributes(case, &quote, &td);
    let Some(verified) = signed(case, &quote, root) else {
        return;
    };
    status(case, &verified);
    module(case, &td);
    if let Some((debug, migration)) = attributes {
        case.ledger.same(DEBUG, debug, "off");
        case.ledger.same(MIGRATION, migration, "off");
    }
    measured(case, &td);
    case.devices();
    attached(case, &quote);
}

/// Devices that the TDX module itself knows of. Nobody here can check their reports either.
fn attached(case: &mut Case<'_>, quote: &Quote) {
    let extended = quote.report.as_td15_ex();
    if let Some(td) = extended.filter(|td| td.dev_info != [0; 48]) {
        let got = format!("devices that measure as {}", Hex(td.dev_info));
        case.ledger.no(DEVICES, got, "none");
    }
}

/// In its one spelling.
fn read(bytes: &[u8]) -> Result<(Quote, TDReport10), String> {
    let quote = Quote::parse(bytes).map_err(|error| format!("no quote: {error}"))?;
    let td = *quote
        .report
        .as_td10()
        .ok_or("a quote that is not of a TDX guest")?;
    let tagged = match &quote.auth_data {
        AuthData::V4(data) => data.certification_data.cert_type == QE_REPORT_CERTIFICATION,
        AuthData::V3(_) => false,
    };
    // Firmware pads with zeros what it hands out.
    let padding = bytes.strip_prefix(quote.encode().as_slice());
    if !tagged || padding.is_none_or(|rest| rest.iter().any(|byte| *byte != 0)) {
        return Err("a quote with bytes where there should be none".into());
    }
    Ok((quote, td))
}

/// Debug and migration. A guest that owns up to one of them is refused before anything is believed,
/// so that the refusal names it; that they are off is noted once the signature holds.
fn attributes(
    case: &mut Case<'_>,
    quote: &Quote,
    td: &TDReport10,
) -> Option<(&'static str, &'static str)> {
    let attributes = TDAttributes::parse(td.td_attributes).ok()?;
    let debug = on(attributes.tud != 0);
    let secured = &attributes.sec;
    let migration = on(secured.migratable || secured.servtd_ext || serviced(quote));
    for (check, got) in [(DEBUG, debug), (MIGRATION, migration)] {
        if got != "off" {
            case.ledger.no(check, got, "off");
        }
    }
    Some((debug, migration))
}

/// Another guest has rights over this one, or had them: that is who migrates it.
fn serviced(quote: &Quote) -> bool {
    let one = quote.report.as_td15().map(|td| td.mr_service_td);
    let more = quote
        .report
        .as_td15_ex()
        .map(|td| [td.init_service_td_hash, td.cur_service_td_hash]);
    one.into_iter()
        .chain(more.into_iter().flatten())
        .any(|hash| hash != [0; 48])
}

const fn on(bit: bool) -> &'static str {
    if bit { "on" } else { "off" }
}

fn signed(case: &mut Case<'_>, quote: &Quote, root: &Root) -> Option<VerifiedReport> {
    let want = "a chain from Intel's root, valid now, and ECDSA P-256";
    match verified(case, quote, root) {
        Ok(report) => {
            case.ledger.note(SIGNATURE, true, want, want);
            Some(report)
        }
        Err(what) => {
            case.ledger.no(SIGNATURE, what, want);
            None
        }
    }
}

fn verified(case: &Case<'_>, quote: &Quote, root: &Root) -> Result<VerifiedReport, String> {
    let collateral = case
        .evidence
        .certs
        .collateral
        .as_ref()
        .ok_or("no collateral of Intel's")?;
    let chip = chains::read(quote, collateral, root)?;
    let collateral = theirs(collateral)?;
    let seconds = u64::try_from(case.question.at.0 / 1000).map_err(|_| "a time before 1970")?;
    let quote = &case.evidence.report.0;
    let verified = QuoteVerifier::new(chip.root).verify(quote, &collateral, seconds);
    let verified = verified.map_err(|error| format!("{error:#}"))?;
    platform::is_meant(&chip.certificate, &collateral.tcb_info)?;
    Ok(verified)
}

/// Both are the same JSON; the crate has the hexadecimal fields as bytes.
fn theirs(collateral: &Collateral) -> Result<QuoteCollateralV3, String> {
    let json = serde_json::to_value(collateral).map_err(|error| error.to_string())?;
    let theirs: QuoteCollateralV3 = serde_json::from_value(json)
        .map_err(|error| format!("collateral that can't be read: {error}"))?;
    // Zeros before a number change nothing of it, but a signature has one spelling here.
    let signatures = [&theirs.tcb_info_signature, &theirs.qe_identity_signature];
    match signatures.iter().all(|signature| signature.len() == 64) {
        true => Ok(theirs),
        false => Err("collateral with a signature of another length".into()),
    }
}

fn status(case: &mut Case<'_>, verified: &VerifiedReport) {
    let policy = &case.question.policy.tdx;
    let accepted = TcbStatus::parse(&verified.status).is_some_and(|status| policy.accepts(status));
    let words: Vec<&str> = policy.statuses.iter().map(|status| status.word()).collect();
    let got = match verified.advisory_ids.as_slice() {
        [] => verified.status.clone(),
        ids => format!("{} ({})", verified.status, ids.join(", ")),
    };
    case.ledger
        .note(TCB_STATUS, accepted, got, words.join(" or "));
}

/// Intel's module has a signer of zeros, and no attributes.
fn module(case: &mut Case<'_>, td: &TDReport10) {
    let own = td.mr_signer_seam == [0; 48] && td.seam_attributes == [0; 8];
    let got = if own {
        "Intel's own"
    } else {
        "another, or one with attributes"
    };
    case.ledger.note(MODULE, own, got, "Intel's own");
}

fn measured(case: &mut Case<'_>, td: &TDReport10) {
    let Some(expected) = &case.expected else {
        return;
    };
    let Some(tdx) = expected.tdx.clone() else {
        let checks = [FIRMWARE, SETTINGS, KERNEL, CMDLINE, RUNTIME, HOST_DATA];
        return checks.iter().for_each(|check| case.nothing_expected(check));
    };
    let all = [
        (FIRMWARE, td.mr_td, tdx.mrtd),
        (SETTINGS, td.rt_mr0, tdx.rtmr0),
        (KERNEL, td.rt_mr1, tdx.rtmr1),
        (CMDLINE, td.rt_mr2, tdx.rtmr2),
        (RUNTIME, td.rt_mr3, Hex([0; 48])),
        (HOST_DATA, td.mr_config_id, tdx.mrconfigid),
    ];
    for (check, got, want) in all {
        case.ledger.same(check, Hex(got), want);
    }
}
