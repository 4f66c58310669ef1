//! One request to a Git host's API, or for a file that it keeps. No proxy is asked, and nothing is
//! called at an address where machines tell their secrets; names are looked up here, and only what was
//! looked at is called. A redirect is followed for a file alone, and the token stays at home. Neither
//! address nor token ever stands in an error.

use crate::store::forge::Forge;
use domain::forge::{Answered, Call, answered, inside, may_call};
use domain::hook::Provider;
use reqwest::header::{
    ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
};
use reqwest::{Client, Method, Url, redirect};
use serde_json::Value;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);
const CONNECT: Duration = Duration::from_secs(5);
/// A list of comments is the longest that is read.
const MOST_BYTES: usize = 8 << 20;
/// A host keeps its files elsewhere, and that is one.
const MOST_REDIRECTS: usize = 3;

/// How it was answered, and with what.
pub async fn make(forge: &Forge, call: &Call) -> (Answered, Value) {
    match tokio::time::timeout(PATIENCE, send(forge, call)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(answer)) => (answer, Value::Null),
        Err(_) => (later("does not answer in time"), Value::Null),
    }
}

async fn send(forge: &Forge, call: &Call) -> Result<(Answered, Value), Answered> {
    let url = format!("{}{}", forge.view.url, call.path);
    let url: Url = url.parse().map_err(|_| refused("has no address"))?;
    let client = client(&url, &found(&url).await?)?;
    let method =
        Method::from_bytes(call.method.as_bytes()).map_err(|_| refused("is not asked so"))?;
    let mut request = client.request(method, url).headers(headers(forge)?);
    if let Some(body) = &call.body {
        request = request.json(body);
    }
    // The error's own words have the address in them.
    let answer = request
        .send()
        .await
        .map_err(|_| later("can't be reached"))?;
    let wait = answer.headers().get(RETRY_AFTER);
    let wait = wait.and_then(|text| text.to_str().ok()?.trim().parse().ok());
    let said = answered(answer.status().as_u16(), wait);
    match said {
        Answered::Told => {
            let bytes = body(answer, MOST_BYTES).await?;
            Ok((said, serde_json::from_slice(&bytes).unwrap_or_default()))
        }
        other => Ok((other, Value::Null)),
    }
}

/// The bytes of a file that the host named the address of.
pub async fn file(forge: &Forge, address: &str, most: usize) -> Result<Vec<u8>, Answered> {
    match tokio::time::timeout(PATIENCE, fetch(forge, address, most)).await {
        Ok(fetched) => fetched,
        Err(_) => Err(later("does not answer in time")),
    }
}

async fn fetch(forge: &Forge, address: &str, most: usize) -> Result<Vec<u8>, Answered> {
    let nowhere = |_| refused("names no address of its file");
    let home: Url = forge.view.url.parse().map_err(nowhere)?;
    let beside: Vec<IpAddr> = found(&home).await?.iter().map(SocketAddr::ip).collect();
    let mut url: Url = address.parse().map_err(nowhere)?;
    for _ in 0..=MOST_REDIRECTS {
        let answer = look(forge, &url, &home, &beside).await?;
        if answer.status().is_redirection() {
            let to = answer.headers().get(LOCATION);
            let to = to.and_then(|to| url.join(to.to_str().ok()?).ok());
            url = to.ok_or_else(|| refused("leads to no address"))?;
            continue;
        }
        return match answered(answer.status().as_u16(), None) {
            Answered::Told => body(answer, most).await,
            other => Err(other),
        };
    }
    Err(refused("leads from one address to the next"))
}

/// Whoever releases names the place of a file: it leads nobody into this network, but to the host's own
/// machine, and nothing is fetched in clear from elsewhere.
async fn look(
    forge: &Forge,
    url: &Url,
    home: &Url,
    beside: &[IpAddr],
) -> Result<reqwest::Response, Answered> {
    let at_home = url.origin() == home.origin();
    let found = found(url).await?;
    let is_inside = found.iter().any(|at| inside(at.ip()));
    let is_beside = found.iter().all(|at| beside.contains(&at.ip()));
    let open = url.scheme() != "https";
    if !at_home && (is_inside || open) && !(is_inside && is_beside) {
        return Err(refused("leads to an address where nothing is fetched"));
    }
    let mut headers = match at_home {
        true => headers(forge)?,
        false => HeaderMap::new(),
    };
    headers.insert(ACCEPT, HeaderValue::from_static("application/octet-stream"));
    let request = client(url, &found)?.get(url.clone()).headers(headers);
    request.send().await.map_err(|_| later("can't be reached"))
}

async fn body(mut answer: reqwest::Response, most: usize) -> Result<Vec<u8>, Answered> {
    let mut bytes = vec![];
    while let Some(chunk) = answer.chunk().await.map_err(|_| later("broke off"))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > most {
            return Err(refused("answers with too much"));
        }
    }
    Ok(bytes)
}

async fn found(url: &Url) -> Result<Vec<SocketAddr>, Answered> {
    let host = url.host_str().ok_or_else(|| refused("has no address"))?;
    let port = url.port_or_known_default().unwrap_or(443);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let found = tokio::net::lookup_host((bare, port)).await;
    let found: Vec<SocketAddr> = found
        .map_err(|_| later("has a name that nobody knows"))?
        .collect();
    if found.is_empty() || !found.iter().all(|at| may_call(at.ip())) {
        return Err(refused("is at an address where nothing is called"));
    }
    Ok(found)
}

fn client(url: &Url, found: &[SocketAddr]) -> Result<Client, Answered> {
    let host = url.host_str().ok_or_else(|| refused("has no address"))?;
    let built = Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT)
        .user_agent(concat!("sealdock/", env!("CARGO_PKG_VERSION")))
        .resolve_to_addrs(host, found)
        .build();
    built.map_err(|_| later("can't be asked: no HTTP client can be made"))
}

fn headers(forge: &Forge) -> Result<HeaderMap, Answered> {
    let (name, value) = match forge.view.provider {
        Provider::Gitlab => (
            HeaderName::from_static("private-token"),
            forge.token.reveal().to_owned(),
        ),
        Provider::Gitea => (AUTHORIZATION, format!("token {}", forge.token.reveal())),
        _ => (AUTHORIZATION, format!("Bearer {}", forge.token.reveal())),
    };
    let mut value = HeaderValue::try_from(value).map_err(|_| refused("takes no such token"))?;
    value.set_sensitive(true);
    let accept = match forge.view.provider {
        Provider::Github => "application/vnd.github+json",
        _ => "application/json",
    };
    Ok(HeaderMap::from_iter([
        (name, value),
        (ACCEPT, HeaderValue::from_static(accept)),
    ]))
}

fn later(what: &str) -> Answered {
    Answered::Again(format!("The host {what}; it is told later."), 0)
}

fn refused(what: &str) -> Answered {
    Answered::Refused(format!("The host {what}."))
}
