//! From ensure to gone.

use super::look::{PATIENCE, answers, cleared, ensured, exited, gone, running, see};
use super::{App, Behaviour, Harness, environment, now, spec};
use crate::driver::{Driver, DriverError, Scope};
use domain::instance::State;
use std::time::{Duration, Instant};

pub async fn ensuring_twice_makes_one_instance_that_answers(harness: &impl Harness) {
    let driver = harness.connect();
    let spec = ensured(&driver, harness, Behaviour::Serves).await;
    let first = running(&driver, &spec.environment).await;
    driver.ensure(&spec).await.expect("what runs is adopted");
    let seen = see(&driver, &spec.environment).await;
    assert_eq!((seen.len(), &seen[0]), (1, &first));
    assert!(first.id == spec.id && first.environment == spec.environment);
    assert!(
        first
            .address
            .is_some_and(|address| address.ip().is_loopback())
    );
    assert!(
        first
            .started_at
            .is_some_and(|at| now().since_ms(at) < 60_000)
    );
    answers(&first).await;
    cleared(&driver, &spec).await;
}

pub async fn a_new_driver_adopts_what_the_old_one_made(harness: &impl Harness) {
    let old = harness.connect();
    let spec = ensured(&old, harness, Behaviour::Serves).await;
    let before = running(&old, &spec.environment).await;
    drop(old);
    let new = harness.connect();
    new.ensure(&spec).await.expect("it is adopted");
    assert_eq!(see(&new, &spec.environment).await, [before]);
    cleared(&new, &spec).await;
}

pub async fn an_exit_is_seen_with_its_code_and_last_lines(harness: &impl Harness) {
    let driver = harness.connect();
    let spec = ensured(&driver, harness, Behaviour::Exits).await;
    let State::Exited {
        code,
        out_of_memory,
        lines,
    } = exited(&driver, &spec.environment).await
    else {
        unreachable!()
    };
    assert_eq!(
        (code, out_of_memory, lines.last().map(String::as_str)),
        (3, false, Some("going down"))
    );
    cleared(&driver, &spec).await;
}

pub async fn running_out_of_memory_is_seen_as_such(harness: &impl Harness) {
    let driver = harness.connect();
    let spec = ensured(&driver, harness, Behaviour::EatsMemory).await;
    let state = exited(&driver, &spec.environment).await;
    assert!(
        matches!(
            state,
            State::Exited {
                code: 137,
                out_of_memory: true,
                ..
            }
        ),
        "{state:?}"
    );
    cleared(&driver, &spec).await;
}

pub async fn removing_is_seen_and_ends_and_may_be_asked_again(harness: &impl Harness) {
    let driver = harness.connect();
    let spec = ensured(&driver, harness, Behaviour::Serves).await;
    running(&driver, &spec.environment).await;
    let begun = Instant::now();
    driver.remove(&spec.id, 1).await.expect("removal begins");
    driver
        .remove(&spec.id, 1)
        .await
        .expect("asking again is no harm");
    assert!(
        begun.elapsed() < Duration::from_millis(500),
        "removal must not be waited for"
    );
    let seen = see(&driver, &spec.environment).await;
    assert!(
        seen.iter().all(|seen| seen.state == State::Leaving),
        "{seen:?}"
    );
    gone(&driver, &spec.environment).await;
    driver
        .remove(&spec.id, 0)
        .await
        .expect("what is gone may be removed");
    driver
        .forget(&spec.environment)
        .await
        .expect("the network goes");
    driver
        .forget(&spec.environment)
        .await
        .expect("forgetting twice is no harm");
}

pub async fn each_scope_shows_what_belongs_to_it(harness: &impl Harness) {
    let driver = harness.connect();
    let one = ensured(&driver, harness, Behaviour::Serves).await;
    let two = ensured(&driver, harness, Behaviour::Serves).await;
    let ids = async |scope| {
        let seen = driver.observe(scope).await.expect("the runtime answers");
        seen.into_iter().map(|seen| seen.id).collect::<Vec<_>>()
    };
    assert_eq!(
        ids(Scope::Environment(&one.environment)).await,
        vec![one.id.clone()]
    );
    let empty = environment();
    assert_eq!(ids(Scope::Environment(&empty)).await, []);
    let mut both = vec![one.id.clone(), two.id.clone()];
    both.sort();
    assert_eq!(ids(Scope::Everything).await, both);
    cleared(&driver, &one).await;
    assert_eq!(ids(Scope::Everything).await, vec![two.id.clone()]);
    cleared(&driver, &two).await;
}

pub async fn a_start_and_an_end_are_hinted(harness: &impl Harness) {
    let driver = harness.connect();
    let mut hints = driver.hints();
    let spec = ensured(&driver, harness, Behaviour::Serves).await;
    let mut hinted = async |what: &str| {
        let waiting =
            async { while hints.recv().await.expect("hints go on") != spec.environment {} };
        tokio::time::timeout(PATIENCE, waiting)
            .await
            .unwrap_or_else(|_| panic!("no hint of {what}"));
    };
    hinted("the start").await;
    cleared(&driver, &spec).await;
    hinted("the end").await;
}

pub async fn another_installation_is_not_touched(harness: &impl Harness) {
    let (ours, theirs) = (harness.connect(), harness.neighbour());
    let spec = ensured(&theirs, harness, Behaviour::Serves).await;
    let before = running(&theirs, &spec.environment).await;
    assert_eq!(ours.observe(Scope::Everything).await, Ok(vec![]));
    assert_eq!(see(&ours, &spec.environment).await, []);
    ours.remove(&spec.id, 0)
        .await
        .expect("nothing of ours has that id");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(see(&theirs, &spec.environment).await, [before]);
    cleared(&theirs, &spec).await;
}

pub async fn a_missing_image_is_refused_and_leaves_nothing(harness: &impl Harness) {
    let driver = harness.connect();
    let app = App {
        image: format!("sha256:{}", "0".repeat(64)),
        command: None,
    };
    let spec = spec(app, &environment());
    let refused = driver.ensure(&spec).await;
    assert!(
        matches!(&refused, Err(DriverError::Refused(said)) if said.contains("image")),
        "{refused:?}"
    );
    assert_eq!(see(&driver, &spec.environment).await, []);
    driver
        .forget(&spec.environment)
        .await
        .expect("the network goes");
}
