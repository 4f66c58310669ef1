//! Asking over a real TLS connection: the key that is told is the key of that connection.

use super::*;
use domain::attest::{EVIDENCE_PATH, MOST_EVIDENCE, sha256};
use domain::refusal::Kind;
use rcgen::PublicKeyData as _;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// A guest that answers once, with this; tells its port, its key, and what it was asked.
async fn guest(answer: Vec<u8>) -> (u16, Digest, JoinHandle<String>) {
    let own = rcgen::generate_simple_self_signed(vec!["guest.test".into()]).unwrap();
    let spki = Hex(sha256(&own.signing_key.subject_public_key_info()));
    let key = PrivateKeyDer::Pkcs8(own.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let asked = tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        let mut stream = acceptor.accept(tcp).await.unwrap();
        let mut request = vec![0; 4096];
        let count = stream.read(&mut request).await.unwrap();
        let _ = stream.write_all(&answer).await;
        let _ = stream.shutdown().await;
        String::from_utf8_lossy(&request[..count]).into_owned()
    });
    (port, spki, asked)
}

fn ok(body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn i18_the_nonce_is_asked_on_the_connection_whose_key_is_told() {
    let (port, spki, asked) = guest(ok(b"{}")).await;
    let answer = ask("127.0.0.1", port, NONCE).await.unwrap();
    assert_eq!(answer.spki, spki);
    assert_eq!(answer.evidence, b"{}");
    let request = asked.await.unwrap();
    assert!(
        request.starts_with(&format!("GET {EVIDENCE_PATH}?nonce={NONCE} HTTP/1.1\r\n")),
        "{request}"
    );
}

#[tokio::test]
async fn q27_an_answer_without_an_end_is_not_read_to_it() {
    let long = [
        b"HTTP/1.1 200 OK\r\n\r\n".as_slice(),
        &vec![b' '; MOST_EVIDENCE + 1],
    ]
    .concat();
    let (port, _, _asked) = guest(long).await;
    assert_eq!(
        ask("127.0.0.1", port, NONCE).await.unwrap_err().kind,
        Kind::TooLarge
    );
}

#[tokio::test]
async fn i18_who_has_no_evidence_is_told_so() {
    let (port, _, _asked) =
        guest(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec()).await;
    let refusal = ask("127.0.0.1", port, NONCE).await.unwrap_err();
    assert!(refusal.sentence.contains("404"), "{refusal}");
    let nobody = ask("127.0.0.1", 1, NONCE).await.unwrap_err();
    assert_eq!(nobody.kind, Kind::Unavailable);
}
