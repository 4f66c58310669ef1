//! From a request's header to the answer's header: which route, and what it leads to.

use super::body::Answer;
use super::files;
use super::forward::{Job, Outcome, too_large};
use super::front;
use super::hold;
use super::host::{self, HostError};
use super::link::{Link, Visit};
use super::page::Page;
use super::request_id::{self, X_REQUEST_ID};
use super::table::{Door, Live};
use super::upload::Progress;
use domain::route::Target;
use hyper::body::{Body, Incoming};
use hyper::header::{ACCEPT, CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderValue};
use hyper::{Method, Request, Response, StatusCode, Version};
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
    let found = admissible(&link, &mut request);
    let hsts = front::hsts(&link, &request);
    let mut response = match (found, front::answered(&link, &request)) {
        (Err(page), _) => page.answer(request.headers(), &id),
        (Ok(_), Some(answer)) => answer,
        (Ok(Some(door)), None) => routed(&link, door, request, &id).await,
        (Ok(None), None) => unknown_host().answer(request.headers(), &id),
    };
    response.headers_mut().insert(X_REQUEST_ID, id);
    if let Some(hsts) = hsts {
        response.headers_mut().insert(front::HSTS, hsts);
    }
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

/// The route that a request is for, once it is one that may be relayed at all.
fn admissible(link: &Link, request: &mut Request<Incoming>) -> Result<Option<Arc<Door>>, Page> {
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
    if !request.body().is_end_stream()
        && announced_bytes(request.headers()) > link.limits().max_request_body_bytes
    {
        return Err(too_large());
    }
    let refused = |error: HostError| Page::bad_request(error.sentence());
    let authority = host::authority(request.uri(), request.headers()).map_err(refused)?;
    let door = find(link, authority);
    if request.uri().authority().is_some() && !request.headers().contains_key(HOST) {
        let value = HeaderValue::from_str(authority).map_err(|_| refused(HostError::Invalid))?;
        request.headers_mut().insert(HOST, value);
    }
    Ok(door)
}

fn announced_bytes(headers: &HeaderMap) -> u64 {
    headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .unwrap_or(0)
}

/// Where its host leads now.
pub fn find(link: &Link, authority: &str) -> Option<Arc<Door>> {
    let table = link.core.shared.table.load();
    table
        .find(&host::lookup_key(authority), link.core.index)
        .cloned()
}

async fn routed(
    link: &Arc<Link>,
    door: Arc<Door>,
    request: Request<Incoming>,
    id: &HeaderValue,
) -> Response<Answer> {
    let started = Instant::now();
    let (response, progress) = led(link, door.clone(), request, id).await;
    let shard = door.stats.shard(link.core.index);
    shard.record(response.status(), started.elapsed());
    shard.received(progress.map_or(0, |progress| progress.bytes()));
    response
}

/// Where the route leads. A file or a page is answered here, everything else is relayed.
async fn led(
    link: &Arc<Link>,
    door: Arc<Door>,
    request: Request<Incoming>,
    id: &HeaderValue,
) -> (Response<Answer>, Option<Arc<Progress>>) {
    let door = held(link, door, &request).await;
    if let Some(answer) = answered_here(&door, &request, id).await {
        return (answer, None);
    }
    let accept = request.headers().get(ACCEPT).cloned();
    let job = Box::new(Job::new(link.clone(), request));
    let progress = job.progress();
    match relayed(link, door, job, id).await {
        Ok(response) => (response, progress),
        Err(page) => (page.answer(&asked(accept), id), progress),
    }
}

/// Most routes hold nothing, and then nothing is read of the request here.
async fn held(link: &Link, door: Arc<Door>, request: &Request<Incoming>) -> Arc<Door> {
    if door.route.target.hold_s() == 0 {
        return door;
    }
    let authority = host::authority(request.uri(), request.headers()).unwrap_or_default();
    hold::out(link, door, authority).await
}

/// The answer of a route that leads to no instance but to a page or a folder.
async fn answered_here<B>(
    live: &Live,
    request: &Request<B>,
    id: &HeaderValue,
) -> Option<Response<Answer>> {
    match &live.route.target {
        Target::Upstreams { .. } => None,
        Target::Static { root, spa, .. } => Some(files::serve(root, *spa, request, id).await),
        Target::Absent { sentence } => {
            Some(Page::new(StatusCode::NOT_FOUND, sentence.as_str()).answer(request.headers(), id))
        }
        Target::Unavailable {
            retry_after_s,
            sentence,
            ..
        } => {
            Some(Page::unavailable(sentence.as_str(), *retry_after_s).answer(request.headers(), id))
        }
    }
}

fn asked(accept: Option<HeaderValue>) -> HeaderMap {
    accept.into_iter().map(|value| (ACCEPT, value)).collect()
}

/// Tries until somebody answers, each time by the route as it is then: it may have been
/// switched to other instances, to a folder or to a page meanwhile.
async fn relayed(
    link: &Link,
    mut door: Arc<Door>,
    mut job: Box<Job>,
    id: &HeaderValue,
) -> Result<Response<Answer>, Page> {
    loop {
        job = match job.run(&door).await {
            Outcome::Answered(response) => return Ok(response),
            Outcome::Failed(page) => return Err(page),
            Outcome::Again(job) => job,
        };
        door = find(link, job.authority()).ok_or_else(unknown_host)?;
        let authority = job.authority().to_owned();
        door = hold::out(link, door, &authority).await;
        if door.origins.is_empty() {
            let request = job.into_request();
            return answered_here(&door, &request, id)
                .await
                .ok_or_else(unknown_host);
        }
    }
}

fn unknown_host() -> Page {
    Page::new(
        StatusCode::NOT_FOUND,
        "No application is published at this address.",
    )
}
