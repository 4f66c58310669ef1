//! Which `Host` we answer to. A page elsewhere can point a name of its own at our address (DNS
//! rebinding) and would then speak to us as the same origin; it can't do that with a bare address.

use crate::app::{App, Reach};
use crate::problem::No;
use axum::extract::{Request, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::refusal::{Kind, Refusal};
use std::net::{IpAddr, Ipv6Addr};

pub async fn known(State(app): State<App>, request: Request, next: Next) -> Response {
    match of(&request) {
        Some(authority) if answers_to(&app.reach, &authority) => next.run(request).await,
        _ => No::from(unknown()).into_response(),
    }
}

/// Host and port, as the client wrote them: from the URI in HTTP/2, from the header in HTTP/1.1.
pub fn of(request: &Request) -> Option<String> {
    let from_uri = || request.uri().authority().map(|a| a.as_str().to_owned());
    let from_header = || {
        request
            .headers()
            .get(header::HOST)?
            .to_str()
            .ok()
            .map(str::to_owned)
    };
    from_uri().or_else(from_header)
}

/// The same of a request that a handler took apart.
pub fn of_parts(parts: &Parts) -> Option<String> {
    let from_uri = || parts.uri.authority().map(|a| a.as_str().to_owned());
    let header = || parts.headers.get(header::HOST)?.to_str().ok();
    from_uri().or_else(|| header().map(str::to_owned))
}

fn answers_to(reach: &Reach, authority: &str) -> bool {
    let name = without_port(authority).to_ascii_lowercase();
    name == "localhost" || is_address(&name) || public_host(reach).is_some_and(|host| host == name)
}

fn public_host(reach: &Reach) -> Option<String> {
    let after = reach.public_url.as_deref()?.split_once("://")?.1;
    Some(without_port(after.split('/').next()?).to_ascii_lowercase())
}

fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !host.ends_with(':') => {
            host
        }
        _ => authority,
    }
}

fn is_address(name: &str) -> bool {
    let bare = name.strip_prefix('[').and_then(|n| n.strip_suffix(']'));
    name.parse::<IpAddr>().is_ok() || bare.is_some_and(|n| n.parse::<Ipv6Addr>().is_ok())
}

fn unknown() -> Refusal {
    Refusal::new(
        Kind::NotFound,
        "unknown_host",
        "This server does not answer to the host name in the request.",
    )
    .way_out("Start it with `--public-url` set to the address that people open.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x14_a_foreign_name_is_refused_and_ours_are_not() {
        let reach = Reach {
            behind_tls: true,
            public_url: Some("https://Deploy.example:8443/x".into()),
        };
        for ours in [
            "localhost",
            "localhost:4600",
            "127.0.0.1:4600",
            "[::1]:4600",
            "deploy.example",
            "DEPLOY.example:8443",
        ] {
            assert!(answers_to(&reach, ours), "{ours}");
        }
        for foreign in [
            "evil.example",
            "localhost.evil.example",
            "deploy.example.evil",
            "",
            ":80",
            "[evil]:80",
        ] {
            assert!(!answers_to(&reach, foreign), "{foreign}");
        }
    }
}
