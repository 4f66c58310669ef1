//! What every handler is given: the product, and what HTTP needs beside it.

use crate::limiter::Limiter;
use crate::limits::Limits;
use crate::live::hub::Hub;
use crate::live::slots::Slots;
use crate::session::Store;
use domain::api::Sealdock;
use domain::hint::Hint;
use engine::keep::{AnswerRows, SessionRows};
use std::ops::Deref;
use std::sync::Arc;
use tokio::sync::{Semaphore, broadcast};
use tokio_util::sync::CancellationToken;

/// How the server is reached, as the operator said.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// A proxy that we trust ends TLS in front of us: cookies are `Secure`, HSTS is sent, and the
    /// last `X-Forwarded-For` names the client.
    pub behind_tls: bool,
    /// Where people open the console, without a slash at the end.
    pub public_url: Option<String>,
}

/// What the server is made of.
pub struct Parts {
    pub api: Arc<dyn Sealdock>,
    pub sessions: Arc<dyn SessionRows>,
    pub answers: Arc<dyn AnswerRows>,
    pub changes: broadcast::Receiver<Hint>,
    pub reach: Reach,
    pub limits: Limits,
}

pub struct Inner {
    pub api: Arc<dyn Sealdock>,
    pub sessions: Store,
    pub answers: Arc<dyn AnswerRows>,
    pub hub: Arc<Hub>,
    pub slots: Slots,
    pub attempts_by_address: Limiter,
    pub attempts_by_account: Limiter,
    /// Room for the bodies of deliveries.
    pub hook_bodies: Semaphore,
    pub reach: Reach,
    pub limits: Limits,
    /// Cancelled when the server begins to stop: streams end.
    pub stop: CancellationToken,
}

/// Cheap to clone; one per server.
#[derive(Clone)]
pub struct App(Arc<Inner>);

impl Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    /// Also starts the task that numbers the hints; it ends with `stop`.
    pub fn start(parts: Parts, stop: CancellationToken) -> Self {
        let limits = parts.limits;
        let hub = Hub::start(parts.changes, limits.hints_kept, stop.clone());
        let per = |burst| Limiter::new(burst, limits.attempt_every_ms, limits.limiter_keys);
        Self(Arc::new(Inner {
            api: parts.api,
            sessions: Store::new(parts.sessions),
            answers: parts.answers,
            hub,
            slots: Slots::new(limits.streams_per_user),
            attempts_by_address: per(limits.attempts_per_address),
            attempts_by_account: per(limits.attempts_per_account),
            hook_bodies: Semaphore::new(limits.hook_bodies),
            reach: parts.reach,
            limits,
            stop,
        }))
    }
}
