//! Asks an instance for its evidence, on a connection of one's own. The certificate is nobody's word
//! here: whoever is at the other end proves to have its key, and the evidence must name that key.

use super::tls;
use bytes::Bytes;
use domain::attest::{Digest, EVIDENCE_PATH, MOST_EVIDENCE, Nonce};
use domain::refusal::{Kind, Refusal};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::{Request, Response, StatusCode, body::Incoming, client::conn::http1, header::HOST};
use hyper_util::rt::TokioIo;
use rustls::{pki_types::ServerName, version::TLS13};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

const CONNECT: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(30);

/// What came, and from whom.
#[derive(Clone, Debug)]
pub struct Answer {
    /// SHA-256 of the key at the other end of this very connection.
    pub spki: Digest,
    /// As it came.
    pub evidence: Vec<u8>,
}

/// Connects to `host`, and asks with `nonce` on that connection.
pub async fn ask(host: &str, port: u16, nonce: Nonce) -> Result<Answer, Refusal> {
    let asked = tokio::time::timeout(PATIENCE, answer(host, port, nonce));
    let late = || unreachable(host, "does not answer in time");
    asked.await.unwrap_or_else(|_| Err(late()))
}

async fn answer(host: &str, port: u16, nonce: Nonce) -> Result<Answer, Refusal> {
    let stream = connect(host, port).await?;
    let spki =
        spki(&stream).ok_or_else(|| unreachable(host, "shows a certificate without a key"))?;
    let evidence = get(stream, host, port, nonce).await?;
    Ok(Answer { spki, evidence })
}

async fn connect(host: &str, port: u16) -> Result<TlsStream<TcpStream>, Refusal> {
    let plain = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(plain.to_owned())
        .map_err(|_| unreachable(host, "is no host's name"))?;
    let tcp = tokio::time::timeout(CONNECT, reach(plain, port));
    let tcp = tcp
        .await
        .map_err(|_| unreachable(host, "does not answer in time"))?;
    let tcp = tcp.map_err(|error| unreachable(host, &format!("can't be reached: {error}")))?;
    let config = tls::client(None, &[&TLS13])
        .map_err(|error| unreachable(host, &format!("can't be asked: {error}")))?;
    let tls = TlsConnector::from(Arc::new(config))
        .connect(name, tcp)
        .await;
    tls.map_err(|error| unreachable(host, &format!("speaks no TLS 1.3: {error}")))
}

/// Names under `localhost` are this machine (RFC 6761), whatever its resolver knows of them.
async fn reach(host: &str, port: u16) -> std::io::Result<TcpStream> {
    match host == "localhost" || host.ends_with(".localhost") {
        true => {
            let own: [SocketAddr; 2] = [
                (Ipv4Addr::LOCALHOST, port).into(),
                (Ipv6Addr::LOCALHOST, port).into(),
            ];
            TcpStream::connect(&own[..]).await
        }
        false => TcpStream::connect((host, port)).await,
    }
}

fn spki(stream: &TlsStream<TcpStream>) -> Option<Digest> {
    let certificate = stream.get_ref().1.peer_certificates()?.first()?;
    tls::spki(certificate)
}

async fn get(
    stream: TlsStream<TcpStream>,
    host: &str,
    port: u16,
    nonce: Nonce,
) -> Result<Vec<u8>, Refusal> {
    let broke = |error: hyper::Error| unreachable(host, &format!("broke off: {error}"));
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(broke)?;
    let driver = tokio::spawn(connection);
    let request = Request::get(format!("{EVIDENCE_PATH}?nonce={nonce}"))
        .header(HOST, format!("{host}:{port}"))
        .body(Empty::<Bytes>::new());
    let request = request.map_err(|_| unreachable(host, "is no host's name"))?;
    let answer = sender.send_request(request).await.map_err(broke)?;
    let evidence = body(host, answer).await;
    driver.abort();
    evidence
}

async fn body(host: &str, answer: Response<Incoming>) -> Result<Vec<u8>, Refusal> {
    if answer.status() != StatusCode::OK {
        let what = format!(
            "has no evidence: {EVIDENCE_PATH} answers {}",
            answer.status()
        );
        return Err(unreachable(host, &what));
    }
    match Limited::new(answer.into_body(), MOST_EVIDENCE)
        .collect()
        .await
    {
        Ok(all) => Ok(all.to_bytes().into()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(too_large(host)),
        Err(error) => Err(unreachable(host, &format!("broke off: {error}"))),
    }
}

fn too_large(host: &str) -> Refusal {
    let sentence =
        format!("{host} answers with more than {MOST_EVIDENCE} bytes; no evidence is that long.");
    Refusal::new(Kind::TooLarge, "too_large", sentence)
}

fn unreachable(host: &str, what: &str) -> Refusal {
    Refusal::unavailable("unreachable", format!("{host} {what}."))
}
