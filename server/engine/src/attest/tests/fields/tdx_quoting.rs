//! Intel TDX: the quoting enclave's report, before the chip's key signs it.

use super::*;
use crate::attest::tests::amd::NOW;
use crate::attest::tests::intel::{self, intel};
use expect_test::expect;

const QE: &str = "the enclave is known by its signer, its product and its version";

fn cases(qe: &[u8]) -> Vec<Case<Put>> {
    let part = |field, range: Range<usize>| each(field, range.start, &qe[range]);
    let svn = |to: u8| put(258, [[to]]);
    let flags = |all: &[usize]| bits(48, &qe[48..56], all.iter().copied());
    let zeros = "a processor signs zeros there";
    vec![
        part("QE cpu_svn", 0..16).accepted(QE),
        part("QE misc_select", 16..20),
        part("QE reserved at 20", 20..48).accepted(zeros),
        case("QE attributes", "bit 1, debug", flags(&[1])),
        case("QE attributes", "bit 2", flags(&[2])).accepted("outside of Intel's mask"),
        case(
            "QE attributes",
            "bits 0, 3 to 7",
            flags(&[0, 3, 4, 5, 6, 7]),
        ),
        case(
            "QE attributes",
            "bits 8 to 63",
            bits(48, &qe[48..56], 8..64),
        ),
        part("QE attributes, XFRM", 56..64).accepted("outside of Intel's mask"),
        part("QE mr_enclave", 64..96).accepted(QE),
        part("QE reserved at 96", 96..128).accepted(zeros),
        part("QE mr_signer", 128..160),
        part("QE reserved at 160", 160..256).accepted(zeros),
        part("QE isv_prod_id", 256..258),
        case("QE isv_svn", "3: out of date", svn(3)),
        case("QE isv_svn", "2: of no known level", svn(2)),
        case("QE isv_svn", "5: newer", svn(5)).accepted("more than Intel asks for"),
        case("QE isv_svn", "260: newer", put(258, [[4, 1]])).accepted("more than Intel asks for"),
        part("QE reserved at 260", 260..320).accepted(zeros),
        part("QE report_data, hash", 320..352),
        part("QE report_data, behind", 352..384).accepted("the QE writes zeros there"),
    ]
}

#[test]
fn q27_every_field_of_a_quoting_enclaves_report() {
    let honest = intel().evidence(|_| {});
    let asker = Asker::new(&intel::expected(), NOW);
    let roots = intel().roots();
    let ask = |evidence: &Evidence| asker.ask(&roots, evidence);
    let mut changes = Changes::new("tdx v5, signed so", &[], &ask, &honest);
    let cases = cases(&intel().qe());
    covered(&cases, 384);
    changes.cases(cases, |put| {
        intel().evidence(|words| put.onto(&mut words.qe))
    });
    changes.close(&expect![[r#"
        platform          | field                  | place | change               | refused by        | because
        tdx v5, signed so | QE cpu_svn             |       | each byte            | accepted          | the enclave is known by its signer, its product and its version
        tdx v5, signed so | QE misc_select         |       | each bit             | signature
        tdx v5, signed so | QE reserved at 20      |       | each byte            | accepted          | a processor signs zeros there
        tdx v5, signed so | QE attributes          |       | bit 1, debug         | signature         | QE report validation failed: Debug mode is enabled
        tdx v5, signed so | QE attributes          |       | bit 2                | accepted          | outside of Intel's mask
        tdx v5, signed so | QE attributes          |       | bits 0, 3 to 7       | signature
        tdx v5, signed so | QE attributes          |       | bits 8 to 63         | signature
        tdx v5, signed so | QE attributes, XFRM    |       | each bit             | accepted          | outside of Intel's mask
        tdx v5, signed so | QE mr_enclave          |       | each byte            | accepted          | the enclave is known by its signer, its product and its version
        tdx v5, signed so | QE reserved at 96      |       | each byte            | accepted          | a processor signs zeros there
        tdx v5, signed so | QE mr_signer           |       | each byte            | signature
        tdx v5, signed so | QE reserved at 160     |       | each byte            | accepted          | a processor signs zeros there
        tdx v5, signed so | QE isv_prod_id         |       | each bit             | signature
        tdx v5, signed so | QE isv_svn             |       | 3: out of date       | policy.tcb_status
        tdx v5, signed so | QE isv_svn             |       | 2: of no known level | signature         | QE ISVSVN 2 is below minimum required 3 from QE Identity
        tdx v5, signed so | QE isv_svn             |       | 5: newer             | accepted          | more than Intel asks for
        tdx v5, signed so | QE isv_svn             |       | 260: newer           | accepted          | more than Intel asks for
        tdx v5, signed so | QE reserved at 260     |       | each byte            | accepted          | a processor signs zeros there
        tdx v5, signed so | QE report_data, hash   |       | each byte            | signature         | QE report hash mismatch
        tdx v5, signed so | QE report_data, behind |       | each byte            | accepted          | the QE writes zeros there
    "#]]);
}
