//! Pieces of any size, as a builder sends them, joined to lines: each stream by itself.

use super::lines::LINE_BYTES;
use domain::view::Stream;

/// What did not end with a line feed yet.
#[derive(Default)]
pub struct Pieces {
    out: String,
    err: String,
}

impl Pieces {
    /// The lines that this piece completes.
    pub fn push(&mut self, stream: Stream, piece: &str) -> Vec<String> {
        let pending = self.pending(stream);
        let mut whole = vec![];
        for part in piece.split_inclusive('\n') {
            pending.push_str(part.trim_end_matches('\n'));
            if part.ends_with('\n') || pending.len() > LINE_BYTES {
                whole.push(folded(&std::mem::take(pending)).to_owned());
            }
        }
        whole
    }

    /// What will not be completed any more.
    pub fn rest(&mut self) -> Vec<(Stream, String)> {
        let of = |stream| (stream, std::mem::take(self.pending(stream)));
        let rest = [Stream::Out, Stream::Err].map(of).into_iter();
        rest.filter(|(_, line)| !line.is_empty())
            .map(|(stream, line)| (stream, folded(&line).to_owned()))
            .collect()
    }

    fn pending(&mut self, stream: Stream) -> &mut String {
        if stream == Stream::Err {
            &mut self.err
        } else {
            &mut self.out
        }
    }
}

/// A progress bar rewrites its line with carriage returns: only its last state is worth a row.
fn folded(line: &str) -> &str {
    let line = line.trim_end_matches('\r');
    line.rsplit('\r')
        .find(|state| !state.trim().is_empty())
        .unwrap_or(line)
}
