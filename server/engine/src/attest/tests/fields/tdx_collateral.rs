//! Intel TDX: what Intel says of a platform, after it was signed.

use super::*;
use crate::attest::tests::intel::hexadecimal;
use crate::attest::tests::tdx_real;
use domain::attest::Collateral;
use expect_test::expect;

type Member = (&'static str, fn(&mut Collateral) -> &mut String);

const CHAINS: [Member; 4] = [
    ("pck_crl_issuer_chain", |c| &mut c.pck_crl_issuer_chain),
    ("tcb_info_issuer_chain", |c| &mut c.tcb_info_issuer_chain),
    ("qe_identity_issuer_chain", |c| {
        &mut c.qe_identity_issuer_chain
    }),
    ("pck_certificate_chain", |c| {
        c.pck_certificate_chain.as_mut().unwrap()
    }),
];
const LISTS: [Member; 2] = [
    ("root_ca_crl", |c| &mut c.root_ca_crl),
    ("pck_crl", |c| &mut c.pck_crl),
];
const STATEMENTS: [Member; 2] = [
    ("tcb_info", |c| &mut c.tcb_info),
    ("qe_identity", |c| &mut c.qe_identity),
];
const SIGNATURES: [Member; 2] = [
    ("tcb_info_signature", |c| &mut c.tcb_info_signature),
    ("qe_identity_signature", |c| &mut c.qe_identity_signature),
];

fn text(honest: &Evidence, member: Member) -> String {
    member.1(&mut honest.certs.collateral.clone().unwrap()).clone()
}

fn with(honest: &Evidence, member: Member, text: String) -> Evidence {
    let mut evidence = honest.clone();
    *member.1(evidence.certs.collateral.as_mut().unwrap()) = text;
    evidence
}

/// Bytes that are no text any more are no JSON, and never come here.
fn as_text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

fn chains(changes: &mut Changes<'_>, honest: &Evidence) {
    for member in CHAINS {
        let pem = text(honest, member);
        let field = Field::new(member.0, 0..pem.len());
        changes.flip(&field, pem.as_bytes(), |bytes| {
            with(honest, member, as_text(bytes))
        });
        let mut short = pem::read(&pem);
        short.pop();
        let all = [pem::write(&short), format!("{pem}{pem}"), String::new()];
        let all = all.map(|text| with(honest, member, text));
        changes.change(member.0, "a certificate less, more, none", &all, "");
    }
}

/// One signer's certificate counts for both statements, so each of its fields is looked at once.
fn signer(changes: &mut Changes<'_>, honest: &Evidence) {
    let member = CHAINS[1];
    let chain = pem::read(&text(honest, member));
    for field in der::certificate(&chain[0], &[]) {
        changes.flip(&field.of("TCB signer"), &chain[0], |der| {
            with(honest, member, pem::write(&[der, chain[1].clone()]))
        });
    }
}

fn lists(changes: &mut Changes<'_>, honest: &Evidence) {
    for member in LISTS {
        let hex = text(honest, member);
        let der = vectors::hex(hex.as_bytes());
        for field in der::revoked(&der) {
            changes.flip(&field.of(member.0), &der, |der| {
                with(honest, member, hexadecimal(&der))
            });
        }
        let all = [format!("{hex}00"), hex[2..].to_owned(), "zz".into()];
        let all = all.map(|text| with(honest, member, text));
        changes.change(member.0, "a byte more, less, no hexadecimal", &all, "");
        let loud = with(honest, member, hex.to_uppercase());
        changes.change(member.0, "in capitals", &[loud], "the same bytes");
    }
    let [root, pck] = LISTS.map(|member| text(honest, member));
    let mut swapped = with(honest, LISTS[0], pck.clone());
    *LISTS[1].1(swapped.certs.collateral.as_mut().unwrap()) = root.clone();
    let twice = [
        with(honest, LISTS[0], pck),
        with(honest, LISTS[1], root),
        swapped,
    ];
    changes.change(
        "root_ca_crl, pck_crl",
        "one for the other, swapped",
        &twice,
        "",
    );
}

fn statements(changes: &mut Changes<'_>, honest: &Evidence) {
    for member in STATEMENTS {
        let json = text(honest, member);
        for field in json::members(&json) {
            let field = field.of(member.0);
            changes.flip(&field, json.as_bytes(), |bytes| {
                with(honest, member, as_text(bytes))
            });
        }
        let blanks = [format!(" {json}"), format!("{json}\n")];
        let blanks = blanks.map(|text| with(honest, member, text));
        changes.change(member.0, "blanks around", &blanks, "");
    }
}

fn signatures(changes: &mut Changes<'_>, honest: &Evidence) {
    for member in SIGNATURES {
        let hex = text(honest, member);
        let bytes = vectors::hex(hex.as_bytes());
        for field in fields(&[("r", 32), ("s", 32)], bytes.len()) {
            changes.flip(&field.of(member.0), &bytes, |bytes| {
                with(honest, member, hexadecimal(&bytes))
            });
        }
        let (r, s) = hex.split_at(64);
        let all = [
            format!("{r}00{s}"),
            r.into(),
            String::new(),
            "00".repeat(64),
        ];
        let all = all.map(|text| with(honest, member, text));
        changes.change(member.0, "a zero before s, s missing, none, zero", &all, "");
        let other = hexadecimal(&curve::other(curve::P256, &bytes[32..]));
        let other = with(honest, member, format!("{r}{other}"));
        let reason = "ECDSA has two spellings of a signature; both are of this text, by this key";
        changes.change(member.0, "order - s", &[other], reason);
    }
}

#[test]
fn q27_every_field_of_intels_collateral() {
    let sample = &tdx_real::V5;
    let (honest, asker, roots) = (sample.evidence(), sample.asker(), Roots::makers());
    let ask = |evidence: &Evidence| asker.ask(&roots, evidence);
    let mut changes = Changes::new("tdx", sample.known, &ask, &honest);
    chains(&mut changes, &honest);
    signer(&mut changes, &honest);
    lists(&mut changes, &honest);
    statements(&mut changes, &honest);
    signatures(&mut changes, &honest);
    changes.close(&expect![[r#"
        platform | field                                     | place        | change                                 | refused by | because
        tdx      | pck_crl_issuer_chain                      | 0x0 + 1904   | each byte                              | signature
        tdx      | pck_crl_issuer_chain                      |              | a certificate less, more, none         | signature
        tdx      | tcb_info_issuer_chain                     | 0x0 + 1892   | each byte                              | signature
        tdx      | tcb_info_issuer_chain                     |              | a certificate less, more, none         | signature
        tdx      | qe_identity_issuer_chain                  | 0x0 + 1892   | each byte                              | signature
        tdx      | qe_identity_issuer_chain                  |              | a certificate less, more, none         | signature
        tdx      | pck_certificate_chain                     | 0x0 + 3682   | each byte                              | signature
        tdx      | pck_certificate_chain                     |              | a certificate less, more, none         | signature
        tdx      | TCB signer: version                       | 0x8 + 5      | each bit                               | signature
        tdx      | TCB signer: serial number                 | 0xd + 22     | each byte                              | signature
        tdx      | TCB signer: algorithm, signed             | 0x23 + 12    | each byte                              | signature
        tdx      | TCB signer: issuer                        | 0x2f + 106   | each byte                              | signature
        tdx      | TCB signer: not before                    | 0x9b + 15    | each byte                              | signature
        tdx      | TCB signer: not after                     | 0xaa + 15    | each byte                              | signature
        tdx      | TCB signer: subject                       | 0xb9 + 110   | each byte                              | signature
        tdx      | TCB signer: public key                    | 0x127 + 91   | each byte                              | signature
        tdx      | TCB signer: extension issuer's key        | 0x188 + 33   | each byte                              | signature
        tdx      | TCB signer: extension where lists are     | 0x1a9 + 84   | each byte                              | signature
        tdx      | TCB signer: extension subject's key       | 0x1fd + 31   | each byte                              | signature
        tdx      | TCB signer: extension key usage           | 0x21c + 16   | each byte                              | signature
        tdx      | TCB signer: extension constraints         | 0x22c + 14   | each byte                              | signature
        tdx      | TCB signer: algorithm, outside            | 0x23a + 12   | each byte                              | signature
        tdx      | TCB signer: signature                     | 0x246 + 75   | each byte                              | signature
        tdx      | TCB signer: tags and lengths around       | 16 places    | each byte                              | signature
        tdx      | root_ca_crl: version                      | 0x7 + 3      | each bit                               | signature
        tdx      | root_ca_crl: algorithm, signed            | 0xa + 12     | each byte                              | signature
        tdx      | root_ca_crl: issuer                       | 0x16 + 106   | each byte                              | signature
        tdx      | root_ca_crl: this update                  | 0x80 + 15    | each byte                              | signature
        tdx      | root_ca_crl: next update                  | 0x8f + 15    | each byte                              | signature
        tdx      | root_ca_crl: extension number of the list | 0xa2 + 12    | each byte                              | signature
        tdx      | root_ca_crl: extension issuer's key       | 0xae + 33    | each byte                              | signature
        tdx      | root_ca_crl: algorithm, outside           | 0xcf + 12    | each byte                              | signature
        tdx      | root_ca_crl: signature                    | 0xdb + 75    | each byte                              | signature
        tdx      | root_ca_crl: tags and lengths around      | 11 places    | each byte                              | signature
        tdx      | root_ca_crl                               |              | a byte more, less, no hexadecimal      | signature
        tdx      | root_ca_crl                               |              | in capitals                            | accepted   | the same bytes
        tdx      | pck_crl: version                          | 0x8 + 3      | each bit                               | signature
        tdx      | pck_crl: algorithm, signed                | 0xb + 12     | each byte                              | signature
        tdx      | pck_crl: issuer                           | 0x17 + 114   | each byte                              | signature
        tdx      | pck_crl: this update                      | 0x89 + 15    | each byte                              | signature
        tdx      | pck_crl: next update                      | 0x98 + 15    | each byte                              | signature
        tdx      | pck_crl: revoked                          | 0xa7 + 3053  | each byte                              | signature
        tdx      | pck_crl: extension number of the list     | 0xc98 + 12   | each byte                              | signature
        tdx      | pck_crl: extension issuer's key           | 0xca4 + 33   | each byte                              | signature
        tdx      | pck_crl: algorithm, outside               | 0xcc5 + 12   | each byte                              | signature
        tdx      | pck_crl: signature                        | 0xcd1 + 74   | each byte                              | signature
        tdx      | pck_crl: tags and lengths around          | 12 places    | each byte                              | signature
        tdx      | pck_crl                                   |              | a byte more, less, no hexadecimal      | signature
        tdx      | pck_crl                                   |              | in capitals                            | accepted   | the same bytes
        tdx      | root_ca_crl, pck_crl                      |              | one for the other, swapped             | signature
        tdx      | tcb_info: id                              | 0x0 + 12     | each byte                              | signature
        tdx      | tcb_info: version                         | 0xc + 12     | each byte                              | signature
        tdx      | tcb_info: issueDate                       | 0x18 + 35    | each byte                              | signature
        tdx      | tcb_info: nextUpdate                      | 0x3b + 36    | each byte                              | signature
        tdx      | tcb_info: fmspc                           | 0x5f + 23    | each byte                              | signature
        tdx      | tcb_info: pceId                           | 0x76 + 15    | each byte                              | signature
        tdx      | tcb_info: tcbType                         | 0x85 + 12    | each byte                              | signature
        tdx      | tcb_info: tcbEvaluationDataNumber         | 0x91 + 29    | each byte                              | signature
        tdx      | tcb_info: tdxModule                       | 0xae + 192   | each byte                              | signature
        tdx      | tcb_info: tdxModuleIdentities             | 0x16e + 1226 | each byte                              | signature
        tdx      | tcb_info: tcbLevels                       | 0x638 + 3932 | each byte                              | signature
        tdx      | tcb_info                                  |              | blanks around                          | signature  | Signature is invalid for tcb_info in quote_collateral
        tdx      | qe_identity: id                           | 0x0 + 14     | each byte                              | signature
        tdx      | qe_identity: version                      | 0xe + 12     | each byte                              | signature
        tdx      | qe_identity: issueDate                    | 0x1a + 35    | each byte                              | signature
        tdx      | qe_identity: nextUpdate                   | 0x3d + 36    | each byte                              | signature
        tdx      | qe_identity: tcbEvaluationDataNumber      | 0x61 + 29    | each byte                              | signature
        tdx      | qe_identity: miscselect                   | 0x7e + 24    | each byte                              | signature
        tdx      | qe_identity: miscselectMask               | 0x96 + 28    | each byte                              | signature
        tdx      | qe_identity: attributes                   | 0xb2 + 48    | each byte                              | signature
        tdx      | qe_identity: attributesMask               | 0xe2 + 52    | each byte                              | signature
        tdx      | qe_identity: mrsigner                     | 0x116 + 78   | each byte                              | signature
        tdx      | qe_identity: isvprodid                    | 0x164 + 14   | each byte                              | signature
        tdx      | qe_identity: tcbLevels                    | 0x172 + 91   | each byte                              | signature
        tdx      | qe_identity                               |              | blanks around                          | signature  | Signature is invalid for qe_identity in quote_collateral
        tdx      | tcb_info_signature: r                     | 0x0 + 32     | each byte                              | signature  | Signature is invalid for tcb_info in quote_collateral
        tdx      | tcb_info_signature: s                     | 0x20 + 32    | each byte                              | signature  | Signature is invalid for tcb_info in quote_collateral
        tdx      | tcb_info_signature                        |              | a zero before s, s missing, none, zero | signature
        tdx      | tcb_info_signature                        |              | order - s                              | accepted   | ECDSA has two spellings of a signature; both are of this text, by this key
        tdx      | qe_identity_signature: r                  | 0x0 + 32     | each byte                              | signature  | Signature is invalid for qe_identity in quote_collateral
        tdx      | qe_identity_signature: s                  | 0x20 + 32    | each byte                              | signature  | Signature is invalid for qe_identity in quote_collateral
        tdx      | qe_identity_signature                     |              | a zero before s, s missing, none, zero | signature
        tdx      | qe_identity_signature                     |              | order - s                              | accepted   | ECDSA has two spellings of a signature; both are of this text, by this key
    "#]]);
}
