//! The simulated platform, with a TPM in software.

use super::tpm::{BLOB, EVENT, Tpm};
use super::*;
use domain::attest::{SIMULATED, SimExpected, sha256};

/// One boot: firmware, kernel, command line, initrd.
fn boot(cmdline: &str) -> Tpm {
    let mut tpm = Tpm::new();
    tpm.measure(0, BLOB, b"DXEFV");
    tpm.measure(1, EVENT, b"settings");
    tpm.measure(4, EVENT, b"vmlinuz");
    tpm.measure(9, EVENT, cmdline.as_bytes());
    tpm.measure(9, EVENT, b"initrd");
    tpm
}

fn machine() -> Tpm {
    boot("tee.root=1")
}

fn evidence(tpm: &Tpm) -> Evidence {
    let envelope = envelope(Platform::Sim);
    let data = report_data(&NONCE, &envelope.crypto.0, &envelope.devices.0);
    Evidence {
        report: Base64(tpm.quote(&extra_data(&data))),
        pcrs: Some(tpm.pcrs()),
        event_log: Some(Base64(tpm.log())),
        ..envelope
    }
}

fn sim(tpm: &Tpm) -> SimExpected {
    SimExpected {
        pcr0: Some(tpm.pcr(0)),
        dxefv: Some(Hex(sha256(b"DXEFV"))),
        pcr4: tpm.pcr(4),
        pcr9: tpm.pcr(9),
    }
}

fn asker(tpm: &Tpm, sim: SimExpected) -> Asker {
    let mut asker = Asker::new(
        &Expected {
            sim: Some(sim),
            ..image()
        },
        Time(0),
    );
    asker.policy.allow_simulated = true;
    asker.policy.sim.keys = vec![tpm.key()];
    asker
}

fn ask(tpm: &Tpm, evidence: &Evidence) -> Verdict {
    asker(tpm, sim(tpm)).ask(&Roots::makers(), evidence)
}

#[test]
fn i18_a_simulated_platform_is_refused_unless_told_otherwise() {
    let tpm = machine();
    let mut asker = asker(&tpm, sim(&tpm));
    let verdict = asker.ask(&Roots::makers(), &evidence(&tpm));
    assert!(verdict.ok && verdict.simulated, "{verdict:#?}");
    assert!(verdict.sentence().starts_with(SIMULATED));
    asker.policy.allow_simulated = false;
    let verdict = asker.ask(&Roots::makers(), &evidence(&tpm));
    assert_eq!(failed(&verdict), ["policy.simulated"]);
    assert!(verdict.sentence().starts_with(SIMULATED));
}

#[test]
fn q27_every_attack_on_the_simulated_platform_is_refused() {
    let tpm = machine();
    let honest = evidence(&tpm);
    let changed = |edit: &dyn Fn(&mut Evidence)| {
        let mut evidence = honest.clone();
        edit(&mut evidence);
        evidence
    };
    let old = Hex([1; 32]);
    let old_data = report_data(&old, &honest.crypto.0, &honest.devices.0);
    let relayed = report_data(&NONCE, b"{}", &honest.devices.0);
    let other_pcrs = |number: u8| {
        changed(&|e| {
            e.pcrs.as_mut().unwrap().insert(number, Hex([1; 32]));
        })
    };
    let resigned = |edit: &dyn Fn(&mut Vec<u8>)| {
        let mut attest = tpm.attest(&extra_data(&report_data(
            &NONCE,
            &honest.crypto.0,
            &honest.devices.0,
        )));
        edit(&mut attest);
        changed(&|e| e.report = Base64(tpm.sign(&attest)))
    };
    let cases: [(&str, &[&str], Evidence); 16] = [
        ("as it should be", &[], honest.clone()),
        (
            "a quote for an old nonce",
            &["report_data"],
            changed(&|e| e.report = Base64(tpm.quote(&extra_data(&old_data)))),
        ),
        (
            "the whole evidence of an old nonce",
            &["nonce"],
            changed(&|e| {
                e.nonce = old;
                e.report = Base64(tpm.quote(&extra_data(&old_data)));
            }),
        ),
        (
            "a quote for another connection's key",
            &["report_data"],
            changed(&|e| e.report = Base64(tpm.quote(&extra_data(&relayed)))),
        ),
        (
            "no extra data",
            &["report_data"],
            changed(&|e| e.report = Base64(tpm.quote(&[]))),
        ),
        (
            "another TPM",
            &["key.pinned", "signature"],
            evidence(&machine()),
        ),
        ("PCR 9 differs from the quote", &["pcrs"], other_pcrs(9)),
        ("PCR 14 differs from the quote", &["pcrs"], other_pcrs(14)),
        ("no PCRs", &["pcrs"], changed(&|e| e.pcrs = None)),
        (
            "a log that gives other PCRs",
            &["event_log", "measurement.firmware"],
            changed(&|e| e.event_log = Some(Base64(boot("tee.debug=1").log()))),
        ),
        (
            "a log that breaks off",
            &["event_log", "measurement.firmware"],
            changed(&|e| {
                e.event_log.as_mut().unwrap().0.pop();
            }),
        ),
        (
            "no log, though it is needed",
            &["event_log", "measurement.firmware"],
            changed(&|e| e.event_log = None),
        ),
        (
            "another magic number",
            &["report.form"],
            resigned(&|a| a[0] = 0),
        ),
        ("no quote", &["report.form"], resigned(&|a| a[5] = 0x17)),
        (
            "over other PCRs",
            &["report.form"],
            resigned(&|a| {
                let at = a.len() - 36;
                a[at] = 0x7f;
            }),
        ),
        (
            "something behind the quote",
            &["report.form"],
            resigned(&|a| a.push(0)),
        ),
    ];
    let mut table = Table::default();
    for (case, want, evidence) in &cases {
        table.row(case, want, &ask(&tpm, evidence));
    }
    table.close("simulated, the evidence");
}

#[test]
fn i17_another_image_is_refused_by_what_it_measures_as() {
    let tpm = machine();
    let honest = evidence(&tpm);
    let mut table = Table::default();
    let mut row = |case: &str, want: &[&str], edit: &dyn Fn(&mut SimExpected)| {
        let mut sim = sim(&tpm);
        edit(&mut sim);
        table.row(case, want, &asker(&tpm, sim).ask(&Roots::makers(), &honest));
    };
    let debug = boot("tee.root=1 tee.debug=1").pcr(9);
    row("PCR 0 alone is enough", &[], &|s| s.dxefv = None);
    row("the firmware volume alone is enough", &[], &|s| {
        s.pcr0 = None
    });
    row(
        "nothing known of the firmware",
        &["measurement.firmware"],
        &|s| (s.pcr0, s.dxefv) = (None, None),
    );
    row("another firmware", &["measurement.firmware"], &|s| {
        s.pcr0 = Some(Hex([1; 32]))
    });
    row("another firmware volume", &["measurement.firmware"], &|s| {
        s.dxefv = Some(Hex([1; 32]))
    });
    row("another kernel", &["measurement.kernel"], &|s| {
        s.pcr4 = Hex([1; 32])
    });
    row(
        "production, where debug was expected",
        &["measurement.cmdline_initrd"],
        &|s| s.pcr9 = debug,
    );
    let debugged = boot("tee.root=1 tee.debug=1");
    let asker_of_production = asker(&debugged, sim(&tpm));
    let verdict = asker_of_production.ask(&Roots::makers(), &evidence(&debugged));
    table.row(
        "debug, where production was expected",
        &["measurement.cmdline_initrd"],
        &verdict,
    );
    table.close("simulated, the measurement");
}

#[test]
fn i18_without_a_pinned_key_nothing_passes() {
    let tpm = machine();
    let mut asker = asker(&tpm, sim(&tpm));
    asker.policy.sim.keys = vec![];
    let verdict = asker.ask(&Roots::makers(), &evidence(&tpm));
    assert_eq!(failed(&verdict), ["key.pinned", "signature"]);
    let reached = |name| {
        verdict
            .checks
            .iter()
            .find(|c| c.check == name)
            .unwrap()
            .reached
    };
    assert!(!reached("measurement.kernel") && !reached("pcrs"));
}

#[test]
fn i18_without_a_log_pcr_0_as_a_whole_is_enough() {
    let tpm = machine();
    let sim = SimExpected {
        dxefv: None,
        ..sim(&tpm)
    };
    let evidence = Evidence {
        event_log: None,
        ..evidence(&tpm)
    };
    assert!(asker(&tpm, sim).ask(&Roots::makers(), &evidence).ok);
}

#[test]
fn q27_every_changed_byte_of_a_quote_is_refused() {
    let tpm = machine();
    let honest = evidence(&tpm);
    for place in 0..honest.report.0.len() {
        let mut evidence = honest.clone();
        evidence.report.0[place] ^= 1 << (place % 8);
        assert!(!ask(&tpm, &evidence).ok, "byte {place}");
    }
}

#[test]
fn i18_a_tpm_started_from_another_locality_says_so_in_its_log() {
    use crate::attest::sim::EventLog;
    let startup = [b"StartupLocality\0".as_slice(), &[3]].concat();
    let mut log = Tpm::new().log();
    log.extend([[0; 4], [3, 0, 0, 0], [1, 0, 0, 0]].concat());
    log.extend([0x0b, 0].into_iter().chain([0; 32]));
    log.extend([17, 0, 0, 0].into_iter().chain(startup));
    let read = EventLog::read(&log).unwrap();
    assert_eq!(read.pcr(0).0[31], 3);
    assert_eq!(read.pcr(1), Hex([0; 32]));
}
