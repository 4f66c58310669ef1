//! The store as its users see it: what goes in through a writer comes out of a page.

use super::*;
use crate::clock::ManualClock;
use crate::driver::Lines;
use domain::api::LogQuery;
use domain::hint::Topic;
use domain::time::Time;
use domain::view::{LogPage, Stream};
use futures_util::TryStreamExt;
use std::path::Path;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const JOB: &str = "job/1";

pub(super) struct World {
    pub logs: Logs,
    pub org: OrgId,
    pub environment: EnvironmentId,
    pub clock: Arc<ManualClock>,
    pub bus: Bus,
    pub store: Store,
}

impl World {
    pub async fn new() -> World {
        Self::with(Store::in_memory().await.unwrap(), Limits::default()).await
    }

    pub async fn limited(limits: Limits) -> World {
        Self::with(Store::in_memory().await.unwrap(), limits).await
    }

    async fn at(path: &Path) -> World {
        Self::with(Store::open(path).await.unwrap(), Limits::default()).await
    }

    async fn with(store: Store, limits: Limits) -> World {
        let (clock, bus) = (Arc::new(ManualClock::at(Time(1_000))), Bus::default());
        let org = OrgId::new(Time(1), 1);
        sqlx::query(
            "INSERT INTO orgs (id, name, created_at) VALUES ($1, 'o', 0) ON CONFLICT DO NOTHING",
        )
        .bind(org.as_str())
        .execute(store.pool())
        .await
        .unwrap();
        let logs = Logs::with_limits(store.clone(), bus.clone(), clock.clone(), limits);
        World {
            logs,
            org,
            environment: EnvironmentId::new(Time(1), 1),
            clock,
            bus,
            store,
        }
    }

    pub fn writer(&self) -> LogWriter {
        self.writer_of(JOB)
    }

    fn writer_of(&self, stream: &str) -> LogWriter {
        self.logs
            .writer(&self.org, &self.environment, stream, Arc::default())
    }

    pub async fn page_of(&self, stream: &str, query: LogQuery) -> LogPage {
        self.logs
            .page(&self.org, stream, &query)
            .await
            .unwrap()
            .unwrap()
    }

    async fn page(&self, query: LogQuery) -> LogPage {
        self.page_of(JOB, query).await
    }

    async fn all(&self) -> Vec<String> {
        texts(self.page(from(1, 5000)).await)
    }
}

fn from(seq: u64, limit: u32) -> LogQuery {
    LogQuery {
        from: Some(seq),
        limit: Some(limit),
        search: None,
    }
}

fn search(text: &str) -> LogQuery {
    LogQuery {
        search: Some(text.into()),
        ..LogQuery::default()
    }
}

pub(super) fn texts(page: LogPage) -> Vec<String> {
    page.lines.into_iter().map(|line| line.text).collect()
}

fn write(writer: &LogWriter, lines: impl IntoIterator<Item = u64>) {
    lines
        .into_iter()
        .for_each(|i| writer.line(Stream::Out, &format!("line {i}")));
}

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
async fn a_new_stream_is_there_at_once_and_only_for_its_organization() {
    let world = World::new().await;
    let _writer = world.writer();
    assert_eq!(world.page(LogQuery::default()).await, LogPage::default());
    let (other, any) = (OrgId::new(Time(1), 2), LogQuery::default());
    assert_eq!(world.logs.page(&other, JOB, &any).await.unwrap(), None);
    assert_eq!(
        world.logs.page(&world.org, "job/2", &any).await.unwrap(),
        None
    );
    assert!(world.logs.raw(&other, JOB).await.unwrap().is_none());
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
async fn a_page_begins_at_any_line_and_the_tail_is_the_end() {
    let world = World::new().await;
    let writer = world.writer();
    // Several flushes, so that chunks grow, end and follow each other.
    for part in 0..40 {
        write(&writer, part * 500..part * 500 + 500);
        world.logs.flush().await.unwrap();
    }
    for seq in [1, 2, 499, 500, 501, 7_777, 19_999, 20_000] {
        let page = world.page(from(seq, 3)).await;
        let wanted: Vec<u64> = (seq..(seq + 3).min(20_001)).collect();
        assert_eq!(page.lines.iter().map(|l| l.seq).collect::<Vec<_>>(), wanted);
        assert_eq!(page.lines[0].text, format!("line {}", seq - 1));
    }
    assert!(world.page(from(20_001, 3)).await.lines.is_empty());
    let tail = world
        .page(LogQuery {
            limit: Some(9_999),
            ..LogQuery::default()
        })
        .await;
    let seqs: Vec<u64> = tail.lines.iter().map(|l| l.seq).collect();
    assert_eq!(seqs, (15_001..=20_000).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_page_of_long_lines_ends_early_and_the_next_goes_on() {
    let world = World::new().await;
    let writer = world.writer();
    (0..400).for_each(|_| writer.line(Stream::Out, &"x".repeat(LINE_MAX_BYTES)));
    let first = world.page(from(1, 5000)).await;
    assert_eq!(first.lines.len(), 256);
    assert_eq!(world.page(from(257, 5000)).await.lines.len(), 144);
    let tail = world
        .page(LogQuery {
            limit: Some(5000),
            ..LogQuery::default()
        })
        .await;
    assert_eq!((tail.lines[0].seq, tail.lines.len()), (145, 256));
}

#[tokio::test]
async fn a_search_finds_what_is_written_and_what_waits() {
    let world = World::new().await;
    let writer = world.writer();
    write(&writer, 0..3000);
    world.logs.flush().await.unwrap();
    writer.line(Stream::Out, "LINE 2999 again");
    let page = world.page(search("line 2999")).await;
    assert_eq!(
        page.lines.iter().map(|l| l.seq).collect::<Vec<_>>(),
        [3000, 3001]
    );
    let some = LogQuery {
        from: Some(11),
        limit: Some(2),
        ..search("line")
    };
    assert_eq!(texts(world.page(some).await), ["line 10", "line 11"]);
    assert_eq!(world.page(search("no such")).await.lines, []);
}

#[tokio::test]
async fn a_download_is_what_was_printed() {
    let world = World::new().await;
    let writer = world.writer();
    write(&writer, 0..5000);
    let pieces = world.logs.raw(&world.org, JOB).await.unwrap().unwrap();
    write(&writer, 5000..5010);
    world.logs.flush().await.unwrap();
    let text: String = pieces.try_collect::<Vec<_>>().await.unwrap().concat();
    assert_eq!(
        text,
        (0..5000).map(|i| format!("line {i}\n")).collect::<String>()
    );
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
    two.line(Stream::Note, "the last");
    drop(two);
    let page = world.page(LogQuery::default()).await;
    assert_eq!((page.ended, page.last_seq), (true, 1));
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
