//! What it answers. Every number a client may choose has a limit: the sample is often public.

use crate::app::App;
use crate::body::Body;
use crate::http::Request;
use crate::reply::Reply;
use crate::{links, page, streams, websocket};
use std::env;
use std::io;

const MAX_SLOW_MS: u64 = 60_000;
const MAX_LEAK_MB: u64 = 256;

/// What becomes of the connection, or of the process, once the answer is out.
pub enum After {
    Next,
    Close,
    Exit(i32),
}

pub fn answer(
    app: &App,
    request: &Request,
    body: &mut Body<'_>,
    reply: &mut Reply<'_>,
) -> io::Result<After> {
    match request.path.as_str() {
        "/" => reply.send(
            200,
            "text/html; charset=utf-8",
            page::render(app, request).as_bytes(),
        )?,
        "/version" => reply.text(200, &app.knobs.version)?,
        "/instance" => reply.text(200, &app.knobs.instance)?,
        "/health" => health(app, request, reply)?,
        "/headers" => reply.text(200, &received(request))?,
        "/env" => env(request, reply)?,
        "/variables" if app.knobs.links => reply.text(200, &links::variables())?,
        "/visits" if app.knobs.links => visits(request, reply)?,
        "/slow" => slow(app, request, reply)?,
        "/leak" => leak(app, request, reply)?,
        "/bytes" => streams::bytes(request, reply)?,
        "/stream" => streams::lines(app, request, reply)?,
        "/sse" => streams::events(app, request, reply)?,
        "/echo" => streams::echo(body, reply)?,
        "/count" => streams::count(body, reply)?,
        "/ws" => return websocket::upgrade(app, request, body, reply),
        "/crash" => return reply.text(200, "exiting with 3\n").map(|()| After::Exit(3)),
        path => told_status(path, reply)?,
    }
    Ok(After::Next)
}

/// `POST /health?status=503` makes it ill, `POST /health?status=0` lets the knobs decide again.
fn health(app: &App, request: &Request, reply: &mut Reply<'_>) -> io::Result<()> {
    if request.method == "POST" {
        let status = request.number("status", 0, 599) as u16;
        app.tell_health(if status < 200 { 0 } else { status });
        return reply.text(200, "told\n");
    }
    match app.health() {
        200 => reply.text(200, "ok\n"),
        status => reply.text(status, "not healthy\n"),
    }
}

fn received(request: &Request) -> String {
    request
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\n"))
        .collect()
}

/// Only the app's own variables: whatever secret it is given stays where it is.
fn env(request: &Request, reply: &mut Reply<'_>) -> io::Result<()> {
    let name = request.parameter("name").unwrap_or("");
    if !name.starts_with("HELLO_") {
        return reply.text(404, "only names that start with HELLO_ are told\n");
    }
    match env::var(name) {
        Ok(value) => reply.text(200, &value),
        Err(_) => reply.text(404, "not set\n"),
    }
}

/// `POST` counts one more; `variable` names another one than `REDIS_URL`.
fn visits(request: &Request, reply: &mut Reply<'_>) -> io::Result<()> {
    let variable = request.parameter("variable").unwrap_or(links::REDIS_URL);
    match links::visits(variable, request.method == "POST") {
        Ok(count) => reply.text(200, &count),
        Err(error) => reply.text(502, &format!("the Redis of {variable}: {error}\n")),
    }
}

fn slow(app: &App, request: &Request, reply: &mut Reply<'_>) -> io::Result<()> {
    let slow_ms = request.number("ms", 1_000, MAX_SLOW_MS);
    // Not `App::pause`: a slow request is finished even while draining.
    std::thread::sleep(std::time::Duration::from_millis(slow_ms));
    reply.text(200, &format!("{} after {slow_ms} ms\n", app.knobs.version))
}

fn leak(app: &App, request: &Request, reply: &mut Reply<'_>) -> io::Result<()> {
    let mb = request.number("mb", 1, MAX_LEAK_MB) as usize;
    let kept = app.leak(mb * 1024 * 1024);
    reply.text(200, &format!("{} MiB kept\n", kept / (1024 * 1024)))
}

fn told_status(path: &str, reply: &mut Reply<'_>) -> io::Result<()> {
    let told = path
        .strip_prefix("/status/")
        .and_then(|status| status.parse::<u16>().ok());
    match told.filter(|status| (200..=599).contains(status) && ![204, 205, 304].contains(status)) {
        Some(status) => reply.text(status, "as told\n"),
        None => reply.text(404, "no such page\n"),
    }
}
