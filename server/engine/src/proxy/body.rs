//! An answer's body on its way to the client.

use super::files::FileBody;
use super::link::{Link, Visit};
use super::table::Ticket;
use super::wire::Wire;
use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// The upstream's or the disk's failure in the middle of an answer: the client sees it break.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    #[error("the upstream broke off its answer: {0}")]
    Upstream(#[from] hyper::Error),
    #[error("reading the file failed: {0}")]
    File(#[from] io::Error),
}

#[derive(Debug)]
pub struct Answer {
    kind: Kind,
    /// The request counts as in progress until its answer is gone.
    visit: Option<Visit>,
}

#[derive(Debug)]
enum Kind {
    Empty,
    Full(Bytes),
    Relay(Relay),
    File(FileBody),
}

impl Answer {
    pub fn empty() -> Self {
        Kind::Empty.into()
    }

    pub fn full(bytes: impl Into<Bytes>) -> Self {
        Kind::Full(bytes.into()).into()
    }

    pub fn file(file: FileBody) -> Self {
        Kind::File(file).into()
    }

    pub fn relay(incoming: Incoming, lease: Lease) -> Self {
        Kind::Relay(Relay {
            incoming,
            lease: Some(lease),
        })
        .into()
    }

    pub fn during(mut self, visit: Visit) -> Self {
        self.visit = Some(visit);
        self
    }
}

impl From<Kind> for Answer {
    fn from(kind: Kind) -> Self {
        Self { kind, visit: None }
    }
}

/// A connection in use, and everything that is to be settled when the answer has ended.
#[derive(Debug)]
pub struct Lease {
    pub wire: Wire,
    pub ticket: Ticket,
    pub link: Arc<Link>,
    pub bytes: u64,
}

impl Lease {
    /// The answer has ended: the connection goes back to its origin if it can be used again.
    fn finish(mut self) {
        self.count();
        let core = &self.link.core;
        if self.wire.settle(core.tick_ms()) {
            let max = self.link.limits().max_idle_per_upstream;
            self.ticket.origin().keep_idle(core.index, self.wire, max);
        }
    }

    /// The answer broke off: its connection is closed.
    fn abandon(self) {
        self.count();
    }

    fn count(&self) {
        self.ticket
            .route()
            .stats
            .shard(self.link.core.index)
            .sent(self.bytes);
    }
}

/// An upstream's answer. It drives its connection itself (see `wire`).
#[derive(Debug)]
struct Relay {
    incoming: Incoming,
    lease: Option<Lease>,
}

impl Relay {
    fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = self.poll_incoming(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => self.count(frame),
            Poll::Ready(Some(Err(_))) => self.lease.take().into_iter().for_each(Lease::abandon),
            Poll::Ready(None) => self.finish(),
            Poll::Pending => {}
        }
        polled
    }

    /// Only driving the connection brings a frame, so the frames themselves wake nobody.
    fn poll_incoming(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let quiet = &mut Context::from_waker(Waker::noop());
        match (
            Pin::new(&mut self.incoming).poll_frame(quiet),
            &mut self.lease,
        ) {
            (Poll::Pending, Some(lease)) => {
                lease.wire.drive(cx);
                Pin::new(&mut self.incoming).poll_frame(quiet)
            }
            (polled, _) => polled,
        }
    }

    fn count(&mut self, frame: &Frame<Bytes>) {
        if let (Some(lease), Some(data)) = (&mut self.lease, frame.data_ref()) {
            lease.bytes += data.len() as u64;
        }
        if self.incoming.is_end_stream() {
            self.finish();
        }
    }

    fn finish(&mut self) {
        self.lease.take().into_iter().for_each(Lease::finish);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let ended = self.incoming.is_end_stream();
        self.lease
            .take()
            .into_iter()
            .for_each(if ended { Lease::finish } else { Lease::abandon });
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut self.get_mut().kind {
            Kind::Empty => Poll::Ready(None),
            Kind::Full(bytes) if bytes.is_empty() => Poll::Ready(None),
            Kind::Full(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Kind::Relay(relay) => relay.poll_frame(cx).map_err(BodyError::Upstream),
            Kind::File(file) => file
                .poll_chunk(cx)
                .map_ok(Frame::data)
                .map_err(BodyError::File),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Empty => true,
            Kind::Full(bytes) => bytes.is_empty(),
            Kind::Relay(relay) => relay.incoming.is_end_stream(),
            Kind::File(file) => file.remaining() == 0,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Empty => SizeHint::with_exact(0),
            Kind::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Relay(relay) => relay.incoming.size_hint(),
            Kind::File(file) => SizeHint::with_exact(file.remaining()),
        }
    }
}
