//! What server functions stand on: the product behind its trait, and who asks.

use crate::answer::Answer;
use crate::error::Fault;
use axum::http::{StatusCode, header::ACCEPT, request::Parts};
use domain::access::Caller;
use domain::api::{Reply, Sealdock};
use domain::refusal::Refusal;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;

/// Who is signed in; the session's middleware puts it on the request.
#[derive(Clone, Debug, Default)]
pub struct Signed(pub Option<Caller>);

/// What the last form answered, shown once on the page that follows.
#[derive(Clone, Debug, Default)]
pub struct Flash(pub Option<Refusal>);

/// The fields of a form that was posted to a page itself: how it plans and shows things once
/// without wasm.
#[derive(Clone, Debug, Default)]
pub struct Posted(pub HashMap<String, String>);

pub fn api() -> Result<Arc<dyn Sealdock>, Fault> {
    use_context().ok_or_else(|| Fault(Refusal::internal("no-api-in-context")))
}

pub fn caller() -> Result<Caller, Fault> {
    let signed = use_context::<Signed>().unwrap_or_default();
    signed.0.ok_or_else(|| Fault(Refusal::signed_out()))
}

/// Both at once: how nearly every server function begins.
pub fn signed() -> Result<(Arc<dyn Sealdock>, Caller), Fault> {
    let caller = said(caller().map_err(|fault| fault.0))?;
    Ok((api()?, caller))
}

/// Text that is not an id names nothing, exactly like an id that never was.
pub fn id<T: FromStr>(text: &str, noun: &str) -> Result<T, Fault> {
    said(text.parse().map_err(|_| Refusal::not_found(noun)))
}

/// Turns the answer of the product into that of a server function, with its HTTP status.
pub fn said<T>(reply: Reply<T>) -> Result<T, Fault> {
    reply.map_err(|refusal| {
        set_status(refusal.kind.status());
        Fault(refusal)
    })
}

/// The same for a read.
pub fn answer<T>(reply: Reply<T>) -> Result<Answer<T>, Fault>
where
    T: serde::Serialize + Send + Sync + 'static,
{
    said(reply).and_then(Answer::of)
}

/// A plain form is redirected back with the refusal in its URL: its status has to stay 302.
pub fn set_status(status: u16) {
    let (Some(options), Ok(status)) = (
        use_context::<ResponseOptions>(),
        StatusCode::from_u16(status),
    ) else {
        return;
    };
    if !is_plain_form() {
        options.set_status(status);
    }
}

fn is_plain_form() -> bool {
    let Some(parts) = use_context::<Parts>() else {
        return false;
    };
    let accepts = parts
        .headers
        .get(ACCEPT)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    parts.uri.path().starts_with("/fn/") && accepts.contains("text/html")
}
