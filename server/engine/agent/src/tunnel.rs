//! A TLS connection and the app's, tied together: bytes go both ways until the app has ended.

use crate::sys::{self, Wait};
use rustls::ServerConnection;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsRawFd;

/// WebSockets and event streams may be silent for long.
const SILENCE_MS: i32 = 15 * 60 * 1000;
const PART: usize = 16 * 1024;

pub struct Tunnel {
    pub tls: ServerConnection,
    pub outside: TcpStream,
    pub app: TcpStream,
    /// For the app, and not written yet.
    pub to_app: Vec<u8>,
    outside_ended: bool,
    app_ended: bool,
}

impl Tunnel {
    pub fn new(tls: ServerConnection, outside: TcpStream, app: TcpStream, to_app: Vec<u8>) -> Self {
        Self {
            tls,
            outside,
            app,
            to_app,
            outside_ended: false,
            app_ended: false,
        }
    }

    pub fn run(mut self) -> io::Result<()> {
        self.outside.set_nonblocking(true)?;
        self.app.set_nonblocking(true)?;
        loop {
            self.step()?;
            if self.app_ended && !self.tls.wants_write() {
                return self.outside.shutdown(Shutdown::Write);
            }
            if !sys::wait(self.waits(), SILENCE_MS)? {
                return Ok(());
            }
        }
    }

    /// Nobody reads faster than the other side takes.
    fn waits(&self) -> [Wait; 2] {
        let outside = Wait {
            fd: self.outside.as_raw_fd(),
            read: !self.outside_ended && self.to_app.is_empty(),
            write: self.tls.wants_write(),
        };
        let app = Wait {
            fd: self.app.as_raw_fd(),
            read: !self.app_ended && !self.tls.wants_write(),
            write: !self.to_app.is_empty(),
        };
        [outside, app]
    }

    fn step(&mut self) -> io::Result<()> {
        self.write_app()?;
        self.read_app()?;
        self.write_outside()?;
        self.read_outside()
    }

    fn write_app(&mut self) -> io::Result<()> {
        while !self.to_app.is_empty() {
            match ready(self.app.write(&self.to_app))? {
                Some(count) => drop(self.to_app.drain(..count)),
                None => break,
            }
        }
        Ok(())
    }

    fn read_app(&mut self) -> io::Result<()> {
        if self.app_ended || self.tls.wants_write() {
            return Ok(());
        }
        let mut part = [0; PART];
        match ready(self.app.read(&mut part))? {
            Some(0) => {
                self.app_ended = true;
                self.tls.send_close_notify();
            }
            Some(count) => self.tls.writer().write_all(&part[..count])?,
            None => {}
        }
        Ok(())
    }

    fn write_outside(&mut self) -> io::Result<()> {
        while self.tls.wants_write() && ready(self.tls.write_tls(&mut self.outside))?.is_some() {}
        Ok(())
    }

    fn read_outside(&mut self) -> io::Result<()> {
        if self.outside_ended || !self.to_app.is_empty() {
            return Ok(());
        }
        let read = ready(self.tls.read_tls(&mut self.outside))?;
        let state = self.tls.process_new_packets().map_err(io::Error::other)?;
        let start = self.to_app.len();
        self.to_app
            .resize(start + state.plaintext_bytes_to_read(), 0);
        self.tls.reader().read_exact(&mut self.to_app[start..])?;
        if read == Some(0) || state.peer_has_closed() {
            self.outside_ended = true;
            self.write_app()?;
            self.app.shutdown(Shutdown::Write)?;
        }
        Ok(())
    }
}

/// `None`: not now.
fn ready(done: io::Result<usize>) -> io::Result<Option<usize>> {
    match done {
        Ok(count) => Ok(Some(count)),
        Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(e) if e.kind() == io::ErrorKind::Interrupted => Ok(None),
        Err(e) => Err(e),
    }
}
