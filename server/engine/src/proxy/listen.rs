//! Where listeners come from: one per serving thread and address, shared by SO_REUSEPORT.
//!
//! A successor is handed these sockets instead of binding them (`handover`).

use super::error::ProxyError;
use super::options::ProxyOptions;
use std::io;
use std::net::{SocketAddr, TcpListener};
use tokio::net::TcpSocket;

const BACKLOG: u32 = 4096;

/// A listening socket, and whether TLS is spoken on it.
#[derive(Debug)]
pub struct Port {
    pub listener: TcpListener,
    pub tls: bool,
}

/// Everything that this data plane listens on, by core.
pub fn open(options: &ProxyOptions) -> Result<Vec<Vec<Port>>, ProxyError> {
    let mut by_core = tagged(bind(&options.listen, options.cores())?, false);
    add_tls(&mut by_core, options)?;
    Ok(by_core)
}

/// Also what a successor binds whose predecessor knew no TLS.
pub fn add_tls(by_core: &mut [Vec<Port>], options: &ProxyOptions) -> Result<(), ProxyError> {
    if options.listen_tls.is_empty() {
        return Ok(());
    }
    let tls = tagged(bind(&options.listen_tls, options.cores())?, true);
    by_core
        .iter_mut()
        .zip(tls)
        .for_each(|(core, more)| core.extend(more));
    Ok(())
}

fn tagged(by_core: Vec<Vec<TcpListener>>, tls: bool) -> Vec<Vec<Port>> {
    let port = |listener| Port { listener, tls };
    let core = |listeners: Vec<TcpListener>| listeners.into_iter().map(port).collect();
    by_core.into_iter().map(core).collect()
}

/// Binds every address once per core. The result is listeners by core.
pub fn bind(addresses: &[SocketAddr], cores: usize) -> Result<Vec<Vec<TcpListener>>, ProxyError> {
    if addresses.is_empty() {
        return Err(ProxyError::NoAddress);
    }
    let mut by_core: Vec<Vec<TcpListener>> = (0..cores).map(|_| Vec::new()).collect();
    for address in addresses {
        let shared = bind_shared(*address, cores).map_err(|source| ProxyError::Listen {
            address: *address,
            source,
        })?;
        for (core, listener) in by_core.iter_mut().zip(shared) {
            core.push(listener);
        }
    }
    Ok(by_core)
}

fn bind_shared(address: SocketAddr, cores: usize) -> io::Result<Vec<TcpListener>> {
    let address = chosen(address)?;
    (0..cores).map(|_| bind_one(address)).collect()
}

/// The address with its port chosen, and nobody else on it: with SO_REUSEPORT alone, a second
/// server of the same user would silently take half of the connections.
fn chosen(address: SocketAddr) -> io::Result<SocketAddr> {
    let socket = socket_for(address)?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(1)?.local_addr()
}

fn bind_one(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = socket_for(address)?;
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}

fn socket_for(address: SocketAddr) -> io::Result<TcpSocket> {
    if address.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_core_gets_a_listener_on_one_chosen_port() {
        let by_core = bind(&[([127, 0, 0, 1], 0).into()], 3).expect("bound");
        let ports: Vec<_> = by_core
            .iter()
            .map(|core| core[0].local_addr().expect("address").port())
            .collect();
        assert!(
            ports.len() == 3 && ports.iter().all(|port| *port == ports[0] && *port != 0),
            "{ports:?}"
        );
    }

    #[tokio::test]
    async fn a_port_that_another_server_shares_is_refused() {
        let first = bind(&[([127, 0, 0, 1], 0).into()], 1).expect("bound");
        let taken = first[0][0].local_addr().expect("address");
        let error = bind(&[taken], 1).expect_err("taken").to_string();
        assert!(
            error.contains(&taken.to_string()) && error.contains("free the port"),
            "{error}"
        );
    }
}
