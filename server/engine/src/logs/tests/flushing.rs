//! When lines are written down, and what happens when they are not.

use super::*;
use domain::hint::Topic;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

#[tokio::test]
async fn a_flush_that_fails_keeps_its_lines_and_one_bad_stream_stops_no_other() {
    let world = World::new().await;
    let nobody = OrgId::new(Time(9), 9);
    let bad = world
        .logs
        .writer(&nobody, &world.environment, "job/bad", Arc::default());
    bad.line(Stream::Out, "of an organization that is gone");
    let writer = world.writer();
    write(&writer, 0..3);
    assert!(world.logs.flush().await.is_err());
    assert_eq!(world.all().await.len(), 3);
    sqlx::query("INSERT INTO orgs (id, name, created_at) VALUES ($1, 'n', 0)")
        .bind(nobody.as_str())
        .execute(world.store.pool())
        .await
        .unwrap();
    world.logs.flush().await.unwrap();
    let page = world
        .logs
        .page(&nobody, "job/bad", &LogQuery::default())
        .await
        .unwrap();
    assert_eq!(page.map(|p| p.last_seq), Some(1));
}

#[tokio::test]
async fn a_flush_dropped_at_any_point_loses_and_repeats_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::at(&dir.path().join("db")).await;
    let writer = world.writer();
    for i in 0..200 {
        write(&writer, [i]);
        let _ = tokio::time::timeout(Duration::from_micros(i * 5), world.logs.flush()).await;
    }
    world.logs.flush().await.unwrap();
    let page = world.page(from(1, 5000)).await;
    assert!(page.lines.iter().map(|l| l.seq).eq(1..=200));
    assert!(
        texts(page)
            .into_iter()
            .eq((0..200).map(|i| format!("line {i}")))
    );
}

#[tokio::test]
async fn readers_are_hinted_at_most_twenty_times_a_second_and_never_left_behind() {
    let world = World::new().await;
    let mut hints = world.bus.subscribe();
    let writer = world.writer();
    for i in 0..100 {
        write(&writer, [i]);
        world.logs.flush().await.unwrap();
        world.clock.advance_ms(10);
    }
    let mut seen = 0;
    while let Ok(hint) = hints.try_recv() {
        assert_eq!(
            (hint.org, hint.topic),
            (world.org.clone(), Topic::Log(JOB.into()))
        );
        seen += 1;
    }
    assert_eq!(seen, 20);
    world.clock.advance_ms(50);
    world.logs.flush().await.unwrap();
    assert!(hints.try_recv().is_ok(), "the hint for the last lines");
    assert!(hints.try_recv().is_err());
}

#[tokio::test]
async fn the_flusher_writes_soon_without_being_asked() {
    let world = World::new().await;
    let (tracker, cancel) = (TaskTracker::new(), CancellationToken::new());
    world.logs.spawn_flusher(&tracker, cancel.clone());
    let mut hints = world.bus.subscribe();
    let writer = world.writer();
    writer.line(Stream::Out, "hello");
    tokio::time::timeout(Duration::from_secs(5), hints.recv())
        .await
        .unwrap()
        .unwrap();
    assert!(!world.logs.buffer(JOB).unwrap().is_dirty());
    writer.line(Stream::Out, "at the end");
    cancel.cancel();
    tracker.close();
    tracker.wait().await;
    assert!(!world.logs.buffer(JOB).unwrap().is_dirty());
}
