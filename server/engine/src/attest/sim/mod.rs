//! The simulated platform: a TPM 2.0 quote by a key that was pinned before boot. It is as real as a
//! quote can be, and proves nothing against the host, who holds the TPM.

mod event_log;
mod quote;

use super::case::Case;
use domain::attest::checks::{
    CMDLINE, EVENT_LOG, FIRMWARE, KERNEL, KEY, PCRS, REPORT, REPORT_DATA, SIGNATURE, SIMULATION,
};
use domain::attest::{
    Digest, Hex, QUOTED_PCRS, SIMULATED, SimExpected, TpmKey, extra_data, sha256,
};

pub use event_log::EventLog;
use quote::Quote;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

pub fn check(case: &mut Case<'_>) {
    simulated(case);
    let quote = match Quote::read(&case.evidence.report.0) {
        Ok(quote) => quote,
        Err(what) => {
            return case
                .ledger
                .no(REPORT, what, "a TPM 2.0 quote over the agreed PCRs");
        }
    };
    case.ledger
        .note(REPORT, true, "a TPM 2.0 quote", "a TPM 2.0 quote");
    bound(case, &quote);
    if signature(case, &quote) && pcrs(case, &quote) {
        measured(case);
        case.devices();
    }
}

/// A TPM takes a digest of the report data, and nothing longer.
fn bound(case: &mut Case<'_>, quote: &Quote<'_>) {
    let want = Hex(extra_data(&case.wanted()));
    match <[u8; 32]>::try_from(quote.extra_data) {
        Ok(got) => {
            case.ledger.same(REPORT_DATA, Hex(got), want);
        }
        Err(_) => {
            let got = format!("{} bytes", quote.extra_data.len());
            case.ledger.no(REPORT_DATA, got, want.to_string());
        }
    }
}

fn simulated(case: &mut Case<'_>) {
    let allowed = case.question.policy.allow_simulated;
    let want = if allowed {
        SIMULATED
    } else {
        "a platform that its host can't imitate"
    };
    case.ledger.note(SIMULATION, allowed, SIMULATED, want);
}

/// The first pinned key that made the signature. Trying each is what says whose it is.
fn signature(case: &mut Case<'_>, quote: &Quote<'_>) -> bool {
    let keys = &case.question.policy.sim.keys;
    let signer = keys.iter().find(|key| signed_by(key, quote)).copied();
    let want = match keys.as_slice() {
        [] => "a key that was pinned before boot".to_owned(),
        keys => keys
            .iter()
            .map(TpmKey::to_string)
            .collect::<Vec<_>>()
            .join(" or "),
    };
    let got = signer.map_or_else(
        || "none of the pinned keys".to_owned(),
        |key| key.to_string(),
    );
    case.ledger.note(KEY, signer.is_some(), got, want);
    let (ok, got) = match signer {
        Some(_) => (true, "ECDSA P-256 holds"),
        None => (false, "not made by a pinned key"),
    };
    case.ledger.note(SIGNATURE, ok, got, "ECDSA P-256 holds")
}

fn signed_by(key: &TpmKey, quote: &Quote<'_>) -> bool {
    let point = [&[4], key.0.as_slice()].concat();
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    key.verify(quote.attest, &quote.signature).is_ok()
}

fn pcrs(case: &mut Case<'_>, quote: &Quote<'_>) -> bool {
    let want = match <[u8; 32]>::try_from(quote.pcr_digest) {
        Ok(digest) => Hex(digest),
        Err(_) => {
            case.ledger.no(
                PCRS,
                format!("a digest of {} bytes", quote.pcr_digest.len()),
                "SHA-256",
            );
            return false;
        }
    };
    let values: Option<Vec<u8>> = QUOTED_PCRS.iter().try_fold(vec![], |mut all, number| {
        all.extend(value(case, *number)?.0);
        Some(all)
    });
    match values {
        Some(values) => case.ledger.same(PCRS, Hex(sha256(&values)), want),
        None => {
            case.ledger
                .no(PCRS, "not all of the quoted PCRs", want.to_string());
            false
        }
    }
}

/// One PCR's value, as the evidence lists it.
fn value(case: &Case<'_>, number: u8) -> Option<Digest> {
    case.evidence.pcrs.as_ref()?.get(&number).copied()
}

fn measured(case: &mut Case<'_>) {
    let log = match &case.evidence.event_log {
        Some(log) => EventLog::read(&log.0).map(Some),
        None => Ok(None),
    };
    let sim = case.expected.as_ref().map(|expected| expected.sim.clone());
    let log = replayed(case, log, sim.as_ref().and_then(Option::as_ref));
    match sim {
        Some(Some(sim)) => against(case, &sim, log.as_ref()),
        Some(None) => [FIRMWARE, KERNEL, CMDLINE]
            .iter()
            .for_each(|check| case.nothing_expected(check)),
        None => {}
    }
}

/// The log, if it gives the PCRs that were quoted. Without one, PCR 0 has to be known as a whole.
fn replayed(
    case: &mut Case<'_>,
    log: Result<Option<EventLog>, String>,
    sim: Option<&SimExpected>,
) -> Option<EventLog> {
    let want = "a log that gives the quoted PCRs";
    match log {
        Err(what) => case.ledger.no(EVENT_LOG, what, want),
        Ok(None) => {
            let known = sim.is_some_and(|sim| sim.pcr0.is_some() && sim.dxefv.is_none());
            let want = if known {
                "none is needed: PCR 0 is known"
            } else {
                want
            };
            case.ledger.note(EVENT_LOG, known, "none", want);
        }
        Ok(Some(log)) => {
            let odd = QUOTED_PCRS
                .into_iter()
                .find(|n| value(case, *n) != Some(log.pcr(*n)));
            let got = odd.map_or_else(
                || format!("{} events give them", log.events()),
                |n| format!("PCR {n} would be {}", log.pcr(n)),
            );
            if case.ledger.note(EVENT_LOG, odd.is_none(), got, want) {
                return Some(log);
            }
        }
    }
    None
}

fn against(case: &mut Case<'_>, sim: &SimExpected, log: Option<&EventLog>) {
    firmware(case, sim, log);
    for (check, number, want) in [(KERNEL, 4, sim.pcr4), (CMDLINE, 9, sim.pcr9)] {
        if let Some(got) = value(case, number) {
            case.ledger.same(check, got, want);
        }
    }
}

fn firmware(case: &mut Case<'_>, sim: &SimExpected, log: Option<&EventLog>) {
    if sim.pcr0.is_none() && sim.dxefv.is_none() {
        return case.nothing_expected(FIRMWARE);
    }
    if let (Some(want), Some(got)) = (sim.pcr0, value(case, 0)) {
        case.ledger.same(FIRMWARE, got, want);
    }
    if let Some(want) = sim.dxefv {
        let found = log.is_some_and(|log| log.has_firmware(&want));
        let got = if found {
            want.to_string()
        } else {
            "no such firmware volume in the event log".into()
        };
        case.ledger.note(FIRMWARE, found, got, want.to_string());
    }
}
