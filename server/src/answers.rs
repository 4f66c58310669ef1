//! `Idempotency-Key`: a POST that is sent again under the same key is not carried out again; it
//! gets the answer of the first time.
//!
//! Only successes are kept. A refusal changed nothing, so the same key may try again.

use crate::app::App;
use crate::guard::{Rule, Shape};
use crate::problem::{No, internal};
use crate::{clock, reading::Actor};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::api::Reply;
use domain::id::OrgId;
use domain::refusal::{Kind, Refusal};
use engine::keep::{Answer, Claim};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;
use tracing::Instrument;

const HEADER: &str = "idempotency-key";
const KEY_BYTES_MAX: usize = 255;

/// Of this process, and written nowhere: a key of before a restart is one of another request.
static SALT: LazyLock<[u8; 32]> = LazyLock::new(rand::random);

pub async fn once(app: &App, rule: Rule, request: Request, next: Next) -> Response {
    let org = request
        .extensions()
        .get::<Actor>()
        .map(|actor| actor.0.org.clone());
    let key = request.headers().get(HEADER).cloned();
    match (org, key) {
        (Some(org), Some(key)) if request.method() == Method::POST => {
            keyed(app, rule, &org, &key, request, next)
                .await
                .unwrap_or_else(|refusal| No::from(refusal).into_response())
        }
        _ => next.run(request).await,
    }
}

async fn keyed(
    app: &App,
    rule: Rule,
    org: &OrgId,
    key: &HeaderValue,
    request: Request,
    next: Next,
) -> Reply<Response> {
    let key = readable(key)?;
    let (digest, request) = digest(app, rule, request).await?;
    let now = clock::now();
    match app
        .answers
        .claim(org, &key, &digest, now, now.plus_ms(app.limits.claim_ms))
        .await?
    {
        Claim::Fresh => {
            run(
                app.clone(),
                rule,
                Held {
                    org: org.clone(),
                    key,
                    digest,
                },
                request,
                next,
            )
            .await
        }
        Claim::Running { request } | Claim::Answered { request, .. } if request != digest => {
            Err(reused())
        }
        Claim::Running { .. } => Err(running()),
        Claim::Answered { answer, .. } => again(answer),
    }
}

fn readable(key: &HeaderValue) -> Reply<String> {
    let text = key.to_str().unwrap_or_default();
    let ok = !text.is_empty()
        && text.len() <= KEY_BYTES_MAX
        && text.bytes().all(|b| b.is_ascii_graphic());
    let wrong = || {
        Refusal::invalid(
            "Idempotency-Key",
            "The key is 1 to 255 visible ASCII characters.",
        )
    };
    ok.then(|| text.to_owned()).ok_or_else(wrong)
}

/// Of everything that makes it the same request. An upload is told apart by its name and length:
/// its body is not read twice.
async fn digest(app: &App, rule: Rule, request: Request) -> Reply<(String, Request)> {
    let (parts, body) = request.into_parts();
    let mut hash = Sha256::new();
    if rule.takes_secret {
        hash.update(*SALT);
    }
    hash.update(parts.uri.to_string());
    hash.update([0]);
    let body = if rule.shape == Shape::Long {
        hash.update(
            parts
                .headers
                .get(header::CONTENT_LENGTH)
                .map_or(&b""[..], HeaderValue::as_bytes),
        );
        body
    } else {
        let bytes = crate::reading::whole(body, app.limits.json_bytes).await?;
        hash.update(&bytes);
        Body::from(bytes)
    };
    let hex = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
    Ok((hex, Request::from_parts(parts, body)))
}

/// A key that this request holds.
struct Held {
    org: OrgId,
    key: String,
    digest: String,
}

/// In a task of its own: a client that hangs up must not leave a half-done deed and a claimed key.
async fn run(app: App, rule: Rule, held: Held, request: Request, next: Next) -> Reply<Response> {
    let work = async move {
        let response = next.run(request).await;
        if response.status().is_success() {
            settle(&app, rule, &held, response).await
        } else {
            let released = app.answers.release(&held.org, &held.key).await;
            released.map(|()| response)
        }
    };
    let done = tokio::spawn(work.instrument(tracing::Span::current())).await;
    done.map_err(|error| internal("carrying out a request under a key", error))?
}

async fn settle(app: &App, rule: Rule, held: &Held, response: Response) -> Reply<Response> {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await;
    let bytes = bytes.map_err(|error| internal("reading our own answer", error))?;
    let location = parts
        .headers
        .get(header::LOCATION)
        .and_then(|l| l.to_str().ok());
    let answer = Answer {
        status: parts.status.as_u16(),
        location: location.map(str::to_owned),
        body: (!rule.shows_secret).then(|| String::from_utf8_lossy(&bytes).into_owned()),
    };
    let until = clock::now().plus_ms(app.limits.answer_kept_ms);
    let Held { org, key, digest } = held;
    app.answers.settle(org, key, digest, &answer, until).await?;
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

fn again(answer: Answer) -> Reply<Response> {
    let Some(body) = answer.body else {
        return Err(not_kept());
    };
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = (status, Bytes::from(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert("idempotent-replay", HeaderValue::from_static("true"));
    if let Some(location) = answer.location.and_then(|l| HeaderValue::from_str(&l).ok()) {
        headers.insert(header::LOCATION, location);
    }
    Ok(response)
}

fn reused() -> Refusal {
    Refusal::new(
        Kind::Invalid,
        "key_reused",
        "This Idempotency-Key was used for another request.",
    )
    .at("Idempotency-Key")
    .way_out("Use a new key for every new request.")
}

fn running() -> Refusal {
    Refusal::conflict(
        "still_running",
        "The first request with this Idempotency-Key has not answered yet.",
    )
    .way_out("Wait a moment, then send it again.")
}

fn not_kept() -> Refusal {
    let sentence = "This was done already, and its answer held a secret that is shown only once.";
    Refusal::conflict("shown_once", sentence)
        .way_out("Revoke what was made and make a new one, under a new key.")
}
