//! The end of a machine: its workload is told, and finishes; nobody else may tell it.

use super::boots::{get, page, reached};
use super::lab::{Lab, eventually, see};
use crate::driver::Driver;
use crate::driver::tee::pinned::Guest;
use crate::driver::tee::secrets::{post, signed};
use ring::signature::Ed25519KeyPair;
use std::time::{Duration, Instant};

const GRACE_S: u32 = 60;

#[tokio::test(flavor = "multi_thread")]
async fn i17_a_machine_that_goes_lets_its_workload_finish_and_obeys_nobody_else() {
    let Some(lab) = Lab::open("ends").await else {
        return;
    };
    let (driver, mut spec) = (lab.connect(), lab.spec());
    spec.env.insert("HELLO_DRAIN_MS".into(), "30000".into());
    driver.ensure(&spec).await.expect("it is made");
    let address = reached(&driver, &spec).await.address.expect("an address");
    eventually("it answers", async || page(address)).await;

    let folder = driver.room.folders.machine(&spec.id);
    let admitted = folder.admitted().expect("readable").expect("admitted");
    let port = folder.started().expect("readable").expect("started").port;
    let guest = Guest::new(port, Some(admitted.key)).expect("a client");
    let stranger = Ed25519KeyPair::from_seed_unchecked(&[9; 32]).expect("a key");
    let payload = serde_json::json!({ "tls_spki_sha256": admitted.key }).to_string();
    let body = signed(&stranger, b"tee-stop-v1\0", &payload);
    let answer = post(&guest, "/.well-known/tee/stop", &body).await;
    let answer = answer.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    assert!(page(address).is_some(), "it runs on");

    let slow = tokio::task::spawn_blocking(move || get(address, "/slow?ms=4000"));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let begun = Instant::now();
    driver.remove(&spec.id, GRACE_S).await.expect("it begins");
    let answered = slow.await.expect("it ran");
    assert!(
        answered.is_some_and(|a| a.contains("after 4000 ms")),
        "it was finished"
    );
    eventually("it is gone", async || {
        see(&driver, &spec).await.is_none().then_some(())
    })
    .await;
    let took = begun.elapsed();
    assert!(
        took < Duration::from_secs(GRACE_S.into()),
        "it ended by itself: {took:?}"
    );
}
