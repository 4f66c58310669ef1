//! One log on its way to the terminal: its last lines, and those that follow.

use super::client::{Client, escape};
use super::exit::{Exit, Failure, Got};
use super::say::Say;
use super::sse::{Event, Parser};
use domain::api::LogFilter;
use domain::refusal::Refusal;
use domain::view::{LogLine, LogPage};
use reqwest::Method;
use std::time::{Duration, Instant};

/// Between two tries to go on where a stream broke off.
const AGAIN: Duration = Duration::from_secs(1);
/// The most of one answer.
const PAGE_LINES: u32 = 5_000;
/// With no server for this long, following is given up.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Tail {
    pub client: Client,
    pub stream: String,
    /// Before every line, where there are several logs.
    pub prefix: String,
    pub filter: LogFilter,
    pub say: Say,
}

impl Tail {
    pub async fn once(self, lines: u32) -> Got<()> {
        let mut from = self.begin(lines).await?;
        while let Some(next) = self.page(from).await? {
            from = next;
        }
        Ok(())
    }

    /// The first line wanted. Only the server knows which lines a filter lets through.
    async fn begin(&self, lines: u32) -> Got<u64> {
        if lines == 0 {
            return Ok(1);
        }
        if self.filter.is_empty() {
            let end = self.read("limit=1").await?.last_seq;
            return Ok((end + 1).saturating_sub(u64::from(lines)).max(1));
        }
        self.begin_of_filtered(lines).await
    }

    /// Page by page back from the end, until there are so many.
    async fn begin_of_filtered(&self, lines: u32) -> Got<u64> {
        let (mut missing, mut first) = (lines, None);
        loop {
            let limit = missing.min(PAGE_LINES);
            let before = first.map_or_else(String::new, |seq: u64| format!("&before={seq}"));
            let page = self.read(&format!("limit={limit}{before}")).await?;
            first = page.lines.first().map(|line| line.seq).or(first);
            missing = missing.saturating_sub(u32::try_from(page.lines.len()).unwrap_or(missing));
            if !page.earlier || missing == 0 {
                return Ok(first.unwrap_or(page.last_seq + 1));
            }
        }
    }

    async fn read(&self, which: &str) -> Got<LogPage> {
        let (stream, filter) = (escape(&self.stream), self.wanted());
        self.client
            .get(&format!("/v2/logs/{stream}?{which}{filter}"))
            .await
    }

    /// The filter as the end of an address.
    fn wanted(&self) -> String {
        let LogFilter {
            search,
            level,
            stream,
        } = &self.filter;
        let pairs = [
            ("search", search.as_deref().map(escape)),
            ("level", level.map(|l| l.word().to_owned())),
            ("stream", stream.map(|s| s.word().to_owned())),
        ];
        let said = pairs
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        said.fold(String::new(), |all, (name, value)| {
            format!("{all}&{name}={value}")
        })
    }

    /// Prints a page; answers where the next one begins.
    async fn page(&self, from: u64) -> Got<Option<u64>> {
        let page = self.read(&format!("from={from}&limit=1000")).await?;
        page.lines.iter().for_each(|line| self.print(line));
        let last = page.lines.last().map(|line| line.seq);
        Ok(last.filter(|_| page.later).map(|last| last + 1))
    }

    fn print(&self, line: &LogLine) {
        let text = match self.say.is_json() {
            true => serde_json::to_string(line).unwrap_or_default(),
            false => format!("{}{}", self.prefix, line.text),
        };
        self.say.line(&text);
    }

    /// To the log's end. A stream that breaks off is taken up after the last line that came.
    pub async fn follow(self, lines: u32) -> Got<()> {
        let mut next = self.begin(lines).await?;
        let mut heard = Instant::now();
        loop {
            match self.stream_from(&mut next).await {
                Ok(true) => return Ok(()),
                Ok(false) => heard = Instant::now(),
                Err(failure) if failure.exit == Exit::Unreachable && heard.elapsed() < PATIENCE => {
                }
                Err(failure) => return Err(failure),
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// True when the log is complete.
    async fn stream_from(&self, next: &mut u64) -> Got<bool> {
        let (stream, filter) = (escape(&self.stream), self.wanted());
        let path = format!("/v2/logs/{stream}/follow?from={next}{filter}");
        let mut response = self
            .client
            .send(self.client.request(Method::GET, &path))
            .await?;
        let mut parser = Parser::default();
        while let Ok(Some(bytes)) = response.chunk().await {
            for event in parser.feed(&bytes) {
                if event.name == "end" {
                    return self.ended(&event);
                }
                self.lines(&event, next);
            }
        }
        Ok(false)
    }

    fn ended(&self, event: &Event) -> Got<bool> {
        match event.data.as_str() {
            "complete" => Ok(true),
            "refused" => Err(Failure::new(
                Exit::Auth,
                Refusal::forbidden("You may not read this log any more."),
            )),
            _ => Ok(false),
        }
    }

    fn lines(&self, event: &Event, next: &mut u64) {
        let Ok(page) = serde_json::from_str::<LogPage>(&event.data) else {
            return;
        };
        page.lines.iter().for_each(|line| self.print(line));
        *next = page.lines.last().map_or(*next, |line| line.seq + 1);
    }
}
