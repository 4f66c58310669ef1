//! What it makes of a linked Redis: a counter of visits, spoken to by hand over TCP.

use crate::app;
use crate::knobs::Knobs;
use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

pub const REDIS_URL: &str = "REDIS_URL";
const PATIENCE: Duration = Duration::from_secs(5);

/// Prints what it should not: whoever keeps its log has to hide it.
pub fn blab(knobs: &Knobs) {
    let said = [REDIS_URL, "REDIS_PASSWORD"].map(env::var);
    if let (true, [Ok(url), Ok(password)]) = (knobs.links, said) {
        app::log(&format!("connecting to {url} as {password}!"));
    }
}

/// Names alone, a line each.
pub fn variables() -> String {
    let mut names: Vec<String> = env::vars().map(|(name, _)| name + "\n").collect();
    names.sort();
    names.concat()
}

/// The counter, after one more visit if this is one.
pub fn visits(variable: &str, is_one: bool) -> io::Result<String> {
    let known = variable.ends_with(REDIS_URL);
    let url = env::var(variable).ok().filter(|_| known);
    let url = url.ok_or_else(|| io::Error::other("there is no such variable"))?;
    let place = Place::read(&url).ok_or_else(|| io::Error::other("its URL can't be read"))?;
    let socket = TcpStream::connect((place.host, place.port))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(socket);
    if !place.password.is_empty() {
        said(&mut lines, &format!("AUTH {}", place.password))?;
    }
    let verb = if is_one { "INCR" } else { "GET" };
    said(&mut lines, &format!("{verb} visits"))
}

struct Place<'a> {
    password: &'a str,
    host: &'a str,
    port: u16,
}

impl<'a> Place<'a> {
    /// `redis://:password@host:port`, whose password needs no escapes.
    fn read(url: &'a str) -> Option<Place<'a>> {
        let rest = url.strip_prefix("redis://")?;
        let rest = rest.split('/').next()?;
        let (who, place) = rest.rsplit_once('@').unwrap_or(("", rest));
        let (host, port) = place.rsplit_once(':')?;
        Some(Place {
            password: who.rsplit(':').next().unwrap_or_default(),
            host,
            port: port.parse().ok()?,
        })
    }
}

/// One command on one line, and its answer without the sign that says its kind.
fn said(lines: &mut BufReader<TcpStream>, command: &str) -> io::Result<String> {
    lines
        .get_mut()
        .write_all(format!("{command}\r\n").as_bytes())?;
    let first = line(lines)?;
    let (kind, text) = first.split_at(first.len().min(1));
    match kind {
        "-" => Err(io::Error::other(text.to_owned())),
        "$" if text == "-1" => Ok("none".into()),
        "$" => line(lines),
        _ => Ok(text.to_owned()),
    }
}

fn line(lines: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    lines.read_line(&mut line)?;
    match line.trim_end() {
        "" => Err(io::Error::other("no answer")),
        line => Ok(line.to_owned()),
    }
}
