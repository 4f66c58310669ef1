//! What a handler takes from a request, each with a refusal that names the place.

use crate::app::App;
use crate::problem::No;
use axum::body::{Body as Stream, Bytes};
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::header;
use axum::http::request::Parts;
use bytes::BytesMut;
use domain::access::Caller;
use domain::refusal::{Kind, Refusal};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use std::fmt::Display;
use std::str::FromStr;

/// How many times its limit a body may be before we close on its sender.
const MOST_THROWN_AWAY: usize = 32;

/// Who acts: the guard let them through.
#[derive(Clone, Debug)]
pub struct Actor(pub Caller);

impl<S: Send + Sync> FromRequestParts<S> for Actor {
    type Rejection = No;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, No> {
        parts
            .extensions
            .get::<Actor>()
            .cloned()
            .ok_or_else(|| Refusal::signed_out().into())
    }
}

/// The one parameter of the path. What is no id of this kind names nothing here: 404.
pub struct Id<T>(pub T);

impl<S: Send + Sync, T: FromStr<Err: Display>> FromRequestParts<S> for Id<T> {
    type Rejection = No;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, No> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let text = params
            .ok()
            .and_then(|p| p.iter().next().map(|(_, value)| value.to_owned()))
            .unwrap_or_default();
        text.parse().map(Id).map_err(|error: T::Err| {
            Refusal::new(Kind::NotFound, "not_found", format!("{error}.")).into()
        })
    }
}

/// The query, strictly: an unknown parameter is a typo.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = No;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, No> {
        let read = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        read.map(|q| Query(q.0))
            .map_err(|e| Refusal::invalid("query", sentence(&e.body_text())).into())
    }
}

/// A JSON body, strictly and with a limit. No body at all reads as `{}`.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = No;
    async fn from_request(request: Request, app: &App) -> Result<Self, No> {
        let is_json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .is_none_or(|t| t.as_bytes().starts_with(b"application/json"));
        if !is_json {
            return Err(not_json().into());
        }
        let limit = app.limits.json_bytes;
        let bytes = whole(request.into_body(), limit).await?;
        Ok(Body(parse(if bytes.is_empty() { b"{}" } else { &bytes })?))
    }
}

/// The whole body. One over the limit is still let in and thrown away: who is closed on while
/// sending sees a broken connection, and never reads the refusal.
pub async fn whole(body: Stream, limit_bytes: usize) -> Result<Bytes, Refusal> {
    let mut parts = body.into_data_stream();
    let (mut kept, mut seen_bytes) = (BytesMut::new(), 0_usize);
    while let Some(part) = parts.next().await {
        let part = part.map_err(|_| broke_off())?;
        seen_bytes = seen_bytes.saturating_add(part.len());
        if seen_bytes <= limit_bytes {
            kept.extend_from_slice(&part);
        } else if seen_bytes > limit_bytes.saturating_mul(MOST_THROWN_AWAY) {
            break;
        }
    }
    if seen_bytes > limit_bytes {
        return Err(too_large(limit_bytes));
    }
    Ok(kept.freeze())
}

fn broke_off() -> Refusal {
    Refusal::invalid("body", "The body broke off before its end.").way_out("Send it again.")
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        let place = if path == "." {
            format!("line {}, column {}", inner.line(), inner.column())
        } else {
            path
        };
        Refusal::invalid(&place, sentence(&inner.to_string()))
    })?;
    json.end().map_err(|e| {
        Refusal::invalid(
            &format!("line {}, column {}", e.line(), e.column()),
            "Something follows the JSON.",
        )
    })?;
    Ok(value)
}

/// serde's message as a sentence.
fn sentence(message: &str) -> String {
    let message = message.trim_end_matches('.');
    let mut letters = message.chars();
    let first = letters
        .next()
        .map(|c| c.to_uppercase().collect::<String>())
        .unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

fn not_json() -> Refusal {
    Refusal::new(
        Kind::Invalid,
        "not_json",
        "The body is not declared as JSON.",
    )
    .at("Content-Type")
    .way_out("Send `Content-Type: application/json`.")
}

pub fn too_large(limit_bytes: usize) -> Refusal {
    Refusal::new(
        Kind::TooLarge,
        "too_large",
        format!("The body is over the limit of {} KiB.", limit_bytes >> 10),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::api::{NewProject, NewToken};

    #[test]
    fn a_wrong_body_is_refused_with_its_place() {
        let said = |json: &str| {
            parse::<NewToken>(json.as_bytes())
                .map_err(|r| (r.place.unwrap_or_default(), r.sentence))
        };
        assert!(said(r#"{"name":"ci","role":"viewer"}"#).is_ok());
        let (place, sentence) = said(r#"{"name":"ci","role":"vewer"}"#).unwrap_err();
        assert_eq!(place, "role");
        assert!(
            sentence.starts_with("Unknown variant `vewer`"),
            "{sentence}"
        );
        let (place, sentence) = said(r#"{"name":"ci","rol":"viewer"}"#).unwrap_err();
        assert_eq!(place, "rol");
        assert!(
            sentence.starts_with("Unknown field `rol`, expected one of `name`"),
            "{sentence}"
        );
        assert_eq!(said("{} x").unwrap_err().0, "line 1, column 2");
    }

    #[test]
    fn an_unknown_field_deep_inside_is_refused_too() {
        let json = r#"{"name":"web","source":{"kind":"image","reference":"a:1","pull":true}}"#;
        let refusal = parse::<NewProject>(json.as_bytes()).unwrap_err();
        assert!(refusal.sentence.contains("`pull`"), "{}", refusal.sentence);
    }
}
