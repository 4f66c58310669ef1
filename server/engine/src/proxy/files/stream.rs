//! A file's bytes as a body, read a piece at a time away from the serving thread.

use bytes::Bytes;
use std::fs::File;
use std::future::Future;
use std::io::{self, Read};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::task::{JoinHandle, spawn_blocking};

const PIECE_BYTES: u64 = 256 * 1024;

/// A file that is positioned at its first byte to send.
#[derive(Debug)]
pub struct FileBody {
    state: State,
    remaining: u64,
}

#[derive(Debug)]
enum State {
    Ready(Option<File>),
    Reading(JoinHandle<io::Result<(File, Bytes)>>),
}

impl FileBody {
    pub fn new(file: File, length: u64) -> Self {
        Self {
            state: State::Ready(Some(file)),
            remaining: length,
        }
    }

    pub fn remaining(&self) -> u64 {
        self.remaining
    }

    pub fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        loop {
            match &mut self.state {
                State::Ready(_) if self.remaining == 0 => return Poll::Ready(None),
                State::Ready(file) => {
                    let Some(file) = file.take() else {
                        return Poll::Ready(None);
                    };
                    let length = self.remaining.min(PIECE_BYTES);
                    self.state = State::Reading(spawn_blocking(move || read_piece(file, length)));
                }
                State::Reading(task) => {
                    let read = ready!(Pin::new(task).poll(cx))
                        .map_err(io::Error::other)
                        .flatten();
                    return Poll::Ready(Some(self.took(read)));
                }
            }
        }
    }

    fn took(&mut self, read: io::Result<(File, Bytes)>) -> io::Result<Bytes> {
        self.state = State::Ready(None);
        let (file, bytes) = read?;
        self.remaining -= bytes.len() as u64;
        self.state = State::Ready(Some(file));
        Ok(bytes)
    }
}

/// The whole piece or an error: a file that shrank cannot keep the length that was announced.
pub fn read_piece(mut file: File, length: u64) -> io::Result<(File, Bytes)> {
    let mut piece = vec![0; length as usize];
    file.read_exact(&mut piece)?;
    Ok((file, piece.into()))
}
