//! Answers: whole, of known length, or in parts.

use crate::app::App;
use crate::http::Request;
use std::io::{self, Write};
use std::net::TcpStream;

/// The answer being written, and what the log will say of it.
pub struct Reply<'a> {
    pub stream: &'a mut TcpStream,
    pub status: u16,
    pub bytes: u64,
    pub closes: bool,
    head_only: bool,
    chunked: bool,
    identity: String,
}

impl<'a> Reply<'a> {
    pub fn new(
        app: &App,
        request: &Request,
        stream: &'a mut TcpStream,
        wants_close: bool,
    ) -> Reply<'a> {
        Reply {
            stream,
            status: 0,
            bytes: 0,
            closes: wants_close || app.draining(),
            head_only: request.method == "HEAD",
            chunked: !request.is_http_1_0,
            // On every answer, so that a load generator sees who answered whatever it asked.
            identity: format!(
                "X-Hello-Version: {}\r\nX-Hello-Instance: {}\r\n",
                app.knobs.version, app.knobs.instance
            ),
        }
    }

    pub fn text(&mut self, status: u16, body: &str) -> io::Result<()> {
        self.send(status, "text/plain; charset=utf-8", body.as_bytes())
    }

    pub fn send(&mut self, status: u16, content_type: &str, body: &[u8]) -> io::Result<()> {
        let mut answer = self.head(
            status,
            &format!(
                "Content-Type: {content_type}\r\nContent-Length: {}\r\n",
                body.len()
            ),
        );
        if !self.head_only {
            answer.extend_from_slice(body);
            self.bytes = body.len() as u64;
        }
        self.stream.write_all(&answer)
    }

    /// Starts an answer of known length whose body follows by `raw`.
    pub fn start_sized(&mut self, content_type: &str, length: u64) -> io::Result<()> {
        self.chunked = false;
        let head = self.head(
            200,
            &format!("Content-Type: {content_type}\r\nContent-Length: {length}\r\n"),
        );
        self.stream.write_all(&head)
    }

    /// Starts an answer whose length nobody knows yet; `part` adds to it, `finish` ends it.
    pub fn start_stream(&mut self, content_type: &str) -> io::Result<()> {
        let framing = if self.chunked {
            "Transfer-Encoding: chunked\r\n"
        } else {
            ""
        };
        let head = self.head(
            200,
            &format!("Content-Type: {content_type}\r\nCache-Control: no-store\r\n{framing}"),
        );
        self.stream.write_all(&head)
    }

    pub fn part(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.head_only || bytes.is_empty() {
            return Ok(());
        }
        self.bytes += bytes.len() as u64;
        if !self.chunked {
            return self.stream.write_all(bytes);
        }
        let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
        chunk.extend_from_slice(bytes);
        chunk.extend_from_slice(b"\r\n");
        self.stream.write_all(&chunk)
    }

    pub fn finish(&mut self) -> io::Result<()> {
        if self.chunked && !self.head_only {
            self.stream.write_all(b"0\r\n\r\n")
        } else {
            Ok(())
        }
    }

    /// A head without a body: the upgrade to WebSocket.
    pub fn switch(&mut self, headers: &str) -> io::Result<()> {
        self.status = 101;
        let head = format!(
            "HTTP/1.1 101 Switching Protocols\r\n{}{headers}\r\n",
            self.identity
        );
        self.stream.write_all(head.as_bytes())
    }

    fn head(&mut self, status: u16, headers: &str) -> Vec<u8> {
        self.status = status;
        let connection = if self.closes { "close" } else { "keep-alive" };
        let reason = reason(status);
        format!(
            "HTTP/1.1 {status} {reason}\r\n{}{headers}Connection: {connection}\r\n\r\n",
            self.identity
        )
        .into_bytes()
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        426 => "Upgrade Required",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Told So",
    }
}
