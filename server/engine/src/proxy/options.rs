//! What the operator may set. Every limit carries its unit in its name.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Everything the data plane is started with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyOptions {
    /// Addresses that applications are served on.
    pub listen: Vec<SocketAddr>,
    /// Addresses that they are served on with TLS; none is fine.
    pub listen_tls: Vec<SocketAddr>,
    /// Unix socket that the control plane talks to; created with mode 0600.
    pub control_socket: PathBuf,
    /// File that the last table is kept in; its predecessor is kept beside it.
    pub snapshot: PathBuf,
    /// Serving threads; 0 means one per core.
    pub threads: usize,
    /// Believe the client's `X-Forwarded-*`: only behind another proxy of your own.
    pub trust_forwarded: bool,
    pub limits: Limits,
    /// Instead of binding: take the listeners of the data plane that has the control socket.
    pub take_over: bool,
}

impl ProxyOptions {
    /// The usual data plane: one thread per core, default limits, nobody believed.
    pub fn new(listen: Vec<SocketAddr>, control_socket: PathBuf, snapshot: PathBuf) -> Self {
        Self {
            listen,
            listen_tls: Vec::new(),
            control_socket,
            snapshot,
            threads: 0,
            trust_forwarded: false,
            limits: Limits::default(),
            take_over: false,
        }
    }

    /// How many serving threads that makes on this machine.
    pub fn cores(&self) -> usize {
        match self.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        }
    }
}

/// What one client, or one upstream, may take from the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Open client connections of the whole process; further ones are refused with a 503.
    pub max_connections: usize,
    /// Request line and header fields together; more is answered 431.
    pub max_header_bytes: usize,
    /// Header fields of one request; more is answered 431.
    pub max_headers: usize,
    /// Body of one request; more is answered 413.
    pub max_request_body_bytes: u64,
    /// Requests of the whole process that wait in the gap of an update; further ones are not held.
    pub max_held_requests: usize,
    /// Streams that one HTTP/2 connection may have open.
    pub max_h2_streams: u32,
    /// From the accepting to the end of the TLS handshake.
    pub tls_handshake_timeout_ms: u64,
    /// From the first byte of a request (or the accepting) to the end of its header.
    pub header_read_timeout_ms: u64,
    /// Between two requests on one connection.
    pub keep_alive_timeout_ms: u64,
    /// For the client's next body byte, and for the client to take the next answer byte.
    pub body_idle_timeout_ms: u64,
    /// For any byte at all on an answer, event stream or tunnel in progress.
    pub stream_idle_timeout_ms: u64,
    /// For connecting to an upstream.
    pub connect_timeout_ms: u64,
    /// From the request's last byte to the upstream's header; then the client gets 504.
    pub response_header_timeout_ms: u64,
    /// Idle connections kept per upstream and core.
    pub max_idle_per_upstream: usize,
    /// How long an idle connection to an upstream is kept.
    pub upstream_idle_timeout_ms: u64,
    /// How long requests may still take when the process is told to end.
    pub shutdown_drain_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 20_000,
            max_header_bytes: 64 * 1024,
            max_headers: 100,
            max_request_body_bytes: u64::MAX,
            max_held_requests: 256,
            max_h2_streams: 128,
            tls_handshake_timeout_ms: 10_000,
            header_read_timeout_ms: 15_000,
            keep_alive_timeout_ms: 75_000,
            body_idle_timeout_ms: 60_000,
            stream_idle_timeout_ms: 3_600_000,
            connect_timeout_ms: 2_000,
            response_header_timeout_ms: 60_000,
            max_idle_per_upstream: 128,
            upstream_idle_timeout_ms: 30_000,
            shutdown_drain_ms: 30_000,
        }
    }
}
