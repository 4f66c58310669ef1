//! From an image to an answer, and back to nothing.

use super::lab::{Lab, cleared, differs, eventually, evidence, see};
use crate::driver::docker::{self, Docker};
use crate::driver::tee::pinned::Guest;
use crate::driver::{Driver, Images, Lines};
use domain::attest::{Hex, read_expected};
use domain::instance::{InstanceSpec, Observed, State};
use domain::secret::Secrets;
use domain::view::Stream;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;

pub fn page(address: SocketAddr) -> Option<String> {
    get(address, "/")
}

pub fn get(address: SocketAddr, path: &str) -> Option<String> {
    let mut stream = std::net::TcpStream::connect(address).ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    text.starts_with("HTTP/1.1 200").then_some(text)
}

pub async fn reached(driver: &crate::driver::tee::Tee, spec: &InstanceSpec) -> Observed {
    eventually("it is reached", async || {
        let seen = see(driver, spec).await?;
        if let State::Exited { lines, .. } = &seen.state {
            panic!("it ended: {lines:#?}");
        }
        assert!(seen.address.is_none() || seen.state == State::Running);
        seen.address.is_some().then_some(seen)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn i17_an_image_boots_measures_as_computed_serves_is_adopted_and_goes() {
    let Some(lab) = Lab::open("boots").await else {
        return;
    };
    let (driver, spec) = (lab.connect(), lab.spec());
    driver.ensure(&spec).await.expect("it is made");
    let first = see(&driver, &spec).await.expect("it is there");
    assert_eq!(
        (first.state, first.address),
        (State::Starting, None),
        "nobody reaches it before the verdict"
    );
    let seen = reached(&driver, &spec).await;
    let page = eventually("it answers", async || page(seen.address?)).await;
    assert!(page.contains("From inside."), "{page}");

    let folder = driver.room.folders.machine(&spec.id);
    let signed = folder.expected().expect("readable").expect("written");
    let port = folder.started().expect("readable").expect("started").port;
    let shown = evidence(&Guest::new(port, None).expect("a client"))
        .await
        .expect("evidence");
    let expected = read_expected(&signed.expected.0).expect("readable");
    assert_eq!(differs(&shown, &expected), None);
    let log = shown.event_log.expect("an event log").0;
    let drivers = expected.sim.expect("computed").dxefv.expect("computed").0;
    assert!(
        log.windows(32).any(|part| part == drivers),
        "the firmware's drivers are in the log"
    );
    assert!(
        Guest::new(port, Some(Hex([0; 32])))
            .expect("a client")
            .connect()
            .await
            .is_err()
    );

    driver.ensure(&spec).await.expect("what runs is adopted");
    drop(driver);
    let driver = lab.connect();
    let again = reached(&driver, &spec).await;
    assert_eq!((again.started_at, again.id), (seen.started_at, seen.id));
    cleared(&driver, &spec).await;
    assert!(!folder.path().exists());
}

struct Silent;

impl Lines for Silent {
    fn line(&self, _: Stream, _: &str) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn i17_an_image_of_a_real_engine_boots() {
    let docker = Arc::new(Docker::connect(docker::Options::new("tee-boots")));
    if let Err(e) = docker.fingerprint().await {
        let _ = writeln!(std::io::stderr(), "SKIPPED tee::engine: {e}");
        return;
    }
    let Some(lab) = Lab::open("engine").await else {
        return;
    };
    let loaded = docker
        .load(&lab.archive(), &Silent)
        .await
        .expect("it is an image");
    let tag = format!("sealdock/build:tee-{}", std::process::id());
    docker.keep(loaded.digest(), &tag).await.expect("it stays");
    let (driver, mut spec) = (lab.connect_to(docker.clone()), lab.spec());
    spec.image = loaded.digest().to_owned();
    driver.ensure(&spec).await.expect("it is made");
    let seen = reached(&driver, &spec).await;
    let page = eventually("it answers", async || page(seen.address?)).await;
    assert!(page.contains("From inside."), "{page}");
    cleared(&driver, &spec).await;
    assert_eq!(docker.discard(&tag).await, Ok(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn i17_secrets_reach_a_verified_machine_once_and_lie_nowhere_else() {
    let Some(lab) = Lab::open("secrets").await else {
        return;
    };
    let (driver, mut spec) = (lab.connect(), lab.spec());
    spec.env.clear();
    let value = "hunter22-only-inside".to_owned();
    spec.secrets = Secrets::new([("HELLO_MESSAGE".to_owned(), value.clone())].into());
    driver.ensure(&spec).await.expect("it is made");
    let seen = reached(&driver, &spec).await;
    let page = eventually("it answers", async || page(seen.address?)).await;
    assert!(page.contains(&value), "{page}");

    let folder = driver.room.folders.machine(&spec.id);
    for entry in std::fs::read_dir(folder.path()).expect("its folder") {
        let path = entry.expect("a file").path();
        let bytes = if path.is_file() {
            std::fs::read(&path).expect("readable")
        } else {
            vec![]
        };
        assert!(
            !bytes
                .windows(value.len())
                .any(|part| part == value.as_bytes()),
            "{}",
            path.display()
        );
    }
    let port = folder.started().expect("readable").expect("started").port;
    let guest = Guest::new(port, None).expect("a client");
    let key = crate::driver::tee::expected::key(&driver.room.folders.key()).expect("the key");
    let refused =
        crate::driver::tee::secrets::send(&guest, &key, Hex([1; 32]), &spec.secrets).await;
    assert!(refused.is_err_and(|e| e.to_string().contains("409")));
    cleared(&driver, &spec).await;
}
