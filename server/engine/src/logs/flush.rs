//! Writing down what waits: all streams in one transaction, then the hints.

use super::buffer::Buffer;
use super::rows::Rows;
use super::write::Write;
use super::{Limits, Logs, held};
use crate::store::{Stored, Transaction};
use domain::hint::Topic;
use domain::time::Time;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How old a line gets before it is written, unless 64 KiB are there sooner.
const FLUSH_AFTER: Duration = Duration::from_millis(50);
/// After a failure: the database is busy, or the disk is full.
const RETRY_AFTER: Duration = Duration::from_secs(1);

impl Logs {
    /// Flushes in the background until cancelled, then a last time.
    pub fn spawn_flusher(&self, tracker: &TaskTracker, cancel: CancellationToken) {
        let logs = self.clone();
        tracker.spawn(async move {
            while cancel.run_until_cancelled(logs.due()).await.is_some() {
                logs.flush_or_wait(&cancel).await;
            }
            if let Err(error) = logs.flush().await {
                tracing::error!(%error, "the last lines of the logs can't be written");
            }
        });
    }

    /// Until something waits for 50 ms, or 64 KiB do.
    async fn due(&self) {
        self.inner.dirty.notified().await;
        // Whether it was in time or not: there is something to flush.
        let _ = tokio::time::timeout(FLUSH_AFTER, self.inner.urgent.notified()).await;
    }

    async fn flush_or_wait(&self, cancel: &CancellationToken) {
        if let Err(error) = self.flush().await {
            tracing::warn!(%error, "log lines can't be written, they wait");
            cancel
                .run_until_cancelled(tokio::time::sleep(RETRY_AFTER))
                .await;
            self.inner.dirty.notify_one();
        }
    }

    /// Writes everything that waits. What can't be written keeps waiting.
    pub async fn flush(&self) -> Stored<()> {
        let _one = self.inner.flushing.lock().await;
        let buffers = self.unsettled();
        if self.write(&buffers).await.is_ok() {
            return Ok(());
        }
        // One stream that can't be written must not hold up the others.
        let mut result = Ok(());
        for one in &buffers {
            result = self.write(std::slice::from_ref(one)).await.and(result);
        }
        result
    }

    pub(super) async fn flush_stream(&self, buffer: &Arc<Buffer>) -> Stored<()> {
        let _one = self.inner.flushing.lock().await;
        self.write(std::slice::from_ref(buffer)).await
    }

    fn unsettled(&self) -> Vec<Arc<Buffer>> {
        let mut buffers = held(&self.inner.buffers);
        buffers.retain(|_, b| !b.is_idle());
        buffers
            .values()
            .filter(|b| b.is_dirty() || b.owes_hint())
            .cloned()
            .collect()
    }

    /// Only ever under the `flushing` lock.
    async fn write(&self, buffers: &[Arc<Buffer>]) -> Stored<()> {
        if buffers.iter().any(|b| b.is_dirty()) {
            let now = self.inner.clock.now();
            let mut tx = self.inner.store.begin().await?;
            for buffer in buffers {
                write_stream(&mut tx, buffer, &self.inner.limits, now).await?;
            }
            tx.commit().await?;
        }
        buffers.iter().for_each(|b| self.written(b));
        Ok(())
    }

    fn written(&self, buffer: &Buffer) {
        if !buffer.settle() && !buffer.owes_hint() {
            return;
        }
        match buffer.may_hint(self.inner.clock.now()) {
            true => self
                .inner
                .bus
                .hint(&buffer.org, Topic::Log(buffer.name.clone())),
            // The flusher looks again in 50 ms.
            false => self.inner.dirty.notify_one(),
        }
    }
}

async fn write_stream(
    tx: &mut Transaction<'_>,
    buffer: &Buffer,
    limits: &Limits,
    at: Time,
) -> Stored<()> {
    let mut rows = Rows {
        tx,
        stream: &buffer.name,
    };
    let before = match buffer.written() {
        Some(written) => written,
        None => buffer.learn(rows.stored(&buffer.org, &buffer.environment).await?),
    };
    let Some(batch) = buffer.batch(limits, at) else {
        return Ok(());
    };
    let mut write = Write {
        rows,
        limits,
        keep: buffer.keep,
        at,
    };
    let after = write.batch(before, &batch).await?;
    buffer.attempt(&batch, after);
    Ok(())
}
