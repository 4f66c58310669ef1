//! A successor takes the sockets that this data plane listens on, so that an upgrade closes no
//! port.
//!
//! The successor asks on the control socket. The answer carries the listening sockets
//! themselves (SCM_RIGHTS), and the lock that says whose the control socket is. Both accept
//! from the same queue until the successor serves; then it tells its predecessor to retire,
//! which accepts nothing more, finishes what it has, and ends. A successor that dies before
//! that has changed nothing.

use super::error::ProxyError;
use super::listen::Port;
use super::protocol::{Answer, Request};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// What the kernel lets one message carry.
const MOST_SOCKETS: usize = 253;
const PATIENCE: Duration = Duration::from_secs(5);
const ANSWER_BYTES: usize = 4096;

/// What is handed over, as this process holds it.
#[derive(Debug)]
pub struct Estate {
    sockets: Vec<OwnedFd>,
    /// So many of them, the last ones.
    tls: usize,
}

impl Estate {
    pub fn of(lock: &File, ports: &[Vec<Port>]) -> io::Result<Self> {
        let (tls, plain): (Vec<_>, Vec<_>) = ports.iter().flatten().partition(|port| port.tls);
        let listeners = plain.iter().chain(&tls).map(|port| port.listener.as_fd());
        let all = std::iter::once(lock.as_fd()).chain(listeners);
        let sockets = all.map(|fd| fd.try_clone_to_owned());
        Ok(Self {
            sockets: sockets.collect::<io::Result<_>>()?,
            tls: tls.len(),
        })
    }

    /// The answer to `hand_over`, with the sockets.
    pub fn send(&self, to: BorrowedFd<'_>) -> io::Result<()> {
        let mut answer = serde_json::to_vec(&Answer::HandedOver {
            sockets: self.sockets.len(),
            tls: self.tls,
        })?;
        answer.push(b'\n');
        let fds: Vec<_> = self.sockets.iter().map(AsFd::as_fd).collect();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_SOCKETS))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !control.push(SendAncillaryMessage::ScmRights(&fds)) {
            return Err(io::Error::other("more sockets than one message carries"));
        }
        sendmsg(
            to,
            &[IoSlice::new(&answer)],
            &mut control,
            SendFlags::NOSIGNAL,
        )?;
        Ok(())
    }
}

/// What a successor got.
pub struct Inheritance {
    pub lock: File,
    pub ports: Vec<Port>,
    pub predecessor: Predecessor,
}

/// The data plane that served before. The connection ends with it.
pub struct Predecessor(UnixStream);

/// Blocking: nothing runs yet.
pub fn receive(control_socket: &Path) -> Result<Inheritance, ProxyError> {
    try_receive(control_socket).map_err(|source| ProxyError::HandOver {
        path: control_socket.to_owned(),
        source,
    })
}

fn try_receive(control_socket: &Path) -> io::Result<Inheritance> {
    let mut stream = UnixStream::connect(control_socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    say(&mut stream, &Request::HandOver)?;
    let (answer, mut sockets) = hear(&stream)?;
    match serde_json::from_slice(&answer)? {
        Answer::HandedOver { sockets: sent, tls } if sent == sockets.len() && sent > 1 + tls => {
            let lock = File::from(sockets.remove(0));
            let plain = sockets.len() - tls;
            let port = |(index, socket)| Port {
                listener: TcpListener::from(socket),
                tls: index >= plain,
            };
            let ports = sockets.into_iter().enumerate().map(port).collect();
            let predecessor = Predecessor(stream);
            Ok(Inheritance {
                lock,
                ports,
                predecessor,
            })
        }
        Answer::Refused(refusal) => Err(io::Error::other(refusal)),
        other => Err(io::Error::other(format!(
            "its answer makes no sense: {other:?}"
        ))),
    }
}

fn hear(stream: &UnixStream) -> io::Result<(Vec<u8>, Vec<OwnedFd>)> {
    let mut answer = vec![0; ANSWER_BYTES];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_SOCKETS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut pieces = [IoSliceMut::new(&mut answer)];
    let read = recvmsg(stream, &mut pieces, &mut control, RecvFlags::CMSG_CLOEXEC)?.bytes;
    let sockets = control.drain().flat_map(|message| match message {
        RecvAncillaryMessage::ScmRights(fds) => fds.collect(),
        _ => vec![],
    });
    let sockets = sockets.collect();
    answer.truncate(read);
    Ok((answer, sockets))
}

impl Predecessor {
    /// Once this returns, only the successor is spoken with, and only it lets new clients in.
    pub fn retire(&mut self) -> io::Result<()> {
        say(&mut self.0, &Request::Retire)?;
        match self.0.read(&mut [0; 256])? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// Blocks until it has ended.
    pub fn outlived(mut self) {
        let mut rest = [0; 64];
        let _ = self.0.set_read_timeout(None);
        while matches!(self.0.read(&mut rest), Ok(1..)) {}
    }
}

fn say(stream: &mut UnixStream, request: &Request) -> io::Result<()> {
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line)
}

/// Dealt out to the serving threads in turn.
pub fn by_core(ports: Vec<Port>, cores: usize) -> Vec<Vec<Port>> {
    let mut dealt: Vec<Vec<Port>> = (0..cores).map(|_| Vec::new()).collect();
    for (index, port) in ports.into_iter().enumerate() {
        dealt[index % cores].push(port);
    }
    dealt
}
