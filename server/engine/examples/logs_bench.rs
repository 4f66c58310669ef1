//! What the log store does on this machine: `cargo run --release -p engine --example logs_bench`.
//!
//! 10,000 lines a second from one writer for some seconds, then a log of 1,000,000 lines: how
//! long a page at any line takes, a search, a download. Everything in a directory that vanishes.

use domain::api::{LogFilter, LogQuery};
use domain::id::{EnvironmentId, OrgId};
use domain::redact::Redactor;
use domain::time::Time;
use domain::view::{LogPage, Stream};
use engine::changes::Bus;
use engine::clock::{Clock, SystemClock};
use engine::driver::Lines;
use engine::logs::{LogWriter, Logs};
use engine::store::Store;
use futures_util::TryStreamExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const LINES_PER_SECOND: u64 = 10_000;
const SECONDS: u64 = 5;
const MANY: u64 = 1_000_000;

type Done<T> = Result<T, Box<dyn std::error::Error>>;

struct Bench {
    logs: Logs,
    org: OrgId,
    environment: EnvironmentId,
}

impl Bench {
    fn writer(&self, stream: &str) -> LogWriter {
        let secrets = [
            "correct-horse-battery".to_owned(),
            "hunter22-staple".to_owned(),
        ];
        self.logs.writer(
            &self.org,
            &self.environment,
            stream,
            Arc::new(Redactor::new(secrets)),
        )
    }

    async fn page(&self, what: &str, stream: &str, query: LogQuery) -> Done<LogPage> {
        let begun = Instant::now();
        let page = self
            .logs
            .page(&self.org, stream, &query)
            .await?
            .unwrap_or_default();
        println!(
            "{what:<44}{:>8.1} ms {:>6} lines",
            ms(begun),
            page.lines.len()
        );
        Ok(page)
    }
}

fn ms(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1000.0
}

/// About 100 bytes, some with colours, as builds print.
fn line(i: u64) -> String {
    match i % 10 {
        0 => format!(
            "\u{1b}[32m   Compiling\u{1b}[0m some-package-{i} v1.{}.0 (/work/packages/some-package)",
            i % 97
        ),
        _ => format!(
            "#12 {i}.347 step {} of the build wrote another object file into target/release/deps",
            i % 1000
        ),
    }
}

fn main() -> Done<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let dir = tempfile::tempdir()?;
    runtime.block_on(bench(dir.path()))
}

async fn bench(dir: &Path) -> Done<()> {
    let store = Store::open(&dir.join("bench.db")).await?;
    let org = OrgId::new(Time(1), 1);
    insert_org(dir, &org).await?;
    let logs = Logs::new(store, Bus::default(), Arc::new(SystemClock));
    let (tracker, cancel) = (TaskTracker::new(), CancellationToken::new());
    logs.spawn_flusher(&tracker, cancel.clone());
    let bench = Bench {
        logs,
        org,
        environment: EnvironmentId::new(Time(1), 1),
    };
    paced(&bench).await?;
    many(&bench).await?;
    reads(&bench).await?;
    cancel.cancel();
    tracker.close();
    tracker.wait().await;
    Ok(())
}

async fn insert_org(dir: &Path, org: &OrgId) -> Done<()> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(dir.join("bench.db"));
    let pool = sqlx::SqlitePool::connect_with(options).await?;
    let insert = sqlx::query("INSERT INTO orgs (id, name, created_at) VALUES ($1, 'bench', 0)");
    insert.bind(org.as_str()).execute(&pool).await?;
    pool.close().await;
    Ok(())
}

/// As fast as one busy build, while a reader follows.
async fn paced(bench: &Bench) -> Done<()> {
    let writer = bench.writer("job/paced");
    let (mut ticks, mut slowest_ms, mut page_ms) = (
        tokio::time::interval(Duration::from_millis(10)),
        0.0_f64,
        0.0_f64,
    );
    let begun = Instant::now();
    for tick in 0..SECONDS * 100 {
        ticks.tick().await;
        let wrote = Instant::now();
        (0..LINES_PER_SECOND / 100).for_each(|i| writer.line(Stream::Out, &line(tick * 100 + i)));
        slowest_ms = slowest_ms.max(ms(wrote));
        if tick % 10 == 0 {
            let read = Instant::now();
            bench
                .logs
                .page(&bench.org, "job/paced", &LogQuery::default())
                .await?;
            page_ms = page_ms.max(ms(read));
        }
    }
    writer.finish().await;
    let rate = (SECONDS * LINES_PER_SECOND) as f64 / begun.elapsed().as_secs_f64();
    println!(
        "{rate:.0} lines/s for {SECONDS} s; slowest 100 lines {slowest_ms:.1} ms, slowest tail meanwhile {page_ms:.1} ms"
    );
    let last = bench
        .page("then the tail", "job/paced", LogQuery::default())
        .await?
        .last_seq;
    println!("kept {last} of {}", SECONDS * LINES_PER_SECOND);
    Ok(())
}

/// As fast as it goes.
async fn many(bench: &Bench) -> Done<()> {
    let writer = bench.writer("job/many");
    let begun = Instant::now();
    for i in 0..MANY {
        writer.line(Stream::Out, &line(i));
        if i % 20_000 == 0 {
            bench.logs.flush().await?;
        }
    }
    writer.finish().await;
    println!(
        "{MANY} lines written at {:.0} lines/s",
        MANY as f64 / begun.elapsed().as_secs_f64()
    );
    Ok(())
}

async fn reads(bench: &Bench) -> Done<()> {
    let many = "job/many";
    for from in [1, 250_000, 500_000, 999_000] {
        let query = LogQuery {
            from: Some(from),
            ..LogQuery::default()
        };
        bench
            .page(&format!("page of 500 from {from}"), many, query)
            .await?;
    }
    let query = LogQuery {
        from: Some(700_000),
        limit: Some(5000),
        ..LogQuery::default()
    };
    bench
        .page("page of 5,000 from 700,000", many, query)
        .await?;
    bench.page("tail", many, LogQuery::default()).await?;
    let now = SystemClock.now().0.to_string()[..8].to_owned();
    for (what, text) in [
        ("search: nothing to find", "no such words"),
        ("search: one line at the end", "Some-Package-999990 "),
        ("search: in most lines' times", "17"),
        ("search: everywhere", "e"),
        ("search: in each line's time, in no text", &now),
    ] {
        let query = LogQuery {
            filter: LogFilter {
                search: Some(text.into()),
                ..LogFilter::default()
            },
            limit: Some(5000),
            from: Some(1),
            ..LogQuery::default()
        };
        bench.page(what, many, query).await?;
    }
    let begun = Instant::now();
    let pieces = bench.logs.raw(&bench.org, many).await?;
    let Some(pieces) = pieces else { return Ok(()) };
    let bytes = pieces
        .try_fold(0, |sum, piece| async move { Ok(sum + piece.len()) })
        .await?;
    println!("download of {} MiB {:>30.1} ms", bytes >> 20, ms(begun));
    let begun = Instant::now();
    bench.logs.forget(&bench.environment).await?;
    println!("forget {:>46.1} ms", ms(begun));
    Ok(())
}
