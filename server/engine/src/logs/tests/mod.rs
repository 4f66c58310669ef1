//! The store as its users see it: what goes in through a writer comes out of a page.

mod filtering;
mod flushing;
mod limits;
mod reading;
mod writing;

use super::*;
use crate::clock::ManualClock;
use crate::driver::Lines;
use domain::api::{LogFilter, LogQuery};
use domain::time::Time;
use domain::view::{LogPage, Stream};
use std::path::Path;

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

    fn rolling(&self) -> LogWriter {
        self.logs
            .rolling_writer(&self.org, &self.environment, JOB, Arc::default())
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
        ..LogQuery::default()
    }
}

fn search(text: &str) -> LogQuery {
    LogQuery {
        filter: text_is(text),
        ..LogQuery::default()
    }
}

fn text_is(text: &str) -> LogFilter {
    LogFilter {
        search: Some(text.into()),
        ..LogFilter::default()
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
