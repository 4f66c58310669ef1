//! Secrets for a machine whose evidence was verified: over a connection that ends in its attested
//! key, signed, and for a nonce that it has answered.

use super::pinned::Guest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::attest::{Digest, EVIDENCE_PATH, Hex, MOST_EVIDENCE};
use domain::secret::Secrets;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::Ed25519KeyPair;
use serde_json::json;
use std::collections::BTreeMap;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use zeroize::Zeroizing;

const CONTEXT: &[u8] = b"tee-secrets-v1\0";
const PATH: &str = "/.well-known/tee/secrets";
const PATIENCE: Duration = Duration::from_secs(60);

pub async fn send(
    guest: &Guest,
    key: &Ed25519KeyPair,
    spki: Digest,
    secrets: &Secrets,
) -> io::Result<()> {
    let mut nonce = [0; 32];
    SystemRandom::new()
        .fill(&mut nonce)
        .map_err(|e| io::Error::other(e.to_string()))?;
    let nonce = Hex(nonce);
    // It takes secrets for a nonce that it has answered, and no other.
    let asked = get(guest, &format!("{EVIDENCE_PATH}?nonce={nonce}")).await?;
    expect(&asked, "HTTP/1.1 200")?;
    let body = body(key, nonce, spki, secrets);
    expect(&post(guest, PATH, &body).await?, "HTTP/1.1 204")
}

pub async fn post(guest: &Guest, path: &str, body: &[u8]) -> io::Result<String> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: tee\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let request = Zeroizing::new([head.as_bytes(), body].concat());
    talk(guest, &request).await
}

fn body(
    key: &Ed25519KeyPair,
    nonce: Hex<32>,
    spki: Digest,
    secrets: &Secrets,
) -> Zeroizing<Vec<u8>> {
    let values: BTreeMap<&str, &str> = secrets.iter().collect();
    let payload = json!({ "secrets": values, "nonce": nonce, "tls_spki_sha256": spki });
    signed(key, CONTEXT, &Zeroizing::new(payload.to_string()))
}

/// As the agent reads it.
pub fn signed(key: &Ed25519KeyPair, context: &[u8], payload: &str) -> Zeroizing<Vec<u8>> {
    let said = Zeroizing::new([context, payload.as_bytes()].concat());
    let signature = key.sign(&said);
    let sent = json!({
        "payload": STANDARD.encode(payload.as_bytes()),
        "signature": STANDARD.encode(signature),
    });
    Zeroizing::new(sent.to_string().into_bytes())
}

pub async fn get(guest: &Guest, path: &str) -> io::Result<String> {
    talk(
        guest,
        format!("GET {path} HTTP/1.1\r\nhost: tee\r\n\r\n").as_bytes(),
    )
    .await
}

/// One request, and the whole answer: its length stands in the head.
async fn talk(guest: &Guest, request: &[u8]) -> io::Result<String> {
    let talking = async {
        let mut stream = guest.connect().await?;
        stream.write_all(request).await?;
        let mut answer = vec![];
        while !is_whole(&answer) && answer.len() <= 2 * MOST_EVIDENCE {
            if stream.read_buf(&mut answer).await? == 0 {
                break;
            }
        }
        Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    tokio::time::timeout(PATIENCE, talking).await?
}

fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    length
        .and_then(|length| length.parse().ok())
        .is_some_and(|length: usize| body.len() >= length)
}

fn expect(answer: &str, status: &str) -> io::Result<()> {
    match answer.starts_with(status) {
        true => Ok(()),
        false => {
            let said = answer.lines().next().unwrap_or_default();
            let sentence = format!("The machine did not take its secrets: {said}.");
            match said.starts_with("HTTP/1.1 409") {
                true => Err(io::Error::new(io::ErrorKind::AlreadyExists, sentence)),
                false => Err(io::Error::other(sentence)),
            }
        }
    }
}
