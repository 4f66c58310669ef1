//! TLS towards clients: the certificate is chosen by the name that the client asks for, from the
//! table as it is at that moment, so a renewal closes no connection.

use super::error::ProxyError;
use super::pem::provider;
use super::table::Table;
use arc_swap::ArcSwap;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::Ticketer;
use tokio_rustls::rustls::server::{Acceptor, ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::server::TlsStream;
use tokio_rustls::{LazyConfigAcceptor, StartHandshake};

const HTTP2: &[u8] = b"h2";
const HTTP1: &[u8] = b"http/1.1";
/// Fatal alert 112, `unrecognized_name` (RFC 6066): a browser says that this server does not know
/// the name, instead of warning of a certificate that is somebody else's.
const UNKNOWN_NAME: &[u8] = &[21, 3, 3, 0, 2, 2, 112];

/// Looks the name up in the table that serves.
#[derive(Debug)]
struct ByName(Arc<ArcSwap<Table>>);

impl ByName {
    fn find(&self, hello: &ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name()?.to_ascii_lowercase();
        self.0.load().front.key(&name)
    }
}

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.find(&hello)
    }
}

/// What every handshake of the process goes by.
#[derive(Clone, Debug)]
pub struct Tls {
    config: Arc<ServerConfig>,
    names: Arc<ByName>,
}

impl Tls {
    pub fn new(table: Arc<ArcSwap<Table>>) -> Result<Self, ProxyError> {
        let names = Arc::new(ByName(table));
        let failed = |source| ProxyError::Tls { source };
        let mut config = ServerConfig::builder_with_provider(Arc::new(provider()))
            .with_safe_default_protocol_versions()
            .map_err(failed)?
            .with_no_client_auth()
            .with_cert_resolver(names.clone());
        config.alpn_protocols = vec![HTTP2.to_vec(), HTTP1.to_vec()];
        // A client that comes back saves the handshake on whichever core it lands.
        config.ticketer = Ticketer::new().map_err(failed)?;
        Ok(Self {
            config: Arc::new(config),
            names,
        })
    }

    /// The connection, and whether HTTP/2 is spoken on it. `None`: there was nothing to talk about.
    pub async fn accept(
        &self,
        stream: TcpStream,
        within: Duration,
    ) -> Option<(Box<TlsStream<TcpStream>>, bool)> {
        match tokio::time::timeout(within, self.shake(stream)).await {
            Ok(Ok(stream)) => {
                let is_http2 = stream.get_ref().1.alpn_protocol() == Some(HTTP2);
                Some((stream, is_http2))
            }
            Ok(Err(error)) => {
                tracing::debug!(%error, "a TLS handshake failed");
                None
            }
            Err(_) => {
                tracing::debug!("a TLS handshake took too long");
                None
            }
        }
    }

    async fn shake(&self, stream: TcpStream) -> io::Result<Box<TlsStream<TcpStream>>> {
        let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
        if self.names.find(&start.client_hello()).is_none() {
            return refuse(start).await;
        }
        start.into_stream(self.config.clone()).await.map(Box::new)
    }
}

async fn refuse<T>(start: StartHandshake<TcpStream>) -> io::Result<T> {
    let mut stream = start.io;
    stream.write_all(UNKNOWN_NAME).await?;
    stream.shutdown().await?;
    Err(io::Error::other(
        "no certificate is for the name that it asks for",
    ))
}
