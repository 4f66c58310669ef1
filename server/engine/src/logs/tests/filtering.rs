//! Levels, streams and searches, over whole logs and across the borders of chunks.

use super::*;
use domain::api::LogFind;
use domain::log_level::Level;
use domain::view::LogFound;

const LINES: u64 = 20_000;

/// Twenty thousand lines in many chunks: every tenth on standard error, every hundredth an error,
/// every thousandth from Sealdock itself.
async fn long() -> (World, LogWriter) {
    let world = World::new().await;
    let writer = world.writer();
    for n in 1..=LINES {
        let (stream, level) = match n {
            n if n.is_multiple_of(1000) => (Stream::Note, "INFO"),
            n if n.is_multiple_of(100) => (Stream::Err, "ERROR"),
            n if n.is_multiple_of(10) => (Stream::Err, "WARN"),
            _ => (Stream::Out, "DEBUG"),
        };
        writer.line(stream, &format!("{level} line {n} {}", "x".repeat(40)));
        if n.is_multiple_of(500) {
            world.logs.flush().await.unwrap();
        }
    }
    (world, writer)
}

fn filter(level: Option<Level>, stream: Option<Stream>, text: &str) -> LogFilter {
    LogFilter {
        level,
        stream,
        ..text_is(text)
    }
}

fn errors() -> LogFilter {
    filter(Some(Level::Error), None, "")
}

fn seqs(page: &LogPage) -> Vec<u64> {
    page.lines.iter().map(|line| line.seq).collect()
}

impl World {
    async fn find(&self, filter: LogFilter, at: Option<u64>, back: bool) -> LogFound {
        let find = LogFind { filter, at, back };
        let found = self.logs.find(&self.org, JOB, &find).await;
        found.unwrap().unwrap()
    }
}

fn found(position: u64, total: u64, seq: u64) -> LogFound {
    LogFound {
        total,
        position,
        seq: Some(seq),
    }
}

#[tokio::test]
async fn p21_a_filter_is_over_the_whole_log_and_its_tail_is_its_own() {
    let (world, _writer) = long().await;
    let query = LogQuery {
        limit: Some(3),
        filter: errors(),
        ..LogQuery::default()
    };
    let tail = world.page(query.clone()).await;
    assert_eq!(seqs(&tail), [19_700, 19_800, 19_900]);
    assert_eq!(
        (tail.last_seq, tail.earlier, tail.later),
        (LINES, true, false)
    );
    assert!(tail.lines.iter().all(|l| l.level == Level::Error));
    let before = LogQuery {
        before: Some(19_700),
        ..query.clone()
    };
    assert_eq!(seqs(&world.page(before).await), [19_400, 19_500, 19_600]);
    let start = LogQuery {
        from: Some(1),
        ..query.clone()
    };
    let start = world.page(start).await;
    assert_eq!((seqs(&start), start.later), (vec![100, 200, 300], true));
    let notes = LogQuery {
        limit: Some(5000),
        filter: filter(None, Some(Stream::Note), ""),
        ..query
    };
    let notes = world.page(notes).await;
    assert_eq!(seqs(&notes), (1..=20).map(|n| n * 1000).collect::<Vec<_>>());
    assert!(!notes.earlier && !notes.later);
}

#[tokio::test]
async fn p21_pages_of_a_filter_follow_each_other_without_a_gap() {
    let (world, _writer) = long().await;
    let only = filter(Some(Level::Warning), Some(Stream::Err), "LINE");
    let (mut from, mut all) = (1, vec![]);
    loop {
        let query = LogQuery {
            from: Some(from),
            limit: Some(77),
            filter: only.clone(),
            ..LogQuery::default()
        };
        let page = world.page(query).await;
        all.extend(seqs(&page));
        if !page.later {
            break;
        }
        from = all.last().unwrap() + 1;
    }
    let wanted = (1..=LINES).filter(|n| n.is_multiple_of(10) && !n.is_multiple_of(1000));
    assert_eq!(all, wanted.collect::<Vec<_>>());
}

#[tokio::test]
async fn p21_lines_around_one_are_there_however_far_away_it_is() {
    let (world, _writer) = long().await;
    let around = |seq, filter| LogQuery {
        around: Some(seq),
        limit: Some(9),
        filter,
        ..LogQuery::default()
    };
    let page = world.page(around(777, LogFilter::default())).await;
    assert_eq!(seqs(&page), (774..=782).collect::<Vec<_>>());
    assert!(page.earlier && page.later);
    let page = world.page(around(500, errors())).await;
    assert_eq!(seqs(&page), [200, 300, 400, 500, 600, 700, 800, 900, 1100]);
    let page = world.page(around(1, LogFilter::default())).await;
    assert_eq!((page.lines[0].seq, page.earlier), (1, false));
    let page = world.page(around(LINES, LogFilter::default())).await;
    assert_eq!(seqs(&page), [19_997, 19_998, 19_999, 20_000]);
    assert!(!page.later);
}

#[tokio::test]
async fn p21_a_search_counts_the_whole_log_and_goes_both_ways_round() {
    let (world, writer) = long().await;
    let seven = || text_is("line 7 ");
    assert_eq!(world.find(seven(), None, false).await, found(1, 1, 7));
    // `line 1999`, and `line 19990` to `line 19999`: the two ends of the log, many chunks apart.
    let far = || text_is("LINE 1999");
    assert_eq!(world.find(far(), None, false).await, found(1, 11, 1999));
    assert_eq!(
        world.find(far(), Some(1999), false).await,
        found(2, 11, 19_990)
    );
    assert_eq!(
        world.find(far(), Some(19_990), true).await,
        found(1, 11, 1999)
    );
    assert_eq!(
        world.find(far(), Some(1999), true).await,
        found(11, 11, 19_999)
    );
    assert_eq!(
        world.find(far(), Some(19_999), false).await,
        found(1, 11, 1999)
    );
    let among = filter(Some(Level::Error), None, "line 1");
    let wanted = (1..=LINES).filter(|n| n.is_multiple_of(100) && !n.is_multiple_of(1000));
    let total = wanted.filter(|n| n.to_string().starts_with('1')).count() as u64;
    assert_eq!(
        world.find(among, Some(100), false).await,
        found(2, total, 1100)
    );
    assert_eq!(
        world.find(text_is("nowhere"), Some(9), true).await,
        LogFound::default()
    );
    // What waits to be written counts too.
    writer.line(Stream::Out, "line 19991 once more");
    assert_eq!(
        world.find(text_is("line 19991"), Some(19_991), false).await,
        found(2, 2, 20_001)
    );
}

#[tokio::test]
async fn p21_every_match_is_met_once_in_either_direction() {
    let (world, _writer) = long().await;
    for back in [false, true] {
        let (mut at, mut met) = (None, vec![]);
        for _ in 0..20 {
            let found = world
                .find(filter(None, Some(Stream::Note), ""), at, back)
                .await;
            assert_eq!(found.total, 20);
            at = found.seq;
            met.extend(at);
        }
        met.sort_unstable();
        assert_eq!(
            met,
            (1..=20).map(|n| n * 1000).collect::<Vec<_>>(),
            "{back}"
        );
    }
}

#[tokio::test]
async fn p21_a_secret_can_not_be_searched_for() {
    let world = World::new().await;
    let redactor = Arc::new(Redactor::new(["hunter22".to_owned()]));
    let writer = world
        .logs
        .writer(&world.org, &world.environment, JOB, redactor);
    writer.line(Stream::Err, "ERROR login hunter22 refused");
    assert_eq!(world.find(text_is("hunter"), None, false).await.total, 0);
    let shown = world.find(text_is("[redacted]"), None, false).await;
    assert_eq!(shown, found(1, 1, 1));
    let (other, find) = (OrgId::new(Time(1), 2), LogFind::default());
    assert_eq!(world.logs.find(&other, JOB, &find).await.unwrap(), None);
}
