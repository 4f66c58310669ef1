//! The one open port: evidence, secrets, and the app behind TLS that ends in here.

use crate::config::Config;
use crate::evidence;
use crate::http::{self, Request};
use crate::keys::Tls;
use crate::secrets::{Refused, Secrets};
use crate::steps::Steps;
use crate::tunnel::Tunnel;
use crate::{stop, sys};
use rustls::{ServerConnection, Stream};
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::time::Duration;

const ATTESTATION: &str = "/.well-known/tee/attestation";
const SECRETS: &str = "/.well-known/tee/secrets";
const STOP: &str = "/.well-known/tee/stop";
const OURS: &str = "/.well-known/tee/";
const MOST_CONNECTIONS: usize = 256;
const MOST_BODY: usize = 1 << 20;
const PATIENCE: Duration = Duration::from_secs(60);
const APP_PATIENCE: Duration = Duration::from_secs(5);
const STACK: usize = 128 * 1024;

pub struct Machine {
    pub config: Config,
    pub tls: Tls,
    pub steps: Steps,
    pub secrets: Secrets,
    /// Its process; 0 before it is started.
    pub workload: AtomicI32,
    pub connections: AtomicUsize,
}

/// Every connection has a thread of its own; over the limit it is closed at once.
pub fn listen(machine: Arc<Machine>, listener: TcpListener) {
    for connection in listener.incoming().flatten() {
        if machine.connections.fetch_add(1, Ordering::SeqCst) >= MOST_CONNECTIONS {
            machine.connections.fetch_sub(1, Ordering::SeqCst);
            continue;
        }
        let of_thread = machine.clone();
        let spawned = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn(move || {
                // Whoever is outside may break off at any time.
                let _ = serve(&of_thread, connection);
                of_thread.connections.fetch_sub(1, Ordering::SeqCst);
            });
        if spawned.is_err() {
            machine.connections.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// Our own paths, one after the other; the first of the app's takes the connection over.
fn serve(machine: &Machine, mut outside: TcpStream) -> io::Result<()> {
    outside.set_read_timeout(Some(PATIENCE))?;
    outside.set_write_timeout(Some(PATIENCE))?;
    outside.set_nodelay(true)?;
    let mut tls = ServerConnection::new(machine.tls.server.clone()).map_err(io::Error::other)?;
    let mut behind = vec![];
    loop {
        let mut stream = Stream::new(&mut tls, &mut outside);
        let Some(request) = http::read(&mut stream, behind)? else {
            return Ok(());
        };
        if !request.path.starts_with(OURS) {
            return pass_on(machine, tls, outside, request);
        }
        behind = ours(machine, &mut stream, request)?;
    }
}

type Outside<'a> = Stream<'a, ServerConnection, TcpStream>;

fn ours(machine: &Machine, to: &mut Outside<'_>, request: Request) -> io::Result<Vec<u8>> {
    let (method, path, query) = (
        request.method.clone(),
        request.path.clone(),
        request.query.clone(),
    );
    let (body, behind) = request.body(to, MOST_BODY)?;
    match (method.as_str(), path.as_str()) {
        ("GET", ATTESTATION) => attest(machine, to, &query)?,
        ("POST", SECRETS) => take_secrets(machine, to, &body)?,
        ("POST", STOP) => end(machine, to, &body)?,
        _ => http::answer(
            to,
            "404 Not Found",
            "text/plain",
            "There is nothing here.\n",
        )?,
    }
    Ok(behind)
}

fn attest(machine: &Machine, to: &mut Outside<'_>, query: &str) -> io::Result<()> {
    let asked = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("nonce="));
    let Some(nonce) = asked.and_then(evidence::nonce) else {
        let said = "Ask with ?nonce= and 64 lower-case hexadecimal digits.\n";
        return http::answer(to, "400 Bad Request", "text/plain", said);
    };
    match evidence::make(&nonce, &machine.tls.spki, &machine.steps) {
        Ok(made) => {
            machine.secrets.answered(nonce);
            http::answer(to, "200 OK", "application/json", &made.to_string())
        }
        Err(e) => http::answer(
            to,
            "503 Service Unavailable",
            "text/plain",
            &format!("{e}\n"),
        ),
    }
}

fn take_secrets(machine: &Machine, to: &mut Outside<'_>, body: &[u8]) -> io::Result<()> {
    match machine
        .secrets
        .take(body, &machine.tls.spki, &machine.config)
    {
        Ok(()) => http::answer(to, "204 No Content", "text/plain", ""),
        Err(Refused::Again) => {
            let said = "This machine wants no secrets, or has them.\n";
            http::answer(to, "409 Conflict", "text/plain", said)
        }
        Err(Refused::Wrong(why)) => {
            http::answer(to, "403 Forbidden", "text/plain", &format!("{why}\n"))
        }
    }
}

/// The machine ends with its workload, as always.
fn end(machine: &Machine, to: &mut Outside<'_>, body: &[u8]) -> io::Result<()> {
    if let Err(why) = stop::may(body, &machine.tls.spki, &machine.config) {
        return http::answer(to, "403 Forbidden", "text/plain", &format!("{why}\n"));
    }
    http::answer(to, "204 No Content", "text/plain", "")?;
    match machine.workload.load(Ordering::SeqCst) {
        0 => sys::power_off(),
        workload => sys::terminate(workload),
    }
}

fn pass_on(
    machine: &Machine,
    mut tls: ServerConnection,
    mut outside: TcpStream,
    request: Request,
) -> io::Result<()> {
    let app = (Ipv4Addr::LOCALHOST, machine.config.port).into();
    let connected = machine
        .workload
        .load(Ordering::SeqCst)
        .is_positive()
        .then(|| TcpStream::connect_timeout(&app, APP_PATIENCE).ok())
        .flatten();
    let Some(app) = connected else {
        let mut to = Stream::new(&mut tls, &mut outside);
        let said = "The app does not answer yet.\n";
        return http::answer(&mut to, "503 Service Unavailable", "text/plain", said);
    };
    app.set_nodelay(true)?;
    Tunnel::new(tls, outside, app, request.bytes).run()
}
