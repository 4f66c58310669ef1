//! The end of the log that lines go into.

use super::Logs;
use super::buffer::Buffer;
use super::line::clean;
use super::pending::Pushed;
use crate::driver::Lines;
use crate::store::Stored;
use domain::redact::Redactor;
use domain::time::Time;
use domain::view::Stream;
use std::sync::Arc;

/// Never waits. Dropped without `finish`, its lines are still written with the next flush, but
/// the stream doesn't count as ended.
pub struct LogWriter {
    logs: Logs,
    buffer: Arc<Buffer>,
    redactor: Arc<Redactor>,
    finished: bool,
}

impl LogWriter {
    pub(super) fn new(logs: Logs, buffer: Arc<Buffer>, redactor: Arc<Redactor>) -> Self {
        Self {
            logs,
            buffer,
            redactor,
            finished: false,
        }
    }

    /// A line that was printed at `at`. Text of several lines becomes several lines.
    pub fn line_at(&self, at: Time, stream: Stream, text: &str) {
        let text = text.strip_suffix('\n').unwrap_or(text);
        for line in text.split('\n') {
            let line = clean(line);
            // Before it is cut, or half a secret could stay.
            let line = self.redactor.redact(&line);
            self.logs
                .woken(self.buffer.push(&self.logs.inner.limits, at, stream, &line));
        }
    }

    /// For who can wait: until the database has taken what was too much. Then nothing is lost.
    pub async fn room(&self) -> Stored<()> {
        match self.buffer.is_half_full(&self.logs.inner.limits) {
            true => self.logs.flush_stream(&self.buffer).await,
            false => Ok(()),
        }
    }

    /// The last line was written. When the database does not take it now, the next flush does.
    pub async fn finish(mut self) {
        self.finished = true;
        let (logs, buffer) = (self.logs.clone(), self.buffer.clone());
        drop(self);
        if let Err(error) = logs.flush_stream(&buffer).await {
            tracing::warn!(stream = buffer.name, %error, "the end of a log can't be written yet");
        }
    }
}

impl Lines for LogWriter {
    fn line(&self, stream: Stream, text: &str) {
        self.line_at(self.logs.inner.clock.now(), stream, text);
    }
}

impl Drop for LogWriter {
    fn drop(&mut self) {
        self.buffer.close(self.finished);
        self.logs.woken(Pushed::First);
    }
}
