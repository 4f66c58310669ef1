//! SEV-SNP under a mock of AMD: what passes, and everything that must not.

use super::amd::{self, Amd, CHIP, FROM, HOST_DATA, MEASUREMENT, NOW, TO, Vcek, amd, stranger};
use super::*;
use domain::attest::{SnpExpected, SnpTcb};

fn expected() -> Expected {
    let snp = SnpExpected {
        measurement: Hex(MEASUREMENT),
        host_data: Hex(HOST_DATA),
    };
    Expected {
        snp: Some(snp),
        ..image()
    }
}

pub fn asker() -> Asker {
    Asker::new(&expected(), NOW)
}

pub fn honest() -> Evidence {
    amd().evidence(|_| {})
}

fn ask(evidence: &Evidence) -> Verdict {
    asker().ask(&amd().roots(), evidence)
}

/// A report with other bytes at a place, signed by the chip as it is.
fn at(place: usize, bytes: &[u8]) -> Evidence {
    amd().evidence(|report| report[place..place + bytes.len()].copy_from_slice(bytes))
}

pub fn with(vcek: &Vcek) -> Evidence {
    Evidence {
        certs: amd().certs(vcek),
        ..honest()
    }
}

#[test]
fn i18_a_report_of_a_pinned_root_is_accepted_check_by_check() {
    let verdict = ask(&honest());
    assert!(verdict.ok, "{verdict:#?}");
    assert!(!verdict.simulated);
    assert_eq!(verdict.sentence(), "AMD SEV-SNP: all 19 checks hold.");
}

#[test]
fn q27_what_a_chip_owns_up_to_is_refused_by_its_name() {
    let low = [2, 1, 0, 0, 0, 0, 20, 210];
    let mut table = Table::default();
    let cases: [(&str, &[&str], Evidence); 12] = [
        ("as it should be", &[], honest()),
        (
            "debug allowed",
            &["policy.debug"],
            at(0x08, &0xb_0000u64.to_le_bytes()),
        ),
        (
            "migration allowed",
            &["policy.migration"],
            at(0x08, &0x7_0000u64.to_le_bytes()),
        ),
        (
            "with a migration agent",
            &["policy.migration"],
            at(0x160, &[1; 32]),
        ),
        ("VMPL 1", &["policy.vmpl"], at(0x30, &1u32.to_le_bytes())),
        ("another chip", &["chain.chip_id"], at(0x1a0, &[1; 64])),
        (
            "reported TCB lower than certified",
            &["chain.tcb"],
            at(0x180, &low),
        ),
        (
            "another launch digest",
            &["measurement.launch"],
            at(0x90, &[1; 48]),
        ),
        (
            "other host data",
            &["measurement.host_data"],
            at(0xc0, &[1; 32]),
        ),
        ("other report data", &["report_data"], at(0x50, &[1; 64])),
        (
            "signed by a cloud's key (VLEK)",
            &["report.form"],
            at(0x48, &4u32.to_le_bytes()),
        ),
        ("version 6", &["report.form"], at(0x00, &6u32.to_le_bytes())),
    ];
    for (case, want, evidence) in &cases {
        table.row(case, want, &ask(evidence));
    }
    table.close("SEV-SNP, the report");
}

#[test]
fn q27_chains_that_do_not_hold_are_refused() {
    let other = stranger();
    let swap = |edit: &dyn Fn(&mut Certs)| {
        let mut evidence = honest();
        edit(&mut evidence.certs);
        evidence
    };
    let day = 86_400_000;
    let expired = Vcek {
        valid: [FROM, Time(NOW.0 - day)],
        ..Vcek::default()
    };
    let early = Vcek {
        valid: [Time(NOW.0 + day), TO],
        ..Vcek::default()
    };
    let chip = Vcek {
        chip: vec![1; 64],
        ..Vcek::default()
    };
    let odd = Vcek {
        chip: vec![0xc4; 63],
        ..Vcek::default()
    };
    let octets = Vcek {
        chip: [&[0x04, 0x40], CHIP.as_slice()].concat(),
        ..Vcek::default()
    };
    let tcb = Vcek {
        tcb: [3, 1, 21, 210],
        ..Vcek::default()
    };
    let mut table = Table::default();
    let cases: [(&str, &[&str], Evidence); 13] = [
        ("chip id as an OCTET STRING", &[], with(&octets)),
        ("chip id of another chip", &["chain.chip_id"], with(&chip)),
        ("chip id of another length", &["chain.chip_id"], with(&odd)),
        ("certified for a newer TCB", &["chain.tcb"], with(&tcb)),
        ("VCEK expired", &["chain.dates"], with(&expired)),
        ("VCEK not yet valid", &["chain.dates"], with(&early)),
        (
            "another root of the same name",
            &["chain.root"],
            Evidence {
                certs: other.certs(&Vcek::default()),
                ..other.evidence(|_| {})
            },
        ),
        (
            "another root, hidden",
            &["chain.signatures"],
            Evidence {
                certs: Certs {
                    ark: None,
                    ..other.certs(&Vcek::default())
                },
                ..other.evidence(|_| {})
            },
        ),
        (
            "another chip's key",
            &["signature"],
            Evidence {
                certs: honest().certs,
                ..other.evidence(|_| {})
            },
        ),
        (
            "an ASK that the root did not sign",
            &["chain.signatures"],
            swap(&|c| c.ask = Some(Base64(amd().forged_ask()))),
        ),
        (
            "the root as the chip",
            &[
                "chain.signatures",
                "chain.chip_id",
                "chain.tcb",
                "signature",
            ],
            swap(&|c| c.vcek = Some(Base64(amd().ark_der()))),
        ),
        ("no VCEK", &["chain.root"], swap(&|c| c.vcek = None)),
        (
            "bytes for a VCEK",
            &["chain.root"],
            swap(&|c| c.vcek = Some(Base64(vec![0x30; 40]))),
        ),
    ];
    for (case, want, evidence) in &cases {
        table.row(case, want, &ask(evidence));
    }
    let bare = swap(&|c| (c.ark, c.ask) = (None, None));
    table.row("ARK and ASK left out", &[], &ask(&bare));
    table.row(
        "under AMD's own roots",
        &["chain.root"],
        &asker().ask(&Roots::makers(), &honest()),
    );
    let late = Asker {
        at: Time(TO.0 + day),
        ..asker()
    };
    table.row(
        "a year later",
        &["chain.dates"],
        &late.ask(&amd().roots(), &honest()),
    );
    table.close("SEV-SNP, the chain");
}

#[test]
fn q27_expired_roots_are_refused() {
    let old = Amd::new([FROM, Time(NOW.0 - 1000)]);
    let verdict = asker().ask(&old.roots(), &old.evidence(|_| {}));
    assert_eq!(failed(&verdict), ["chain.dates"]);
}

#[test]
fn i18_the_one_who_asks_decides_what_is_accepted() {
    let mut table = Table::default();
    let mut row = |case: &str, want: &[&str], change: &dyn Fn(&mut Asker)| {
        let mut asker = asker();
        change(&mut asker);
        table.row(case, want, &asker.ask(&amd().roots(), &honest()));
    };
    let least = |snp| SnpTcb {
        bootloader: 3,
        snp,
        ..SnpTcb::default()
    };
    row("minimum TCB reached", &[], &|a| {
        a.policy.snp.min_tcb = least(20)
    });
    row("minimum TCB above", &["policy.min_tcb"], &|a| {
        a.policy.snp.min_tcb = least(21)
    });
    row("chip on the list", &[], &|a| {
        a.policy.snp.chips = vec![Hex([0; 64]), Hex(CHIP)]
    });
    row("chip not on the list", &["policy.chips"], &|a| {
        a.policy.snp.chips = vec![Hex([0; 64])]
    });
    row("an old nonce", &["nonce"], &|a| {
        a.nonce = Some(Hex([8; 32]))
    });
    row("no nonce", &["nonce"], &|a| a.nonce = None);
    row("a man in the middle's key", &["connection.spki"], &|a| {
        a.spki = Some(Hex([8; 32]))
    });
    row("no connection", &["connection.spki"], &|a| a.spki = None);
    row("no expected.json", &["expected.signature"], &|a| {
        a.expected = None
    });
    row("no key for it", &["expected.signature"], &|a| a.key = None);
    row("signed by another key", &["expected.signature"], &|a| {
        a.key = Some(Hex([8; 32]))
    });
    row("expected.json changed", &["expected.signature"], &|a| {
        let signed = a.expected.as_mut().unwrap();
        signed.expected.0.push(b' ');
    });
    row(
        "expected of another platform",
        &["measurement.launch", "measurement.host_data"],
        &|a| {
            a.expected = sign(&image(), &signer());
        },
    );
    row("a device is expected", &["devices"], &|a| {
        let mut one = expected();
        one.shape.gpus = 1;
        a.expected = sign(&one, &signer());
    });
    table.close("SEV-SNP, the question");
}

/// The host lowers what is reported: every one of the four counts.
#[test]
fn q27_each_tcb_of_the_report_is_held_to_the_minimum() {
    let mut asker = asker();
    asker.policy.snp.min_tcb.snp = 20;
    for place in [0x38, 0x1e0, 0x1f0] {
        let evidence = at(place, &[3, 1, 0, 0, 0, 0, 19, 210]);
        assert_eq!(
            failed(&asker.ask(&amd().roots(), &evidence)),
            ["policy.min_tcb"],
            "{place:#x}"
        );
    }
}

/// A device that is attached and attested in name only.
#[test]
fn i18_devices_that_nobody_can_check_are_refused() {
    let mut evidence = honest();
    evidence.devices = Base64(br#"[{"kind":"gpu","model":"x","report":""}]"#.to_vec());
    let data = report_data(&NONCE, &evidence.crypto.0, &evidence.devices.0);
    evidence.report = Base64(amd().report(|report| report[0x50..0x90].copy_from_slice(&data)));
    assert_eq!(failed(&ask(&evidence)), ["devices"]);
    assert_ne!(data, amd::wanted());
}
