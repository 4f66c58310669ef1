//! The plain end of a guest's TLS, on loopback, for our own data plane. It exists only for a machine
//! whose evidence was verified, and every connection ends in the key that the evidence named.

use super::pinned::Guest;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::{CancellationToken, DropGuard};

/// The guest serves no more either.
const MOST_CONNECTIONS: usize = 250;

/// Closed when it is dropped.
pub struct Forward {
    pub address: SocketAddr,
    _stop: DropGuard,
}

/// At any port. Must be called inside a runtime.
pub fn open(guest: Guest) -> io::Result<Forward> {
    open_at(guest, 0)
}

pub fn open_at(guest: Guest, port: u16) -> io::Result<Forward> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let (address, stop) = (listener.local_addr()?, CancellationToken::new());
    let until = stop.clone();
    tokio::spawn(async move {
        until
            .run_until_cancelled(accept(listener, guest, &until))
            .await;
    });
    Ok(Forward {
        address,
        _stop: stop.drop_guard(),
    })
}

async fn accept(listener: TcpListener, guest: Guest, stop: &CancellationToken) {
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let Ok(permit) = room.clone().acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let (guest, stop) = (guest.clone(), stop.clone());
        tokio::spawn(async move {
            // Whoever asked sees the connection end.
            let _ = stop.run_until_cancelled(carry(stream, &guest)).await;
            drop(permit);
        });
    }
}

async fn carry(mut stream: TcpStream, guest: &Guest) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut inside = guest.connect().await?;
    tokio::io::copy_bidirectional(&mut stream, &mut inside)
        .await
        .map(|_| ())
}
