//! Intel TDX: what the TDX module says of a guest, before the quoting enclave signs it. So the
//! signature holds, and something else must say no, or the field is one that nothing is concluded
//! from.

use super::*;
use crate::attest::tests::amd::{NOW, wanted};
use crate::attest::tests::intel::{self, MEASURED, TD, intel};
use expect_test::expect;

/// A quote with other bytes at a place.
fn with(put: &Put) -> Evidence {
    intel().evidence(|words| put.onto(&mut words.td))
}

const CHOSEN: &str = "the host's own words; nothing is concluded from them";
const MEASURES: &str = "what it allows is used by the guest's measured kernel alone";
const SERVANT: &str = "of another guest's rights; there is none, or its hash says so";
const CREATED: &str = "of the platform that the guest was made on: another only by migration";
const NEWER: &str = "more than Intel asks for";
const RUNNING: &str = "a running module is replaced by newer ones only; the one at launch counts";

/// Each part of a TCB, but for the module's major version.
fn newer(at: usize) -> Vec<Put> {
    let mut tcb = [0; 16];
    tcb[..3].copy_from_slice(&[4, 1, 2]);
    bits(at, &tcb, (0..16).filter(|n| *n != 1).map(|n| n * 8))
}

fn header() -> Vec<Case<Put>> {
    let vendor = dcap_qvl::INTEL_QE_VENDOR_ID;
    vec![
        each("version", 0, &[5, 0]),
        each("attestation_key_type", 2, &[2, 0]),
        each("tee_type", 4, &[0x81, 0, 0, 0]),
        case("tee_type", "SGX", put(4, [[0; 4]])),
        each("qe_svn", 8, &[0; 2]).accepted("the QE's own report says it"),
        each("pce_svn", 10, &[0; 2]).accepted("the PCK says it"),
        each("qe_vendor_id", 12, &vendor),
        each("user_data", 28, &[0; 20]).accepted("the QE's name for its platform"),
        each("body: type", 48, &[4, 0]),
        each("body: length", 50, &[0x75, 3, 0, 0]),
    ]
}

/// What TDX has had from the beginning.
fn first() -> Vec<Case<Put>> {
    let attributes = |all: &[usize]| {
        let honest = [0, 0, 0, 0x10, 0, 0, 0, 0];
        bits(TD + 120, &honest, all.iter().copied())
    };
    let reserved: Vec<usize> = (8..16).chain(23..27).chain(32..62).collect();
    let features = [16, 18, 19, 20, 21, 22, 27, 30, 31, 62, 63];
    vec![
        case(
            "tee_tcb_svn",
            "module, microcode older",
            put(TD, [[3, 1, 2], [4, 1, 1]]),
        ),
        case(
            "tee_tcb_svn",
            "module far too old, unknown",
            put(TD, [[2, 1, 2], [4, 9, 2]]),
        ),
        case("tee_tcb_svn", "newer", newer(TD)).accepted(NEWER),
        each("mr_seam", TD + 16, &[0; 48]).accepted("Intel vouches for its signer and version"),
        each("mr_signer_seam", TD + 64, &[0; 48]),
        each("seam_attributes", TD + 112, &[0; 8]),
        case(
            "td_attributes",
            "bits 0 to 7, debug",
            attributes(&[0, 1, 2, 3, 4, 5, 6, 7]),
        ),
        case(
            "td_attributes",
            "bits 17, 29, migration",
            attributes(&[17, 29]),
        ),
        case(
            "td_attributes",
            "bit 28, SEPT_VE_DISABLE, not set",
            attributes(&[28]),
        ),
        case("td_attributes", "reserved bits", attributes(&reserved)),
        case(
            "td_attributes",
            "bits 16, 18 to 22, 27, 30, 31, 62, 63",
            attributes(&features),
        )
        .accepted(MEASURES),
        each("xfam", TD + 128, &[0xe7, 0, 0, 0, 0, 0, 0, 0]).accepted(MEASURES),
        each("mr_td", TD + 136, &MEASURED),
        each("mr_config_id", TD + 184, &MEASURED),
        each("mr_owner", TD + 232, &[0; 48]).accepted(CHOSEN),
        each("mr_owner_config", TD + 280, &[0; 48]).accepted(CHOSEN),
        each("rt_mr0", TD + 328, &MEASURED),
        each("rt_mr1", TD + 376, &MEASURED),
        each("rt_mr2", TD + 424, &MEASURED),
        each("rt_mr3", TD + 472, &[0; 48]),
        each("report_data", TD + 520, &wanted()),
    ]
}

/// What TDX 1.5 has more, and its extended form.
fn later() -> Vec<Case<Put>> {
    let rights = |field, at| each(field, at, &[0; 8]);
    let svn = |field, at| each(field, at, &[0; 16]);
    let hash = |field, at| each(field, at, &[0; 48]);
    vec![
        case(
            "tee_tcb_svn2",
            "far too old, unknown",
            put(TD + 584, [[2, 1, 2], [4, 9, 2]]),
        ),
        case(
            "tee_tcb_svn2",
            "older than at launch",
            put(TD + 584, [[3, 1, 2]]),
        )
        .accepted(RUNNING),
        case("tee_tcb_svn2", "newer", newer(TD + 584)).accepted(NEWER),
        hash("mr_service_td", TD + 600),
        each("vmid", TD + 648, &[0]).accepted("the guest itself asks, for a part of itself"),
        each("td_id", TD + 649, &[0; 32]).accepted("names a guest for as long as it runs"),
        hash("dev_info", TD + 681),
        hash("init_service_td_hash", TD + 729),
        rights("init_service_td_attributes", TD + 777).accepted(SERVANT),
        svn("init_cpu_svn", TD + 785).accepted(CREATED),
        svn("init_tee_tcb_svn", TD + 801).accepted(CREATED),
        each("init_tee_fmspc", TD + 817, &[0; 12]).accepted(CREATED),
        hash("cur_service_td_hash", TD + 829),
        rights("cur_service_td_attributes", TD + 877).accepted(SERVANT),
    ]
}

#[test]
fn q27_every_field_that_a_quoting_enclave_signs() {
    let honest = intel().evidence(|_| {});
    let asker = Asker::new(&intel::expected(), NOW);
    let roots = intel().roots();
    let ask = |evidence: &Evidence| asker.ask(&roots, evidence);
    let mut changes = Changes::new("tdx v5, signed so", &[], &ask, &honest);
    let all = [header(), first(), later()];
    covered(all.iter().flatten(), TD + 885);
    for cases in all {
        changes.cases(cases, with);
    }
    changes.close(&expect![[r#"
        platform          | field                      | place | change                                | refused by                   | because
        tdx v5, signed so | version                    |       | each bit                              | report.form                  | no quote: Codec error
        tdx v5, signed so | attestation_key_type       |       | each bit                              | signature                    | Unsupported DCAP attestation key type
        tdx v5, signed so | tee_type                   |       | each bit                              | signature
        tdx v5, signed so | tee_type                   |       | SGX                                   | signature                    | SGX TEE quote must have version 3
        tdx v5, signed so | qe_svn                     |       | each bit                              | accepted                     | the QE's own report says it
        tdx v5, signed so | pce_svn                    |       | each bit                              | accepted                     | the PCK says it
        tdx v5, signed so | qe_vendor_id               |       | each byte                             | signature                    | Unknown QE vendor ID
        tdx v5, signed so | user_data                  |       | each byte                             | accepted                     | the QE's name for its platform
        tdx v5, signed so | body: type                 |       | each bit                              | report.form                  | no quote: Codec error
        tdx v5, signed so | body: length               |       | each bit                              | report.form                  | no quote: Codec error
        tdx v5, signed so | tee_tcb_svn                |       | module, microcode older               | policy.tcb_status
        tdx v5, signed so | tee_tcb_svn                |       | module far too old, unknown           | signature
        tdx v5, signed so | tee_tcb_svn                |       | newer                                 | accepted                     | more than Intel asks for
        tdx v5, signed so | mr_seam                    |       | each byte                             | accepted                     | Intel vouches for its signer and version
        tdx v5, signed so | mr_signer_seam             |       | each byte                             | signature
        tdx v5, signed so | seam_attributes            |       | each bit                              | signature
        tdx v5, signed so | td_attributes              |       | bits 0 to 7, debug                    | signature + policy.debug
        tdx v5, signed so | td_attributes              |       | bits 17, 29, migration                | signature + policy.migration
        tdx v5, signed so | td_attributes              |       | bit 28, SEPT_VE_DISABLE, not set      | signature                    | SEPT_VE_DISABLE is not enabled
        tdx v5, signed so | td_attributes              |       | reserved bits                         | signature                    | Reserved bits in TD attributes are set
        tdx v5, signed so | td_attributes              |       | bits 16, 18 to 22, 27, 30, 31, 62, 63 | accepted                     | what it allows is used by the guest's measured kernel alone
        tdx v5, signed so | xfam                       |       | each bit                              | accepted                     | what it allows is used by the guest's measured kernel alone
        tdx v5, signed so | mr_td                      |       | each byte                             | measurement.firmware
        tdx v5, signed so | mr_config_id               |       | each byte                             | measurement.host_data
        tdx v5, signed so | mr_owner                   |       | each byte                             | accepted                     | the host's own words; nothing is concluded from them
        tdx v5, signed so | mr_owner_config            |       | each byte                             | accepted                     | the host's own words; nothing is concluded from them
        tdx v5, signed so | rt_mr0                     |       | each byte                             | measurement.settings
        tdx v5, signed so | rt_mr1                     |       | each byte                             | measurement.kernel
        tdx v5, signed so | rt_mr2                     |       | each byte                             | measurement.cmdline_initrd
        tdx v5, signed so | rt_mr3                     |       | each byte                             | measurement.runtime
        tdx v5, signed so | report_data                |       | each byte                             | report_data
        tdx v5, signed so | tee_tcb_svn2               |       | far too old, unknown                  | signature
        tdx v5, signed so | tee_tcb_svn2               |       | older than at launch                  | accepted                     | a running module is replaced by newer ones only; the one at launch counts
        tdx v5, signed so | tee_tcb_svn2               |       | newer                                 | accepted                     | more than Intel asks for
        tdx v5, signed so | mr_service_td              |       | each byte                             | signature + policy.migration | Invalid MR service TD
        tdx v5, signed so | vmid                       |       | each bit                              | accepted                     | the guest itself asks, for a part of itself
        tdx v5, signed so | td_id                      |       | each byte                             | accepted                     | names a guest for as long as it runs
        tdx v5, signed so | dev_info                   |       | each byte                             | devices
        tdx v5, signed so | init_service_td_hash       |       | each byte                             | policy.migration
        tdx v5, signed so | init_service_td_attributes |       | each bit                              | accepted                     | of another guest's rights; there is none, or its hash says so
        tdx v5, signed so | init_cpu_svn               |       | each byte                             | accepted                     | of the platform that the guest was made on: another only by migration
        tdx v5, signed so | init_tee_tcb_svn           |       | each byte                             | accepted                     | of the platform that the guest was made on: another only by migration
        tdx v5, signed so | init_tee_fmspc             |       | each byte                             | accepted                     | of the platform that the guest was made on: another only by migration
        tdx v5, signed so | cur_service_td_hash        |       | each byte                             | policy.migration
        tdx v5, signed so | cur_service_td_attributes  |       | each bit                              | accepted                     | of another guest's rights; there is none, or its hash says so
    "#]]);
}
