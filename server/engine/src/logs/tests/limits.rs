//! What is not kept, and how that is said.

use super::*;

#[tokio::test]
async fn lines_over_the_limit_are_counted_in_one_note() {
    let world = World::limited(Limits {
        lines: 100,
        ..Limits::default()
    })
    .await;
    let writer = world.writer();
    for part in 0..3 {
        write(&writer, part * 60..part * 60 + 60);
        world.logs.flush().await.unwrap();
    }
    write(&writer, 0..1020);
    writer.finish().await;
    let page = world.page(from(99, 100)).await;
    let note = "… 1,100 lines were not kept: over the limit of 100 lines or 256 MiB for one log";
    assert_eq!(
        (texts(page.clone()), page.last_seq),
        (vec!["line 98".into(), "line 99".into(), note.into()], 101)
    );
    assert_eq!((page.lines[2].stream, page.ended), (Stream::Note, true));
}

#[tokio::test]
async fn bytes_are_limited_too_also_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits {
        bytes: 10_000,
        ..Limits::default()
    };
    for _ in 0..2 {
        let store = Store::open(&dir.path().join("db")).await.unwrap();
        let world = World::with(store, limits.clone()).await;
        let writer = world.writer();
        (0..20).for_each(|_| writer.line(Stream::Out, &"x".repeat(991)));
        writer.finish().await;
        world.store.close().await;
    }
    let world = World::at(&dir.path().join("db")).await;
    let all = world.all().await;
    let notes: Vec<_> = all
        .iter()
        .filter(|l| l.starts_with('…'))
        .map(|l| &l[..9])
        .collect();
    assert_eq!((all.len(), notes), (12, vec!["… 10 li", "… 20 li"]));
}

#[tokio::test]
async fn what_waits_is_limited_and_the_note_stands_in_its_place() {
    let world = World::limited(Limits {
        waiting_bytes: 1024,
        ..Limits::default()
    })
    .await;
    let writer = world.writer();
    (0..4).for_each(|_| writer.line(Stream::Out, &"x".repeat(600)));
    world.logs.flush().await.unwrap();
    writer.line(Stream::Out, "after");
    let all = world.all().await;
    let note = "… 2 lines were not kept: over the limit of 1 KiB that wait to be written";
    assert_eq!(
        (all.len(), all[2].as_str(), all[3].as_str()),
        (4, note, "after")
    );
}

#[tokio::test]
async fn an_environment_that_is_forgotten_leaves_nothing_and_gets_nothing() {
    let world = World::new().await;
    let other = EnvironmentId::new(Time(1), 2);
    world
        .logs
        .writer(&world.org, &other, "job/other", Arc::default())
        .finish()
        .await;
    let writer = world.writer();
    for i in 0..300 {
        writer.line(Stream::Out, &format!("{i} {}", "x".repeat(9000)));
        world.logs.flush().await.unwrap();
    }
    writer.line(Stream::Out, "waits");
    world.logs.forget(&world.environment).await.unwrap();
    write(&writer, 0..9);
    writer.finish().await;
    world.logs.flush().await.unwrap();
    let any = LogQuery::default();
    assert_eq!(world.logs.page(&world.org, JOB, &any).await.unwrap(), None);
    assert!(
        world
            .logs
            .page(&world.org, "job/other", &any)
            .await
            .unwrap()
            .is_some()
    );
    let chunks: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM log_chunks")
        .fetch_one(world.store.pool())
        .await
        .unwrap();
    assert_eq!(chunks, 0);
}

#[tokio::test]
async fn nothing_stays_in_memory_of_a_stream_that_is_done() {
    let world = World::new().await;
    world.writer_of("job/2").finish().await;
    world.logs.flush().await.unwrap();
    assert!(world.logs.buffer("job/2").is_none());
}

#[tokio::test]
async fn a_rolling_log_keeps_its_last_lines() {
    let world = World::limited(Limits {
        lines: 1000,
        ..Limits::default()
    })
    .await;
    let writer = world.rolling();
    // As a slow log grows: chunks of 8 KiB, the oldest of which go.
    for i in 0..5000 {
        write(&writer, [i]);
        if i % 50 == 0 {
            world.logs.flush().await.unwrap();
        }
    }
    let page = world.page(from(1, 5000)).await;
    let first = page.lines[0].seq;
    assert!((3000..=4001).contains(&first), "{first}");
    assert!(page.lines.iter().map(|l| l.seq).eq(first..=5000));
    assert_eq!(page.lines[0].text, format!("line {}", first - 1));
}

#[tokio::test]
async fn a_rolling_log_stays_within_its_bytes_also_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits {
        bytes: 100_000,
        ..Limits::default()
    };
    for _ in 0..2 {
        let store = Store::open(&dir.path().join("db")).await.unwrap();
        let world = World::with(store, limits.clone()).await;
        let writer = world.rolling();
        for i in 0..300 {
            writer.line(Stream::Out, &format!("{i} {}", "x".repeat(1000)));
            world.logs.flush().await.unwrap();
        }
        let page = world
            .page(LogQuery {
                limit: Some(5000),
                ..LogQuery::default()
            })
            .await;
        let kept: usize = page.lines.iter().map(|l| l.text.len()).sum();
        assert!((80_000..=100_000).contains(&kept), "{kept}");
        assert!(texts(page).last().is_some_and(|l| l.starts_with("299 ")));
        world.store.close().await;
    }
}
