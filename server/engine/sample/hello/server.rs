//! Connections: a thread each, requests one after another, one log line per request.

use crate::app::{self, App};
use crate::body::Body;
use crate::http::{Input, Request};
use crate::reply::Reply;
use crate::routes::{self, After};
use std::io::{self, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::exit;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{Builder, sleep};
use std::time::{Duration, Instant};

const MAX_CONNECTIONS: usize = 4096;
const STACK_BYTES: usize = 256 * 1024;
const IDLE_LIMIT: Duration = Duration::from_secs(120);

/// Until draining; then the listener is dropped, so that what comes next is refused, not reset.
pub fn accept_loop(app: &Arc<App>, listener: TcpListener) {
    for stream in listener.incoming() {
        match stream {
            _ if app.draining() => return,
            Ok(stream) => admit(app.clone(), stream),
            // Out of descriptors, most likely: wait instead of spinning.
            Err(_) => sleep(Duration::from_millis(20)),
        }
    }
}

fn admit(app: Arc<App>, stream: TcpStream) {
    if app.connections.fetch_add(1, Ordering::AcqRel) >= MAX_CONNECTIONS {
        app.connections.fetch_sub(1, Ordering::AcqRel);
        return;
    }
    let connection = Builder::new().stack_size(STACK_BYTES).spawn({
        let app = app.clone();
        move || {
            // A client that went away is no news; what it asked for is in the log.
            let _ = converse(&app, stream);
            app.connections.fetch_sub(1, Ordering::AcqRel);
        }
    });
    if connection.is_err() {
        app.connections.fetch_sub(1, Ordering::AcqRel);
    }
}

fn converse(app: &App, mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(IDLE_LIMIT))?;
    stream.set_write_timeout(Some(IDLE_LIMIT))?;
    let mut input = BufReader::new(stream.try_clone()?);
    loop {
        match Request::read(&mut input) {
            Ok(Some(request)) if exchange(app, &request, &mut input, &mut stream)? => {}
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return refuse(&mut stream, &error);
            }
            _ => return Ok(()),
        }
    }
}

fn refuse(stream: &mut TcpStream, error: &io::Error) -> io::Result<()> {
    let body = format!("{error}\n");
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// One request and its answer; true while the connection may carry another.
fn exchange(
    app: &App,
    request: &Request,
    input: &mut Input,
    stream: &mut TcpStream,
) -> io::Result<bool> {
    let started = Instant::now();
    let in_flight = app.begin();
    let wants_close = request.has_token("connection", "close") || request.is_http_1_0;
    let mut reply = Reply::new(app, request, stream, wants_close);
    let mut body = match Body::of(request, input) {
        Ok(body) => body,
        Err(error) => return refuse(reply.stream, &error).map(|()| false),
    };
    let after = routes::answer(app, request, &mut body, &mut reply);
    if !app.knobs.quiet {
        let (status, bytes, ms) = (reply.status, reply.bytes, started.elapsed().as_millis());
        app::log(&format!(
            "{} {} {status} {bytes} bytes {ms} ms",
            request.method, request.path
        ));
    }
    let keep = !reply.closes && body.discard()?;
    drop(in_flight);
    match after? {
        After::Next => Ok(keep),
        After::Close => Ok(false),
        After::Exit(code) => exit(code),
    }
}
