//! Of a machine that ends before it was verified, only its watch says why; and that stays said.

use super::lab::{Lab, SELDOM, cleared, eventually, see};
use crate::driver::Driver;
use crate::driver::tee::{Asked, Gate, Looked, Seen, Witness, qmp};
use async_trait::async_trait;
use domain::instance::{InstanceSpec, State};
use std::sync::Arc;
use tokio::sync::Semaphore;

struct Shut;

#[async_trait]
impl Gate for Shut {
    async fn look(&self, _: &Asked<'_>) -> Result<Looked, String> {
        Err("nobody is asked".into())
    }
}

/// What it is shown makes it fall.
struct Falls;

#[async_trait]
impl Gate for Falls {
    async fn look(&self, _: &Asked<'_>) -> Result<Looked, String> {
        panic!("at somebody's bytes")
    }
}

struct Deaf;

#[async_trait]
impl Witness for Deaf {
    async fn saw(&self, _: &Seen) {}
}

/// Whoever keeps the evidence takes as long as the test wants.
struct Slow {
    heard: Semaphore,
    kept: Semaphore,
}

#[async_trait]
impl Witness for Slow {
    async fn saw(&self, seen: &Seen) {
        assert!(!seen.holds(), "{}", seen.sentence());
        self.heard.add_permits(1);
        let _kept = self.kept.acquire().await;
    }
}

async fn last_line(driver: &super::super::Tee, spec: &InstanceSpec) -> Option<String> {
    match see(driver, spec).await?.state {
        State::Exited { lines, .. } => lines.last().cloned(),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i17_why_a_machine_ended_is_known_before_it_is_seen_to_have_ended_and_after_a_restart() {
    let Some(lab) = Lab::open("word").await else {
        return;
    };
    let witness = Arc::new(Slow {
        heard: Semaphore::new(0),
        kept: Semaphore::new(0),
    });
    let connect = || lab.connect_with(lab.source(), Arc::new(Shut), witness.clone(), SELDOM);
    let (driver, spec) = (connect(), lab.spec());
    driver.ensure(&spec).await.expect("it is made");
    let folder = driver.room.folders.machine(&spec.id);
    qmp::quit(folder.path()).await.expect("it ends");
    witness.heard.acquire().await.expect("open").forget();
    let seen = see(&driver, &spec).await.expect("it is there");
    assert_eq!(seen.state, State::Starting, "its watch has not spoken yet");

    witness.kept.add_permits(Semaphore::MAX_PERMITS);
    let why = eventually("it ended", async || last_line(&driver, &spec).await).await;
    assert_eq!(why, "It ended before it showed any evidence.");

    // As if it had shown something that was refused.
    let said = "Its evidence is refused, because of key.pinned.";
    folder.write_refused(said).expect("it is written");
    drop(driver);
    let driver = connect();
    let why = eventually("it ended", async || last_line(&driver, &spec).await).await;
    assert_eq!(why, said);
    assert_eq!(witness.heard.available_permits(), 0, "nothing new was seen");
    cleared(&driver, &spec).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i17_a_machine_whose_evidence_makes_its_reader_fall_is_ended_with_a_sentence() {
    let Some(lab) = Lab::open("falls").await else {
        return;
    };
    let driver = lab.connect_with(lab.source(), Arc::new(Falls), Arc::new(Deaf), SELDOM);
    let spec = lab.spec();
    driver.ensure(&spec).await.expect("it is made");
    let why = eventually("it ended", async || last_line(&driver, &spec).await).await;
    assert!(why.starts_with("Sealdock failed while"), "{why}");
    cleared(&driver, &spec).await;
}
