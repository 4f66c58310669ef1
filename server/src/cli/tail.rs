//! One log on its way to the terminal: its last lines, and those that follow.

use super::client::{Client, escape};
use super::exit::{Exit, Failure, Got};
use super::say::Say;
use super::sse::{Event, Parser};
use domain::refusal::Refusal;
use domain::view::{LogLine, LogPage};
use reqwest::Method;
use std::time::{Duration, Instant};

/// Between two tries to go on where a stream broke off.
const AGAIN: Duration = Duration::from_secs(1);
/// With no server for this long, following is given up.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Tail {
    pub client: Client,
    pub stream: String,
    /// Before every line, where there are several logs.
    pub prefix: String,
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

    /// The first line wanted.
    async fn begin(&self, lines: u32) -> Got<u64> {
        let path = format!("/v2/logs/{}?limit=1", escape(&self.stream));
        let page: LogPage = self.client.get(&path).await?;
        Ok(if lines == 0 {
            1
        } else {
            (page.last_seq + 1).saturating_sub(u64::from(lines)).max(1)
        })
    }

    /// Prints a page; answers where the next one begins.
    async fn page(&self, from: u64) -> Got<Option<u64>> {
        let path = format!("/v2/logs/{}?from={from}&limit=1000", escape(&self.stream));
        let page: LogPage = self.client.get(&path).await?;
        page.lines.iter().for_each(|line| self.print(line));
        let last = page.lines.last().map(|line| line.seq);
        Ok(last
            .filter(|last| *last < page.last_seq)
            .map(|last| last + 1))
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
        let path = format!("/v2/logs/{}/follow?from={next}", escape(&self.stream));
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
