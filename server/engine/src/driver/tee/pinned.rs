//! Connections to a guest. No authority vouches for its certificate: its key is what the evidence
//! names, and every connection after the first must end in that very key.

use crate::attest::tls::client;
use domain::attest::Digest;
use rustls::DEFAULT_VERSIONS;
use rustls::pki_types::{IpAddr, ServerName};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// QEMU takes connections long before there is a guest: whoever does not shake hands soon is not there.
const PATIENCE: Duration = Duration::from_secs(10);

pub type Connection = TlsStream<TcpStream>;

#[derive(Clone)]
pub struct Guest {
    address: SocketAddr,
    connector: TlsConnector,
}

impl Guest {
    /// `key`: SHA-256 of the one key that is accepted; without it, every key is.
    pub fn new(port: u16, key: Option<Digest>) -> io::Result<Self> {
        let config = client(key, DEFAULT_VERSIONS).map_err(io::Error::other)?;
        Ok(Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            connector: TlsConnector::from(Arc::new(config)),
        })
    }

    pub async fn connect(&self) -> io::Result<Connection> {
        let name = ServerName::IpAddress(IpAddr::from(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST)));
        let shaking = async {
            let stream = TcpStream::connect(self.address).await?;
            stream.set_nodelay(true)?;
            self.connector.connect(name, stream).await
        };
        tokio::time::timeout(PATIENCE, shaking).await?
    }
}
