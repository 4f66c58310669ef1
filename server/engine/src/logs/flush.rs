//! Writing down what waits: all streams in one transaction, then the hints.

use super::buffer::{Batch, Buffer, Written};
use super::{Limits, Logs, held, line};
use crate::store::{Db, Stored, Transaction};
use domain::hint::Topic;
use domain::time::Time;
use domain::view::Stream;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How old a line gets before it is written, unless 64 KiB are there sooner.
const FLUSH_AFTER: Duration = Duration::from_millis(50);
/// After a failure: the database is busy, or the disk is full.
const RETRY_AFTER: Duration = Duration::from_secs(1);
const CHUNK_MAX_BYTES: usize = 64 * 1024;
/// A chunk below this grows with the next flush, so that a slow log isn't a row for each line.
const CHUNK_GROWS_TO_BYTES: usize = 8 * 1024;

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
    now: Time,
) -> Stored<()> {
    if buffer.written().is_none() {
        buffer.learn(known(tx, buffer).await?);
    }
    let Some((before, batch)) = buffer.written().zip(buffer.batch(limits, now)) else {
        return Ok(());
    };
    let after = Write {
        tx,
        stream: &buffer.name,
        limits,
        at: now,
    }
    .batch(before, &batch)
    .await?;
    buffer.attempt(&batch, after);
    Ok(())
}

/// What the database holds; a new stream gets its row.
async fn known(tx: &mut Transaction<'_>, buffer: &Buffer) -> Stored<Written> {
    let found = sqlx::query_as::<Db, (i64, i64, i64)>(
        "SELECT last_seq, size_bytes, ended FROM log_streams WHERE stream = $1 AND org = $2",
    )
    .bind(&buffer.name)
    .bind(buffer.org.as_str())
    .fetch_optional(&mut **tx)
    .await?;
    if let Some((last_seq, size_bytes, ended)) = found {
        return Ok(Written {
            last_seq,
            size_bytes,
            ended: ended != 0,
            tail: None,
            note: None,
        });
    }
    sqlx::query::<Db>(
        "INSERT INTO log_streams (stream, org, environment, last_seq, size_bytes, ended) \
         VALUES ($1, $2, $3, 0, 0, 0)",
    )
    .bind(&buffer.name)
    .bind(buffer.org.as_str())
    .bind(buffer.environment.as_str())
    .execute(&mut **tx)
    .await?;
    Ok(Written::default())
}

/// One stream's part of the transaction.
struct Write<'a, 't> {
    tx: &'a mut Transaction<'t>,
    stream: &'a str,
    limits: &'a Limits,
    at: Time,
}

impl Write<'_, '_> {
    async fn batch(&mut self, before: Written, batch: &Batch) -> Stored<Written> {
        let mut now = Written {
            ended: batch.ended,
            ..before
        };
        let (kept, rest) = batch.body.split_at(self.room(&before, &batch.body));
        for piece in pieces(kept) {
            self.piece(&mut now, piece).await?;
        }
        let over = batch.over + line::count(rest);
        if over > 0 {
            self.note(&mut now, over).await?;
        }
        self.stream(&now).await?;
        Ok(now)
    }

    /// How much of the body the stream still takes.
    fn room(&self, before: &Written, body: &str) -> usize {
        let lines = self
            .limits
            .lines
            .saturating_sub(before.last_seq.unsigned_abs());
        let bytes = self
            .limits
            .bytes
            .saturating_sub(before.size_bytes.unsigned_abs());
        if before.note.is_some() {
            return 0;
        }
        if body.len() as u64 <= bytes && body.len() as u64 <= lines {
            return body.len();
        }
        let mut room = 0;
        for record in body
            .split_inclusive('\n')
            .take(lines.try_into().unwrap_or(usize::MAX))
        {
            if (room + record.len()) as u64 > bytes {
                break;
            }
            room += record.len();
        }
        room
    }

    /// Appends to the last chunk while that is small.
    async fn piece(&mut self, now: &mut Written, piece: &str) -> Stored<()> {
        let lines = line::count(piece).cast_signed();
        let last_seq = now.last_seq + lines;
        match now.tail {
            Some((first_seq, bytes)) if bytes < CHUNK_GROWS_TO_BYTES => {
                self.grow(first_seq, last_seq, piece).await?;
                now.tail = Some((first_seq, bytes + piece.len()));
            }
            _ => {
                self.chunk(now.last_seq + 1, last_seq, piece).await?;
                now.tail = Some((now.last_seq + 1, piece.len()));
            }
        }
        now.last_seq = last_seq;
        now.size_bytes += piece.len() as i64;
        Ok(())
    }

    /// One line for all that are over the limit; its count grows in place.
    async fn note(&mut self, now: &mut Written, over: u64) -> Stored<()> {
        let (seq, before) = now.note.unwrap_or((now.last_seq + 1, 0));
        let count = before + over;
        let mut body = String::new();
        line::append(&mut body, self.at, Stream::Note, &self.limits.over(count));
        match now.note {
            Some(_) => self.replace(seq, &body).await?,
            None => self.chunk(seq, seq, &body).await?,
        }
        *now = Written {
            last_seq: seq,
            note: Some((seq, count)),
            tail: None,
            ..*now
        };
        Ok(())
    }

    async fn chunk(&mut self, first_seq: i64, last_seq: i64, body: &str) -> Stored<()> {
        sqlx::query::<Db>(
            "INSERT INTO log_chunks (stream, first_seq, last_seq, body) VALUES ($1, $2, $3, $4)",
        )
        .bind(self.stream)
        .bind(first_seq)
        .bind(last_seq)
        .bind(body)
        .execute(&mut **self.tx)
        .await?;
        Ok(())
    }

    async fn grow(&mut self, first_seq: i64, last_seq: i64, more: &str) -> Stored<()> {
        sqlx::query::<Db>(
            "UPDATE log_chunks SET body = body || $1, last_seq = $2 WHERE stream = $3 AND first_seq = $4",
        )
        .bind(more)
        .bind(last_seq)
        .bind(self.stream)
        .bind(first_seq)
        .execute(&mut **self.tx)
        .await?;
        Ok(())
    }

    async fn replace(&mut self, seq: i64, body: &str) -> Stored<()> {
        sqlx::query::<Db>("UPDATE log_chunks SET body = $1 WHERE stream = $2 AND first_seq = $3")
            .bind(body)
            .bind(self.stream)
            .bind(seq)
            .execute(&mut **self.tx)
            .await?;
        Ok(())
    }

    async fn stream(&mut self, now: &Written) -> Stored<()> {
        sqlx::query::<Db>(
            "UPDATE log_streams SET last_seq = $1, size_bytes = $2, ended = $3 WHERE stream = $4",
        )
        .bind(now.last_seq)
        .bind(now.size_bytes)
        .bind(i64::from(now.ended))
        .bind(self.stream)
        .execute(&mut **self.tx)
        .await?;
        Ok(())
    }
}

/// The body in parts of at most 64 KiB (or one line), cut between lines.
fn pieces(mut body: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let most = body.floor_char_boundary(CHUNK_MAX_BYTES);
        let end = match body.len() > most {
            true => body[..most]
                .rfind('\n')
                .or_else(|| body.find('\n'))
                .map_or(body.len(), |i| i + 1),
            false => body.len(),
        };
        let (piece, rest) = body.split_at(end);
        body = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_cut_between_lines_and_nothing_is_lost() {
        let body: String = (0..9000).map(|i| format!("{i} o grüße\n")).collect();
        let cut: Vec<_> = pieces(&body).collect();
        assert_eq!(cut.concat(), body);
        assert!(
            cut.len() > 1
                && cut
                    .iter()
                    .all(|p| p.ends_with('\n') && p.len() <= CHUNK_MAX_BYTES)
        );
    }
}
