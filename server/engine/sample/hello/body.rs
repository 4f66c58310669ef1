//! A request's body, by length or in chunks, read as it comes.

use crate::http::{Input, Request, bad, line};
use std::io::{self, Read, Write};

const MAX_UNREAD_BYTES: u64 = 1024 * 1024;

enum Framing {
    Length(u64),
    Chunk { left: u64, started: bool },
    Done,
}

/// A request's body, read as it comes.
pub struct Body<'a> {
    pub input: &'a mut Input,
    framing: Framing,
    /// How long it is, when the client said so in advance.
    pub length: Option<u64>,
}

impl<'a> Body<'a> {
    pub fn of(request: &Request, input: &'a mut Input) -> io::Result<Body<'a>> {
        let length = request
            .header("content-length")
            .map(str::parse::<u64>)
            .transpose();
        let length = length.map_err(|_| bad("Content-Length is not a number"))?;
        let framing = match (length, request.has_token("transfer-encoding", "chunked")) {
            (Some(_), true) => return Err(bad("both Content-Length and Transfer-Encoding")),
            (Some(left), false) => Framing::Length(left),
            (None, true) => Framing::Chunk {
                left: 0,
                started: false,
            },
            (None, false) => Framing::Length(0),
        };
        if request.has_token("expect", "100-continue") {
            input
                .get_mut()
                .write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let length = length.or(matches!(framing, Framing::Length(_)).then_some(0));
        Ok(Body {
            input,
            framing,
            length,
        })
    }

    /// Reads what the route left unread; false when that is too much to keep the connection.
    pub fn discard(&mut self) -> io::Result<bool> {
        let read = io::copy(&mut self.by_ref().take(MAX_UNREAD_BYTES), &mut io::sink())?;
        Ok(read < MAX_UNREAD_BYTES)
    }

    fn next_chunk(&mut self, started: bool) -> io::Result<()> {
        if started {
            line(self.input)?;
        }
        let size = line(self.input)?.ok_or_else(|| bad("the body is cut off"))?;
        let size = size.split(';').next().unwrap_or("").trim();
        let left =
            u64::from_str_radix(size, 16).map_err(|_| bad("a chunk size is not a number"))?;
        self.framing = Framing::Chunk {
            left,
            started: true,
        };
        if left == 0 {
            while line(self.input)?.is_some_and(|trailer| !trailer.is_empty()) {}
            self.framing = Framing::Done;
        }
        Ok(())
    }

    fn read_some(&mut self, buffer: &mut [u8], left: u64) -> io::Result<usize> {
        let most = buffer
            .len()
            .min(usize::try_from(left).unwrap_or(usize::MAX));
        match self.input.read(&mut buffer[..most])? {
            0 if most > 0 => Err(bad("the body is cut off")),
            read => Ok(read),
        }
    }
}

impl Read for Body<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.framing {
            Framing::Done | Framing::Length(0) => Ok(0),
            Framing::Length(left) => {
                let read = self.read_some(buffer, left)?;
                self.framing = Framing::Length(left - read as u64);
                Ok(read)
            }
            Framing::Chunk { left: 0, started } => {
                self.next_chunk(started)?;
                self.read(buffer)
            }
            Framing::Chunk { left, .. } => {
                let read = self.read_some(buffer, left)?;
                self.framing = Framing::Chunk {
                    left: left - read as u64,
                    started: true,
                };
                Ok(read)
            }
        }
    }
}
