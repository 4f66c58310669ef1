//! Whatever bytes come, a verdict comes out, and it is no.

use super::*;
use proptest::prelude::*;

fn platform() -> impl Strategy<Value = Platform> {
    prop::sample::select(Platform::ALL.to_vec())
}

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..most)
}

/// The beginnings of what the parsers know, so that they go on.
fn beginnings() -> impl Strategy<Value = Vec<u8>> {
    let quote = [0, 95, 0xff, 0x54, 0x43, 0x47, 0x80, 0x18, 0, 0];
    let log = super::tpm::Tpm::new().log();
    let known = vec![
        vec![],
        vec![3, 0, 0, 0],
        vec![4, 0, 2, 0, 0x81, 0, 0, 0],
        vec![5, 0, 2, 0],
        quote.to_vec(),
        log,
    ];
    (prop::sample::select(known), bytes(1400)).prop_map(|(head, tail)| [head, tail].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn q26_no_evidence_makes_the_verifier_panic(
        platform in platform(),
        report in beginnings(),
        log in beginnings(),
        [crypto, devices, ark, ask, vcek] in [bytes(200), bytes(200), bytes(200), bytes(200), bytes(200)],
    ) {
        let some = |bytes| Some(Base64(bytes));
        let evidence = Evidence {
            report: Base64(report),
            crypto: Base64(crypto),
            devices: Base64(devices),
            event_log: some(log),
            pcrs: Some(super::tpm::Tpm::new().pcrs()),
            certs: Certs { ark: some(ark), ask: some(ask), vcek: some(vcek), collateral: None },
            ..envelope(platform)
        };
        let mut asker = Asker::new(&image(), Time(1_780_000_000_000));
        asker.policy.allow_simulated = true;
        asker.policy.sim.keys = vec![Hex([1; 64])];
        let verdict = asker.ask(&Roots::makers(), &evidence);
        prop_assert!(!verdict.ok);
        prop_assert_eq!(verdict.checks.len(), domain::attest::checks::of(platform).len());
    }

    #[test]
    fn q26_no_event_log_makes_the_reader_panic(log in beginnings()) {
        let _ = crate::attest::sim::EventLog::read(&log);
    }
}
