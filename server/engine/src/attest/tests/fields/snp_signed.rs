//! SEV-SNP: the report, before a chip signs it. So the signature holds, and something else must say
//! no, or the field is one that nothing is concluded from.

use super::*;
use crate::attest::tests::amd::{CHIP, HOST_DATA, MEASUREMENT, TCB, amd, wanted};
use crate::attest::tests::snp_mock;
use domain::attest::SnpTcb;
use expect_test::expect;

fn tcb() -> [u8; 8] {
    let [bootloader, tee, snp, microcode] = TCB;
    [bootloader, tee, 0, 0, 0, 0, snp, microcode]
}

/// Each part of a TCB moved by one.
fn moved(at: usize, by: i8) -> Vec<Put> {
    let one = |part: usize| {
        let mut tcb = tcb();
        tcb[part] = tcb[part].wrapping_add_signed(by);
        Put(at, tcb.to_vec())
    };
    [0, 1, 6, 7].map(one).to_vec()
}

const ID_BLOCK: &str = "the host's own words (ID block); nothing is concluded from them";
const NUMBERS: &str = "how new firmware is, is said by the four TCBs";
const NEWER: &str = "more than the minimum";
const MORE: &str = "AES-256, no RAPL, hidden ciphertext, no page swaps: asks for more";

fn cases() -> Vec<Case<Put>> {
    let policy = 0x3_0000u64.to_le_bytes();
    let policy = |range| bits(8, &policy, range);
    let version = |all: &[u32]| {
        let one = |n: &u32| Put(0, n.to_le_bytes().to_vec());
        all.iter().map(one).collect::<Vec<_>>()
    };
    let key = |range| bits(0x48, &[0; 4], range);
    vec![
        case("version", "0, 1, 6, 2^31", version(&[0, 1, 6, 1 << 31])),
        case("version", "3, 4", version(&[3, 4])).accepted("these are read here, too"),
        each("guest_svn", 4, &[0; 4]).accepted(ID_BLOCK),
        case("policy", "bits 0 to 15, ABI", policy(0..16)).accepted("the oldest ABI to run on"),
        case("policy", "bit 16, SMT", policy(16..17)).accepted("nothing is asked of SMT"),
        case("policy", "bit 17, not set", policy(17..18)),
        case("policy", "bit 18, migration", policy(18..19)),
        case("policy", "bit 19, debug", policy(19..20)),
        case("policy", "bit 20, one socket", policy(20..21)).accepted("asks for more"),
        case("policy", "bit 21, CXL", policy(21..22)).accepted("nothing is asked of CXL"),
        case("policy", "bits 22 to 25", policy(22..26)).accepted(MORE),
        case("policy", "bits 26 to 63", policy(26..64)),
        each("family_id", 0x10, &[0; 16]).accepted(ID_BLOCK),
        each("image_id", 0x20, &[0; 16]).accepted(ID_BLOCK),
        each("vmpl", 0x30, &[0; 4]),
        each("signature_algo", 0x34, &[1, 0, 0, 0]),
        case("current_tcb", "each part lower", moved(0x38, -1)),
        case("current_tcb", "each part higher", moved(0x38, 1)).accepted(NEWER),
        case("current_tcb", "bits of no part", bits(0x38, &tcb(), 16..48)),
        each("platform_info", 0x40, &[0; 8])
            .accepted("how the host is set up (SMT, ECC, RAPL); nothing is asked of it"),
        case("key_info", "bit 0, author", key(0..1)).accepted(ID_BLOCK),
        case("key_info", "bit 1, masked key", key(1..2)),
        case("key_info", "bits 2 to 4, other key", key(2..5)),
        case("key_info", "bits 5 to 31", key(5..32)),
        each("reserved at 0x4c", 0x4c, &[0; 4]),
        each("report_data", 0x50, &wanted()),
        each("measurement", 0x90, &MEASUREMENT),
        each("host_data", 0xc0, &HOST_DATA),
        each("id_key_digest", 0xe0, &[0; 48]).accepted(ID_BLOCK),
        each("author_key_digest", 0x110, &[0; 48]).accepted(ID_BLOCK),
        each("report_id", 0x140, &[0; 32]).accepted("names a guest for as long as it runs"),
        each("report_id_ma", 0x160, &[0xff; 32]),
        case("reported_tcb", "each part lower", moved(0x180, -1)),
        case("reported_tcb", "each part higher", moved(0x180, 1)),
        case(
            "reported_tcb",
            "bits of no part",
            bits(0x180, &tcb(), 16..48),
        ),
        each("cpuid family", 0x188, &[0x19]),
        case(
            "cpuid model",
            "another Milan, a Genoa",
            put(0x189, [[0], [0x0f], [0x11], [0xa0]]),
        )
        .accepted("their reports have the same form"),
        case("cpuid model", "no known one", put(0x189, [[0x21], [0xff]])),
        each("cpuid stepping", 0x18a, &[1]).accepted("nothing is asked of it"),
        each("reserved at 0x18b", 0x18b, &[0; 21]),
        each("chip_id", 0x1a0, &CHIP),
        case("chip_id", "masked", put(0x1a0, [[0; 64]])),
        case("committed_tcb", "each part lower", moved(0x1e0, -1)),
        case("committed_tcb", "each part higher", moved(0x1e0, 1)).accepted(NEWER),
        case(
            "committed_tcb",
            "bits of no part",
            bits(0x1e0, &tcb(), 16..48),
        ),
        each("current version", 0x1e8, &[0; 3]).accepted(NUMBERS),
        each("reserved at 0x1eb", 0x1eb, &[0]),
        each("committed version", 0x1ec, &[0; 3]).accepted(NUMBERS),
        each("reserved at 0x1ef", 0x1ef, &[0]),
        case("launch_tcb", "each part lower", moved(0x1f0, -1)),
        case("launch_tcb", "each part higher", moved(0x1f0, 1)).accepted(NEWER),
        case("launch_tcb", "bits of no part", bits(0x1f0, &tcb(), 16..48)),
        each("launch_mit_vector", 0x1f8, &[0; 8]).accepted(NUMBERS),
        each("current_mit_vector", 0x200, &[0; 8]).accepted(NUMBERS),
        each("reserved at 0x208", 0x208, &[0; 152]),
    ]
}

#[test]
fn q27_every_field_that_a_chip_signs() {
    let honest = amd().evidence(|report| report[0] = 5);
    let mut asker = snp_mock::asker();
    let [bootloader, tee, snp, microcode] = TCB;
    asker.policy.snp.min_tcb = SnpTcb {
        fmc: 0,
        bootloader,
        tee,
        snp,
        microcode,
    };
    let roots = amd().roots();
    let ask = |evidence: &Evidence| asker.ask(&roots, evidence);
    let mut changes = Changes::new("snp v5, signed so", &[], &ask, &honest);
    covered(&cases(), 0x2a0);
    changes.cases(cases(), |put| Evidence {
        report: Base64(amd().report(|report| {
            report[0] = 5;
            put.onto(report);
        })),
        ..honest.clone()
    });
    changes.close(&expect![[r#"
        platform          | field              | place | change                 | refused by                 | because
        snp v5, signed so | version            |       | 0, 1, 6, 2^31          | report.form
        snp v5, signed so | version            |       | 3, 4                   | accepted                   | these are read here, too
        snp v5, signed so | guest_svn          |       | each bit               | accepted                   | the host's own words (ID block); nothing is concluded from them
        snp v5, signed so | policy             |       | bits 0 to 15, ABI      | accepted                   | the oldest ABI to run on
        snp v5, signed so | policy             |       | bit 16, SMT            | accepted                   | nothing is asked of SMT
        snp v5, signed so | policy             |       | bit 17, not set        | report.form                | a report with bits that nobody here knows
        snp v5, signed so | policy             |       | bit 18, migration      | policy.migration
        snp v5, signed so | policy             |       | bit 19, debug          | policy.debug
        snp v5, signed so | policy             |       | bit 20, one socket     | accepted                   | asks for more
        snp v5, signed so | policy             |       | bit 21, CXL            | accepted                   | nothing is asked of CXL
        snp v5, signed so | policy             |       | bits 22 to 25          | accepted                   | AES-256, no RAPL, hidden ciphertext, no page swaps: asks for more
        snp v5, signed so | policy             |       | bits 26 to 63          | report.form                | a report with bits that nobody here knows
        snp v5, signed so | family_id          |       | each byte              | accepted                   | the host's own words (ID block); nothing is concluded from them
        snp v5, signed so | image_id           |       | each byte              | accepted                   | the host's own words (ID block); nothing is concluded from them
        snp v5, signed so | vmpl               |       | each bit               | policy.vmpl
        snp v5, signed so | signature_algo     |       | each bit               | report.form                | a report with another signature algorithm
        snp v5, signed so | current_tcb        |       | each part lower        | policy.min_tcb
        snp v5, signed so | current_tcb        |       | each part higher       | accepted                   | more than the minimum
        snp v5, signed so | current_tcb        |       | bits of no part        | report.form                | a report with bits where there should be none
        snp v5, signed so | platform_info      |       | each bit               | accepted                   | how the host is set up (SMT, ECC, RAPL); nothing is asked of it
        snp v5, signed so | key_info           |       | bit 0, author          | accepted                   | the host's own words (ID block); nothing is concluded from them
        snp v5, signed so | key_info           |       | bit 1, masked key      | report.form                | a report that no chip's own key has signed
        snp v5, signed so | key_info           |       | bits 2 to 4, other key | report.form                | a report that no chip's own key has signed
        snp v5, signed so | key_info           |       | bits 5 to 31           | report.form                | a report with bits that nobody here knows
        snp v5, signed so | reserved at 0x4c   |       | each bit               | report.form                | no report: Skipped bytes were expected to be zeroed.
        snp v5, signed so | report_data        |       | each byte              | report_data
        snp v5, signed so | measurement        |       | each byte              | measurement.launch
        snp v5, signed so | host_data          |       | each byte              | measurement.host_data
        snp v5, signed so | id_key_digest      |       | each byte              | accepted                   | the host's own words (ID block); nothing is concluded from them
        snp v5, signed so | author_key_digest  |       | each byte              | accepted                   | the host's own words (ID block); nothing is concluded from them
        snp v5, signed so | report_id          |       | each byte              | accepted                   | names a guest for as long as it runs
        snp v5, signed so | report_id_ma       |       | each byte              | policy.migration
        snp v5, signed so | reported_tcb       |       | each part lower        | chain.tcb + policy.min_tcb
        snp v5, signed so | reported_tcb       |       | each part higher       | chain.tcb
        snp v5, signed so | reported_tcb       |       | bits of no part        | report.form                | a report with bits where there should be none
        snp v5, signed so | cpuid family       |       | each bit               | report.form                | no report: processor is not of know SEV-SNP generation.
        snp v5, signed so | cpuid model        |       | another Milan, a Genoa | accepted                   | their reports have the same form
        snp v5, signed so | cpuid model        |       | no known one           | report.form                | no report: processor is not of know SEV-SNP model.
        snp v5, signed so | cpuid stepping     |       | each bit               | accepted                   | nothing is asked of it
        snp v5, signed so | reserved at 0x18b  |       | each byte              | report.form                | no report: Skipped bytes were expected to be zeroed.
        snp v5, signed so | chip_id            |       | each byte              | chain.chip_id
        snp v5, signed so | chip_id            |       | masked                 | chain.chip_id
        snp v5, signed so | committed_tcb      |       | each part lower        | policy.min_tcb
        snp v5, signed so | committed_tcb      |       | each part higher       | accepted                   | more than the minimum
        snp v5, signed so | committed_tcb      |       | bits of no part        | report.form                | a report with bits where there should be none
        snp v5, signed so | current version    |       | each bit               | accepted                   | how new firmware is, is said by the four TCBs
        snp v5, signed so | reserved at 0x1eb  |       | each bit               | report.form                | no report: Skipped bytes were expected to be zeroed.
        snp v5, signed so | committed version  |       | each bit               | accepted                   | how new firmware is, is said by the four TCBs
        snp v5, signed so | reserved at 0x1ef  |       | each bit               | report.form                | no report: Skipped bytes were expected to be zeroed.
        snp v5, signed so | launch_tcb         |       | each part lower        | policy.min_tcb
        snp v5, signed so | launch_tcb         |       | each part higher       | accepted                   | more than the minimum
        snp v5, signed so | launch_tcb         |       | bits of no part        | report.form                | a report with bits where there should be none
        snp v5, signed so | launch_mit_vector  |       | each bit               | accepted                   | how new firmware is, is said by the four TCBs
        snp v5, signed so | current_mit_vector |       | each bit               | accepted                   | how new firmware is, is said by the four TCBs
        snp v5, signed so | reserved at 0x208  |       | each byte              | report.form                | no report: Skipped bytes were expected to be zeroed.
    "#]]);
}
