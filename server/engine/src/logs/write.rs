//! One stream's part of a flush: lines into chunks, within the stream's limits.

use super::pending::{Batch, Written};
use super::rows::Rows;
use super::{Keep, Limits, line};
use crate::store::Stored;
use domain::time::Time;
use domain::view::Stream;

const CHUNK_MAX_BYTES: usize = 64 * 1024;
/// A chunk below this grows with the next flush, so that a slow log isn't a row for each line.
const CHUNK_GROWS_TO_BYTES: usize = 8 * 1024;

pub(super) struct Write<'a, 't> {
    pub rows: Rows<'a, 't>,
    pub limits: &'a Limits,
    pub keep: Keep,
    pub at: Time,
}

impl Write<'_, '_> {
    pub async fn batch(&mut self, before: Written, batch: &Batch) -> Stored<Written> {
        let mut now = Written {
            ended: batch.ended,
            ..before
        };
        let (kept, rest) = batch.body.split_at(self.room(&before, &batch.body));
        for piece in pieces(kept) {
            self.piece(&mut now, piece).await?;
        }
        match self.keep {
            Keep::First => self.note(&mut now, batch.over + line::count(rest)).await?,
            Keep::Last => self.roll(&mut now).await?,
        }
        self.rows.end_at(&now).await?;
        Ok(now)
    }

    /// How much of the body the stream still takes.
    fn room(&self, before: &Written, body: &str) -> usize {
        if self.keep == Keep::Last {
            return body.len();
        }
        if before.note.is_some() {
            return 0;
        }
        let lines = self
            .limits
            .lines
            .saturating_sub(before.last_seq.unsigned_abs());
        let bytes = self
            .limits
            .bytes
            .saturating_sub(before.size_bytes.unsigned_abs());
        fitting(body, lines, bytes)
    }

    /// Appends to the last chunk while that is small.
    async fn piece(&mut self, now: &mut Written, piece: &str) -> Stored<()> {
        let last_seq = now.last_seq + line::count(piece).cast_signed();
        let (first_seq, bytes) = match now.tail {
            Some((first_seq, bytes)) if bytes < CHUNK_GROWS_TO_BYTES => {
                self.rows.append(first_seq, last_seq, piece).await?;
                (first_seq, bytes)
            }
            _ => {
                self.rows.insert(now.last_seq + 1, last_seq, piece).await?;
                (now.last_seq + 1, 0)
            }
        };
        now.tail = Some((first_seq, bytes + piece.len()));
        now.last_seq = last_seq;
        now.size_bytes += piece.len().cast_signed() as i64;
        Ok(())
    }

    /// One line for all that are over the limit; its count grows in place.
    async fn note(&mut self, now: &mut Written, over: u64) -> Stored<()> {
        if over == 0 {
            return Ok(());
        }
        let (seq, before) = now.note.unwrap_or((now.last_seq + 1, 0));
        let count = before + over;
        let mut body = String::new();
        line::append(&mut body, self.at, Stream::Note, &self.limits.over(count));
        match now.note {
            Some(_) => self.rows.replace(seq, &body).await?,
            None => self.rows.insert(seq, seq, &body).await?,
        }
        *now = Written {
            last_seq: seq,
            note: Some((seq, count)),
            tail: None,
            ..*now
        };
        Ok(())
    }

    /// The oldest chunks go until the rest is within the limits. The newest one always stays.
    async fn roll(&mut self, now: &mut Written) -> Stored<()> {
        let (lines, bytes) = (
            self.limits.lines.cast_signed(),
            self.limits.bytes.cast_signed(),
        );
        while now.last_seq > lines || now.size_bytes > bytes {
            let Some(oldest) = self.rows.oldest().await? else {
                break;
            };
            let beyond = oldest.last_seq <= now.last_seq - lines || now.size_bytes > bytes;
            if !beyond || oldest.last_seq == now.last_seq {
                break;
            }
            self.rows.delete(oldest.first_seq).await?;
            now.size_bytes -= oldest.bytes;
        }
        Ok(())
    }
}

/// The part of the body, in whole lines, that is within both limits.
fn fitting(body: &str, lines: u64, bytes: u64) -> usize {
    // No line is empty: it has its time. So this many bytes are never more lines.
    if body.len() as u64 <= bytes.min(lines) {
        return body.len();
    }
    let lines = usize::try_from(lines).unwrap_or(usize::MAX);
    let ends = body.match_indices('\n').take(lines).map(|(i, _)| i + 1);
    ends.take_while(|&end| end as u64 <= bytes)
        .last()
        .unwrap_or(0)
}

/// The body in parts of at most 64 KiB (or one line), cut between lines.
fn pieces(mut body: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let (piece, rest) = body.split_at(piece_end(body));
        body = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

fn piece_end(body: &str) -> usize {
    if body.len() <= CHUNK_MAX_BYTES {
        return body.len();
    }
    let most = &body[..body.floor_char_boundary(CHUNK_MAX_BYTES)];
    let end = most.rfind('\n').or_else(|| body.find('\n'));
    end.map_or(body.len(), |i| i + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_cut_between_lines_and_nothing_is_lost() {
        let body: String = (0..9000).map(|i| format!("{i} o grüße\n")).collect();
        let cut: Vec<_> = pieces(&body).collect();
        let fine = |p: &&str| p.ends_with('\n') && p.len() <= CHUNK_MAX_BYTES;
        assert_eq!(cut.concat(), body);
        assert!(cut.len() > 1 && cut.iter().all(fine));
    }

    #[test]
    fn only_whole_lines_fit() {
        let body = "1 o a\n2 o bc\n3 o d\n";
        for (lines, bytes, fits) in [(9, 99, 19), (2, 99, 13), (9, 18, 13), (9, 5, 0), (0, 99, 0)] {
            assert_eq!(
                fitting(body, lines, bytes),
                fits,
                "{lines} lines, {bytes} bytes"
            );
        }
    }
}
