//! TLS that ends inside an instance (I-17): what the client said goes there as it came, and from then
//! on bytes in both directions. Nothing of them is understood here, so what is in flight is the
//! connection: a switch moves new ones, and those that are there drain like a tunnel.

use super::client_socket::ClientSocket;
use super::clock::now_ms;
use super::heard::Heard;
use super::link::Link;
use super::origin::choose;
use super::socket::UpstreamSocket;
use super::table::{Live, Ticket};
use super::tls::{NOBODY_THERE, refuse};
use super::tunnel::{self, Held};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Connects together, whatever went wrong each time.
const MAX_TRIES: usize = 4;

/// Until the connection has ended.
pub async fn pass(link: &Arc<Link>, heard: Heard, host: &str) {
    let (stream, said) = heard.into_parts();
    match connected(link, host).await {
        Some((ticket, upstream)) => {
            let client = ClientSocket::again(stream, link.clone(), said);
            tunnel::join(Held::new(link, ticket), client, upstream).await;
        }
        // Whoever does not listen is not waited for.
        None => drop(timeout(Duration::from_secs(1), refuse(stream, NOBODY_THERE)).await),
    }
}

/// Nothing was sent yet, so that another instance may be tried. Every try looks the route up again.
async fn connected(link: &Link, host: &str) -> Option<(Ticket, UpstreamSocket)> {
    let mut tried = vec![];
    for _ in 0..MAX_TRIES {
        let door = link
            .core
            .shared
            .table
            .load()
            .find(host, link.core.index)?
            .clone();
        let index = choice(&door, &tried, link.core.next_turn())?;
        let Some(ticket) = Ticket::admit(&door, index) else {
            continue;
        };
        match connect(link, &ticket).await {
            Some(upstream) => return Some((ticket, upstream)),
            None => tried.push(ticket.origin().address()),
        }
    }
    tracing::warn!(host, "no instance takes the connection");
    None
}

async fn connect(link: &Link, ticket: &Ticket) -> Option<UpstreamSocket> {
    let origin = ticket.origin();
    let address = origin.upstream().sealed?;
    let within = Duration::from_millis(link.limits().connect_timeout_ms);
    let connecting = UpstreamSocket::connect_to(origin.clone(), address);
    let error = match timeout(within, connecting).await {
        Ok(Ok(upstream)) => return Some(upstream),
        Ok(Err(error)) => error,
        Err(late) => late.into(),
    };
    tracing::warn!(upstream = origin.upstream().id, %address, %error, "an upstream did not accept a connection");
    origin.failed();
    None
}

/// Health is asked over the way that the control plane keeps open: while that is gone, one that is
/// taken for down may well be there.
fn choice(live: &Live, tried: &[SocketAddr], turn: usize) -> Option<usize> {
    let any = || {
        let mut all = live.origins.iter();
        all.position(|origin| !tried.contains(&origin.address()))
    };
    choose(&live.origins, tried, turn, now_ms).or_else(any)
}
