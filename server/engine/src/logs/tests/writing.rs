//! What becomes of a line.

use super::*;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

#[tokio::test]
async fn lines_are_numbered_timed_and_read_back_before_any_flush() {
    let world = World::new().await;
    let writer = world.writer();
    writer.line(Stream::Out, "10%\r100%\n");
    world.clock.advance_ms(5);
    writer.line(Stream::Err, "two\nthree");
    let page = world.page(LogQuery::default()).await;
    let seen: Vec<_> = page
        .lines
        .iter()
        .map(|l| (l.seq, l.at.0, l.stream, l.text.as_str()))
        .collect();
    let out = (1, 1000, Stream::Out, "100%");
    assert_eq!(
        seen,
        [
            out,
            (2, 1005, Stream::Err, "two"),
            (3, 1005, Stream::Err, "three")
        ]
    );
    assert_eq!((page.last_seq, page.ended), (3, false));
    writer.finish().await;
    assert!(world.page(LogQuery::default()).await.ended);
}

#[tokio::test]
async fn secrets_are_hidden_before_they_are_written() {
    let world = World::new().await;
    let redactor = Arc::new(Redactor::new(["hunter22".to_owned()]));
    let writer = world
        .logs
        .writer(&world.org, &world.environment, JOB, redactor);
    writer.line(
        Stream::Out,
        &format!("{} hunter22", "x".repeat(LINE_MAX_BYTES - 5)),
    );
    assert!(!world.all().await.concat().contains("hunt"));
    writer.line(Stream::Out, "login hunter22");
    assert_eq!(world.all().await[1], "login [redacted]");
}

#[tokio::test]
async fn numbers_go_on_after_a_restart_and_a_kill_loses_only_what_waited() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("db");
    let world = World::at(&path).await;
    let writer = world.writer();
    write(&writer, 0..10);
    world.logs.flush().await.unwrap();
    write(&writer, 10..20);
    world.store.close().await;
    drop((writer, world));

    let world = World::at(&path).await;
    let writer = world.writer();
    write(&writer, 20..25);
    writer.finish().await;
    let page = world.page(from(1, 100)).await;
    assert_eq!(
        page.lines.iter().map(|l| l.seq).collect::<Vec<_>>(),
        (1..=15).collect::<Vec<_>>()
    );
    let wanted: Vec<_> = (0..10).chain(20..25).map(|i| format!("line {i}")).collect();
    assert_eq!((texts(page.clone()), page.ended), (wanted, true));
}

#[tokio::test]
async fn an_ended_stream_that_is_written_again_goes_on() {
    let world = World::new().await;
    world.writer().finish().await;
    assert!(world.page(LogQuery::default()).await.ended);
    let (one, two) = (world.writer(), world.writer());
    assert!(!world.page(LogQuery::default()).await.ended);
    one.finish().await;
    assert!(!world.page(LogQuery::default()).await.ended);
    drop(two);
    assert!(world.page(LogQuery::default()).await.ended);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_leave_no_gap_and_keep_their_order() {
    let dir = tempfile::tempdir().unwrap();
    let world = Arc::new(World::at(&dir.path().join("db")).await);
    let (tracker, cancel) = (TaskTracker::new(), CancellationToken::new());
    world.logs.spawn_flusher(&tracker, cancel.clone());
    let write = |id: u64| {
        let world = world.clone();
        tokio::spawn(async move {
            let writer = world.writer();
            for i in 0..1000 {
                writer.line(Stream::Out, &format!("{id} {i}"));
                tokio::task::yield_now().await;
            }
        })
    };
    for task in (0..4).map(write).collect::<Vec<_>>() {
        task.await.unwrap();
    }
    cancel.cancel();
    tracker.close();
    tracker.wait().await;
    let lines = world.page(from(1, 5000)).await.lines;
    assert!(lines.iter().map(|l| l.seq).eq(1..=4000));
    for id in 0..4 {
        let own = lines
            .iter()
            .filter_map(|l| l.text.strip_prefix(&format!("{id} ")));
        assert!(own.eq((0..1000).map(|i| i.to_string())));
    }
}
