//! TLS that ends inside an instance (I-17): whose key a client sees, what a switch does to it, and what
//! happens where nobody is.

use super::app::{App, closed_port};
use super::ask::get;
use super::house::{House, checked_route};
use super::tls::{Kept, certificate, frontage, name, shake, text};
use super::{PATIENCE, eventually};
use crate::proxy::{Limits, pem};
use domain::frontage::{Certificate, Frontage};
use domain::route::{HealthCheck, Route, Target};
use rustls::ServerConfig;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

const HOST: &str = "vault.base";

/// An application with a TLS of its own in front, as a confidential machine has.
struct Guest {
    app: App,
    /// Where its TLS ends.
    address: SocketAddr,
    certificate: Certificate,
}

impl Guest {
    async fn start(name: &'static str) -> Self {
        let (app, certificate) = (App::start(name).await, certificate(HOST));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listener");
        let address = listener.local_addr().expect("address");
        tokio::spawn(end_tls(listener, acceptor(&certificate), app.address));
        Self {
            app,
            address,
            certificate,
        }
    }
}

fn acceptor(own: &Certificate) -> TlsAcceptor {
    let key = pem::certified(&own.chain, own.key.reveal()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(pem::provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(key)));
    TlsAcceptor::from(Arc::new(config))
}

async fn end_tls(listener: TcpListener, acceptor: TlsAcceptor, app: SocketAddr) {
    while let Ok((outside, _)) = listener.accept().await {
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            let (Ok(mut outside), Ok(mut inside)) =
                tokio::join!(acceptor.accept(outside), TcpStream::connect(app))
            else {
                return;
            };
            let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
        });
    }
}

fn sealed(id: &str, plain: SocketAddr, inside: SocketAddr) -> Route {
    checked(id, plain, inside, None)
}

fn checked(id: &str, plain: SocketAddr, inside: SocketAddr, health: Option<HealthCheck>) -> Route {
    let mut route = checked_route(HOST, &[(id, plain)], health);
    if let Target::Upstreams { upstreams, .. } = &mut route.target {
        upstreams[0].sealed = Some(inside);
    }
    route
}

fn of(id: &str, guest: &Guest) -> Route {
    sealed(id, guest.app.address, guest.address)
}

async fn said(kept: &mut Kept) -> String {
    text(kept.ask(HOST, "/").await).await
}

async fn fails(house: &House, host: &str, trusted: &Certificate) -> String {
    let shaken = shake(house.tls, host, trusted, "http/1.1").await;
    shaken.expect_err("nobody is there").to_string()
}

#[tokio::test]
async fn i17_a_host_whose_tls_ends_inside_is_passed_on_unopened() {
    let (mut house, guest) = (House::open().await, Guest::start("inside").await);
    house.put(of("m1", &guest)).await;
    // It trusts nobody's key but the guest's.
    let mut kept = Kept::open(house.tls, HOST, &guest.certificate).await;
    assert_eq!(said(&mut kept).await, "inside");
    let told = text(kept.ask(HOST, "/headers").await).await;
    assert!(!told.contains("x-forwarded"), "nobody read along: {told}");
    assert_eq!(
        get(house.address, HOST, "/").await.body,
        "inside",
        "the weaker way stays"
    );
    let stats = house.status().await.routes.remove(0).stats;
    assert!(stats.bytes_out > 0 && stats.bytes_in > 0, "{stats:?}");
    house.close();
}

#[tokio::test]
async fn p9_a_switch_moves_new_connections_and_what_is_open_drains() {
    let (mut house, one) = (House::open().await, Guest::start("one").await);
    let two = Guest::start("two").await;
    house.put(of("m1", &one)).await;
    let mut old = Kept::open(house.tls, HOST, &one.certificate).await;
    assert_eq!(said(&mut old).await, "one");
    house.put(of("m2", &two)).await;
    let mut new = Kept::open(house.tls, HOST, &two.certificate).await;
    assert_eq!(said(&mut new).await, "two");
    assert_eq!(said(&mut old).await, "one", "it stays where it is");
    assert_eq!(house.in_flight("m1").await, 1);
    drop(old);
    eventually("it has drained", async || house.in_flight("m1").await == 0).await;
    house.close();
}

#[tokio::test]
async fn p9_what_does_not_drain_is_cut() {
    let (mut house, one) = (House::open().await, Guest::start("one").await);
    let two = Guest::start("two").await;
    house.put(of("m1", &one)).await;
    let mut quiet = shake(house.tls, HOST, &one.certificate, "http/1.1")
        .await
        .expect("a handshake");
    house.put(of("m2", &two)).await;
    assert_eq!(house.client.cut("m1".into()).await.expect("cut"), 1);
    let closed = tokio::time::timeout(PATIENCE, quiet.read(&mut [0; 8])).await;
    assert!(!matches!(closed.expect("in time"), Ok(1..)));
    eventually("nobody is counted", async || {
        house.status().await.connections == 0
    })
    .await;
    house.close();
}

#[tokio::test]
async fn i17_where_nobody_ends_tls_a_client_is_told_so() {
    let (mut house, guest) = (House::open().await, Guest::start("inside").await);
    let trusted = &guest.certificate;
    assert!(
        fails(&house, HOST, trusted)
            .await
            .contains("UnrecognisedName")
    );
    house
        .put(super::house::route(HOST, &[("m1", guest.app.address)]))
        .await;
    assert!(
        fails(&house, HOST, trusted)
            .await
            .contains("UnrecognisedName")
    );
    house.put(of("m1", &guest)).await;
    assert!(
        fails(&house, "other.base", trusted)
            .await
            .contains("UnrecognisedName")
    );
    house
        .put(sealed("m2", closed_port().await, closed_port().await))
        .await;
    let error = fails(&house, HOST, trusted).await;
    assert!(error.contains("InternalError"), "{error}");
    house.close();
}

#[tokio::test]
async fn i17_one_of_several_that_takes_no_connection_is_passed_over() {
    let (mut house, guest) = (House::open().await, Guest::start("inside").await);
    let gone = closed_port().await;
    let mut route = checked_route(HOST, &[("m1", gone), ("m2", guest.app.address)], None);
    if let Target::Upstreams { upstreams, .. } = &mut route.target {
        upstreams[0].sealed = Some(gone);
        upstreams[1].sealed = Some(guest.address);
    }
    house.put(route).await;
    for _ in 0..4 {
        let mut kept = Kept::open(house.tls, HOST, &guest.certificate).await;
        assert_eq!(said(&mut kept).await, "inside");
    }
    house.close();
}

#[tokio::test]
async fn x5_the_guest_is_reached_while_the_plain_way_to_it_is_gone() {
    let (mut house, guest) = (House::open().await, Guest::start("inside").await);
    let health = HealthCheck {
        path: "/health".into(),
        interval_ms: 100,
        timeout_ms: 500,
    };
    let plain = closed_port().await;
    house
        .put(checked("m1", plain, guest.address, Some(health)))
        .await;
    eventually("it is taken for down", async || {
        !house.status().await.upstreams[0].healthy
    })
    .await;
    assert_eq!(get(house.address, HOST, "/").await.status, 503);
    let mut kept = Kept::open(house.tls, HOST, &guest.certificate).await;
    assert_eq!(said(&mut kept).await, "inside");
    house.close();
}

#[tokio::test]
async fn x5_a_data_plane_that_starts_alone_passes_on_from_its_snapshot() {
    let (folder, guest) = (
        tempfile::tempdir().expect("folder"),
        Guest::start("inside").await,
    );
    let mut house = House::open_in(folder.path(), Limits::default()).await;
    house.put(of("m1", &guest)).await;
    house.close();
    let house = House::open_in(folder.path(), Limits::default()).await;
    let mut kept = Kept::open(house.tls, HOST, &guest.certificate).await;
    assert_eq!(said(&mut kept).await, "inside");
    house.close();
}

#[tokio::test]
async fn i15_a_name_with_a_certificate_of_its_own_is_served_with_that() {
    let (mut house, guest) = (House::open().await, Guest::start("inside").await);
    house.put(of("m1", &guest)).await;
    let own = certificate("shop.example");
    let names = || vec![name("shop.example", HOST)];
    house.front(frontage(names(), vec![own.clone()])).await;
    let mut edge = Kept::open(house.tls, "shop.example", &own).await;
    assert_eq!(text(edge.ask("shop.example", "/").await).await, "inside");
    // Without one, the name leads inside too; the guest's certificate is for another name.
    house
        .front(Frontage {
            names: names(),
            ..Frontage::default()
        })
        .await;
    let error = fails(&house, "shop.example", &guest.certificate).await;
    assert!(error.contains("not valid for name"), "{error}");
    house.close();
}

#[tokio::test]
async fn x14_a_greeting_that_drips_is_ended_in_time() {
    let limits = Limits {
        tls_handshake_timeout_ms: 300,
        ..Limits::default()
    };
    let (mut house, guest) = (House::open_with(limits).await, Guest::start("inside").await);
    house.put(of("m1", &guest)).await;
    let mut slow = TcpStream::connect(house.tls).await.expect("connected");
    let dripping = async {
        for byte in [22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]
            .into_iter()
            .chain(std::iter::repeat(0))
        {
            slow.write_all(&[byte]).await?;
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        Ok::<_, std::io::Error>(())
    };
    let ended = tokio::time::timeout(PATIENCE, dripping).await;
    assert!(ended.expect("closed in time").is_err());
    eventually("nobody is counted", async || {
        house.status().await.connections == 0
    })
    .await;
    house.close();
}
