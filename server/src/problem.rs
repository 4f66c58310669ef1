//! A refusal as `application/problem+json`, and every other failed answer of the API in the
//! same shape: whoever scripts against it parses one thing.
//!
//! A handler only says *no*; the bytes are written by [`render`], on the way out, where the
//! request's id is known.

use crate::clock;
use crate::trace::RequestId;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::refusal::{Kind, Refusal};
use serde::Serialize;
use std::fmt::Display;
use utoipa::ToSchema;

/// The body of every answer of the API that is not a success (RFC 9457).
#[derive(Serialize, ToSchema)]
pub struct Problem {
    /// `urn:sealdock:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    pub status: u16,
    /// One sentence: what happened.
    pub detail: String,
    /// Stable, for machines.
    pub code: String,
    /// The field, or the line and column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// One sentence: what to do now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub way_out: Option<String>,
    /// Also in the header `x-request-id` and in the server's log.
    pub request_id: String,
}

/// A refusal on its way out of a handler.
#[derive(Clone, Debug)]
pub struct No(pub Box<Refusal>);

pub type Answer<T> = Result<T, No>;

impl From<Refusal> for No {
    fn from(refusal: Refusal) -> Self {
        Self(Box::new(refusal))
    }
}

impl IntoResponse for No {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Ours to mend: logged here, once; the person gets the number to look for.
pub fn internal(attempt: &'static str, error: impl Display) -> Refusal {
    let incident = clock::random_word();
    tracing::error!(%incident, %error, "{attempt}");
    Refusal::internal(&incident)
}

/// Writes the problem of a refused answer. Failures that carry no refusal come from the framework
/// (no such route, wrong method): under `/v2` and `/hooks` they get the same shape, elsewhere pages have their own.
pub async fn render(request: Request, next: Next) -> Response {
    let id = request
        .extensions()
        .get::<RequestId>()
        .map_or_else(String::new, |id| id.0.clone());
    let is_api = ["/v2/", crate::hooks::PREFIX]
        .iter()
        .any(|p| request.uri().path().starts_with(p));
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<No>() {
        Some(no) => write(&no.0, &id, response),
        None if is_api && is_bare_failure(&response) => {
            write(&of_status(response.status()), &id, response)
        }
        None => response,
    }
}

fn is_bare_failure(response: &Response) -> bool {
    let status = response.status();
    (status.is_client_error() || status.is_server_error())
        && response
            .headers()
            .get(header::CONTENT_TYPE)
            .is_none_or(|t| !t.as_bytes().starts_with(b"application/problem+json"))
}

/// Keeps the status and the headers (`Allow`, `Retry-After`) of the answer.
fn write(refusal: &Refusal, request_id: &str, response: Response) -> Response {
    let (mut parts, _) = response.into_parts();
    let body = serde_json::to_vec(&problem(refusal, parts.status, request_id)).unwrap_or_default();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    if refusal.kind == Kind::SignedOut {
        parts
            .headers
            .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    Response::from_parts(parts, Body::from(body))
}

pub fn problem(refusal: &Refusal, status: StatusCode, request_id: &str) -> Problem {
    Problem {
        kind: format!("urn:sealdock:problem:{}", refusal.code),
        title: status.canonical_reason().unwrap_or("Refused").to_owned(),
        status: status.as_u16(),
        detail: refusal.sentence.clone(),
        code: refusal.code.clone(),
        place: refusal.place.clone(),
        way_out: refusal.way_out.clone(),
        request_id: request_id.to_owned(),
    }
}

fn of_status(status: StatusCode) -> Refusal {
    let refusal = |kind, code: &str, sentence: &str| Refusal::new(kind, code, sentence);
    match status {
        StatusCode::NOT_FOUND => {
            refusal(Kind::NotFound, "no_such_route", "The API has no such path.")
                .way_out("The list of paths is at /v2.")
        }
        StatusCode::METHOD_NOT_ALLOWED => refusal(
            Kind::Invalid,
            "wrong_method",
            "This path does not take this method.",
        )
        .way_out("The header `Allow` lists those that it takes."),
        StatusCode::PAYLOAD_TOO_LARGE => {
            refusal(Kind::TooLarge, "too_large", "The body is over the limit.")
        }
        _ if status.is_server_error() => internal("answering without a reason", status),
        _ => refusal(Kind::Invalid, "bad_request", "The request can't be read."),
    }
}
