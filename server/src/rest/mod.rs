//! `/v2`: thin shells over `domain::api`, one file per noun. A handler reads the request, makes one
//! call, and writes the answer.

mod account;
mod attestations;
mod compose;
mod credentials;
mod crons;
mod deployments;
mod document;
mod domains;
mod environments;
mod events;
mod git;
mod logs;
mod metrics;
mod probes;
mod projects;
mod reviews;
mod runtimes;
mod secrets;
mod services;
mod shortcuts;
mod sources;
mod stack;
mod terminals;
mod uploads;

pub use logs::From;
pub use stack::Trace;

use crate::router::Endpoint;
use axum::Json;
use axum::http::{HeaderName, StatusCode, header};
use serde::Serialize;

pub fn endpoints() -> Vec<Endpoint> {
    let nouns = [
        document::endpoints(),
        probes::endpoints(),
        account::endpoints(),
        projects::endpoints(),
        compose::endpoints(),
        sources::endpoints(),
        environments::endpoints(),
        terminals::endpoints(),
        metrics::endpoints(),
        git::endpoints(),
        reviews::endpoints(),
        shortcuts::endpoints(),
        deployments::endpoints(),
        attestations::endpoints(),
        credentials::endpoints(),
        stack::endpoints(),
        crons::endpoints(),
        logs::endpoints(),
        events::endpoints(),
        runtimes::endpoints(),
        services::endpoints(),
        secrets::endpoints(),
        domains::endpoints(),
        uploads::endpoints(),
    ];
    nouns.into_iter().flatten().collect()
}

/// 201, and where the new thing is.
pub type Created<T> = (StatusCode, [(HeaderName, String); 1], Json<T>);

pub fn created<T: Serialize>(location: String, view: T) -> Created<T> {
    (
        StatusCode::CREATED,
        [(header::LOCATION, location)],
        Json(view),
    )
}

/// A list that fits on one page, in the shape of those that don't.
pub fn whole<T>(items: Vec<T>) -> Json<domain::view::Page<T>> {
    Json(domain::view::Page { items, next: None })
}
