//! A client's socket that notes when bytes move, and can be looked into before hyper gets it.

use super::heard::Heard;
use super::link::Link;
use super::socket::write_pieces;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// How an HTTP/2 connection with prior knowledge begins; no HTTP/1 method looks like it.
pub const PREFACE_START: &[u8] = b"PRI ";

/// What a client's bytes come through.
pub enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<Heard>>),
}

pub struct ClientSocket {
    stream: Stream,
    link: Arc<Link>,
    /// Read to tell the protocol, to be read again by it.
    seen: Vec<u8>,
}

impl ClientSocket {
    pub fn new(stream: Stream, link: Arc<Link>) -> Self {
        Self {
            stream,
            link,
            seen: Vec::new(),
        }
    }

    /// With what the client has said already, to be read again.
    pub fn again(stream: TcpStream, link: Arc<Link>, seen: Vec<u8>) -> Self {
        let stream = Stream::Plain(stream);
        Self { stream, link, seen }
    }

    /// Waits for enough bytes to tell. What was read is not lost.
    pub async fn begins_with(&mut self, start: &[u8]) -> io::Result<bool> {
        while self.seen.len() < start.len() && start.starts_with(&self.seen) {
            let mut bytes = [0; PREFACE_START.len()];
            let wanted = start.len() - self.seen.len();
            let read = match &mut self.stream {
                Stream::Plain(stream) => stream.read(&mut bytes[..wanted]).await?,
                Stream::Tls(stream) => stream.read(&mut bytes[..wanted]).await?,
            };
            match read {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => self.seen.extend_from_slice(&bytes[..read]),
            }
        }
        Ok(self.seen == start)
    }

    fn note<T>(&self, polled: &Poll<io::Result<T>>) {
        match polled {
            Poll::Ready(_) => self.link.watch.did_write(self.link.core.tick_ms()),
            Poll::Pending => self.link.watch.write_blocked(self.link.core.tick_ms()),
        }
    }
}

impl AsyncRead for ClientSocket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.seen.is_empty() {
            let length = self.seen.len().min(buf.remaining());
            buf.put_slice(&self.seen[..length]);
            self.seen.drain(..length);
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let polled = match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Stream::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        };
        if buf.filled().len() > before {
            self.link.watch.did_read(self.link.core.tick_ms());
        }
        polled
    }
}

impl AsyncWrite for ClientSocket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Stream::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        };
        self.note(&polled);
        polled
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = match &mut self.stream {
            Stream::Plain(stream) => write_pieces(Pin::new(stream), cx, bufs),
            Stream::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
        };
        self.note(&polled);
        polled
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
