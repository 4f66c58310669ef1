//! Bytes in, refusals with a place out.

use super::*;
use proptest::prelude::*;

fn evidence() -> String {
    let pcrs: Vec<String> = QUOTED_PCRS
        .iter()
        .map(|n| format!("\"{n}\":\"{}\"", "00".repeat(32)))
        .collect();
    format!(
        r#"{{"v":1,"platform":"sim","nonce":"{}","crypto":"e30=","devices":"W10=","report":"AAA=","certs":{{}},"pcrs":{{{}}},"boot":[{{"name":"tls","status":"ok","ms":3,"detail":""}}]}}"#,
        "ab".repeat(32),
        pcrs.join(",")
    )
}

fn refusal(json: &str) -> Refusal {
    read_evidence(json.as_bytes()).unwrap_err()
}

use crate::refusal::{Kind, Refusal};

#[test]
fn i18_evidence_is_read_and_written_in_one_form() {
    let read = read_evidence(evidence().as_bytes()).unwrap();
    assert_eq!(read.platform, Platform::Sim);
    assert_eq!(read.pcrs.as_ref().unwrap().len(), QUOTED_PCRS.len());
    let again = serde_json::to_vec(&read).unwrap();
    assert_eq!(read_evidence(&again).unwrap(), read);
}

#[test]
fn q27_unknown_duplicate_and_missing_fields_are_refused_at_their_place() {
    let cases = [
        (
            evidence().replacen("\"v\":1", "\"v\":1,\"w\":2", 1),
            "unknown field `w`",
            "evidence, line 1, column 10",
        ),
        (
            evidence().replacen("\"v\":1", "\"v\":1,\"v\":1", 1),
            "duplicate field `v`",
            "evidence, line 1, column 10",
        ),
        (
            evidence().replacen("\"v\":1,", "", 1),
            "missing field `v`",
            "evidence, line 1, column",
        ),
        (
            evidence().replacen("\"certs\":{}", "\"certs\":{\"x\":1}", 1),
            "unknown field `x`",
            "evidence, line 1",
        ),
        (
            evidence().replacen("\"11\":", "\"9\":", 1),
            "duplicate PCR 9",
            "evidence, line 1",
        ),
        (
            evidence().replacen("\"11\":", "\"10\":", 1),
            "not quoted",
            "evidence, line 1",
        ),
        (
            evidence().replacen("\"11\":", "\"011\":", 1),
            "not quoted",
            "evidence, line 1",
        ),
        (
            evidence().replacen("\"sim\"", "\"sev\"", 1),
            "unknown variant `sev`",
            "evidence, line 1",
        ),
        (
            evidence().replacen("ab", "AB", 1),
            "64 lower-case hexadecimal",
            "evidence, line 1",
        ),
        (
            evidence().replacen("e30=", "e31=", 1),
            "standard base64",
            "evidence, line 1",
        ),
        (
            evidence().replacen("e30=", "e30", 1),
            "standard base64",
            "evidence, line 1",
        ),
        (evidence() + "{}", "trailing characters", "evidence, line 1"),
        (String::new(), "EOF", "evidence, line 1, column 0"),
    ];
    for (json, sentence, place) in cases {
        let refusal = refusal(&json);
        assert!(refusal.sentence.contains(sentence), "{refusal:?}");
        assert!(
            refusal
                .place
                .as_deref()
                .unwrap_or_default()
                .starts_with(place),
            "{refusal:?}"
        );
    }
}

#[test]
fn q27_what_is_too_large_is_refused_unread() {
    let spaces = " ".repeat(MOST_EVIDENCE + 1);
    assert_eq!(refusal(&spaces).kind, Kind::TooLarge);
    let step = r#"{"name":"tls","status":"ok","ms":3,"detail":""}"#;
    let steps = vec![step; 65].join(",");
    assert_eq!(
        refusal(&evidence().replacen(step, &steps, 1))
            .place
            .as_deref(),
        Some("boot")
    );
    let text = evidence().replacen("\"tls\"", &format!("\"{}\"", "t".repeat(1025)), 1);
    assert_eq!(refusal(&text).kind, Kind::TooLarge);
}

#[test]
fn i18_another_version_is_not_guessed_at() {
    let refusal = refusal(&evidence().replacen("\"v\":1", "\"v\":2", 1));
    assert_eq!(refusal.place.as_deref(), Some("evidence.v"));
}

#[test]
fn i18_report_data_is_laid_out_as_documented() {
    use sha2::{Digest as _, Sha512};
    let nonce = Hex([7; 32]);
    let by_hand = [
        b"tee-evidence-v1\0".as_slice(),
        &[7; 32],
        &sha256(b"{}"),
        &sha256(b"[]"),
    ]
    .concat();
    let want: [u8; 64] = Sha512::digest(by_hand).into();
    assert_eq!(report_data(&nonce, b"{}", b"[]"), want);
    assert_ne!(report_data(&nonce, b"{} ", b"[]"), want);
    assert_eq!(extra_data(&want), sha256(&want));
}

#[test]
fn i18_what_was_not_reached_does_not_hold() {
    for platform in Platform::ALL {
        let mut ledger = Ledger::new(platform);
        let names = checks::of(platform);
        for name in &names[1..] {
            assert!(ledger.note(name, true, "", ""));
        }
        let verdict = ledger.clone().close(crate::time::Time(0));
        assert!(!verdict.ok);
        assert_eq!(verdict.checks[0].got, "not reached");
        ledger.note(names[0], true, "", "");
        assert!(ledger.close(crate::time::Time(0)).ok);
    }
}

#[test]
fn i18_a_no_stays_a_no() {
    let mut ledger = Ledger::new(Platform::Sim);
    checks::of(Platform::Sim).iter().for_each(|name| {
        ledger.note(name, true, "", "");
    });
    ledger.same(checks::NONCE, "a", "b");
    assert!(!ledger.same(checks::NONCE, "a", "a"));
    let verdict = ledger.clone().close(crate::time::Time(0));
    assert!(!verdict.ok);
    assert_eq!(
        verdict.sentence(),
        "SIMULATED – not confidential: refused, because of nonce."
    );
}

#[test]
fn i18_a_check_that_the_platform_does_not_have_says_no() {
    let mut ledger = Ledger::new(Platform::Sim);
    assert!(!ledger.note(checks::VMPL, true, "", ""));
    assert!(!ledger.close(crate::time::Time(0)).ok);
}

proptest! {
    #[test]
    fn q26_no_bytes_make_the_readers_panic(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        let _ = (read_evidence(&bytes), read_crypto(&bytes), read_devices(&bytes));
        let _ = (read_signed(&bytes), read_expected(&bytes));
    }

    #[test]
    fn q26_nor_does_one_changed_byte(at in 0usize..4096, byte: u8) {
        let mut json = evidence().into_bytes();
        let at = at % json.len();
        json[at] = byte;
        let _ = read_evidence(&json);
    }

    #[test]
    fn i18_bytes_have_one_spelling(bytes: [u8; 32]) {
        let text = Hex(bytes).to_string();
        prop_assert_eq!(text.parse::<Hex<32>>().unwrap(), Hex(bytes));
        prop_assert!(text.to_uppercase() == text || text.to_uppercase().parse::<Hex<32>>().is_err());
    }
}
