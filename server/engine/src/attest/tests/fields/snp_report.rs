//! SEV-SNP: the report, after it was signed. A real one, which is of version 2, and one of version 5
//! by a mock of AMD.

use super::*;
use crate::attest::tests::amd::amd;
use crate::attest::tests::{snp_mock, snp_real};
use expect_test::expect;

/// AMD's document 56860, table 23.
const V2: [(&str, usize); 33] = [
    ("version", 4),
    ("guest_svn", 4),
    ("policy", 8),
    ("family_id", 16),
    ("image_id", 16),
    ("vmpl", 4),
    ("signature_algo", 4),
    ("current_tcb", 8),
    ("platform_info", 8),
    ("key_info", 4),
    ("reserved", 4),
    ("report_data", 64),
    ("measurement", 48),
    ("host_data", 32),
    ("id_key_digest", 48),
    ("author_key_digest", 48),
    ("report_id", 32),
    ("report_id_ma", 32),
    ("reported_tcb", 8),
    ("reserved", 24),
    ("chip_id", 64),
    ("committed_tcb", 8),
    ("current version", 3),
    ("reserved", 1),
    ("committed version", 3),
    ("reserved", 1),
    ("launch_tcb", 8),
    ("reserved", 168),
    ("signature: r", 48),
    ("signature: r, too long", 24),
    ("signature: s", 48),
    ("signature: s, too long", 24),
    ("signature: reserved", 368),
];

/// What version 5 has where version 2 has nothing.
fn v5() -> Vec<(&'static str, usize)> {
    let mut fields = V2.to_vec();
    let vectors = [
        ("launch_mit_vector", 8),
        ("current_mit_vector", 8),
        ("reserved", 152),
    ];
    fields.splice(27..28, vectors);
    let cpuid = [
        ("cpuid family", 1),
        ("cpuid model", 1),
        ("cpuid stepping", 1),
        ("reserved", 21),
    ];
    fields.splice(19..20, cpuid);
    fields
}

fn flip(changes: &mut Changes<'_>, widths: &[(&str, usize)], honest: &Evidence) {
    let report = &honest.report.0;
    let with = |report| Evidence {
        report: Base64(report),
        ..honest.clone()
    };
    for field in fields(widths, report.len()) {
        changes.flip(&field, report, with);
    }
    let mut long = report.clone();
    long.push(0);
    let short = report[..report.len() - 1].to_vec();
    changes.change(
        "report",
        "a byte more, a byte less",
        &[with(long), with(short)],
        "",
    );
}

#[test]
fn q27_every_field_of_a_real_report() {
    let honest = snp_real::evidence();
    let asker = snp_real::asker(&honest.report.0);
    let roots = Roots::makers();
    let ask = |evidence: &Evidence| asker.ask(&roots, evidence);
    let mut changes = Changes::new("snp v2", &["report_data"], &ask, &honest);
    flip(&mut changes, &V2, &honest);
    let zero = |range: Range<usize>| {
        let mut evidence = honest.clone();
        evidence.report.0[range].fill(0);
        evidence
    };
    changes.change("signature", "r and s are zero", &[zero(0x2a0..0x330)], "");
    let mut evidence = honest.clone();
    let s = &mut evidence.report.0[0x2a0 + 72..0x2a0 + 72 + 48];
    s.reverse();
    let mut other = curve::other(curve::P384, s);
    other.reverse();
    evidence.report.0[0x2a0 + 72..0x2a0 + 72 + 48].copy_from_slice(&other);
    changes.change(
        "signature: s",
        "order - s",
        &[evidence],
        "ECDSA has two spellings of a signature; both are of this report, by this chip",
    );
    changes.close(&expect![[r#"
        platform | field                  | place       | change                   | refused by                           | because
        snp v2   | version                | 0x0 + 4     | each bit                 | report.form
        snp v2   | guest_svn              | 0x4 + 4     | each bit                 | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v2   | policy                 | 0x8 + 8     | each bit                 | report.form or signature
        snp v2   | family_id              | 0x10 + 16   | each byte                | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v2   | image_id               | 0x20 + 16   | each byte                | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v2   | vmpl                   | 0x30 + 4    | each bit                 | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v2   | signature_algo         | 0x34 + 4    | each bit                 | report.form                          | a report with another signature algorithm
        snp v2   | current_tcb            | 0x38 + 8    | each bit                 | report.form or signature
        snp v2   | platform_info          | 0x40 + 8    | each bit                 | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v2   | key_info               | 0x48 + 4    | each bit                 | report.form or signature
        snp v2   | reserved               | 0x4c + 4    | each bit                 | report.form                          | no report: Skipped bytes were expected to be zeroed.
        snp v2   | report_data            | 0x50 + 64   | each byte                | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v2   | measurement            | 0x90 + 48   | each byte                | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v2   | host_data              | 0xc0 + 32   | each byte                | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v2   | id_key_digest          | 0xe0 + 48   | each byte                | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v2   | author_key_digest      | 0x110 + 48  | each byte                | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v2   | report_id              | 0x140 + 32  | each byte                | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v2   | report_id_ma           | 0x160 + 32  | each byte                | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v2   | reported_tcb           | 0x180 + 8   | each bit                 | chain.tcb + signature or report.form
        snp v2   | reserved               | 0x188 + 24  | each byte                | report.form                          | no report: Skipped bytes were expected to be zeroed.
        snp v2   | chip_id                | 0x1a0 + 64  | each byte                | chain.chip_id + signature            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v2   | committed_tcb          | 0x1e0 + 8   | each bit                 | report.form or signature
        snp v2   | current version        | 0x1e8 + 3   | each bit                 | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v2   | reserved               | 0x1eb + 1   | each bit                 | report.form                          | no report: Skipped bytes were expected to be zeroed.
        snp v2   | committed version      | 0x1ec + 3   | each bit                 | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v2   | reserved               | 0x1ef + 1   | each bit                 | report.form                          | no report: Skipped bytes were expected to be zeroed.
        snp v2   | launch_tcb             | 0x1f0 + 8   | each bit                 | report.form or signature
        snp v2   | reserved               | 0x1f8 + 168 | each byte                | report.form                          | no report: Skipped bytes were expected to be zeroed.
        snp v2   | signature: r           | 0x2a0 + 48  | each byte                | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v2   | signature: r, too long | 0x2d0 + 24  | each byte                | report.form                          | a signature that is too long
        snp v2   | signature: s           | 0x2e8 + 48  | each byte                | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v2   | signature: s, too long | 0x318 + 24  | each byte                | report.form                          | a signature that is too long
        snp v2   | signature: reserved    | 0x330 + 368 | each byte                | report.form                          | a report with bits where there should be none
        snp v2   | report                 |             | a byte more, a byte less | report.form
        snp v2   | signature              |             | r and s are zero         | signature                            | failed to deserialize signature from scalars: signature::Error { source: None }
        snp v2   | signature: s           |             | order - s                | accepted                             | ECDSA has two spellings of a signature; both are of this report, by this chip
    "#]]);
}

#[test]
fn q27_every_field_of_a_report_of_version_5() {
    let honest = amd().evidence(|report| report[0] = 5);
    let asker = snp_mock::asker();
    let roots = amd().roots();
    let ask = |evidence: &Evidence| asker.ask(&roots, evidence);
    let mut changes = Changes::new("snp v5", &[], &ask, &honest);
    flip(&mut changes, &v5(), &honest);
    changes.close(&expect![[r#"
        platform | field                  | place       | change                   | refused by                           | because
        snp v5   | version                | 0x0 + 4     | each bit                 | report.form or signature
        snp v5   | guest_svn              | 0x4 + 4     | each bit                 | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v5   | policy                 | 0x8 + 8     | each bit                 | report.form or signature
        snp v5   | family_id              | 0x10 + 16   | each byte                | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v5   | image_id               | 0x20 + 16   | each byte                | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v5   | vmpl                   | 0x30 + 4    | each bit                 | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v5   | signature_algo         | 0x34 + 4    | each bit                 | report.form                          | a report with another signature algorithm
        snp v5   | current_tcb            | 0x38 + 8    | each bit                 | report.form or signature
        snp v5   | platform_info          | 0x40 + 8    | each bit                 | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v5   | key_info               | 0x48 + 4    | each bit                 | report.form or signature
        snp v5   | reserved               | 0x4c + 4    | each bit                 | report.form                          | no report: Skipped bytes were expected to be zeroed.
        snp v5   | report_data            | 0x50 + 64   | each byte                | report_data + signature              | VEK does not sign the attestation report: signature::Error { source: None }
        snp v5   | measurement            | 0x90 + 48   | each byte                | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v5   | host_data              | 0xc0 + 32   | each byte                | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v5   | id_key_digest          | 0xe0 + 48   | each byte                | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v5   | author_key_digest      | 0x110 + 48  | each byte                | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v5   | report_id              | 0x140 + 32  | each byte                | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v5   | report_id_ma           | 0x160 + 32  | each byte                | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v5   | reported_tcb           | 0x180 + 8   | each bit                 | chain.tcb + signature or report.form
        snp v5   | cpuid family           | 0x188 + 1   | each bit                 | report.form                          | no report: processor is not of know SEV-SNP generation.
        snp v5   | cpuid model            | 0x189 + 1   | each bit                 | report.form or signature
        snp v5   | cpuid stepping         | 0x18a + 1   | each bit                 | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v5   | reserved               | 0x18b + 21  | each byte                | report.form                          | no report: Skipped bytes were expected to be zeroed.
        snp v5   | chip_id                | 0x1a0 + 64  | each byte                | chain.chip_id + signature            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v5   | committed_tcb          | 0x1e0 + 8   | each bit                 | report.form or signature
        snp v5   | current version        | 0x1e8 + 3   | each bit                 | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v5   | reserved               | 0x1eb + 1   | each bit                 | report.form                          | no report: Skipped bytes were expected to be zeroed.
        snp v5   | committed version      | 0x1ec + 3   | each bit                 | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v5   | reserved               | 0x1ef + 1   | each bit                 | report.form                          | no report: Skipped bytes were expected to be zeroed.
        snp v5   | launch_tcb             | 0x1f0 + 8   | each bit                 | report.form or signature
        snp v5   | launch_mit_vector      | 0x1f8 + 8   | each bit                 | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v5   | current_mit_vector     | 0x200 + 8   | each bit                 | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v5   | reserved               | 0x208 + 152 | each byte                | report.form                          | no report: Skipped bytes were expected to be zeroed.
        snp v5   | signature: r           | 0x2a0 + 48  | each byte                | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v5   | signature: r, too long | 0x2d0 + 24  | each byte                | report.form                          | a signature that is too long
        snp v5   | signature: s           | 0x2e8 + 48  | each byte                | signature                            | VEK does not sign the attestation report: signature::Error { source: None }
        snp v5   | signature: s, too long | 0x318 + 24  | each byte                | report.form                          | a signature that is too long
        snp v5   | signature: reserved    | 0x330 + 368 | each byte                | report.form                          | a report with bits where there should be none
        snp v5   | report                 |             | a byte more, a byte less | report.form
    "#]]);
}
