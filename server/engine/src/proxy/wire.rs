//! One HTTP/1.1 connection to an upstream.
//!
//! hyper's connection is a future that somebody must poll. Here the request that uses the
//! connection polls it itself, in its own task: no second task, no wake-up between the two,
//! which is a good part of the proxy's throughput. Nobody polls an idle connection; before
//! the next use, and from time to time, one poll tells whether the upstream closed it.

use super::origin::Origin;
use super::socket::UpstreamSocket;
use super::upload::Upload;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::task::unconstrained;
use tokio::time::{Instant, Sleep, sleep, timeout};

type Driver = Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>;

/// In a box of its own, because it moves with every request: from the pool to the request, to
/// the answer's body, and back.
pub struct Wire(Box<Parts>);

struct Parts {
    sender: SendRequest<Upload>,
    /// None once the connection is closed or was handed over to a tunnel.
    driver: Option<Driver>,
    idle_since_ms: u64,
    /// One timer for all its requests: moving a deadline on is cheaper than a new timer.
    patience: Pin<Box<Sleep>>,
}

/// Why there is no answer.
pub enum ExchangeError {
    /// The connection closed before the request was taken: it had no effect, here it is back.
    NotSent(Box<Request<Upload>>),
    /// The connection broke after the request may have been sent.
    Broken(hyper::Error),
    /// The upstream took the request and did not answer in time.
    TimedOut,
}

impl Wire {
    pub async fn connect(origin: &Arc<Origin>, connect_timeout: Duration) -> io::Result<Self> {
        let socket = timeout(connect_timeout, UpstreamSocket::connect(origin.clone())).await??;
        let (sender, connection) = http1::handshake(TokioIo::new(socket))
            .await
            .map_err(io::Error::other)?;
        Ok(Self(Box::new(Parts {
            sender,
            driver: Some(Box::pin(connection.with_upgrades())),
            idle_since_ms: 0,
            patience: Box::pin(sleep(Duration::ZERO)),
        })))
    }

    /// Moves bytes in both directions as far as they go.
    pub fn drive(&mut self, cx: &mut Context<'_>) {
        if let Some(driver) = &mut self.0.driver
            && driver.as_mut().poll(cx).is_ready()
        {
            self.0.driver = None;
        }
    }

    /// Whether the upstream has not closed it, as far as is known without asking.
    pub fn is_open(&mut self) -> bool {
        self.drive(&mut Context::from_waker(Waker::noop()));
        self.0.driver.is_some()
    }

    /// Whether another request may be sent, now that an answer has ended.
    pub fn settle(&mut self, now_ms: u64) -> bool {
        self.0.idle_since_ms = now_ms;
        self.is_open() && self.0.sender.is_ready()
    }

    pub fn idle_since_ms(&self) -> u64 {
        self.0.idle_since_ms
    }

    /// Sends a request and waits for the answer's header.
    ///
    /// `upload_done` says whether the upstream has the whole request: its time to answer
    /// starts then. The answer is polled with a waker that does nothing because only driving
    /// the connection can bring it, and that is done just before.
    pub async fn exchange(
        &mut self,
        request: Request<Upload>,
        answer_within: Duration,
        upload_done: impl Fn() -> bool,
    ) -> Result<Response<Incoming>, ExchangeError> {
        let Parts {
            sender,
            driver,
            patience,
            ..
        } = &mut *self.0;
        let mut answer = pin!(unconstrained(sender.try_send_request(request)));
        patience.as_mut().reset(Instant::now() + answer_within);
        poll_fn(move |cx| {
            if let Some(running) = driver
                && running.as_mut().poll(cx).is_ready()
            {
                *driver = None;
            }
            if let Poll::Ready(result) = answer
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
            {
                return Poll::Ready(result.map_err(|mut error| match error.take_message() {
                    Some(request) => ExchangeError::NotSent(Box::new(request)),
                    None => ExchangeError::Broken(error.into_error()),
                }));
            }
            while patience.as_mut().poll(cx).is_ready() {
                if upload_done() {
                    return Poll::Ready(Err(ExchangeError::TimedOut));
                }
                patience.as_mut().reset(Instant::now() + answer_within);
            }
            Poll::Pending
        })
        .await
    }

    /// Waits until the connection has let go of its socket, after a 101.
    pub async fn hand_over(mut self) {
        poll_fn(|cx| {
            self.drive(cx);
            if self.0.driver.is_none() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire")
            .field("open", &self.0.driver.is_some())
            .finish_non_exhaustive()
    }
}
