//! Applications to put behind the data plane.

use bytes::Bytes;
use futures_util::StreamExt;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderMap, HeaderValue, UPGRADE};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

type Body = BoxBody<Bytes, Infallible>;

/// An application that answers with its name, and more under other paths.
pub struct App {
    pub address: SocketAddr,
    pub requests: Arc<AtomicUsize>,
    pub connections: Arc<AtomicUsize>,
    pub is_well: Arc<AtomicBool>,
    task: AbortHandle,
}

impl App {
    pub async fn start(name: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listener");
        Self::on(listener, name)
    }

    pub fn on(listener: TcpListener, name: &'static str) -> Self {
        let address = listener.local_addr().expect("address");
        let requests = Arc::<AtomicUsize>::default();
        let connections = Arc::<AtomicUsize>::default();
        let is_well = Arc::new(AtomicBool::new(true));
        let state = State {
            name,
            requests: requests.clone(),
            is_well: is_well.clone(),
        };
        let task = tokio::spawn(accept(listener, connections.clone(), state)).abort_handle();
        Self {
            address,
            requests,
            connections,
            is_well,
            task,
        }
    }

    pub fn request_count(&self) -> usize {
        self.requests.load(SeqCst)
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone)]
struct State {
    name: &'static str,
    requests: Arc<AtomicUsize>,
    is_well: Arc<AtomicBool>,
}

async fn accept(listener: TcpListener, connections: Arc<AtomicUsize>, state: State) {
    let mut open = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.fetch_add(1, SeqCst);
        let state = state.clone();
        open.spawn(async move {
            stream.set_nodelay(true).expect("nodelay");
            let service = service_fn(move |request| serve(state.clone(), request));
            let server = hyper::server::conn::http1::Builder::new();
            let _ = server
                .serve_connection(TokioIo::new(stream), service)
                .with_upgrades()
                .await;
        });
    }
}

async fn serve(state: State, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    if request.uri().path() == "/health" {
        let status = if state.is_well.load(SeqCst) {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        };
        return Ok(with_status(status, text("")));
    }
    state.requests.fetch_add(1, SeqCst);
    Ok(match request.uri().path() {
        "/echo" => Response::new(Full::new(all(request).await).boxed()),
        "/stream-back" => stream_back(request),
        "/headers" => text(&printed(request.headers())),
        "/line" => text(&format!("{} {}", request.method(), request.uri())),
        "/events" => events(state.name),
        "/upgrade" => upgrade(request),
        "/trailers" => trailers(),
        "/never" => std::future::pending().await,
        "/late" => {
            tokio::time::sleep(Duration::from_millis(300)).await;
            text(state.name)
        }
        "/hop" => hop_by_hop(),
        _ => text(state.name),
    })
}

fn text(body: &str) -> Response<Body> {
    Response::new(Full::new(Bytes::copy_from_slice(body.as_bytes())).boxed())
}

fn with_status(status: StatusCode, mut response: Response<Body>) -> Response<Body> {
    *response.status_mut() = status;
    response
}

fn printed(headers: &HeaderMap) -> String {
    let lines = headers
        .iter()
        .map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
    lines.collect()
}

async fn all(request: Request<Incoming>) -> Bytes {
    request
        .into_body()
        .collect()
        .await
        .map(|body| body.to_bytes())
        .unwrap_or_default()
}

/// Sends every piece back as it comes, before the request has ended.
fn stream_back(request: Request<Incoming>) -> Response<Body> {
    let pieces = request
        .into_body()
        .into_data_stream()
        .filter_map(|piece| async { piece.ok().map(|data| Ok(Frame::data(data))) });
    Response::new(BodyExt::boxed(StreamBody::new(SyncPieces(Box::pin(
        pieces,
    )))))
}

/// A stream behind a lock-free promise: `BoxBody` wants `Sync`, and a body is polled alone.
struct SyncPieces<S>(std::pin::Pin<Box<S>>);
impl<S: futures_util::Stream> futures_util::Stream for SyncPieces<S> {
    type Item = S::Item;
    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<S::Item>> {
        self.0.as_mut().poll_next(cx)
    }
}

/// Five events, a little apart, that say who sends them.
fn events(name: &'static str) -> Response<Body> {
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    tokio::spawn(async move {
        for number in 0..5 {
            let event = Bytes::from(format!("data: {name} {number}\n\n"));
            if sender.send(Ok(Frame::data(event))).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    });
    let body = StreamBody::new(tokio_stream::wrappers::ReceiverStream::new(receiver));
    let mut response = Response::new(BodyExt::boxed(body));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

fn trailers() -> Response<Body> {
    let mut fields = HeaderMap::new();
    fields.insert("x-checksum", HeaderValue::from_static("42"));
    let frames = [
        Ok(Frame::data(Bytes::from_static(b"data"))),
        Ok(Frame::trailers(fields)),
    ];
    let mut response = Response::new(BodyExt::boxed(StreamBody::new(futures_util::stream::iter(
        frames,
    ))));
    response
        .headers_mut()
        .insert("trailer", HeaderValue::from_static("x-checksum"));
    response
}

fn hop_by_hop() -> Response<Body> {
    let mut response = text("hop");
    response
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("x-internal"));
    response
        .headers_mut()
        .insert("x-internal", HeaderValue::from_static("secret"));
    response
        .headers_mut()
        .insert("keep-alive", HeaderValue::from_static("timeout=5"));
    response
}

/// Echoes raw bytes after the upgrade.
fn upgrade(mut request: Request<Incoming>) -> Response<Body> {
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let mut io = TokioIo::new(upgraded.await.expect("upgraded"));
        let mut bytes = [0; 1024];
        while let Ok(read) = io.read(&mut bytes).await {
            if read == 0 || io.write_all(&bytes[..read]).await.is_err() {
                return;
            }
        }
    });
    let mut response = with_status(StatusCode::SWITCHING_PROTOCOLS, text(""));
    response
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    response
        .headers_mut()
        .insert(UPGRADE, HeaderValue::from_static("websocket"));
    response
}

/// An upstream that is a script: each connection is given to a function, with its number.
pub async fn scripted<F, Fut>(script: F) -> SocketAddr
where
    F: Fn(usize, TcpStream) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("listener");
    let address = listener.local_addr().expect("address");
    tokio::spawn(async move {
        let mut number = 0;
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(script(number, stream));
            number += 1;
        }
    });
    address
}

/// Reads one request's header, for scripts.
pub async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// A port that nobody listens on.
pub async fn closed_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("listener");
    listener.local_addr().expect("address")
}
