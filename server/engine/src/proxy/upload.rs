//! A request's body on its way to the upstream.

use super::link::Link;
use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    #[error("reading the request's body failed: {0}")]
    Read(#[from] hyper::Error),
    #[error("the request's body is larger than this server takes")]
    TooLarge,
}

/// What the forwarding side can see of a body that hyper has taken over.
#[derive(Debug, Default)]
pub struct Progress {
    bytes: AtomicU64,
    ended: AtomicBool,
    too_large: AtomicBool,
    /// The body itself, when it was given up before a byte of it was read.
    untouched: Mutex<Option<Incoming>>,
}

impl Progress {
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    pub fn has_ended(&self) -> bool {
        self.ended.load(Relaxed)
    }

    pub fn was_too_large(&self) -> bool {
        self.too_large.load(Relaxed)
    }

    /// The body, if nobody has read from it: it can be sent once more.
    pub fn reclaim(&self) -> Option<Incoming> {
        self.untouched
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

#[derive(Debug)]
pub enum Upload {
    None,
    Stream(Stream),
}

#[derive(Debug)]
pub struct Stream {
    body: Option<Incoming>,
    touched: bool,
    left: u64,
    link: Arc<Link>,
    progress: Arc<Progress>,
}

impl Upload {
    /// Wraps a body; one that is known to be empty needs no watching.
    pub fn new(body: Incoming, link: &Arc<Link>, progress: &Arc<Progress>) -> Self {
        let left = link.limits().max_request_body_bytes;
        Self::Stream(Stream {
            body: Some(body),
            touched: false,
            left,
            link: link.clone(),
            progress: progress.clone(),
        })
    }
}

impl Stream {
    fn count(&mut self, frame: &Frame<Bytes>) -> Result<(), UploadError> {
        let bytes = frame.data_ref().map_or(0, |data| data.len() as u64);
        self.progress.bytes.fetch_add(bytes, Relaxed);
        self.left = self.left.checked_sub(bytes).ok_or_else(|| {
            self.progress.too_large.store(true, Relaxed);
            UploadError::TooLarge
        })?;
        Ok(())
    }

    fn poll_body(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let polled = Pin::new(body).poll_frame(cx);
        self.touched |= polled.is_ready();
        match &polled {
            Poll::Pending => self.link.watch.body_awaited(self.link.core.tick_ms()),
            Poll::Ready(_) => self.link.watch.body_moved(),
        }
        polled
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = UploadError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UploadError>>> {
        let Self::Stream(stream) = self.get_mut() else {
            return Poll::Ready(None);
        };
        match ready!(stream.poll_body(cx)) {
            Some(Ok(frame)) => Poll::Ready(Some(stream.count(&frame).map(|()| frame))),
            Some(Err(error)) => Poll::Ready(Some(Err(error.into()))),
            None => {
                stream.progress.ended.store(true, Relaxed);
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::None => true,
            Self::Stream(stream) => stream.body.as_ref().is_none_or(Incoming::is_end_stream),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Stream(Stream {
                body: Some(body), ..
            }) => body.size_hint(),
            _ => SizeHint::with_exact(0),
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.link.watch.body_moved();
        let ended = self.body.as_ref().is_none_or(Incoming::is_end_stream);
        if ended {
            self.progress.ended.store(true, Relaxed);
        }
        if !self.touched {
            *self
                .progress
                .untouched
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = self.body.take();
        }
    }
}
