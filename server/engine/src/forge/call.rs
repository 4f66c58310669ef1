//! One request to a Git host's API. No redirect is followed, no proxy is asked, and nothing is called
//! at an address where machines tell their secrets; names are looked up here, and only what was
//! looked at is called. Neither address nor token ever stands in an error.

use crate::store::forge::Forge;
use domain::forge::{Answered, Call, answered, may_call};
use domain::hook::Provider;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, Url, redirect};
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);
const CONNECT: Duration = Duration::from_secs(5);
/// A list of comments is the longest that is read.
const MOST_BYTES: usize = 8 << 20;

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
    let client = client(&url).await?;
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
        Answered::Told => Ok((said, body(answer).await?)),
        other => Ok((other, Value::Null)),
    }
}

async fn body(mut answer: reqwest::Response) -> Result<Value, Answered> {
    let mut bytes = vec![];
    while let Some(chunk) = answer.chunk().await.map_err(|_| later("broke off"))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MOST_BYTES {
            return Err(refused("answers with too much"));
        }
    }
    Ok(serde_json::from_slice(&bytes).unwrap_or_default())
}

async fn client(url: &Url) -> Result<Client, Answered> {
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
    let built = Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT)
        .user_agent(concat!("sealdock/", env!("CARGO_PKG_VERSION")))
        .resolve_to_addrs(host, &found)
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
