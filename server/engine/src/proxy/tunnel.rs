//! An upgraded connection (WebSocket and the like): bytes in both directions, no more HTTP.

use super::body::Answer;
use super::forward::Outcome;
use super::headers;
use super::link::{Link, Visit};
use super::page::Page;
use super::table::Ticket;
use super::wire::Wire;
use hyper::body::Incoming;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper::{Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};

const PIECE_BYTES: usize = 16 * 1024;

/// Both halves of a tunnel, before either side has let go of its connection.
struct Ends {
    client: OnUpgrade,
    upstream: Upgraded,
}

/// What lives as long as the tunnel: it counts as in flight, and the sweep may close it.
pub struct Held {
    ticket: Ticket,
    _visit: Visit,
    link: Arc<Link>,
}

impl Held {
    pub fn new(link: &Arc<Link>, ticket: Ticket) -> Self {
        Self {
            ticket,
            _visit: Visit::begin(link.clone()),
            link: link.clone(),
        }
    }
}

/// Answers 101 to the client and joins the two connections.
pub async fn open(
    link: &Arc<Link>,
    ticket: Ticket,
    wire: Wire,
    mut response: Response<Incoming>,
    client: OnUpgrade,
) -> Outcome {
    let Some(protocol) = headers::upgrade_of(response.headers()) else {
        return Outcome::Failed(Page::new(
            StatusCode::BAD_GATEWAY,
            "The application changed to a protocol that it did not name.",
        ));
    };
    let upstream = hyper::upgrade::on(&mut response);
    wire.hand_over().await;
    let Ok(upstream) = upstream.await else {
        return Outcome::Failed(Page::new(
            StatusCode::BAD_GATEWAY,
            "The application closed the connection while changing the protocol.",
        ));
    };
    start(Held::new(link, ticket), Ends { client, upstream });
    let (mut parts, _) = response.into_parts();
    headers::to_client(&mut parts.headers);
    headers::set_upgrade(&mut parts.headers, protocol);
    Outcome::Answered(Response::from_parts(parts, Answer::empty()))
}

fn start(held: Held, ends: Ends) {
    let watch = held.link.watch.clone();
    let (may_start, started) = tokio::sync::oneshot::channel();
    let task = tokio::spawn(async move {
        // The client's half comes when hyper has written the 101. From then on the sweep has
        // to close this task and no longer the server's.
        if let Ok(client) = ends.client.await {
            let _ = may_start.send(());
            join(held, TokioIo::new(client), TokioIo::new(ends.upstream)).await;
        }
    });
    let handle = task.abort_handle();
    tokio::spawn(async move {
        if started.await.is_ok() {
            watch.belongs_to(handle);
        }
    });
}

/// Until one of them has said everything.
pub async fn join<C, U>(held: Held, client: C, upstream: U)
where
    C: AsyncRead + AsyncWrite,
    U: AsyncRead + AsyncWrite,
{
    let shard = held.ticket.route().stats.shard(held.link.core.index);
    let (from_client, to_client) = split(client);
    let (from_upstream, to_upstream) = split(upstream);
    let (client_ended, watch) = (AtomicBool::new(false), &held.link.watch);
    let up = pump(from_client, to_upstream, |bytes| shard.received(bytes));
    let down = pump(from_upstream, to_client, |bytes| {
        shard.sent(bytes);
        if client_ended.load(Relaxed) {
            watch.body_moved();
            watch.body_awaited(held.link.core.tick_ms());
        }
    });
    let up_and_wait = async {
        up.await;
        client_ended.store(true, Relaxed);
        watch.body_awaited(held.link.core.tick_ms());
        std::future::pending::<()>().await;
    };
    // A client may say that it has said everything and go on listening, or it may be gone:
    // the two look alike. So from then on the upstream must go on talking (`body_awaited`). An
    // upstream that has said everything has ended the tunnel.
    tokio::select! {
        () = down => {}
        () = up_and_wait => {}
        () = held.ticket.origin().cut_signal() => {}
    }
}

/// Until the reader ends or either side breaks: how a tunnel ended is nothing to act on.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    count: impl Fn(u64),
) {
    let mut bytes = vec![0; PIECE_BYTES];
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        if to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
        count(read as u64);
    }
    let _ = to.shutdown().await;
}
