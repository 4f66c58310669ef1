//! TLS towards clients: the certificate is chosen by the name that the client asks for, from the
//! table as it is at that moment, so a renewal closes no connection. Where a host has none and its
//! instances end TLS themselves, the connection is theirs (`sealed`).

use super::error::ProxyError;
use super::heard::Heard;
use super::host;
use super::pem::provider;
use super::table::Table;
use arc_swap::ArcSwap;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::Ticketer;
use tokio_rustls::rustls::server::{Acceptor, ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::server::TlsStream;

const HTTP2: &[u8] = b"h2";
const HTTP1: &[u8] = b"http/1.1";
/// `unrecognized_name` (RFC 6066): a browser says that this server does not know the name, instead
/// of warning of a certificate that is somebody else's.
const UNKNOWN_NAME: u8 = 112;
/// `internal_error` (RFC 8446): the name is known, and nobody there answers.
pub const NOBODY_THERE: u8 = 80;

/// Looks the name up in the table that serves.
#[derive(Debug)]
struct ByName(Arc<ArcSwap<Table>>);

impl ByName {
    fn way(&self, hello: &ClientHello<'_>) -> Way {
        let Some(name) = hello.server_name() else {
            return Way::Nowhere;
        };
        let (host, table) = (host::lookup_key(name), self.0.load());
        // Whoever brought a certificate along wants clients to see it.
        match table.front.key(&host) {
            Some(_) => Way::Here,
            None if table.is_sealed(&host) => Way::Inside(host.into_owned()),
            None => Way::Nowhere,
        }
    }
}

/// Where the TLS of a connection ends.
enum Way {
    Here,
    /// In an instance behind this host.
    Inside(String),
    Nowhere,
}

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name()?;
        self.0.load().front.key(&host::lookup_key(name))
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

    /// `None`: there was nothing to talk about.
    pub async fn accept(&self, stream: TcpStream, within: Duration) -> Option<Spoken> {
        match tokio::time::timeout(within, self.shake(stream)).await {
            Ok(Ok(spoken)) => Some(spoken),
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

    async fn shake(&self, stream: TcpStream) -> io::Result<Spoken> {
        let mut start = LazyConfigAcceptor::new(Acceptor::default(), Heard::new(stream)).await?;
        match self.names.way(&start.client_hello()) {
            Way::Here => {
                start.io.forget();
                let stream = start.into_stream(self.config.clone()).await?;
                Ok(Spoken::here(Box::new(stream)))
            }
            Way::Inside(host) => Ok(Spoken::Inside(start.io, host)),
            Way::Nowhere => {
                refuse(start.io.into_parts().0, UNKNOWN_NAME).await?;
                Err(io::Error::other(
                    "no certificate is for the name that it asks for",
                ))
            }
        }
    }
}

/// What is spoken once the client has said what it asks for.
pub enum Spoken {
    Http1(Box<TlsStream<Heard>>),
    Http2(Box<TlsStream<Heard>>),
    /// Nothing that is understood here: it goes to an instance behind this host, as it came.
    Inside(Heard, String),
}

impl Spoken {
    fn here(stream: Box<TlsStream<Heard>>) -> Self {
        match stream.get_ref().1.alpn_protocol() == Some(HTTP2) {
            true => Self::Http2(stream),
            false => Self::Http1(stream),
        }
    }
}

/// Ends a connection with a fatal alert, before any handshake.
pub async fn refuse(mut stream: TcpStream, alert: u8) -> io::Result<()> {
    stream.write_all(&[21, 3, 3, 0, 2, 2, alert]).await?;
    stream.shutdown().await
}
