//! A restart before a machine has its secrets; and a machine whose evidence does not hold any more.

use super::lab::{Lab, cleared, eventually, see};
use crate::driver::Driver;
use crate::driver::tee::{Asked, Gate, Looked, Seen, Verifier, Witness};
use async_trait::async_trait;
use domain::instance::State;
use domain::secret::Secrets;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SHUT: u8 = 0;
const REAL: u8 = 1;
const LYING: u8 = 2;

/// Asks the verifier; unless it is to hear nothing, or to hear of another machine.
struct Switch(AtomicU8);

#[async_trait]
impl Gate for Switch {
    async fn look(&self, asked: &Asked<'_>) -> Result<Looked, String> {
        let mut asked = Asked { ..*asked };
        match self.0.load(Ordering::SeqCst) {
            SHUT => return Err("nobody is asked".into()),
            LYING => asked.tpm = domain::attest::Hex([4; 64]),
            _ => {}
        }
        Verifier.look(&asked).await
    }
}

#[derive(Default)]
struct Ears(Mutex<Vec<(bool, String)>>);

#[async_trait]
impl Witness for Ears {
    async fn saw(&self, seen: &Seen) {
        self.0.lock().unwrap().push((seen.holds(), seen.sentence()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i17_it_gets_its_secrets_after_a_restart_and_ends_when_its_evidence_holds_no_more() {
    let Some(lab) = Lab::open("again").await else {
        return;
    };
    let (gate, ears) = (
        Arc::new(Switch(AtomicU8::new(SHUT))),
        Arc::new(Ears::default()),
    );
    let connect = || {
        let every = Duration::from_secs(1);
        lab.connect_with(lab.source(), gate.clone(), ears.clone(), every)
    };
    let (driver, mut spec) = (connect(), lab.spec());
    spec.env.clear();
    spec.secrets = Secrets::new([("HELLO_MESSAGE".to_owned(), "told late".to_owned())].into());
    driver.ensure(&spec).await.expect("it is made");
    drop(driver);

    let driver = connect();
    gate.0.store(REAL, Ordering::SeqCst);
    let seen = see(&driver, &spec).await.expect("it is there");
    // That is how the planner knows that it is to be ensured again.
    assert_eq!((seen.state, seen.started_at), (State::Starting, None));
    driver.ensure(&spec).await.expect("it is adopted");
    let address = eventually("it is reached", async || see(&driver, &spec).await?.address).await;
    assert!(ears.0.lock().unwrap().iter().all(|(holds, _)| *holds));
    let page = eventually("it answers", async || super::boots::page(address)).await;
    assert!(page.contains("told late"), "{page}");

    gate.0.store(LYING, Ordering::SeqCst);
    let lines = eventually("it ended", async || {
        let seen = see(&driver, &spec).await?;
        match seen.state {
            State::Exited { lines, .. } => {
                assert_eq!(seen.address, None);
                Some(lines)
            }
            _ => None,
        }
    })
    .await;
    assert!(
        lines.iter().any(|line| line.contains("key.pinned")),
        "{lines:?}"
    );
    let (holds, sentence) = ears
        .0
        .lock()
        .unwrap()
        .last()
        .cloned()
        .expect("it was heard");
    assert!(!holds && sentence.contains("key.pinned"), "{sentence}");
    assert!(super::boots::page(address).is_none(), "nobody reaches it");
    cleared(&driver, &spec).await;
    let disks = driver.room.folders.images();
    assert_eq!(std::fs::read_dir(disks).expect("a list").count(), 0);
}
