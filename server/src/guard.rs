//! What stands in front of every handler: may this caller, in time, and only once.

use crate::answers;
use crate::app::App;
use crate::limits::ms;
use crate::problem::No;
use crate::{etag, reading::Actor};
use ::app::call::Signed;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::access::{Action, Caller};
use domain::api::Reply;
use domain::refusal::Refusal;

/// Who gets through to a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Public,
    May(Action),
}

/// How a route answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One body, in time.
    Quick,
    /// For as long as the reader reads, or the writer writes.
    Long,
}

/// What a route declares about itself.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    pub access: Access,
    pub shape: Shape,
    /// The answer shows a secret once: it is never kept for a repeated `Idempotency-Key`.
    pub shows_secret: bool,
    /// The request holds a secret: what is kept of it for a repeated `Idempotency-Key` can't be
    /// compared with guesses.
    pub takes_secret: bool,
}

pub async fn check(
    State((app, rule)): State<(App, Rule)>,
    mut request: Request,
    next: Next,
) -> Response {
    match admit(&rule, &request) {
        Err(refusal) => return No::from(refusal).into_response(),
        Ok(Some(caller)) => {
            request.extensions_mut().insert(Actor(caller));
        }
        Ok(None) => {}
    }
    if rule.shape == Shape::Long {
        return answers::once(&app, rule, request, next).await;
    }
    let is_get = request.method() == Method::GET;
    let wanted = etag::wanted(request.headers());
    match tokio::time::timeout(
        ms(app.limits.request_ms),
        answers::once(&app, rule, request, next),
    )
    .await
    {
        Ok(response) if is_get => etag::apply(response, wanted).await,
        Ok(response) => response,
        Err(_) => No::from(late(app.limits.request_ms)).into_response(),
    }
}

fn admit(rule: &Rule, request: &Request) -> Reply<Option<Caller>> {
    let Access::May(action) = rule.access else {
        return Ok(None);
    };
    let signed = request
        .extensions()
        .get::<Signed>()
        .and_then(|signed| signed.0.as_ref());
    let caller = signed.ok_or_else(Refusal::signed_out)?;
    caller.may(action)?;
    Ok(Some(caller.clone()))
}

fn late(limit_ms: u64) -> Refusal {
    let sentence = format!(
        "This took longer than {} s and was given up.",
        limit_ms / 1000
    );
    Refusal::unavailable("too_slow", sentence).way_out("Look whether it happened, then try again.")
}
