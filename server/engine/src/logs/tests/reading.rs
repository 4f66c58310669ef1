//! Pages, searches, downloads.

use super::*;
use futures_util::TryStreamExt;

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
