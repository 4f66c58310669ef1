//! Following what an instance prints.

use super::look::{PATIENCE, cleared, ensured, running};
use super::{Behaviour, Harness, now};
use crate::driver::{Driver, Printed};
use domain::id::InstanceId;
use domain::view::Stream;
use tokio::sync::mpsc;

/// Reads until `wanted` says that it has enough.
async fn read(
    lines: &mut mpsc::Receiver<Printed>,
    mut enough: impl FnMut(&[Printed]) -> bool,
) -> Vec<Printed> {
    let mut all = Vec::new();
    while !enough(&all) {
        let line = tokio::time::timeout(PATIENCE, lines.recv())
            .await
            .expect("a line in time");
        all.push(line.expect("lines until there are enough"));
    }
    all
}

const PAIRS: usize = 200;

fn of(stream: Stream, printed: &[Printed]) -> Vec<&str> {
    printed
        .iter()
        .filter(|line| line.stream == stream)
        .map(|line| line.text.as_str())
        .collect()
}

fn numbered(word: &str) -> Vec<String> {
    (1..=PAIRS).map(|n| format!("{word} {n}")).collect()
}

async fn follow(
    driver: &impl Driver,
    id: &InstanceId,
    since_ms: i64,
    enough: impl FnMut(&[Printed]) -> bool,
) -> Vec<Printed> {
    let (send, mut receive) = mpsc::channel(16);
    let reading = async {
        let lines = read(&mut receive, enough).await;
        drop(receive);
        lines
    };
    let (followed, lines) = tokio::join!(driver.logs(id, since_ms, send), reading);
    followed.expect("following ends well when nobody listens");
    lines
}

pub async fn lines_come_in_order_complete_and_by_stream(harness: &impl Harness) {
    let driver = harness.connect();
    let begun_ms = now().0 - 1000;
    let spec = ensured(&driver, harness, Behaviour::Prints).await;
    let lines = follow(&driver, &spec.id, 0, |all| all.len() == 2 * PAIRS).await;
    assert_eq!(of(Stream::Out, &lines), numbered("out"));
    assert_eq!(of(Stream::Err, &lines), numbered("err"));
    assert!(
        lines
            .iter()
            .all(|line| line.at_ms >= begun_ms && line.at_ms <= now().0 + 1000)
    );
    cleared(&driver, &spec).await;
}

pub async fn lines_resume_where_they_ended(harness: &impl Harness) {
    let driver = harness.connect();
    let spec = ensured(&driver, harness, Behaviour::Prints).await;
    let all = follow(&driver, &spec.id, 0, |all| all.len() == 2 * PAIRS).await;
    let since_ms = all[all.len() / 2].at_ms;
    let expected: Vec<_> = all
        .iter()
        .filter(|line| line.at_ms >= since_ms)
        .cloned()
        .collect();
    let resumed = follow(&driver, &spec.id, since_ms, |seen| {
        seen.len() == expected.len()
    })
    .await;
    assert_eq!(resumed, expected);
    cleared(&driver, &spec).await;
}

pub async fn following_ends_with_the_instance(harness: &impl Harness) {
    let driver = harness.connect();
    let spec = ensured(&driver, harness, Behaviour::Serves).await;
    running(&driver, &spec.environment).await;
    let (send, _receive) = mpsc::channel(16);
    let (followed, ()) = tokio::join!(
        tokio::time::timeout(PATIENCE, driver.logs(&spec.id, 0, send)),
        cleared(&driver, &spec)
    );
    assert_eq!(followed, Ok(Ok(())));
    let (send, _receive) = mpsc::channel(16);
    assert_eq!(
        driver.logs(&spec.id, 0, send).await,
        Ok(()),
        "what never was is gone already"
    );
}
