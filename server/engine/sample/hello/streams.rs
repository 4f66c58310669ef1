//! Answers that take their time, and bodies that go both ways.

use crate::app::App;
use crate::body::Body;
use crate::http::Request;
use crate::reply::Reply;
use std::io::{self, Read, Write};

const MAX_PARTS: u64 = 100_000;
const MAX_PAUSE_MS: u64 = 10_000;
const MAX_BYTES: u64 = 64 * 1024 * 1024;
const BLOCK: usize = 16 * 1024;

/// `/stream?n=&ms=`: numbered lines, chunked.
pub fn lines(app: &App, request: &Request, reply: &mut Reply<'_>) -> io::Result<()> {
    let version = &app.knobs.version;
    parts(app, request, reply, "text/plain; charset=utf-8", |number| {
        format!("{number} {version}\n")
    })
}

/// `/sse?n=&ms=`: the same as an event stream.
pub fn events(app: &App, request: &Request, reply: &mut Reply<'_>) -> io::Result<()> {
    let version = &app.knobs.version;
    parts(app, request, reply, "text/event-stream", |number| {
        format!("id: {number}\ndata: {version}\n\n")
    })
}

/// Ends early, but cleanly, when the process is told to stop.
fn parts(
    app: &App,
    request: &Request,
    reply: &mut Reply<'_>,
    content_type: &str,
    part: impl Fn(u64) -> String,
) -> io::Result<()> {
    let count = request.number("n", 10, MAX_PARTS);
    let pause_ms = request.number("ms", 100, MAX_PAUSE_MS);
    reply.start_stream(content_type)?;
    for number in 0..count {
        reply.part(part(number).as_bytes())?;
        if !app.pause(pause_ms) {
            break;
        }
    }
    reply.finish()
}

/// `/bytes?n=`: that many bytes.
pub fn bytes(request: &Request, reply: &mut Reply<'_>) -> io::Result<()> {
    let length = request.number("n", 1024, MAX_BYTES);
    reply.start_sized("application/octet-stream", length)?;
    if request.method == "HEAD" {
        return Ok(());
    }
    reply.bytes = io::copy(&mut io::repeat(b'x').take(length), reply.stream)?;
    Ok(())
}

/// `/echo`: the body, sent back while it still comes.
pub fn echo(body: &mut Body<'_>, reply: &mut Reply<'_>) -> io::Result<()> {
    if let Some(length) = body.length {
        reply.start_sized("application/octet-stream", length)?;
    } else {
        reply.start_stream("application/octet-stream")?;
    }
    let mut block = [0; BLOCK];
    loop {
        match body.read(&mut block)? {
            0 => return reply.finish(),
            read => reply.part(&block[..read])?,
        }
    }
}

/// `/count`: how many bytes came.
pub fn count(body: &mut Body<'_>, reply: &mut Reply<'_>) -> io::Result<()> {
    let mut nowhere = io::sink();
    let read = io::copy(body, &mut nowhere)?;
    nowhere.flush()?;
    reply.text(200, &format!("{read}\n"))
}
