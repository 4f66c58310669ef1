//! `sealdock verify` from outside: a guest behind TLS, with a TPM in software, and the binary that
//! asks it (I-18).

// The lint knows `#[test]` functions, and not the helpers beside them.
#![allow(clippy::unwrap_used, dead_code)]

#[path = "../engine/src/attest/tests/tpm.rs"]
mod tpm;

use domain::attest::{
    Base64, Certs, Crypto, Digest, Evidence, Expected, Hex, Nonce, Platform, Rootfs, Shape,
    SimExpected, extra_data, report_data, sha256,
};
use rcgen::PublicKeyData as _;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::thread;
use tempfile::TempDir;
use tpm::{EVENT, Tpm};

fn booted() -> Tpm {
    let mut tpm = Tpm::new();
    tpm.measure(0, EVENT, b"firmware");
    tpm.measure(4, EVENT, b"vmlinuz");
    tpm.measure(9, EVENT, b"tee.root=1");
    tpm
}

fn evidence(tpm: &Tpm, nonce: Nonce, spki: Digest) -> Vec<u8> {
    let crypto = serde_json::to_vec(&Crypto {
        tls_spki_sha256: spki,
    })
    .unwrap();
    let data = report_data(&nonce, &crypto, b"[]");
    let evidence = Evidence {
        v: 1,
        platform: Platform::Sim,
        nonce,
        crypto: Base64(crypto),
        devices: Base64(b"[]".to_vec()),
        report: Base64(tpm.quote(&extra_data(&data))),
        certs: Certs::default(),
        pcrs: Some(tpm.pcrs()),
        event_log: None,
        boot: vec![],
    };
    serde_json::to_vec(&evidence).unwrap()
}

/// Serves evidence for whatever nonce it is asked with; with a key that it names, or does not.
fn guest(tpm: Tpm, honest: bool) -> u16 {
    let own = rcgen::generate_simple_self_signed(vec!["guest.test".into()]).unwrap();
    let spki = Hex(sha256(&own.signing_key.subject_public_key_info()));
    let key = PrivateKeyDer::Pkcs8(own.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.unwrap().with_no_client_auth();
    let config = Arc::new(
        config
            .with_single_cert(vec![own.cert.der().clone()], key)
            .unwrap(),
    );
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for tcp in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = BufReader::new(StreamOwned::new(connection, tcp.unwrap()));
            let mut line = String::new();
            stream.read_line(&mut line).unwrap();
            let (_, nonce) = line.split_once("nonce=").unwrap();
            let nonce = nonce.split(' ').next().unwrap().parse().unwrap();
            let named = if honest { spki } else { Hex([1; 32]) };
            let body = evidence(&tpm, nonce, named);
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
            stream
                .get_mut()
                .write_all(&[head.as_bytes(), &body].concat())
                .unwrap();
            stream.get_mut().flush().unwrap();
        }
    });
    port
}

/// The signed file, and the key that signs it.
fn expected(folder: &Path, tpm: &Tpm) -> String {
    let signer = Ed25519KeyPair::from_seed_unchecked(&[5; 32]).unwrap();
    let sim = SimExpected {
        pcr0: Some(tpm.pcr(0)),
        dxefv: None,
        pcr4: tpm.pcr(4),
        pcr9: tpm.pcr(9),
    };
    let expected = Expected {
        v: 1,
        image: "sha256:1".into(),
        config: Hex([1; 32]),
        rootfs: Rootfs {
            root: Hex([2; 32]),
            salt: Hex([3; 32]),
            blocks: 8,
        },
        kernel: Hex([4; 32]),
        initrd: Hex([5; 32]),
        firmware: Hex([6; 32]),
        cmdline: "tee.root=1".into(),
        shape: Shape {
            cpus: 1,
            memory_mb: 256,
            gpus: 0,
        },
        snp: None,
        tdx: None,
        sim: Some(sim),
    };
    let signed = engine::attest::sign(&expected, &signer).unwrap();
    std::fs::write(
        folder.join("expected.json"),
        serde_json::to_vec(&signed).unwrap(),
    )
    .unwrap();
    Hex::<32>(signer.public_key().as_ref().try_into().unwrap()).to_string()
}

/// Exit code, standard output, standard error.
fn verify(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_sealdock"))
        .arg("verify")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn i18_an_instance_is_verified_over_its_own_connection() {
    let folder = TempDir::new().unwrap();
    let tpm = booted();
    let (key, tpm_key) = (expected(folder.path(), &tpm), tpm.key().to_string());
    let url = format!("https://127.0.0.1:{}", guest(tpm, true));
    let known = [
        url.as_str(),
        "--expected",
        "expected.json",
        "--key",
        &key,
        "--tpm-key",
        &tpm_key,
    ];

    let (code, out, _) = verify(folder.path(), &known);
    assert_eq!(code, 1, "{out}");
    assert!(
        out.ends_with("SIMULATED – not confidential: refused, because of policy.simulated.\n"),
        "{out}"
    );

    let allowed = [known.as_slice(), &["--allow-simulated"]].concat();
    let (code, out, err) = verify(folder.path(), &allowed);
    println!("{out}");
    assert_eq!(code, 0, "{out}{err}");
    assert!(
        out.ends_with("SIMULATED – not confidential: all 14 checks hold.\n"),
        "{out}"
    );

    let json = [allowed.as_slice(), &["--json"]].concat();
    let (code, out, _) = verify(folder.path(), &json);
    let verdict: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (code, &verdict["ok"], &verdict["simulated"]),
        (0, &true.into(), &true.into())
    );
    assert_eq!(verdict["checks"].as_array().unwrap().len(), 14);

    let old = "00".repeat(32);
    let unknown = [url.as_str(), "--allow-simulated", "--nonce", &old];
    let (code, out, _) = verify(folder.path(), &unknown);
    assert_eq!(code, 1);
    assert!(
        out.contains("because of expected.signature, key.pinned, signature."),
        "{out}"
    );
}

#[test]
fn i18_an_address_of_several_instances_is_one_of_those_expected_and_no_mixture() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    let (one, mut two, mut mixed) = (booted(), booted(), booted());
    two.measure(9, EVENT, b"the second instance");
    // The kernel of one with the command line of another is neither.
    mixed.measure(4, EVENT, b"padding");
    mixed.measure(9, EVENT, b"the second instance");
    let pinned = [&one, &two, &mixed].map(|tpm| tpm.key().to_string());
    expected(path, &two);
    std::fs::rename(path.join("expected.json"), path.join("expected-2.json")).unwrap();
    let key = expected(path, &one);
    let asked = |url: &str, files: &[&str]| {
        let mut words = vec![url, "--key", &key, "--allow-simulated"];
        words.extend(files.iter().flat_map(|file| ["--expected", file]));
        words.extend(pinned.iter().flat_map(|tpm| ["--tpm-key", tpm]));
        verify(path, &words)
    };
    let both = ["expected.json", "expected-2.json"];

    let second = format!("https://127.0.0.1:{}", guest(two, true));
    let (code, out, err) = asked(&second, &both);
    assert_eq!(code, 0, "{out}{err}");
    assert!(
        out.ends_with("all 14 checks hold.\nIt is the instance of expected-2.json.\n"),
        "{out}"
    );
    let (code, out, _) = asked(&second, &["expected.json"]);
    assert!(
        code == 1 && out.contains("measurement.cmdline_initrd"),
        "{out}"
    );

    let mixed = format!("https://127.0.0.1:{}", guest(mixed, true));
    let (code, out, _) = asked(&mixed, &both);
    assert_eq!(code, 1);
    assert!(
        out.ends_with("because of measurement.kernel.\nIt is none of the 2 expected; expected-2.json, which is shown, is the nearest.\n"),
        "{out}"
    );
    assert_eq!(asked(&second, &["expected-2.json", "none.json"]).0, 2);
}

#[test]
fn i18_a_man_in_the_middle_who_relays_evidence_is_refused() {
    let folder = TempDir::new().unwrap();
    let tpm = booted();
    let (key, tpm_key) = (expected(folder.path(), &tpm), tpm.key().to_string());
    let url = format!("https://127.0.0.1:{}", guest(tpm, false));
    let known = [
        &url,
        "--expected",
        "expected.json",
        "--key",
        &key,
        "--tpm-key",
        &tpm_key,
        "--allow-simulated",
    ];
    let (code, out, _) = verify(folder.path(), &known);
    assert_eq!(code, 1);
    assert!(
        out.ends_with("refused, because of connection.spki.\n"),
        "{out}"
    );
}

#[test]
fn i18_a_file_is_verified_with_the_nonce_and_the_key_it_was_asked_with() {
    let folder = TempDir::new().unwrap();
    let tpm = booted();
    let (key, tpm_key) = (expected(folder.path(), &tpm), tpm.key().to_string());
    let (nonce, spki) = (Hex([7; 32]), Hex([9; 32]));
    std::fs::write(
        folder.path().join("evidence.json"),
        evidence(&tpm, nonce, spki),
    )
    .unwrap();
    let known = [
        "evidence.json",
        "--expected",
        "expected.json",
        "--key",
        &key,
        "--tpm-key",
        &tpm_key,
        "--allow-simulated",
    ];
    let (code, out, _) = verify(folder.path(), &known);
    assert!(
        code == 1 && out.ends_with("because of connection.spki, nonce.\n"),
        "{out}"
    );
    let (nonce, spki) = (nonce.to_string(), spki.to_string());
    let asked = [known.as_slice(), &["--nonce", &nonce, "--spki", &spki]].concat();
    let (code, out, _) = verify(folder.path(), &asked);
    assert_eq!(code, 0, "{out}");
}

#[test]
fn q27_what_can_not_be_read_is_refused_with_its_place() {
    let folder = TempDir::new().unwrap();
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    put("odd.json", b"{\"v\":1,\n \"w\":2}");
    put("long.json", &vec![b' '; 600 * 1024]);
    let (code, _, err) = verify(folder.path(), &["odd.json"]);
    assert_eq!(code, 1);
    assert!(
        err.contains("evidence, line 2, column 4") && err.contains("unknown field `w`"),
        "{err}"
    );
    let (code, _, err) = verify(folder.path(), &["long.json"]);
    assert!(
        code == 1 && err.contains("long.json: It has more than"),
        "{err}"
    );
    assert_eq!(verify(folder.path(), &["none.json"]).0, 2);
    assert_eq!(verify(folder.path(), &["http://127.0.0.1"]).0, 2);
    assert_eq!(verify(folder.path(), &["https://127.0.0.1/path"]).0, 2);
    assert_eq!(verify(folder.path(), &["odd.json", "--key", "00"]).0, 2);
    assert_eq!(verify(folder.path(), &["https://127.0.0.1:1"]).0, 4);
}
