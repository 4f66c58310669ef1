//! From a request's header to the answer's header: which route, and what it leads to.

use super::body::Answer;
use super::files;
use super::forward::{Job, Outcome, too_large};
use super::host::{self, HostError};
use super::link::{Link, Visit};
use super::page::Page;
use super::request_id::{self, X_REQUEST_ID};
use super::table::Live;
use super::upload::Progress;
use domain::route::Target;
use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderValue};
use hyper::{Method, Request, Response, StatusCode, Version};
use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Instant;

/// Answers every request with something: errors are pages.
pub async fn answer(
    link: Arc<Link>,
    mut request: Request<Incoming>,
) -> Result<Response<Answer>, Infallible> {
    let (visit, version) = (Visit::begin(link.clone()), request.version());
    let id = request_id::of(request.headers());
    request.headers_mut().insert(X_REQUEST_ID, id.clone());
    let mut response = match admissible(&link, &mut request) {
        Ok(host) => routed(&link, &host, request, &id).await,
        Err(page) => page.answer(request.headers(), &id),
    };
    response.headers_mut().insert(X_REQUEST_ID, id);
    if link.core.is_ending()
        && version < Version::HTTP_2
        && response.status() != StatusCode::SWITCHING_PROTOCOLS
    {
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|body| body.during(visit)))
}

/// The host to look up, once the request is one that may be relayed at all.
fn admissible(link: &Link, request: &mut Request<Incoming>) -> Result<String, Page> {
    if request.method() == Method::CONNECT {
        return Err(Page::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "This server does not open tunnels to other hosts.",
        ));
    }
    if request.headers().len() > link.limits().max_headers {
        return Err(Page::new(
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "The request has too many header fields.",
        ));
    }
    if announced_bytes(request.headers()) > link.limits().max_request_body_bytes {
        return Err(too_large());
    }
    let refused = |error: HostError| Page::bad_request(error.sentence());
    let authority = host::authority(request.uri(), request.headers()).map_err(refused)?;
    let key = host::lookup_key(authority).into_owned();
    if !request.headers().contains_key(HOST) {
        let value = HeaderValue::from_str(authority).map_err(|_| refused(HostError::Invalid))?;
        request.headers_mut().insert(HOST, value);
    }
    Ok(key)
}

fn announced_bytes(headers: &HeaderMap) -> u64 {
    headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .unwrap_or(0)
}

async fn routed(
    link: &Arc<Link>,
    host: &str,
    request: Request<Incoming>,
    id: &HeaderValue,
) -> Response<Answer> {
    let started = Instant::now();
    let Some(live) = find(link, host) else {
        let page = Page::new(
            StatusCode::NOT_FOUND,
            "No application is published at this address.",
        );
        return page.answer(request.headers(), id);
    };
    let (response, progress) = led(link, host, live.clone(), request, id).await;
    let shard = live.stats.shard(link.core.index);
    shard.record(response.status(), started.elapsed());
    shard.received(progress.map_or(0, |progress| progress.bytes()));
    response
}

fn find(link: &Link, host: &str) -> Option<Arc<Live>> {
    link.core.shared.table.load().find(host).cloned()
}

/// Where the route leads. A file or a page is answered here, everything else is relayed.
async fn led(
    link: &Arc<Link>,
    host: &str,
    live: Arc<Live>,
    request: Request<Incoming>,
    id: &HeaderValue,
) -> (Response<Answer>, Option<Arc<Progress>>) {
    if let Target::Static { root, spa, .. } = &live.route.target {
        return (files::serve(root, *spa, &request, id).await, None);
    }
    if let Some(page) = standing_page(&live) {
        return (page.answer(request.headers(), id), None);
    }
    let accept = request.headers().get(ACCEPT).cloned();
    let job = Box::new(Job::new(link.clone(), request));
    let progress = job.progress();
    match relayed(link, host, live, job).await {
        Ok(response) => (response, progress),
        Err(page) => (page.answer(&asked(accept), id), progress),
    }
}

fn asked(accept: Option<HeaderValue>) -> HeaderMap {
    accept.into_iter().map(|value| (ACCEPT, value)).collect()
}

/// The page of a route that leads to no instance.
fn standing_page(live: &Live) -> Option<Page> {
    match &live.route.target {
        Target::Absent { sentence } => Some(Page::new(StatusCode::NOT_FOUND, sentence.as_str())),
        Target::Unavailable {
            retry_after_s,
            sentence,
        } => Some(Page::unavailable(sentence.as_str(), *retry_after_s)),
        Target::Upstreams { .. } | Target::Static { .. } => None,
    }
}

async fn relayed(
    link: &Link,
    host: &str,
    mut live: Arc<Live>,
    mut job: Box<Job>,
) -> Result<Response<Answer>, Page> {
    loop {
        job = match job.run(&live).await {
            Outcome::Answered(response) => return Ok(response),
            Outcome::Failed(page) => return Err(page),
            Outcome::Again(job) => job,
        };
        live = find(link, host).ok_or_else(gone)?;
        match standing_page(&live) {
            Some(page) => return Err(page),
            None if live.origins.is_empty() => return Err(gone()),
            None => {}
        }
    }
}

/// The route stopped leading to instances while this request was looking for one.
fn gone() -> Page {
    Page::unavailable(
        Cow::Borrowed("This address has just changed; ask again."),
        1,
    )
}
