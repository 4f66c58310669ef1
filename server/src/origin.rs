//! A write that rides on a cookie must come from our own pages (CSRF, X-14). An API token is no
//! cookie: no browser sends it by itself.

use crate::app::App;
use crate::caller::Credential;
use crate::problem::No;
use crate::{hooks, host};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::api::Reply;
use domain::refusal::Refusal;

pub async fn same(State(app): State<App>, request: Request, next: Next) -> Response {
    let authority = host::of(&request).unwrap_or_default();
    if needs_proof(&request)
        && !is_ours(
            request.headers(),
            &authority,
            app.reach.public_url.as_deref(),
        )
    {
        return No::from(foreign()).into_response();
    }
    next.run(request).await
}

/// A socket is opened by GET and then written to, and no browser asks first: its page must be ours.
pub fn of_socket(app: &App, parts: &Parts) -> Reply<()> {
    let authority = host::of_parts(parts).unwrap_or_default();
    let said = parts.headers.contains_key(header::ORIGIN);
    match said && is_ours(&parts.headers, &authority, app.reach.public_url.as_deref()) {
        true => Ok(()),
        false => Err(foreign()),
    }
}

/// A request to the API without any credential is let through, to be told that it lacks one. What a
/// Git host sends is believed for its signature alone: no cookie is read there.
fn needs_proof(request: &Request) -> bool {
    let safe = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let bare_api =
        request.uri().path().starts_with("/v2/") && !request.headers().contains_key(header::COOKIE);
    let by_token = matches!(
        request.extensions().get::<Credential>(),
        Some(Credential::Token(_))
    );
    let by_signature = request.uri().path().starts_with(hooks::PREFIX);
    !safe && !bare_api && !by_token && !by_signature
}

fn is_ours(headers: &HeaderMap, authority: &str, public_url: Option<&str>) -> bool {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let site_ok = text("sec-fetch-site").map(|site| site == "same-origin");
    let origin_ok =
        text("origin").map(|origin| matches_host(origin, authority) || Some(origin) == public_url);
    match (site_ok, origin_ok) {
        (None, None) => false,
        (site, origin) => site.unwrap_or(true) && origin.unwrap_or(true),
    }
}

fn matches_host(origin: &str, authority: &str) -> bool {
    let host = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"));
    host.is_some_and(|host| host.eq_ignore_ascii_case(authority))
}

fn foreign() -> Refusal {
    let sentence = "This request came from another site, so it was not carried out.";
    Refusal { code: "foreign_origin".into(), ..Refusal::forbidden(sentence) }
        .way_out("Open Sealdock in this browser and do it there; scripts send an API token instead of a cookie.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap()))
            .collect()
    }

    #[test]
    fn x14_only_our_own_origin_passes() {
        let ours = |pairs: &[(&'static str, &str)]| {
            is_ours(&headers(pairs), "h:4600", Some("https://pub.example"))
        };
        assert!(ours(&[("sec-fetch-site", "same-origin")]));
        assert!(ours(&[("origin", "http://h:4600")]));
        assert!(ours(&[
            ("origin", "https://pub.example"),
            ("sec-fetch-site", "same-origin")
        ]));
        assert!(!ours(&[]));
        assert!(!ours(&[("sec-fetch-site", "same-site")]));
        assert!(!ours(&[("sec-fetch-site", "none")]));
        assert!(!ours(&[("origin", "null")]));
        assert!(!ours(&[("origin", "http://h:4601")]));
        assert!(!ours(&[
            ("origin", "http://h"),
            ("sec-fetch-site", "same-origin")
        ]));
        assert!(!ours(&[("origin", "http://h:4600.evil")]));
    }
}
