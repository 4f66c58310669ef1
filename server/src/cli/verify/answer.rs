//! Where evidence and `expected.json` come from. Nothing is read without a limit.

use super::super::exit::{Exit, Failure, Got};
use domain::attest::{Digest, Hex, MOST_EVIDENCE, MOST_EXPECTED, Nonce};
use domain::refusal::{Kind, Refusal};
use engine::attest::ask;
use reqwest::Url;
use std::io::Read;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

/// Evidence, with what is known of how it was asked.
pub struct Answer {
    pub evidence: Vec<u8>,
    pub nonce: Option<Nonce>,
    pub spki: Option<Digest>,
}

impl Answer {
    /// Asks an address, or opens a file.
    pub async fn of(target: &str, nonce: Option<Nonce>, spki: Option<Digest>) -> Got<Self> {
        match target.split_once("://") {
            Some(("https", _)) => Self::asked(target, nonce, spki).await,
            Some(_) => Err(not_https(target)),
            None => Ok(Self {
                evidence: file(target, MOST_EVIDENCE)?,
                nonce,
                spki,
            }),
        }
    }

    /// With a nonce that nobody could foresee, unless the reader brings one. A key that the reader
    /// brings does not replace the connection's own.
    async fn asked(target: &str, nonce: Option<Nonce>, spki: Option<Digest>) -> Got<Self> {
        if spki.is_some() {
            return Err(Failure::usage(
                "--spki is for a file: a connection has a key of its own.",
            ));
        }
        let url: Url = target
            .parse()
            .map_err(|_| Failure::usage(format!("{target} is no address.")))?;
        if !matches!(url.path(), "" | "/") || url.query().is_some() {
            let sentence = format!("{target} has a path; evidence is about a whole host.");
            return Err(Failure::usage(sentence).way_out("Leave the path out."));
        }
        let host = url
            .host_str()
            .ok_or_else(|| Failure::usage(format!("{target} names no host.")))?;
        let nonce = nonce.unwrap_or_else(|| Hex(rand::random()));
        let answer = ask(host, url.port().unwrap_or(443), nonce)
            .await
            .map_err(not_answered)?;
        Ok(Self {
            evidence: answer.evidence,
            nonce: Some(nonce),
            spki: Some(answer.spki),
        })
    }
}

fn not_https(target: &str) -> Failure {
    let sentence = format!("{target} is not asked: evidence is about the key of a TLS connection.");
    Failure::usage(sentence).way_out("Use https://, or a file.")
}

fn not_answered(refusal: Refusal) -> Failure {
    let exit = match refusal.kind {
        Kind::Unavailable => Exit::Unreachable,
        _ => Exit::Failed,
    };
    Failure::new(exit, refusal)
}

/// The signed file; it may come from anywhere, since its signature is what counts.
pub async fn expected(place: &str) -> Got<Vec<u8>> {
    match place.split_once("://") {
        Some(("https" | "http", _)) => download(place, 2 * MOST_EXPECTED).await,
        Some(_) => Err(Failure::usage(format!(
            "{place} is neither a file nor an https:// address."
        ))),
        None => file(place, 2 * MOST_EXPECTED),
    }
}

async fn download(url: &str, most: usize) -> Got<Vec<u8>> {
    let broken =
        |error: reqwest::Error| Failure::unreachable(format!("{url} can't be read: {error}."));
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .build()
        .map_err(broken)?;
    let sent = client
        .get(url)
        .send()
        .await
        .and_then(reqwest::Response::error_for_status);
    let mut answer = sent.map_err(broken)?;
    let mut bytes = vec![];
    while let Some(chunk) = answer.chunk().await.map_err(broken)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > most {
            return Err(Failure::new(Exit::Failed, too_large(url, most)));
        }
    }
    Ok(bytes)
}

/// One byte over the limit is enough to refuse it.
fn file(path: &str, most: usize) -> Got<Vec<u8>> {
    let mut bytes = vec![];
    let limit = most as u64 + 1;
    let done = match path {
        "-" => std::io::stdin().take(limit).read_to_end(&mut bytes),
        path => std::fs::File::open(path).and_then(|f| f.take(limit).read_to_end(&mut bytes)),
    };
    done.map_err(|error| Failure::usage(format!("{path} can't be read: {error}.")))?;
    if bytes.len() > most {
        return Err(Failure::new(Exit::Failed, too_large(path, most)));
    }
    Ok(bytes)
}

fn too_large(place: &str, most: usize) -> Refusal {
    let sentence = format!("It has more than {most} bytes, which nothing of its kind has.");
    Refusal::new(Kind::TooLarge, "too_large", sentence).at(place)
}
