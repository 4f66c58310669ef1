//! Two cards: one whose evidence holds, and one that is refused.

use super::{HOUR, MIN, Scene, sha};
use domain::attest::{Boot, Ledger, Platform, Status, checks};
use domain::deployment::Phase;
use domain::time::Time;
use domain::view::{
    AttestationView, AttestedView, DeploymentSummary, ProofView, ReachView, Standing,
};

impl Scene {
    /// What serves shows that it is what it should be; what failed shows another kernel.
    pub fn attestation(self, of: &DeploymentSummary) -> Option<AttestationView> {
        match of.phase {
            Phase::Live => Some(self.card(of, true)),
            Phase::Failed => Some(self.card(of, false)),
            _ => None,
        }
    }

    fn card(self, of: &DeploymentSummary, holds: bool) -> AttestationView {
        let verdict = {
            let mut ledger = looked_at(holds);
            ledger.note(checks::DEVICES, true, "none", "none");
            ledger.close(self.ago(2 * MIN))
        };
        let newest = self.found(holds, verdict.sentence(), 2 * MIN, 41);
        let before = self.found(
            false,
            "SIMULATED – not confidential: refused, because of key.pinned.".into(),
            30 * HOUR,
            1,
        );
        let at = |what: &str| format!("/v2/deployments/{}/attestation/{what}?replica=0", of.id);
        let rest = format!(
            "--expected expected.json --key {} --allow-simulated --tpm-key {}{}",
            hex("key"),
            hex("x"),
            hex("y")
        );
        AttestationView {
            standing: if holds {
                Standing::Holds
            } else {
                Standing::Refused
            },
            sentence: verdict.sentence(),
            platform: Some(Platform::Sim),
            simulated: true,
            every_s: 300,
            key: Some(hex("key")),
            reach: holds.then(|| ReachView {
                inside: vec!["https://vault.localhost:8443".into()],
                edge: vec!["http://vault.localhost:8080".into()],
                command: Some(format!(
                    "sealdock verify https://vault.localhost:8443 {rest}"
                )),
            }),
            history: vec![newest.clone(), before],
            instances: vec![ProofView {
                found: newest,
                checks: verdict.checks,
                boot: boot(),
                url: "https://127.0.0.1:41443".into(),
                command: format!("sealdock verify https://127.0.0.1:41443 {rest}"),
                evidence: Some(at("evidence")),
                command_for_file: Some(format!(
                    "sealdock verify evidence.json {rest} --nonce {} --spki {}",
                    hex("nonce"),
                    hex("spki")
                )),
                expected: at("expected.json"),
            }],
        }
    }

    fn found(self, holds: bool, sentence: String, ago: i64, times: u64) -> AttestedView {
        let last_at: Time = self.ago(ago);
        AttestedView {
            replica: 0,
            holds,
            platform: Some(Platform::Sim),
            sentence,
            measurement: hex("measurement"),
            first_at: last_at.plus_ms(-(times as i64 - 1) * 5 * MIN),
            last_at,
            times,
        }
    }
}

fn hex(of: &str) -> String {
    sha(of).trim_start_matches("sha256:").to_owned()
}

fn looked_at(holds: bool) -> Ledger {
    let mut ledger = Ledger::new(Platform::Sim);
    for name in checks::of(Platform::Sim) {
        let got = hex(name);
        ledger.note(name, true, got.clone(), got);
    }
    if !holds {
        ledger.no(checks::KERNEL, hex("another kernel"), hex(checks::KERNEL));
    }
    ledger
}

fn boot() -> Vec<Boot> {
    let steps = [
        ("root disk", 440),
        ("measured", 31),
        ("machine", 58),
        ("modules", 612),
        ("rootfs", 204),
        ("tls", 390),
        ("workload", 12),
    ];
    let step = |(name, ms): (&str, u64)| Boot {
        name: name.into(),
        status: Status::Ok,
        ms,
        detail: String::new(),
    };
    let secrets = Boot {
        status: Status::Skipped,
        detail: "none are named".into(),
        ..step(("secrets", 0))
    };
    let mut all: Vec<_> = steps.into_iter().map(step).collect();
    all.insert(6, secrets);
    all
}
