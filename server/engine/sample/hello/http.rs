//! HTTP/1.1, as much of it as a sample needs: requests in, plain and chunked answers out.

use std::io::{self, BufRead, BufReader, Error, ErrorKind, Read};
use std::net::TcpStream;

const MAX_HEAD_BYTES: u64 = 64 * 1024;

pub type Input = BufReader<TcpStream>;

pub struct Request {
    pub method: String,
    pub path: String,
    pub query: String,
    pub is_http_1_0: bool,
    /// As received: order and spelling kept.
    pub headers: Vec<(String, String)>,
}

impl Request {
    /// The next request's head; `None` when the client is done.
    pub fn read(input: &mut Input) -> io::Result<Option<Request>> {
        let mut head = input.take(MAX_HEAD_BYTES);
        let Some(first) = line(&mut head)? else {
            return Ok(None);
        };
        let mut words = first.split(' ');
        let (Some(method), Some(target), Some(version)) =
            (words.next(), words.next(), words.next())
        else {
            return Err(bad("the request line has not three words"));
        };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Ok(Some(Request {
            method: method.into(),
            path: path.into(),
            query: query.into(),
            is_http_1_0: version == "HTTP/1.0",
            headers: headers(&mut head)?,
        }))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let named = |(at, _): &&(String, String)| at.eq_ignore_ascii_case(name);
        self.headers
            .iter()
            .find(named)
            .map(|(_, value)| value.as_str())
    }

    pub fn has_token(&self, name: &str, token: &str) -> bool {
        let list = self.header(name).unwrap_or("");
        list.split(',')
            .any(|word| word.trim().eq_ignore_ascii_case(token))
    }

    pub fn parameter(&self, name: &str) -> Option<&str> {
        let pairs = self
            .query
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        pairs
            .into_iter()
            .find(|(at, _)| *at == name)
            .map(|(_, value)| value)
    }

    /// A numeric parameter, kept within its limit.
    pub fn number(&self, name: &str, default: u64, limit: u64) -> u64 {
        self.parameter(name)
            .and_then(|value| value.parse().ok())
            .unwrap_or(default)
            .min(limit)
    }
}

fn headers(head: &mut impl BufRead) -> io::Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    loop {
        let line = line(head)?.ok_or_else(|| bad("the head is cut off or longer than 64 KiB"))?;
        if line.is_empty() {
            return Ok(headers);
        }
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| bad("a header has no colon"))?;
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
}

/// A line without its end; `None` at the end of input.
pub fn line(input: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    input.read_until(b'\n', &mut bytes)?;
    match bytes.pop() {
        None => return Ok(None),
        Some(b'\n') => {}
        Some(_) => return Err(bad("a line is cut off")),
    }
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    String::from_utf8(bytes)
        .map(Some)
        .map_err(|_| bad("the head is not UTF-8"))
}

pub fn bad(why: &str) -> Error {
    Error::new(ErrorKind::InvalidData, why.to_owned())
}
