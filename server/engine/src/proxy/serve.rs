//! Accepting connections and finding out which HTTP they speak.

use super::answer::answer;
use super::client_socket::{ClientSocket, PREFACE_START, Stream};
use super::core::Core;
use super::link::{Link, Watch};
use super::sealed;
use super::tls::Spoken;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 44\r\n\
Retry-After: 1\r\nConnection: close\r\n\r\nThis server has no connection left for you.\n";
const AFTER_ACCEPT_ERROR: Duration = Duration::from_millis(20);

/// Accepts until told to stop. What was accepted goes on.
pub async fn accept(
    core: Arc<Core>,
    (listener, tls): (TcpListener, bool),
    stop: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        match accepted {
            Ok((stream, client)) => admit(&core, stream, client, tls),
            Err(error) => {
                // Mostly out of file descriptors: going round at once would only burn the core.
                tracing::warn!(%error, "accepting a connection failed");
                tokio::time::sleep(AFTER_ACCEPT_ERROR).await;
            }
        }
    }
}

fn admit(core: &Arc<Core>, stream: TcpStream, client: SocketAddr, tls: bool) {
    let Some(open) = Open::count(core) else {
        // With TLS, saying why would take the handshake that there is no room for.
        if !tls {
            tokio::spawn(refuse(stream));
        }
        return;
    };
    let watch = Arc::new(Watch::accepted(core.tick_ms()));
    core.watch(&watch);
    let (core, watched) = (core.clone(), watch.clone());
    let task = tokio::spawn(async move {
        let _open = open;
        serve(core, stream, client, watched, tls).await;
    });
    watch.belongs_to(task.abort_handle());
}

/// One of the connections that the process may have open.
struct Open(Arc<Core>);

impl Open {
    fn count(core: &Arc<Core>) -> Option<Self> {
        let before = core.shared.connections.fetch_add(1, Relaxed);
        let open = Self(core.clone());
        (before < core.shared.options.limits.max_connections).then_some(open)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.shared.connections.fetch_sub(1, Relaxed);
    }
}

/// Says no in plain words; whoever does not listen is not waited for.
async fn refuse(mut stream: TcpStream) {
    let said = async {
        stream.write_all(FULL).await?;
        stream.shutdown().await
    };
    let _ = tokio::time::timeout(Duration::from_secs(1), said).await;
}

async fn serve(
    core: Arc<Core>,
    stream: TcpStream,
    client: SocketAddr,
    watch: Arc<Watch>,
    tls: bool,
) {
    let (Ok(local), Ok(())) = (stream.local_addr(), stream.set_nodelay(true)) else {
        return;
    };
    let link = Arc::new(Link::new(core, watch, client, local, tls));
    if tls {
        return secure(link, stream).await;
    }
    let mut socket = ClientSocket::new(Stream::Plain(stream), link.clone());
    match socket.begins_with(PREFACE_START).await {
        Ok(true) => http2(link, socket).await,
        Ok(false) => http1(link, socket).await,
        Err(_) => {} // It went away without a word.
    }
}

/// What is spoken was agreed on in the handshake, unless that is none of our business.
async fn secure(link: Arc<Link>, stream: TcpStream) {
    let within = Duration::from_millis(link.limits().tls_handshake_timeout_ms);
    let Some(tls) = link.core.shared.tls.clone() else {
        return;
    };
    let socket = |stream| ClientSocket::new(Stream::Tls(stream), link.clone());
    match tls.accept(stream, within).await {
        Some(Spoken::Http1(stream)) => http1(link.clone(), socket(stream)).await,
        Some(Spoken::Http2(stream)) => http2(link.clone(), socket(stream)).await,
        Some(Spoken::Inside(heard, host)) => sealed::pass(&link, heard, &host).await,
        None => {}
    }
}

async fn http1(link: Arc<Link>, socket: ClientSocket) {
    let mut builder = http1::Builder::new();
    let limits = link.limits();
    // The sweep does the timing (see `link`); hyper's default of 100 fields stays unless it is
    // raised, because any explicit number moves hyper's parser from the stack to the heap.
    // No `pipeline_flush`: with it, a refusal stays unsent when more bytes have come already.
    builder
        .header_read_timeout(None)
        .max_header_size(limits.max_header_bytes)
        .max_buf_size(limits.max_header_bytes.max(64 * 1024));
    if limits.max_headers > 100 {
        builder.max_headers(limits.max_headers);
    }
    let service = service_fn(move |request| answer(link.clone(), request));
    let served = builder
        .serve_connection(TokioIo::new(socket), service)
        .with_upgrades()
        .await;
    log_end(served);
}

async fn http2(link: Arc<Link>, socket: ClientSocket) {
    link.watch.speaks_http2();
    let limits = link.limits();
    let header_bytes = u32::try_from(limits.max_header_bytes).unwrap_or(u32::MAX);
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.max_h2_streams)
        .max_header_list_size(header_bytes);
    let service = service_fn(move |request| answer(link.clone(), request));
    log_end(
        builder
            .serve_connection(TokioIo::new(socket), service)
            .await,
    );
}

/// A client that breaks off or talks nonsense is not our fault and not worth a line by default.
fn log_end(served: hyper::Result<()>) {
    if let Err(error) = served {
        tracing::debug!(%error, "a client connection ended early");
    }
}
