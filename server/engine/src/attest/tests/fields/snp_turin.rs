//! SEV-SNP: what only a Turin has, which is a version more, its TCB in another order, and short names
//! of chips.

use super::*;
use crate::attest::tests::amd::{CHIP, Vcek, amd, extension};
use crate::attest::tests::snp_mock;
use expect_test::expect;

const FMC: u8 = 9;

/// With the certificate's FMC extensions as they are given.
fn evidence(chip: &[u8], fmc: &[&[u8]], edit: impl FnOnce(&mut [u8])) -> Evidence {
    let report = amd().report(|report| {
        // FMC, boot loader, TEE, SNP and microcode.
        for at in [0x38, 0x180, 0x1e0, 0x1f0] {
            report[at..at + 8].copy_from_slice(&[FMC, 3, 1, 20, 0, 0, 0, 210]);
        }
        report[0] = 5;
        report[0x188..0x18b].copy_from_slice(&[0x1a, 0x02, 0x01]);
        report[0x1a8..0x1e0].fill(0);
        edit(report);
    });
    let more = fmc
        .iter()
        .map(|der| extension("1.3.6.1.4.1.3704.1.3.9", der.to_vec()));
    let usual = amd().vcek(&Vcek {
        chip: chip.to_vec(),
        ..Vcek::default()
    });
    let vcek = amd().changed_vcek(|tbs| {
        *tbs = usual;
        tbs.extensions.as_mut().unwrap().extend(more);
    });
    Evidence {
        report: Base64(report),
        certs: Certs {
            vcek: Some(Base64(vcek)),
            ..amd().certs(&Vcek::default())
        },
        ..envelope(Platform::Snp)
    }
}

const USUAL: &[&[u8]] = &[&[2, 1, FMC]];

#[test]
fn q27_every_field_that_only_a_turin_has() {
    let chip = &CHIP[..8];
    let honest = evidence(chip, USUAL, |_| {});
    let mut asker = snp_mock::asker();
    asker.policy.snp.min_tcb.fmc = FMC;
    let roots = amd().roots();
    let ask = |evidence: &Evidence| asker.ask(&roots, evidence);
    let mut changes = Changes::new("snp Turin, signed so", &[], &ask, &honest);
    let fmcs: [&[&[u8]]; 4] = [&[&[2, 1, 8]], &[], &[USUAL[0], USUAL[0]], &[&[4, 1, FMC]]];
    let fmcs = fmcs.map(|fmc| evidence(chip, fmc, |_| {}));
    changes.change(
        "VCEK: FMC",
        "other, missing, twice, of another type",
        &fmcs,
        "",
    );
    let chips = [&CHIP[..7], &[0; 8], &CHIP[..]].map(|chip| evidence(chip, USUAL, |_| {}));
    changes.change("VCEK: chip id", "shorter, zero, long", &chips, "");
    let put = |at: usize, byte: u8| evidence(chip, USUAL, |report| report[at] = byte);
    for (name, at) in [
        ("current_tcb", 0x38),
        ("committed_tcb", 0x1e0),
        ("launch_tcb", 0x1f0),
    ] {
        changes.change(name, "FMC lower", &[put(at, FMC - 1)], "");
    }
    let moved = [FMC - 1, FMC + 1].map(|fmc| put(0x180, fmc));
    changes.change("reported_tcb", "FMC lower, higher", &moved, "");
    let reserved = [0x3c, 0x3d, 0x3e].map(|at| put(at, 1));
    changes.change("current_tcb", "bits of no part", &reserved, "");
    let behind = [0x1a8, 0x1df].map(|at| put(at, 1));
    changes.change("chip_id", "not zero behind 8 bytes", &behind, "");
    changes.change("cpuid family", "Milan's", &[put(0x188, 0x19)], "");
    changes.close(&expect![[r#"
        platform             | field         | place | change                                 | refused by                           | because
        snp Turin, signed so | VCEK: FMC     |       | other, missing, twice, of another type | chain.tcb
        snp Turin, signed so | VCEK: chip id |       | shorter, zero, long                    | chain.chip_id
        snp Turin, signed so | current_tcb   |       | FMC lower                              | policy.min_tcb
        snp Turin, signed so | committed_tcb |       | FMC lower                              | policy.min_tcb
        snp Turin, signed so | launch_tcb    |       | FMC lower                              | policy.min_tcb
        snp Turin, signed so | reported_tcb  |       | FMC lower, higher                      | chain.tcb (some: policy.min_tcb too)
        snp Turin, signed so | current_tcb   |       | bits of no part                        | report.form                          | a report with bits where there should be none
        snp Turin, signed so | chip_id       |       | not zero behind 8 bytes                | chain.chip_id
        snp Turin, signed so | cpuid family  |       | Milan's                                | report.form                          | a report with bits where there should be none
    "#]]);
}
