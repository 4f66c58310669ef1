//! Intel TDX: what Intel says of platforms and of quoting enclaves, before it is signed.

use super::*;
use crate::attest::tests::amd::NOW;
use crate::attest::tests::intel::{self, TD, Words, intel};
use expect_test::expect;
use serde_json::{Value, json};

type Edit = Box<dyn Fn(&mut Words)>;

const DATES: &str = "its dates say how new it is";
const LATER: &str = "2026-06-30T00:00:00Z";
const OVER: &str = "2026-05-02T00:00:00Z";

/// Another value at a place of the TCB info.
fn platform(path: &'static str, value: impl Into<Value>) -> Edit {
    let value = value.into();
    Box::new(move |words| *words.tcb_info.pointer_mut(path).unwrap() = value.clone())
}

/// The same of the quoting enclave's identity.
fn enclave(path: &'static str, value: impl Into<Value>) -> Edit {
    let value = value.into();
    Box::new(move |words| *words.qe_identity.pointer_mut(path).unwrap() = value.clone())
}

fn platforms() -> Vec<Case<Edit>> {
    let level = |status| platform("/tcbLevels/0/tcbStatus", status);
    let no_module: Edit = Box::new(|words| words.tcb_info["tdxModule"] = Value::Null);
    let advisories: Edit = Box::new(|words| {
        words.tcb_info["tcbLevels"][0]["advisoryIDs"] = json!(["INTEL-SA-1"]);
    });
    vec![
        case("tcb_info: id", "SGX", [platform("/id", "SGX")]),
        case("tcb_info: version", "2", [platform("/version", 2)]),
        case(
            "tcb_info: issueDate",
            "later",
            [platform("/issueDate", LATER)],
        ),
        case(
            "tcb_info: nextUpdate",
            "over",
            [platform("/nextUpdate", OVER)],
        ),
        case(
            "tcb_info: fmspc",
            "another",
            [platform("/fmspc", "B0C06F000001")],
        ),
        case("tcb_info: pceId", "another", [platform("/pceId", "0001")]),
        case("tcb_info: tcbType", "another", [platform("/tcbType", 1)]),
        case(
            "tcb_info: tcbEvaluationDataNumber",
            "another",
            [platform("/tcbEvaluationDataNumber", 1)],
        )
        .accepted(DATES),
        case("tcb_info: tdxModule", "missing", [no_module]),
        case("tcb_info: tcbLevels", "out of date", [level("OutOfDate")]),
        case(
            "tcb_info: tcbLevels",
            "configuration",
            [level("ConfigurationNeeded")],
        ),
        case(
            "tcb_info: tcbLevels",
            "hardening",
            [level("SWHardeningNeeded")],
        ),
        case("tcb_info: tcbLevels", "revoked", [level("Revoked")]),
        case("tcb_info: tcbLevels", "an unknown status", [level("Fine")]),
        case(
            "tcb_info: tcbLevels",
            "none",
            [platform("/tcbLevels", json!([]))],
        ),
        case("tcb_info: tcbLevels, advisoryIDs", "some", [advisories])
            .accepted("the status is what counts; they are shown beside it"),
    ]
}

fn modules() -> Vec<Case<Edit>> {
    let signer = || platform("/tdxModuleIdentities/0/mrsigner", "01".repeat(48));
    let attributes = || platform("/tdxModuleIdentities/0/attributes", "0100000000000000");
    let with = |edit: Edit, at: usize, bytes: Vec<u8>| -> Edit {
        let put = Put(TD + at, bytes);
        Box::new(move |words| {
            edit(words);
            put.onto(&mut words.td);
        })
    };
    let name = "tcb_info: tdxModuleIdentities";
    vec![
        case(name, "another signer", [signer()]),
        case(
            name,
            "another signer, as the guest's",
            [with(signer(), 64, vec![1; 48])],
        ),
        case(name, "other attributes", [attributes()]),
        case(
            name,
            "other attributes, as the guest's",
            [with(attributes(), 112, vec![1])],
        ),
        case(
            name,
            "another id",
            [platform("/tdxModuleIdentities/0/id", "TDX_02")],
        ),
        case(name, "none", [platform("/tdxModuleIdentities", json!([]))]),
        case(
            name,
            "no levels",
            [platform("/tdxModuleIdentities/0/tcbLevels", json!([]))],
        ),
        case(
            name,
            "out of date",
            [platform(
                "/tdxModuleIdentities/0/tcbLevels/0/tcbStatus",
                "OutOfDate",
            )],
        ),
        case(
            name,
            "revoked",
            [platform(
                "/tdxModuleIdentities/0/tcbLevels/0/tcbStatus",
                "Revoked",
            )],
        ),
    ]
}

fn enclaves() -> Vec<Case<Edit>> {
    vec![
        case("qe_identity: id", "SGX's", [enclave("/id", "QE")]),
        case("qe_identity: version", "1", [enclave("/version", 1)]),
        case(
            "qe_identity: issueDate",
            "later",
            [enclave("/issueDate", LATER)],
        ),
        case(
            "qe_identity: nextUpdate",
            "over",
            [enclave("/nextUpdate", OVER)],
        ),
        case(
            "qe_identity: tcbEvaluationDataNumber",
            "another",
            [enclave("/tcbEvaluationDataNumber", 1)],
        )
        .accepted(DATES),
        case(
            "qe_identity: miscselect",
            "another",
            [enclave("/miscselect", "01000000")],
        ),
        case(
            "qe_identity: attributes",
            "another",
            [enclave("/attributes", "01000000000000000000000000000000")],
        ),
        case(
            "qe_identity: mrsigner",
            "another",
            [enclave("/mrsigner", "DD".repeat(32))],
        ),
        case(
            "qe_identity: isvprodid",
            "another",
            [enclave("/isvprodid", 1)],
        ),
        case(
            "qe_identity: tcbLevels",
            "out of date",
            [enclave("/tcbLevels/0/tcbStatus", "OutOfDate")],
        ),
        case(
            "qe_identity: tcbLevels",
            "revoked",
            [enclave("/tcbLevels/0/tcbStatus", "Revoked")],
        ),
        case(
            "qe_identity: tcbLevels",
            "none",
            [enclave("/tcbLevels", json!([]))],
        ),
    ]
}

#[test]
fn q27_every_field_of_what_intel_says() {
    let honest = intel().evidence(|_| {});
    let asker = Asker::new(&intel::expected(), NOW);
    let roots = intel().roots();
    let ask = |evidence: &Evidence| asker.ask(&roots, evidence);
    let mut changes = Changes::new("tdx, signed so", &[], &ask, &honest);
    for cases in [platforms(), modules(), enclaves()] {
        changes.cases(cases, |edit| intel().evidence(|words| edit(words)));
    }
    changes.close(&expect![[r#"
        platform       | field                                | place | change                           | refused by        | because
        tdx, signed so | tcb_info: id                         |       | SGX                              | signature         | TDX quote with non-TDX TCB info in the collateral
        tdx, signed so | tcb_info: version                    |       | 2                                | signature         | TDX quote with non-TDX TCB info in the collateral
        tdx, signed so | tcb_info: issueDate                  |       | later                            | signature         | TCBInfo issue date is in the future
        tdx, signed so | tcb_info: nextUpdate                 |       | over                             | signature         | TCBInfo expired
        tdx, signed so | tcb_info: fmspc                      |       | another                          | signature         | Fmspc mismatch
        tdx, signed so | tcb_info: pceId                      |       | another                          | signature         | TCB info of the PCE 0001, not 0000
        tdx, signed so | tcb_info: tcbType                    |       | another                          | signature         | TCB info of an unknown type, 1
        tdx, signed so | tcb_info: tcbEvaluationDataNumber    |       | another                          | accepted          | its dates say how new it is
        tdx, signed so | tcb_info: tdxModule                  |       | missing                          | signature         | TDX module identity check: TDX TCB Info is missing tdxModule field
        tdx, signed so | tcb_info: tcbLevels                  |       | out of date                      | policy.tcb_status
        tdx, signed so | tcb_info: tcbLevels                  |       | configuration                    | policy.tcb_status
        tdx, signed so | tcb_info: tcbLevels                  |       | hardening                        | policy.tcb_status
        tdx, signed so | tcb_info: tcbLevels                  |       | revoked                          | signature         | TCB status is invalid: Revoked
        tdx, signed so | tcb_info: tcbLevels                  |       | an unknown status                | signature         | Failed to decode TcbInfo: unknown variant `Fine`, expected one of `UpToDate`, `OutOfDateConfigurationNeeded`, `OutOfDate`, `ConfigurationAndSWHardeningNeeded`, `ConfigurationNeeded`, `SWHardeningNeeded`, `Revoked`, `TDRelaunchAdvised`, `TDRelaunchAdvisedConfigurationNeeded` at line 1 column 597
        tdx, signed so | tcb_info: tcbLevels                  |       | none                             | signature         | No matching TCB level found
        tdx, signed so | tcb_info: tcbLevels, advisoryIDs     |       | some                             | accepted          | the status is what counts; they are shown beside it
        tdx, signed so | tcb_info: tdxModuleIdentities        |       | another signer                   | signature         | TDX module identity check: TDX module MRSIGNER mismatch: expected 010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101, got 000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
        tdx, signed so | tcb_info: tdxModuleIdentities        |       | another signer, as the guest's   | policy.module
        tdx, signed so | tcb_info: tdxModuleIdentities        |       | other attributes                 | signature         | TDX module identity check: TDX module SEAMATTRIBUTES mismatch at byte 0: expected 01 (masked), got 00 (masked)
        tdx, signed so | tcb_info: tdxModuleIdentities        |       | other attributes, as the guest's | policy.module
        tdx, signed so | tcb_info: tdxModuleIdentities        |       | another id                       | signature         | TDX module TCB level check: No TDX module identity with id TDX_01 found in TCB Info
        tdx, signed so | tcb_info: tdxModuleIdentities        |       | none                             | signature         | TDX module TCB level check: No TDX module identity with id TDX_01 found in TCB Info
        tdx, signed so | tcb_info: tdxModuleIdentities        |       | no levels                        | signature         | TDX module TCB level check: TDX module ISVSVN 4 is below minimum required from TDX module TCB levels
        tdx, signed so | tcb_info: tdxModuleIdentities        |       | out of date                      | policy.tcb_status
        tdx, signed so | tcb_info: tdxModuleIdentities        |       | revoked                          | signature         | TCB status is invalid: Revoked
        tdx, signed so | qe_identity: id                      |       | SGX's                            | signature         | Unsupported QE Identity id/version for the quote TEE type: QE version 2 (expected TD_QE version [2, 3])
        tdx, signed so | qe_identity: version                 |       | 1                                | signature         | Unsupported QE Identity id/version for the quote TEE type: TD_QE version 1 (expected TD_QE version [2, 3])
        tdx, signed so | qe_identity: issueDate               |       | later                            | signature         | QE Identity issue date is in the future
        tdx, signed so | qe_identity: nextUpdate              |       | over                             | signature         | QE Identity expired
        tdx, signed so | qe_identity: tcbEvaluationDataNumber |       | another                          | accepted          | its dates say how new it is
        tdx, signed so | qe_identity: miscselect              |       | another                          | signature         | QE MISCSELECT mismatch: expected 00000001 (masked), got 00000000 (masked)
        tdx, signed so | qe_identity: attributes              |       | another                          | signature         | QE ATTRIBUTES mismatch at byte 0: expected 01 (masked), got 11 (masked)
        tdx, signed so | qe_identity: mrsigner                |       | another                          | signature         | QE MRSIGNER mismatch: expected DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD, got DCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDC
        tdx, signed so | qe_identity: isvprodid               |       | another                          | signature         | QE ISVPRODID mismatch: expected 1, got 2
        tdx, signed so | qe_identity: tcbLevels               |       | out of date                      | policy.tcb_status
        tdx, signed so | qe_identity: tcbLevels               |       | revoked                          | signature         | TCB status is invalid: Revoked
        tdx, signed so | qe_identity: tcbLevels               |       | none                             | signature         | No TCB levels found in QE Identity
    "#]]);
}
