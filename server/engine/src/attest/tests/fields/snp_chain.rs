//! SEV-SNP: the real certificates from AMD's root to a chip, after they were signed.

use super::*;
use crate::attest::tests::snp_real;
use expect_test::expect;
use sev::certs::snp::builtin::milan;

type Member = (&'static str, fn(&mut Certs) -> &mut Option<Base64>);

const CERTIFICATES: [Member; 3] = [
    ("ARK", |c| &mut c.ark),
    ("ASK", |c| &mut c.ask),
    ("VCEK", |c| &mut c.vcek),
];

/// AMD's document 57230.
const NAMES: [(&str, &str); 11] = [
    ("1.3.6.1.4.1.3704.1.1", "structure version"),
    ("1.3.6.1.4.1.3704.1.2", "product name"),
    ("1.3.6.1.4.1.3704.1.3.1", "boot loader"),
    ("1.3.6.1.4.1.3704.1.3.2", "TEE"),
    ("1.3.6.1.4.1.3704.1.3.3", "SNP"),
    ("1.3.6.1.4.1.3704.1.3.4", "reserved 4"),
    ("1.3.6.1.4.1.3704.1.3.5", "reserved 5"),
    ("1.3.6.1.4.1.3704.1.3.6", "reserved 6"),
    ("1.3.6.1.4.1.3704.1.3.7", "reserved 7"),
    ("1.3.6.1.4.1.3704.1.3.8", "microcode"),
    ("1.3.6.1.4.1.3704.1.4", "chip id"),
];

#[test]
fn q27_every_field_of_a_real_chain() {
    let mut honest = snp_real::evidence();
    honest.certs.ark = Some(Base64(milan::ark().unwrap().to_der().unwrap()));
    honest.certs.ask = Some(Base64(milan::ask().unwrap().to_der().unwrap()));
    let asker = snp_real::asker(&honest.report.0);
    let roots = Roots::makers();
    let ask = |evidence: &Evidence| asker.ask(&roots, evidence);
    let mut changes = Changes::new("snp", &["report_data"], &ask, &honest);
    for (name, member) in CERTIFICATES {
        let der = member(&mut honest.certs.clone()).clone().unwrap().0;
        let with = |der| {
            let mut evidence = honest.clone();
            *member(&mut evidence.certs) = Some(Base64(der));
            evidence
        };
        for field in der::certificate(&der, &NAMES) {
            changes.flip(&field.of(name), &der, with);
        }
        let long = [&der[..], &[0]].concat();
        let short = der[..der.len() - 1].to_vec();
        changes.change(
            name,
            "a byte more, a byte less",
            &[with(long), with(short)],
            "",
        );
    }
    changes.close(&expect![[r#"
        platform | field                             | place       | change                   | refused by                                             | because
        snp      | ARK: version                      | 0x8 + 5     | each bit                 | chain.root
        snp      | ARK: serial number                | 0xd + 5     | each bit                 | chain.root
        snp      | ARK: algorithm, signed            | 0x12 + 72   | each byte                | chain.root
        snp      | ARK: issuer                       | 0x5a + 125  | each byte                | chain.root
        snp      | ARK: not before                   | 0xd9 + 15   | each byte                | chain.root
        snp      | ARK: not after                    | 0xe8 + 15   | each byte                | chain.root
        snp      | ARK: subject                      | 0xf7 + 125  | each byte                | chain.root
        snp      | ARK: public key                   | 0x174 + 550 | each byte                | chain.root
        snp      | ARK: extension key usage          | 0x39e + 16  | each byte                | chain.root
        snp      | ARK: extension subject's key      | 0x3ae + 31  | each byte                | chain.root
        snp      | ARK: extension constraints        | 0x3cd + 17  | each byte                | chain.root
        snp      | ARK: extension where lists are    | 0x3de + 60  | each byte                | chain.root
        snp      | ARK: algorithm, outside           | 0x41a + 72  | each byte                | chain.root
        snp      | ARK: signature                    | 0x462 + 517 | each byte                | chain.root
        snp      | ARK: tags and lengths around      | 14 places   | each byte                | chain.root
        snp      | ARK                               |             | a byte more, a byte less | chain.root
        snp      | ASK: version                      | 0x8 + 5     | each bit                 | chain.root
        snp      | ASK: serial number                | 0xd + 5     | each bit                 | chain.root or chain.signatures
        snp      | ASK: algorithm, signed            | 0x12 + 72   | each byte                | chain.root
        snp      | ASK: issuer                       | 0x5a + 125  | each byte                | chain.root or chain.signatures
        snp      | ASK: not before                   | 0xd9 + 15   | each byte                | chain.root or chain.signatures
        snp      | ASK: not after                    | 0xe8 + 15   | each byte                | chain.root or chain.signatures (some: chain.dates too)
        snp      | ASK: subject                      | 0xf7 + 125  | each byte                | chain.root or chain.signatures
        snp      | ASK: public key                   | 0x174 + 550 | each byte                | chain.root or chain.signatures
        snp      | ASK: extension subject's key      | 0x3a0 + 31  | each byte                | chain.root or chain.signatures
        snp      | ASK: extension issuer's key       | 0x3bf + 33  | each byte                | chain.root or chain.signatures
        snp      | ASK: extension constraints        | 0x3e0 + 20  | each byte                | chain.root or chain.signatures
        snp      | ASK: extension key usage          | 0x3f4 + 16  | each byte                | chain.root or chain.signatures
        snp      | ASK: extension where lists are    | 0x404 + 60  | each byte                | chain.root or chain.signatures
        snp      | ASK: algorithm, outside           | 0x440 + 72  | each byte                | chain.root
        snp      | ASK: signature                    | 0x488 + 517 | each byte                | chain.root or chain.signatures
        snp      | ASK: tags and lengths around      | 16 places   | each byte                | chain.root
        snp      | ASK                               |             | a byte more, a byte less | chain.root
        snp      | VCEK: version                     | 0x8 + 5     | each bit                 | chain.root
        snp      | VCEK: serial number               | 0xd + 3     | each bit                 | chain.root or chain.signatures
        snp      | VCEK: algorithm, signed           | 0x10 + 72   | each byte                | chain.root
        snp      | VCEK: issuer                      | 0x58 + 125  | each byte                | chain.root or chain.signatures
        snp      | VCEK: not before                  | 0xd7 + 15   | each byte                | chain.root or chain.signatures (some: chain.dates too)
        snp      | VCEK: not after                   | 0xe6 + 15   | each byte                | chain.root or chain.signatures (some: chain.dates too)
        snp      | VCEK: subject                     | 0xf5 + 124  | each byte                | chain.root or chain.signatures
        snp      | VCEK: public key                  | 0x171 + 120 | each byte                | chain.root or chain.signatures (some: signature too)
        snp      | VCEK: extension structure version | 0x1f1 + 18  | each byte                | chain.root or chain.signatures
        snp      | VCEK: extension product name      | 0x203 + 25  | each byte                | chain.root or chain.signatures
        snp      | VCEK: extension boot loader       | 0x21c + 19  | each byte                | chain.root or chain.signatures + chain.tcb
        snp      | VCEK: extension TEE               | 0x22f + 19  | each byte                | chain.root or chain.signatures + chain.tcb
        snp      | VCEK: extension reserved 4        | 0x242 + 19  | each byte                | chain.root or chain.signatures
        snp      | VCEK: extension reserved 5        | 0x255 + 19  | each byte                | chain.root or chain.signatures (some: chain.tcb too)
        snp      | VCEK: extension reserved 6        | 0x268 + 19  | each byte                | chain.root or chain.signatures
        snp      | VCEK: extension reserved 7        | 0x27b + 19  | each byte                | chain.root or chain.signatures
        snp      | VCEK: extension SNP               | 0x28e + 19  | each byte                | chain.root or chain.signatures + chain.tcb
        snp      | VCEK: extension microcode         | 0x2a1 + 19  | each byte                | chain.root or chain.signatures + chain.tcb
        snp      | VCEK: extension chip id           | 0x2b4 + 79  | each byte                | chain.root or chain.signatures + chain.chip_id
        snp      | VCEK: algorithm, outside          | 0x303 + 72  | each byte                | chain.root
        snp      | VCEK: signature                   | 0x34b + 517 | each byte                | chain.root or chain.signatures
        snp      | VCEK: tags and lengths around     | 18 places   | each byte                | chain.root
        snp      | VCEK                              |             | a byte more, a byte less | chain.root
    "#]]);
}
