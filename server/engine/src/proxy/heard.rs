//! A client's socket that keeps what was read of it, until it is known whose handshake that is.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Who greets takes 2 KiB with the longest keys of today.
const LONGEST_HELLO_BYTES: usize = 16 * 1024;

#[derive(Debug)]
pub struct Heard {
    stream: TcpStream,
    /// `None`: nobody will ask for it.
    said: Option<Vec<u8>>,
}

impl Heard {
    pub fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            said: Some(Vec::new()),
        }
    }

    /// TLS ends here: what was said is with whoever ends it.
    pub fn forget(&mut self) {
        self.said = None;
    }

    /// The socket, and what was read of it so far.
    pub fn into_parts(self) -> (TcpStream, Vec<u8>) {
        (self.stream, self.said.unwrap_or_default())
    }
}

impl AsyncRead for Heard {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if let Some(said) = &mut self.said {
            said.extend_from_slice(&buf.filled()[before..]);
            if said.len() > LONGEST_HELLO_BYTES {
                return Poll::Ready(Err(io::Error::other("it greets for too long")));
            }
        }
        polled
    }
}

impl AsyncWrite for Heard {
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
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proxy::pem::provider;
    use std::sync::Arc;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;
    use tokio_rustls::LazyConfigAcceptor;
    use tokio_rustls::rustls::pki_types::ServerName;
    use tokio_rustls::rustls::server::Acceptor;
    use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore};

    async fn pair() -> (TcpStream, Heard) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let address = listener.local_addr().expect("an address");
        let client = TcpStream::connect(address).await.expect("connected");
        client.set_nodelay(true).expect("set");
        let (stream, _) = listener.accept().await.expect("accepted");
        (client, Heard::new(stream))
    }

    fn hello(host: &'static str) -> Vec<u8> {
        let config = ClientConfig::builder_with_provider(Arc::new(provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        let name = ServerName::try_from(host).expect("a name");
        let mut client = ClientConnection::new(Arc::new(config), name).expect("a client");
        let mut bytes = vec![];
        client.write_tls(&mut bytes).expect("written");
        bytes
    }

    /// The name that was asked for, and what was kept.
    async fn greeted(heard: Heard) -> io::Result<(Option<String>, Vec<u8>)> {
        let start = LazyConfigAcceptor::new(Acceptor::default(), heard).await?;
        let name = start.client_hello().server_name().map(str::to_owned);
        Ok((name, start.io.into_parts().1))
    }

    #[tokio::test]
    async fn i17_a_greeting_is_kept_as_it_came_however_it_comes() {
        let sent = hello("web.localhost");
        for piece in [1, 7, sent.len()] {
            let (mut client, heard) = pair().await;
            let pieces = sent.clone();
            let sending = tokio::spawn(async move {
                for piece in pieces.chunks(piece) {
                    client.write_all(piece).await.expect("sent");
                    tokio::task::yield_now().await;
                }
                client
            });
            let (name, kept) = greeted(heard).await.expect("a greeting");
            assert_eq!(name.as_deref(), Some("web.localhost"));
            assert_eq!(kept, sent, "in pieces of {piece}");
            drop(sending.await);
        }
    }

    #[tokio::test]
    async fn x14_a_greeting_without_an_end_is_refused() {
        let (mut client, heard) = pair().await;
        // One handshake message of 64 KiB, in records that never end it.
        let mut endless = vec![22, 3, 1, 0x10, 0, 1, 0, 0xff, 0xff];
        endless.resize(5 + 0x1000, 0);
        for _ in 0..8 {
            endless.extend([22, 3, 3, 0x10, 0]);
            endless.resize(endless.len() + 0x1000, 0);
        }
        let _ = client.write_all(&endless).await;
        let error = greeted(heard).await.expect_err("refused").to_string();
        assert!(error.contains("for too long"), "{error}");
    }

    #[tokio::test]
    async fn i17_what_is_no_greeting_is_refused() {
        let (mut client, heard) = pair().await;
        client
            .write_all(b"GET / HTTP/1.1\r\n\r\n")
            .await
            .expect("sent");
        assert!(greeted(heard).await.is_err());
    }
}
