//! A socket to an upstream that `cut` can close from outside.

use super::origin::Origin;
use std::io;
use std::net::{self, SocketAddr};
use std::os::fd::AsFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Up to here, copying pieces together is cheaper than telling the kernel of several.
const ONE_WRITE_BYTES: usize = 2048;

pub struct UpstreamSocket {
    stream: TcpStream,
    origin: Arc<Origin>,
    key: u64,
}

impl UpstreamSocket {
    pub async fn connect(origin: Arc<Origin>) -> io::Result<Self> {
        let address = origin.address();
        Self::connect_to(origin, address).await
    }

    /// To another door of it than the one that speaks HTTP.
    pub async fn connect_to(origin: Arc<Origin>, address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let key = origin.remember(net::TcpStream::from(stream.as_fd().try_clone_to_owned()?));
        Ok(Self {
            stream,
            origin,
            key,
        })
    }
}

/// Writes several pieces: small ones, a header and a short body as a rule, as one.
pub fn write_pieces(
    stream: Pin<&mut TcpStream>,
    cx: &mut Context<'_>,
    pieces: &[io::IoSlice<'_>],
) -> Poll<io::Result<usize>> {
    if let [only] = pieces {
        return stream.poll_write(cx, only);
    }
    let mut whole = [0; ONE_WRITE_BYTES];
    let mut length = 0;
    for piece in pieces {
        let Some(space) = whole.get_mut(length..length + piece.len()) else {
            return stream.poll_write_vectored(cx, pieces);
        };
        space.copy_from_slice(piece);
        length += piece.len();
    }
    stream.poll_write(cx, &whole[..length])
}

impl Drop for UpstreamSocket {
    fn drop(&mut self) {
        self.origin.forget(self.key);
    }
}

impl AsyncRead for UpstreamSocket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for UpstreamSocket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        write_pieces(Pin::new(&mut self.stream), cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
