//! Intel TDX: the quote, as version 4 and as version 5 have it.

use super::*;
use crate::attest::tests::tdx_real;
use expect_test::expect;

const HEADER: [(&str, usize); 7] = [
    ("version", 2),
    ("attestation_key_type", 2),
    ("tee_type", 4),
    ("qe_svn", 2),
    ("pce_svn", 2),
    ("qe_vendor_id", 16),
    ("user_data", 20),
];

const BODY_HEAD: [(&str, usize); 2] = [("body: type", 2), ("body: length", 4)];

const TD: [(&str, usize); 15] = [
    ("tee_tcb_svn", 16),
    ("mr_seam", 48),
    ("mr_signer_seam", 48),
    ("seam_attributes", 8),
    ("td_attributes", 8),
    ("xfam", 8),
    ("mr_td", 48),
    ("mr_config_id", 48),
    ("mr_owner", 48),
    ("mr_owner_config", 48),
    ("rt_mr0", 48),
    ("rt_mr1", 48),
    ("rt_mr2", 48),
    ("rt_mr3", 48),
    ("report_data", 64),
];

/// What TDX 1.5 has more, and its extended form.
const TD_15: [(&str, usize); 12] = [
    ("tee_tcb_svn2", 16),
    ("mr_service_td", 48),
    ("vmid", 1),
    ("td_id", 32),
    ("dev_info", 48),
    ("init_service_td_hash", 48),
    ("init_service_td_attributes", 8),
    ("init_cpu_svn", 16),
    ("init_tee_tcb_svn", 16),
    ("init_tee_fmspc", 12),
    ("cur_service_td_hash", 48),
    ("cur_service_td_attributes", 8),
];

const SIGNATURE: [(&str, usize); 22] = [
    ("signature data: length", 4),
    ("signature: r", 32),
    ("signature: s", 32),
    ("attestation key", 64),
    ("certification data: type", 2),
    ("certification data: length", 4),
    ("QE cpu_svn", 16),
    ("QE misc_select", 4),
    ("QE reserved", 28),
    ("QE attributes", 16),
    ("QE mr_enclave", 32),
    ("QE reserved", 32),
    ("QE mr_signer", 32),
    ("QE reserved", 96),
    ("QE isv_prod_id", 2),
    ("QE isv_svn", 2),
    ("QE reserved", 60),
    ("QE report_data", 64),
    ("QE signature: r", 32),
    ("QE signature: s", 32),
    ("QE authentication data: length", 2),
    ("QE authentication data", 32),
];

fn all(parts: &[&[(&'static str, usize)]], quote: &[u8]) -> Vec<Field> {
    let mut widths = parts.concat();
    let at: usize = widths.iter().map(|(_, width)| width).sum();
    let length = u32::from_le_bytes(quote[at + 2..at + 6].try_into().unwrap());
    let length = usize::try_from(length).unwrap();
    widths.extend([
        ("PCK chain: type", 2),
        ("PCK chain: length", 4),
        ("PCK chain: text", length),
        ("padding", quote.len() - at - 6 - length),
    ]);
    widths.retain(|(_, width)| *width > 0);
    fields(&widths, quote.len())
}

/// All of its fields, and both signatures in their other spelling.
fn flip(changes: &mut Changes<'_>, parts: &[&[(&'static str, usize)]], honest: &Evidence) {
    let quote = &honest.report.0;
    let with = |quote| Evidence {
        report: Base64(quote),
        ..honest.clone()
    };
    let all = all(parts, quote);
    for field in &all {
        changes.flip(field, quote, with);
    }
    for name in ["signature: s", "QE signature: s"] {
        let field = all.iter().find(|field| field.name == name).unwrap();
        let (from, to) = (field.places[0], field.places[31] + 1);
        let mut respelled = quote.clone();
        respelled[from..to].copy_from_slice(&curve::other(curve::P256, &quote[from..to]));
        changes.change(name, "order - s", &[with(respelled)], SPELLING);
        let mut zero = quote.clone();
        zero[from - 32..to].fill(0);
        changes.change(name, "r and s are zero", &[with(zero)], "");
    }
}

const SPELLING: &str =
    "ECDSA has two spellings of a signature; both are of these bytes, by this key";

#[test]
fn q27_every_field_of_a_real_quote() {
    let sample = &tdx_real::V4;
    let (honest, asker, roots) = (sample.evidence(), sample.asker(), Roots::makers());
    let ask = |evidence: &Evidence| asker.ask(&roots, evidence);
    let mut changes = Changes::new("tdx v4", sample.known, &ask, &honest);
    flip(&mut changes, &[&HEADER, &TD, &SIGNATURE], &honest);
    let mut long = honest.clone();
    long.report.0.push(0);
    changes.change(
        "padding",
        "a zero more",
        &[long],
        "firmware pads with zeros",
    );
    let mut long = honest.clone();
    long.report.0.push(1);
    let mut short = honest.clone();
    short.report.0.truncate(4900);
    changes.change("quote", "a 1 more, 106 bytes less", &[long, short], "");
    changes.close(&expect![[r#"
        platform | field                          | place        | change                   | refused by                                           | because
        tdx v4   | version                        | 0x0 + 2      | each bit                 | report.form                                          | no quote: Codec error
        tdx v4   | attestation_key_type           | 0x2 + 2      | each bit                 | signature                                            | Unsupported DCAP attestation key type
        tdx v4   | tee_type                       | 0x4 + 4      | each bit                 | report.form                                          | no quote: Codec error
        tdx v4   | qe_svn                         | 0x8 + 2      | each bit                 | signature                                            | ISV enclave report signature is invalid
        tdx v4   | pce_svn                        | 0xa + 2      | each bit                 | signature                                            | ISV enclave report signature is invalid
        tdx v4   | qe_vendor_id                   | 0xc + 16     | each byte                | signature                                            | Unknown QE vendor ID
        tdx v4   | user_data                      | 0x1c + 20    | each byte                | signature                                            | ISV enclave report signature is invalid
        tdx v4   | tee_tcb_svn                    | 0x30 + 16    | each byte                | signature                                            | ISV enclave report signature is invalid
        tdx v4   | mr_seam                        | 0x40 + 48    | each byte                | signature                                            | ISV enclave report signature is invalid
        tdx v4   | mr_signer_seam                 | 0x70 + 48    | each byte                | signature                                            | ISV enclave report signature is invalid
        tdx v4   | seam_attributes                | 0xa0 + 8     | each bit                 | signature                                            | ISV enclave report signature is invalid
        tdx v4   | td_attributes                  | 0xa8 + 8     | each bit                 | signature (some: policy.debug, policy.migration too) | ISV enclave report signature is invalid
        tdx v4   | xfam                           | 0xb0 + 8     | each bit                 | signature                                            | ISV enclave report signature is invalid
        tdx v4   | mr_td                          | 0xb8 + 48    | each byte                | signature                                            | ISV enclave report signature is invalid
        tdx v4   | mr_config_id                   | 0xe8 + 48    | each byte                | signature                                            | ISV enclave report signature is invalid
        tdx v4   | mr_owner                       | 0x118 + 48   | each byte                | signature                                            | ISV enclave report signature is invalid
        tdx v4   | mr_owner_config                | 0x148 + 48   | each byte                | signature                                            | ISV enclave report signature is invalid
        tdx v4   | rt_mr0                         | 0x178 + 48   | each byte                | signature                                            | ISV enclave report signature is invalid
        tdx v4   | rt_mr1                         | 0x1a8 + 48   | each byte                | signature                                            | ISV enclave report signature is invalid
        tdx v4   | rt_mr2                         | 0x1d8 + 48   | each byte                | signature                                            | ISV enclave report signature is invalid
        tdx v4   | rt_mr3                         | 0x208 + 48   | each byte                | signature                                            | ISV enclave report signature is invalid
        tdx v4   | report_data                    | 0x238 + 64   | each byte                | signature                                            | ISV enclave report signature is invalid
        tdx v4   | signature data: length         | 0x278 + 4    | each bit                 | report.form
        tdx v4   | signature: r                   | 0x27c + 32   | each byte                | signature                                            | ISV enclave report signature is invalid
        tdx v4   | signature: s                   | 0x29c + 32   | each byte                | signature                                            | ISV enclave report signature is invalid
        tdx v4   | attestation key                | 0x2bc + 64   | each byte                | signature                                            | QE report hash mismatch
        tdx v4   | certification data: type       | 0x2fc + 2    | each bit                 | report.form                                          | a quote with bytes where there should be none
        tdx v4   | certification data: length     | 0x2fe + 4    | each bit                 | report.form                                          | no quote: Codec error
        tdx v4   | QE cpu_svn                     | 0x302 + 16   | each byte                | signature                                            | Signature is invalid for qe_report in quote
        tdx v4   | QE misc_select                 | 0x312 + 4    | each bit                 | signature                                            | Signature is invalid for qe_report in quote
        tdx v4   | QE reserved                    | 0x316 + 28   | each byte                | signature                                            | Signature is invalid for qe_report in quote
        tdx v4   | QE attributes                  | 0x332 + 16   | each byte                | signature                                            | Signature is invalid for qe_report in quote
        tdx v4   | QE mr_enclave                  | 0x342 + 32   | each byte                | signature                                            | Signature is invalid for qe_report in quote
        tdx v4   | QE reserved                    | 0x362 + 32   | each byte                | signature                                            | Signature is invalid for qe_report in quote
        tdx v4   | QE mr_signer                   | 0x382 + 32   | each byte                | signature                                            | Signature is invalid for qe_report in quote
        tdx v4   | QE reserved                    | 0x3a2 + 96   | each byte                | signature                                            | Signature is invalid for qe_report in quote
        tdx v4   | QE isv_prod_id                 | 0x402 + 2    | each bit                 | signature                                            | Signature is invalid for qe_report in quote
        tdx v4   | QE isv_svn                     | 0x404 + 2    | each bit                 | signature                                            | Signature is invalid for qe_report in quote
        tdx v4   | QE reserved                    | 0x406 + 60   | each byte                | signature                                            | Signature is invalid for qe_report in quote
        tdx v4   | QE report_data                 | 0x442 + 64   | each byte                | signature                                            | Signature is invalid for qe_report in quote
        tdx v4   | QE signature: r                | 0x482 + 32   | each byte                | signature                                            | Signature is invalid for qe_report in quote
        tdx v4   | QE signature: s                | 0x4a2 + 32   | each byte                | signature                                            | Signature is invalid for qe_report in quote
        tdx v4   | QE authentication data: length | 0x4c2 + 2    | each bit                 | report.form                                          | no quote: Codec error
        tdx v4   | QE authentication data         | 0x4c4 + 32   | each byte                | signature                                            | QE report hash mismatch
        tdx v4   | PCK chain: type                | 0x4e4 + 2    | each bit                 | signature                                            | a quote that does not say which chip it is from
        tdx v4   | PCK chain: length              | 0x4e6 + 4    | each bit                 | report.form
        tdx v4   | PCK chain: text                | 0x4ea + 3678 | each byte                | signature
        tdx v4   | padding                        | 0x1348 + 70  | each byte                | report.form                                          | a quote with bytes where there should be none
        tdx v4   | signature: s                   |              | order - s                | accepted                                             | ECDSA has two spellings of a signature; both are of these bytes, by this key
        tdx v4   | signature: s                   |              | r and s are zero         | signature                                            | ISV enclave report signature is invalid
        tdx v4   | QE signature: s                |              | order - s                | accepted                                             | ECDSA has two spellings of a signature; both are of these bytes, by this key
        tdx v4   | QE signature: s                |              | r and s are zero         | signature                                            | Signature is invalid for qe_report in quote
        tdx v4   | padding                        |              | a zero more              | accepted                                             | firmware pads with zeros
        tdx v4   | quote                          |              | a 1 more, 106 bytes less | report.form
    "#]]);
}

#[test]
fn q27_every_field_of_a_real_quote_of_version_5() {
    let sample = &tdx_real::V5;
    let (honest, asker, roots) = (sample.evidence(), sample.asker(), Roots::makers());
    let ask = |evidence: &Evidence| asker.ask(&roots, evidence);
    let mut changes = Changes::new("tdx v5", sample.known, &ask, &honest);
    flip(
        &mut changes,
        &[&HEADER, &BODY_HEAD, &TD, &TD_15, &SIGNATURE],
        &honest,
    );
    let chain = honest
        .certs
        .collateral
        .clone()
        .unwrap()
        .pck_certificate_chain;
    let bare = |kind, data: &[u8]| {
        let mut evidence = honest.clone();
        evidence.report.0 = without_chain(&honest.report.0, kind, data);
        evidence
    };
    assert!(chain.is_some());
    let name = "PCK chain";
    let reason = "Intel's name for the chip; its certificate is in the collateral, and has signed";
    changes.change(
        name,
        "an encrypted id instead",
        &[bare(2, &[1; 276]), bare(3, &[2; 404])],
        reason,
    );
    let others = [
        bare(2, &[1; 275]),
        bare(3, &[1; 405]),
        bare(1, &[1; 36]),
        bare(4, &[1; 9]),
    ];
    changes.change(name, "something else instead", &others, "");
    changes.close(&expect![[r#"
        platform | field                          | place        | change                  | refused by                                           | because
        tdx v5   | version                        | 0x0 + 2      | each bit                | report.form                                          | no quote: Codec error
        tdx v5   | attestation_key_type           | 0x2 + 2      | each bit                | signature                                            | Unsupported DCAP attestation key type
        tdx v5   | tee_type                       | 0x4 + 4      | each bit                | signature
        tdx v5   | qe_svn                         | 0x8 + 2      | each bit                | signature                                            | ISV enclave report signature is invalid
        tdx v5   | pce_svn                        | 0xa + 2      | each bit                | signature                                            | ISV enclave report signature is invalid
        tdx v5   | qe_vendor_id                   | 0xc + 16     | each byte               | signature                                            | Unknown QE vendor ID
        tdx v5   | user_data                      | 0x1c + 20    | each byte               | signature                                            | ISV enclave report signature is invalid
        tdx v5   | body: type                     | 0x30 + 2     | each bit                | report.form                                          | no quote: Codec error
        tdx v5   | body: length                   | 0x32 + 4     | each bit                | report.form                                          | no quote: Codec error
        tdx v5   | tee_tcb_svn                    | 0x36 + 16    | each byte               | signature                                            | ISV enclave report signature is invalid
        tdx v5   | mr_seam                        | 0x46 + 48    | each byte               | signature                                            | ISV enclave report signature is invalid
        tdx v5   | mr_signer_seam                 | 0x76 + 48    | each byte               | signature                                            | ISV enclave report signature is invalid
        tdx v5   | seam_attributes                | 0xa6 + 8     | each bit                | signature                                            | ISV enclave report signature is invalid
        tdx v5   | td_attributes                  | 0xae + 8     | each bit                | signature (some: policy.debug, policy.migration too) | ISV enclave report signature is invalid
        tdx v5   | xfam                           | 0xb6 + 8     | each bit                | signature                                            | ISV enclave report signature is invalid
        tdx v5   | mr_td                          | 0xbe + 48    | each byte               | signature                                            | ISV enclave report signature is invalid
        tdx v5   | mr_config_id                   | 0xee + 48    | each byte               | signature                                            | ISV enclave report signature is invalid
        tdx v5   | mr_owner                       | 0x11e + 48   | each byte               | signature                                            | ISV enclave report signature is invalid
        tdx v5   | mr_owner_config                | 0x14e + 48   | each byte               | signature                                            | ISV enclave report signature is invalid
        tdx v5   | rt_mr0                         | 0x17e + 48   | each byte               | signature                                            | ISV enclave report signature is invalid
        tdx v5   | rt_mr1                         | 0x1ae + 48   | each byte               | signature                                            | ISV enclave report signature is invalid
        tdx v5   | rt_mr2                         | 0x1de + 48   | each byte               | signature                                            | ISV enclave report signature is invalid
        tdx v5   | rt_mr3                         | 0x20e + 48   | each byte               | signature                                            | ISV enclave report signature is invalid
        tdx v5   | report_data                    | 0x23e + 64   | each byte               | signature                                            | ISV enclave report signature is invalid
        tdx v5   | tee_tcb_svn2                   | 0x27e + 16   | each byte               | signature                                            | ISV enclave report signature is invalid
        tdx v5   | mr_service_td                  | 0x28e + 48   | each byte               | signature + policy.migration                         | ISV enclave report signature is invalid
        tdx v5   | vmid                           | 0x2be + 1    | each bit                | signature                                            | ISV enclave report signature is invalid
        tdx v5   | td_id                          | 0x2bf + 32   | each byte               | signature                                            | ISV enclave report signature is invalid
        tdx v5   | dev_info                       | 0x2df + 48   | each byte               | signature                                            | ISV enclave report signature is invalid
        tdx v5   | init_service_td_hash           | 0x30f + 48   | each byte               | signature + policy.migration                         | ISV enclave report signature is invalid
        tdx v5   | init_service_td_attributes     | 0x33f + 8    | each bit                | signature                                            | ISV enclave report signature is invalid
        tdx v5   | init_cpu_svn                   | 0x347 + 16   | each byte               | signature                                            | ISV enclave report signature is invalid
        tdx v5   | init_tee_tcb_svn               | 0x357 + 16   | each byte               | signature                                            | ISV enclave report signature is invalid
        tdx v5   | init_tee_fmspc                 | 0x367 + 12   | each byte               | signature                                            | ISV enclave report signature is invalid
        tdx v5   | cur_service_td_hash            | 0x373 + 48   | each byte               | signature + policy.migration                         | ISV enclave report signature is invalid
        tdx v5   | cur_service_td_attributes      | 0x3a3 + 8    | each bit                | signature                                            | ISV enclave report signature is invalid
        tdx v5   | signature data: length         | 0x3ab + 4    | each bit                | report.form                                          | no quote: Codec error
        tdx v5   | signature: r                   | 0x3af + 32   | each byte               | signature                                            | ISV enclave report signature is invalid
        tdx v5   | signature: s                   | 0x3cf + 32   | each byte               | signature                                            | ISV enclave report signature is invalid
        tdx v5   | attestation key                | 0x3ef + 64   | each byte               | signature                                            | QE report hash mismatch
        tdx v5   | certification data: type       | 0x42f + 2    | each bit                | report.form                                          | a quote with bytes where there should be none
        tdx v5   | certification data: length     | 0x431 + 4    | each bit                | report.form                                          | no quote: Codec error
        tdx v5   | QE cpu_svn                     | 0x435 + 16   | each byte               | signature                                            | Signature is invalid for qe_report in quote
        tdx v5   | QE misc_select                 | 0x445 + 4    | each bit                | signature                                            | Signature is invalid for qe_report in quote
        tdx v5   | QE reserved                    | 0x449 + 28   | each byte               | signature                                            | Signature is invalid for qe_report in quote
        tdx v5   | QE attributes                  | 0x465 + 16   | each byte               | signature                                            | Signature is invalid for qe_report in quote
        tdx v5   | QE mr_enclave                  | 0x475 + 32   | each byte               | signature                                            | Signature is invalid for qe_report in quote
        tdx v5   | QE reserved                    | 0x495 + 32   | each byte               | signature                                            | Signature is invalid for qe_report in quote
        tdx v5   | QE mr_signer                   | 0x4b5 + 32   | each byte               | signature                                            | Signature is invalid for qe_report in quote
        tdx v5   | QE reserved                    | 0x4d5 + 96   | each byte               | signature                                            | Signature is invalid for qe_report in quote
        tdx v5   | QE isv_prod_id                 | 0x535 + 2    | each bit                | signature                                            | Signature is invalid for qe_report in quote
        tdx v5   | QE isv_svn                     | 0x537 + 2    | each bit                | signature                                            | Signature is invalid for qe_report in quote
        tdx v5   | QE reserved                    | 0x539 + 60   | each byte               | signature                                            | Signature is invalid for qe_report in quote
        tdx v5   | QE report_data                 | 0x575 + 64   | each byte               | signature                                            | Signature is invalid for qe_report in quote
        tdx v5   | QE signature: r                | 0x5b5 + 32   | each byte               | signature                                            | Signature is invalid for qe_report in quote
        tdx v5   | QE signature: s                | 0x5d5 + 32   | each byte               | signature                                            | Signature is invalid for qe_report in quote
        tdx v5   | QE authentication data: length | 0x5f5 + 2    | each bit                | report.form                                          | no quote: Codec error
        tdx v5   | QE authentication data         | 0x5f7 + 32   | each byte               | signature                                            | QE report hash mismatch
        tdx v5   | PCK chain: type                | 0x617 + 2    | each bit                | signature                                            | a quote that does not say which chip it is from
        tdx v5   | PCK chain: length              | 0x619 + 4    | each bit                | report.form
        tdx v5   | PCK chain: text                | 0x61d + 3682 | each byte               | signature
        tdx v5   | signature: s                   |              | order - s               | accepted                                             | ECDSA has two spellings of a signature; both are of these bytes, by this key
        tdx v5   | signature: s                   |              | r and s are zero        | signature                                            | ISV enclave report signature is invalid
        tdx v5   | QE signature: s                |              | order - s               | accepted                                             | ECDSA has two spellings of a signature; both are of these bytes, by this key
        tdx v5   | QE signature: s                |              | r and s are zero        | signature                                            | Signature is invalid for qe_report in quote
        tdx v5   | PCK chain                      |              | an encrypted id instead | accepted                                             | Intel's name for the chip; its certificate is in the collateral, and has signed
        tdx v5   | PCK chain                      |              | something else instead  | signature                                            | a quote that does not say which chip it is from
    "#]]);
}

/// The same quote with other data in the place of its chain.
fn without_chain(quote: &[u8], kind: u16, data: &[u8]) -> Vec<u8> {
    let at = HEADER.iter().chain(&BODY_HEAD).chain(&TD).chain(&TD_15);
    let at: usize = at.map(|(_, width)| width).sum();
    let chain: usize = at + SIGNATURE.iter().map(|(_, width)| width).sum::<usize>();
    let length = |bytes: usize| u32::try_from(bytes).unwrap().to_le_bytes();
    let mut changed = quote[..chain].to_vec();
    changed.extend(kind.to_le_bytes());
    changed.extend(length(data.len()));
    changed.extend(data);
    let end = changed.len();
    changed[at..at + 4].copy_from_slice(&length(end - at - 4));
    let certified = at + 4 + 128 + 2;
    changed[certified..certified + 4].copy_from_slice(&length(end - certified - 4));
    changed
}
