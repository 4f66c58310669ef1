//! Why the data plane could not start or had to end.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    #[error(
        "the data plane was given no address to listen on; name at least one, such as 0.0.0.0:8080"
    )]
    NoAddress,
    #[error("cannot listen on {address}: {source}; free the port or choose another address")]
    Listen {
        address: SocketAddr,
        source: io::Error,
    },
    #[error(
        "cannot open the control socket {path}: {source}; check that its folder exists and is writable"
    )]
    ControlSocket { path: PathBuf, source: io::Error },
    #[error(
        "another data plane already serves with the control socket {path}; stop it or use another socket"
    )]
    AlreadyRunning { path: PathBuf },
    #[error(
        "the data plane at {path} did not hand its listeners over: {source}; stop it, and this one can bind them"
    )]
    HandOver { path: PathBuf, source: io::Error },
    #[error("cannot hold the listeners for a successor: {source}; raise the limit on open files")]
    Estate { source: io::Error },
    #[error("cannot set up TLS: {source}")]
    Tls { source: tokio_rustls::rustls::Error },
    #[error("cannot start a thread of the data plane: {source}")]
    Thread { source: io::Error },
    #[error(
        "a serving thread of the data plane ended by a fault of ours; see the log lines before this one"
    )]
    ThreadDied,
}
