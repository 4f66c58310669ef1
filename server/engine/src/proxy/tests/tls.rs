//! TLS at the data plane (I-15, X-5): who is served with which certificate, and what happens to
//! everybody else.

use super::app::App;
use super::ask::get;
use super::house::{House, route};
use super::{PATIENCE, eventually};
use crate::proxy::Limits;
use bytes::Bytes;
use domain::frontage::{Answer, Certificate, Frontage, Name};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::{http1, http2};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertificateParams, KeyPair};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

pub type Socket = TlsStream<TcpStream>;

pub fn certificate(host: &str) -> Certificate {
    let params = CertificateParams::new(vec![host.to_owned()]).expect("a name");
    let key = KeyPair::generate().expect("a key");
    Certificate {
        host: host.into(),
        chain: params.self_signed(&key).expect("signed").pem(),
        key: key.serialize_pem().into(),
    }
}

pub fn name(host: &str, leads_to: &str) -> Name {
    Name {
        host: host.into(),
        route: format!("route-{leads_to}"),
        https_only: false,
        hsts_s: 0,
    }
}

pub fn frontage(names: Vec<Name>, certificates: Vec<Certificate>) -> Frontage {
    Frontage {
        names,
        certificates,
        answers: vec![],
        https_port: Some(443),
    }
}

pub async fn shake(
    at: SocketAddr,
    host: &str,
    trusted: &Certificate,
    protocol: &str,
) -> std::io::Result<Socket> {
    let mut roots = RootCertStore::empty();
    for one in crate::proxy::pem::chain(&trusted.chain).expect("a chain") {
        roots.add(one).expect("a root");
    }
    let provider = Arc::new(crate::proxy::pem::provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.into()];
    let stream = TcpStream::connect(at).await.expect("connected");
    let server = ServerName::try_from(host.to_owned()).expect("a name");
    let shaking = TlsConnector::from(Arc::new(config)).connect(server, stream);
    tokio::time::timeout(PATIENCE, shaking)
        .await
        .expect("in time")
}

pub async fn text(answer: Response<hyper::body::Incoming>) -> String {
    let bytes = answer
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    String::from_utf8_lossy(&bytes).into_owned()
}

pub struct Kept(http1::SendRequest<Empty<Bytes>>);

impl Kept {
    pub async fn open(at: SocketAddr, host: &str, trusted: &Certificate) -> Self {
        let socket = shake(at, host, trusted, "http/1.1")
            .await
            .expect("a handshake");
        let (sender, connection) = http1::handshake(TokioIo::new(socket)).await.expect("open");
        tokio::spawn(connection);
        Self(sender)
    }

    pub async fn ask(&mut self, host: &str, path: &str) -> Response<hyper::body::Incoming> {
        let request = Request::get(path).header("host", host).body(Empty::new());
        let sent = self.0.send_request(request.expect("a request"));
        tokio::time::timeout(PATIENCE, sent)
            .await
            .expect("in time")
            .expect("an answer")
    }
}

/// One application under its own host and `shop.example`.
async fn shop() -> (House, App, Certificate) {
    let (mut house, app) = (House::open().await, App::start("shop").await);
    house.put(route("web.base", &[("app", app.address)])).await;
    let own = certificate("shop.example");
    let names = vec![name("shop.example", "web.base")];
    house.front(frontage(names, vec![own.clone()])).await;
    (house, app, own)
}

#[tokio::test]
async fn i15_a_name_is_served_with_its_certificate_over_http1_and_http2() {
    let (house, _app, own) = shop().await;
    let mut kept = Kept::open(house.tls, "shop.example", &own).await;
    assert_eq!(text(kept.ask("shop.example", "/").await).await, "shop");
    let told = text(kept.ask("shop.example", "/headers").await).await;
    assert!(told.contains("x-forwarded-proto: https"), "{told}");
    let socket = shake(house.tls, "shop.example", &own, "h2")
        .await
        .expect("a handshake");
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(socket))
        .await
        .expect("open");
    tokio::spawn(connection);
    let request = Request::get("https://shop.example/").body(Empty::<Bytes>::new());
    let answer = sender
        .send_request(request.expect("a request"))
        .await
        .expect("an answer");
    assert_eq!(text(answer).await, "shop");
    house.close();
}

#[tokio::test]
async fn i15_a_name_without_a_certificate_gets_the_alert_that_says_so() {
    let (house, _app, own) = shop().await;
    for host in ["other.example", "web.base", "a.shop.example"] {
        let error = shake(house.tls, host, &own, "http/1.1")
            .await
            .expect_err(host);
        assert!(
            error.to_string().contains("UnrecognisedName"),
            "{host}: {error}"
        );
    }
    house.close();
}

#[tokio::test]
async fn i15_a_new_certificate_serves_at_once_and_breaks_no_connection() {
    let (mut house, _app, old) = shop().await;
    let mut kept = Kept::open(house.tls, "shop.example", &old).await;
    assert_eq!(text(kept.ask("shop.example", "/").await).await, "shop");
    let new = certificate("shop.example");
    let names = vec![name("shop.example", "web.base")];
    house.front(frontage(names, vec![new.clone()])).await;
    assert_eq!(
        text(kept.ask("shop.example", "/").await).await,
        "shop",
        "on the old one"
    );
    let mut fresh = Kept::open(house.tls, "shop.example", &new).await;
    assert_eq!(text(fresh.ask("shop.example", "/").await).await, "shop");
    assert!(
        shake(house.tls, "shop.example", &old, "http/1.1")
            .await
            .is_err()
    );
    house.close();
}

#[tokio::test]
async fn i15_a_wildcard_leads_and_is_served_one_label_deep() {
    let (mut house, _app, _) = shop().await;
    let wild = certificate("*.shop.example");
    let names = vec![name("*.shop.example", "web.base")];
    house.front(frontage(names, vec![wild.clone()])).await;
    let mut kept = Kept::open(house.tls, "a.shop.example", &wild).await;
    assert_eq!(text(kept.ask("a.shop.example", "/").await).await, "shop");
    assert_eq!(get(house.address, "b.shop.example", "/").await.body, "shop");
    for host in ["shop.example", "a.b.shop.example"] {
        assert_eq!(get(house.address, host, "/").await.status, 404, "{host}");
    }
    house.close();
}

#[tokio::test]
async fn i15_requests_without_tls_are_sent_there_and_browsers_told_to_insist() {
    let (mut house, _app, own) = shop().await;
    let only = Name {
        https_only: true,
        hsts_s: 300,
        ..name("shop.example", "web.base")
    };
    house
        .front(frontage(vec![only.clone()], vec![own.clone()]))
        .await;
    let moved = get(house.address, "Shop.example:8080", "/a?b").await;
    assert_eq!(
        (moved.status.as_u16(), moved.header("location")),
        (308, "https://shop.example/a?b")
    );
    assert_eq!(
        moved.header("strict-transport-security"),
        "",
        "not without TLS"
    );
    assert_eq!(
        get(house.address, "web.base", "/").await.body,
        "shop",
        "its other host stays"
    );
    let mut kept = Kept::open(house.tls, "shop.example", &own).await;
    let answer = kept.ask("shop.example", "/").await;
    assert_eq!(answer.headers()["strict-transport-security"], "max-age=300");
    // Nobody is sent to a certificate that is not there.
    house.front(frontage(vec![only], vec![])).await;
    assert_eq!(get(house.address, "shop.example", "/").await.body, "shop");
    house.close();
}

#[tokio::test]
async fn i15_a_proof_is_answered_for_its_host_alone_and_before_any_redirect() {
    let (mut house, _app, own) = shop().await;
    let only = Name {
        https_only: true,
        ..name("shop.example", "web.base")
    };
    let answers = vec![Answer {
        host: "shop.example".into(),
        token: "tok".into(),
        text: "tok.thumb".into(),
    }];
    house
        .front(Frontage {
            answers,
            ..frontage(vec![only], vec![own])
        })
        .await;
    let path = "/.well-known/acme-challenge/tok";
    assert_eq!(
        get(house.address, "shop.example", path).await.body,
        "tok.thumb"
    );
    assert_eq!(
        get(house.address, "web.base", path).await.body,
        "shop",
        "another host's app answers"
    );
    let other = get(
        house.address,
        "shop.example",
        "/.well-known/acme-challenge/other",
    )
    .await;
    assert_eq!(other.status.as_u16(), 308);
    house.close();
}

#[tokio::test]
async fn x14_a_handshake_that_does_not_come_is_ended() {
    let limits = Limits {
        tls_handshake_timeout_ms: 200,
        ..Limits::default()
    };
    let mut house = House::open_with(limits).await;
    let mut silent = TcpStream::connect(house.tls).await.expect("connected");
    let mut heard = [0; 8];
    let closed = silent.read(&mut heard);
    let read = tokio::time::timeout(PATIENCE, closed)
        .await
        .expect("closed in time");
    assert_eq!(read.expect("an orderly end"), 0);
    eventually("nobody is counted", async || {
        house.status().await.connections == 0
    })
    .await;
    house.close();
}

#[tokio::test]
async fn i15_a_certificate_that_can_not_be_served_changes_nothing() {
    let (mut house, _app, own) = shop().await;
    let mixed = Certificate {
        key: certificate("shop.example").key,
        ..own.clone()
    };
    let names = || vec![name("shop.example", "web.base")];
    let refused = house.try_front(frontage(names(), vec![mixed])).await;
    let sentence = refused.expect_err("refused").to_string();
    assert!(
        sentence.contains("shop.example") && sentence.contains("another certificate's"),
        "{sentence}"
    );
    assert!(!sentence.contains("PRIVATE"), "{sentence}");
    let mut kept = Kept::open(house.tls, "shop.example", &own).await;
    assert_eq!(text(kept.ask("shop.example", "/").await).await, "shop");
    house.close();
}

#[tokio::test]
async fn x5_a_data_plane_that_starts_alone_serves_tls_from_a_snapshot_that_nobody_else_reads() {
    let folder = tempfile::tempdir().expect("folder");
    let app = App::start("shop").await;
    let own = certificate("shop.example");
    let mut house = House::open_in(folder.path(), Limits::default()).await;
    house.put(route("web.base", &[("app", app.address)])).await;
    let names = vec![name("shop.example", "web.base")];
    house.front(frontage(names, vec![own.clone()])).await;
    house.close();
    let mode = |file: &str| {
        let path = folder.path().join(file);
        std::fs::metadata(path).expect("there").permissions().mode() & 0o777
    };
    assert_eq!(mode("routes"), 0o600);
    let house = House::open_in(folder.path(), Limits::default()).await;
    let mut kept = Kept::open(house.tls, "shop.example", &own).await;
    assert_eq!(text(kept.ask("shop.example", "/").await).await, "shop");
    house.close();
}
