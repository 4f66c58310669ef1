//! Relaying one request to one of its route's upstreams, and when to ask another.
//!
//! Asking twice is safe when the first asking cannot have had an effect:
//! - connecting failed, or the connection closed before the request was taken: any method;
//! - a kept connection broke before a byte of the answer came, as when the upstream closed it
//!   for being idle at that very moment: only idempotent methods, and only if nothing was
//!   read from the body.
//!
//! Every new try looks the route up again, so it sees a switch that happened meanwhile.

use super::body::{Answer, Lease};
use super::clock::now_ms;
use super::headers;
use super::link::Link;
use super::origin::{Origin, choose};
use super::page::Page;
use super::table::{Door, Live, Ticket};
use super::tunnel;
use super::upload::{Progress, Upload};
use super::wire::{ExchangeError, Wire};
use hyper::body::{Body, Incoming};
use hyper::header::{HOST, HeaderMap, HeaderValue};
use hyper::http::request::Parts;
use hyper::http::uri::{PathAndQuery, Uri};
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, Response, StatusCode, Version};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Connects and sends together, whatever went wrong each time.
const MAX_TRIES: usize = 4;

/// A request that is to be relayed, until somebody answers it.
pub struct Job {
    link: Arc<Link>,
    head: Head,
    upload: Upload,
    progress: Option<Arc<Progress>>,
    upgrade: Option<Upgrade>,
    /// Upstreams that did not accept a connection from this request.
    refused_by: Vec<SocketAddr>,
    tries: usize,
}

/// What a request says before its body, as the upstream is to get it.
#[derive(Clone)]
struct Head {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
}

/// The client's half of a tunnel to be.
struct Upgrade {
    protocol: HeaderValue,
    client: OnUpgrade,
}

/// What one try came to.
pub enum Outcome {
    Answered(Response<Answer>),
    Failed(Page),
    /// Look the route up and try again.
    Again(Box<Job>),
}

impl Job {
    pub fn new(link: Arc<Link>, mut request: Request<Incoming>) -> Self {
        let upgrade = Upgrade::of(&mut request);
        let (mut parts, body) = request.into_parts();
        headers::to_upstream(&mut parts.headers, &link);
        if let Some(upgrade) = &upgrade {
            headers::set_upgrade(&mut parts.headers, upgrade.protocol.clone());
        }
        let (upload, progress) = if body.is_end_stream() {
            (Upload::None, None)
        } else {
            let progress = Arc::default();
            (Upload::new(body, &link, &progress), Some(progress))
        };
        Self {
            link,
            head: Head::of(parts),
            upload,
            progress,
            upgrade,
            refused_by: Vec::new(),
            tries: 0,
        }
    }

    /// The body's bytes that were read from the client so far.
    pub fn progress(&self) -> Option<Arc<Progress>> {
        self.progress.clone()
    }

    /// The host that it is for, as it was sent.
    pub fn authority(&self) -> &str {
        self.head
            .headers
            .get(HOST)
            .and_then(|host| host.to_str().ok())
            .unwrap_or("")
    }

    /// The request again, for a route that turned out to lead elsewhere.
    pub fn into_request(self: Box<Self>) -> Request<Upload> {
        let Self { head, upload, .. } = *self;
        head.with(upload)
    }

    /// One try with the route as it is now.
    pub async fn run(mut self: Box<Self>, live: &Arc<Door>) -> Outcome {
        let core = self.link.core.clone();
        if self.tries == MAX_TRIES {
            return Outcome::Failed(self.nobody(live));
        }
        let Some(index) = choose(&live.origins, &self.refused_by, core.next_turn(), now_ms) else {
            return Outcome::Failed(self.nobody(live));
        };
        let origin = &live.origins[index];
        let Some(ticket) = Ticket::admit(live, index) else {
            return Outcome::Again(self);
        };
        self.tries += 1;
        let kept = origin.take_idle(core.index);
        let is_kept = kept.is_some();
        match kept {
            Some(wire) => self.send(ticket, wire, is_kept).await,
            None => match Wire::connect(origin, ms(self.link.limits().connect_timeout_ms)).await {
                Ok(wire) => self.send(ticket, wire, is_kept).await,
                Err(error) => self.not_connected(origin, &error),
            },
        }
    }

    fn not_connected(mut self: Box<Self>, origin: &Origin, error: &std::io::Error) -> Outcome {
        tracing::warn!(upstream = origin.upstream().id, address = %origin.address(), %error, "an upstream did not accept a connection");
        origin.failed();
        self.refused_by.push(origin.address());
        Outcome::Again(self)
    }

    async fn send(mut self: Box<Self>, ticket: Ticket, mut wire: Wire, is_kept: bool) -> Outcome {
        let spare = (is_kept && self.is_repeatable()).then(|| self.head.clone());
        let head = std::mem::replace(&mut self.head, Head::empty());
        let request = head.with(std::mem::replace(&mut self.upload, Upload::None));
        let within = ms(self.link.limits().response_header_timeout_ms);
        let progress = self.progress.clone();
        let upload_done = move || {
            progress
                .as_ref()
                .is_none_or(|progress| progress.has_ended())
        };
        match wire.exchange(request, within, upload_done).await {
            Ok(response) => {
                ticket.origin().succeeded();
                self.answered(ticket, wire, response).await
            }
            Err(ExchangeError::NotSent(request)) => {
                // Finding that the upstream had closed a kept connection is no try: there are
                // only so many of those.
                self.tries -= usize::from(is_kept);
                (self.head, self.upload) = Head::split(*request);
                Outcome::Again(self)
            }
            Err(ExchangeError::Broken(error)) => self.broken(&ticket, spare, &error),
            Err(ExchangeError::TimedOut) => Outcome::Failed(timed_out()),
        }
    }

    /// The connection broke after the request may have been sent.
    fn broken(
        mut self: Box<Self>,
        ticket: &Ticket,
        spare: Option<Head>,
        error: &hyper::Error,
    ) -> Outcome {
        if self
            .progress
            .as_ref()
            .is_some_and(|progress| progress.was_too_large())
        {
            return Outcome::Failed(too_large());
        }
        let body_is_whole = match &self.progress {
            None => true,
            Some(progress) => match progress.reclaim() {
                Some(body) => {
                    self.upload = Upload::new(body, &self.link, progress);
                    true
                }
                None => false,
            },
        };
        match spare {
            Some(head) if body_is_whole => {
                self.head = head;
                Outcome::Again(self)
            }
            _ => {
                let origin = ticket.origin();
                tracing::warn!(upstream = origin.upstream().id, address = %origin.address(), %error, "an upstream broke off");
                if self.progress.is_none() {
                    origin.failed();
                }
                Outcome::Failed(Page::new(
                    StatusCode::BAD_GATEWAY,
                    "The application closed the connection without an answer.",
                ))
            }
        }
    }

    fn is_repeatable(&self) -> bool {
        let method = &self.head.method;
        method.is_idempotent() && *method != Method::TRACE && self.upgrade.is_none()
    }

    fn nobody(&self, live: &Live) -> Page {
        tracing::warn!(
            route = live.route.id,
            upstreams = live.origins.len(),
            "no upstream of the route accepts requests"
        );
        Page::unavailable(
            "No instance of this application accepts requests right now.",
            2,
        )
    }

    async fn answered(
        self: Box<Self>,
        ticket: Ticket,
        wire: Wire,
        response: Response<Incoming>,
    ) -> Outcome {
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return match self.upgrade {
                Some(upgrade) => {
                    tunnel::open(&self.link, ticket, wire, response, upgrade.client).await
                }
                None => Outcome::Failed(Page::new(
                    StatusCode::BAD_GATEWAY,
                    "The application changed the protocol without being asked to.",
                )),
            };
        }
        let lease = Lease {
            wire,
            ticket,
            link: self.link,
            bytes: 0,
        };
        let (mut parts, body) = response.into_parts();
        headers::to_client(&mut parts.headers);
        parts.version = Version::HTTP_11;
        Outcome::Answered(Response::from_parts(parts, Answer::relay(body, lease)))
    }
}

impl Head {
    fn of(parts: Parts) -> Self {
        Self {
            method: parts.method,
            uri: origin_form(parts.uri),
            headers: parts.headers,
        }
    }

    fn empty() -> Self {
        Self {
            method: Method::GET,
            uri: Uri::default(),
            headers: HeaderMap::new(),
        }
    }

    fn with(self, upload: Upload) -> Request<Upload> {
        let mut request = Request::new(upload);
        *request.method_mut() = self.method;
        *request.uri_mut() = self.uri;
        *request.headers_mut() = self.headers;
        request
    }

    fn split(request: Request<Upload>) -> (Self, Upload) {
        let (parts, upload) = request.into_parts();
        (
            Self {
                method: parts.method,
                uri: parts.uri,
                headers: parts.headers,
            },
            upload,
        )
    }
}

impl Upgrade {
    fn of(request: &mut Request<Incoming>) -> Option<Self> {
        if request.version() != Version::HTTP_11 {
            return None;
        }
        let protocol = headers::upgrade_of(request.headers())?;
        // Cleartext HTTP/2 by upgrade is obsolete, and the upstream gets HTTP/1.1 from us.
        let wanted = !protocol.as_bytes().eq_ignore_ascii_case(b"h2c");
        wanted.then(|| Self {
            protocol,
            client: hyper::upgrade::on(request),
        })
    }
}

/// Path and query only: upstreams are asked in origin form.
fn origin_form(uri: Uri) -> Uri {
    if uri.authority().is_none() {
        return uri;
    }
    let path = uri
        .into_parts()
        .path_and_query
        .unwrap_or_else(|| PathAndQuery::from_static("/"));
    Uri::from(path)
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn timed_out() -> Page {
    Page::new(
        StatusCode::GATEWAY_TIMEOUT,
        "The application took too long to answer.",
    )
}

pub fn too_large() -> Page {
    Page::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "The request's body is larger than this server takes.",
    )
}
