//! Custom domains as the serving threads read them: keys by SNI, answers to ACME, who is sent to
//! TLS. A part of the table, so a request sees the old one or the new one and nothing between.

use super::body::Answer;
use super::host;
use super::link::Link;
use super::pem;
use domain::frontage::{Frontage, Name, under_wildcard};
use hyper::header::{
    CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, STRICT_TRANSPORT_SECURITY,
};
use hyper::{Request, Response, StatusCode};
use std::collections::HashMap;
use std::sync::Arc;
use tokio_rustls::rustls::sign::CertifiedKey;

const CHALLENGES: &str = "/.well-known/acme-challenge/";
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// By host; a wildcard is kept by what follows its `*.`.
#[derive(Debug)]
struct Hosts<T> {
    exact: HashMap<String, T>,
    wild: HashMap<String, T>,
}

impl<T> Default for Hosts<T> {
    fn default() -> Self {
        Self {
            exact: HashMap::new(),
            wild: HashMap::new(),
        }
    }
}

impl<T> Hosts<T> {
    fn put(&mut self, host: &str, of: T) {
        match host.strip_prefix("*.") {
            Some(rest) => self.wild.insert(rest.to_owned(), of),
            None => self.exact.insert(host.to_owned(), of),
        };
    }

    fn get(&self, host: &str) -> Option<&T> {
        let wild = || self.wild.get(under_wildcard(host)?);
        self.exact.get(host).or_else(wild)
    }
}

#[derive(Debug, Default)]
pub struct Front {
    published: Frontage,
    names: Hosts<Name>,
    keys: Hosts<Arc<CertifiedKey>>,
    /// Most requests need no look at their host.
    is_quiet: bool,
}

impl Front {
    /// The sentence says which one can't be served, and why.
    pub fn of(published: Frontage) -> Result<Self, String> {
        let (mut names, mut keys) = (Hosts::default(), Hosts::default());
        for name in &published.names {
            names.put(&name.host, name.clone());
        }
        for one in &published.certificates {
            let key = pem::certified(&one.chain, one.key.reveal())
                .map_err(|why| format!("the certificate of {} can't be used: {why}", one.host))?;
            keys.put(&one.host, Arc::new(key));
        }
        let is_quiet =
            published.answers.is_empty() && !published.names.iter().any(|n| n.https_only);
        Ok(Self {
            published,
            names,
            keys,
            is_quiet,
        })
    }

    pub fn published(&self) -> &Frontage {
        &self.published
    }

    /// What a client is shown that asks for this host.
    pub fn key(&self, host: &str) -> Option<Arc<CertifiedKey>> {
        self.keys.get(host).cloned()
    }

    fn challenge(&self, host: &str, path: &str) -> Option<&str> {
        let token = path.strip_prefix(CHALLENGES)?;
        let mut all = self.published.answers.iter();
        all.find(|one| one.host == host && one.token == token)
            .map(|one| one.text.as_str())
    }

    /// The port of TLS, where this host is only served with it.
    fn sent_to(&self, host: &str) -> Option<u16> {
        let port = self.published.https_port?;
        let only = self.names.get(host).is_some_and(|name| name.https_only);
        (only && self.keys.get(host).is_some()).then_some(port)
    }
}

/// What is said before any route is asked: proofs for a certificate authority, and the way to TLS.
pub fn answered<B>(link: &Link, request: &Request<B>) -> Option<Response<Answer>> {
    let table = link.core.shared.table.load();
    let front = &table.front;
    if front.is_quiet {
        return None;
    }
    let authority = host::authority(request.uri(), request.headers()).ok()?;
    let key = host::lookup_key(authority);
    if let Some(text) = front.challenge(&key, request.uri().path()) {
        return Some(proof(text));
    }
    match link.is_secure || is_forwarded_secure(link, request) {
        true => None,
        false => redirect(&key, front.sent_to(&key)?, request),
    }
}

fn is_forwarded_secure<B>(link: &Link, request: &Request<B>) -> bool {
    let said = request.headers().get(X_FORWARDED_PROTO);
    link.core.shared.options.trust_forwarded && said.is_some_and(|value| value == "https")
}

fn proof(text: &str) -> Response<Answer> {
    let mut answer = Response::new(Answer::full(text.to_owned()));
    let headers = answer.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// 308: the method and the body stay what they are.
fn redirect<B>(host: &str, port: u16, request: &Request<B>) -> Option<Response<Answer>> {
    let rest = request.uri().path_and_query().map_or("/", |p| p.as_str());
    let port = match port {
        443 => String::new(),
        other => format!(":{other}"),
    };
    let to = HeaderValue::try_from(format!("https://{host}{port}{rest}")).ok()?;
    let mut answer = Response::new(Answer::empty());
    *answer.status_mut() = StatusCode::PERMANENT_REDIRECT;
    answer.headers_mut().insert(LOCATION, to);
    Some(answer)
}

/// What a browser is told about a host that it reached with TLS.
pub fn hsts<B>(link: &Link, request: &Request<B>) -> Option<HeaderValue> {
    if !link.is_secure {
        return None;
    }
    let table = link.core.shared.table.load();
    let authority = host::authority(request.uri(), request.headers()).ok()?;
    let name = table.front.names.get(&host::lookup_key(authority))?;
    let value = format!("max-age={}", name.hsts_s);
    (name.hsts_s > 0)
        .then(|| HeaderValue::try_from(value).ok())
        .flatten()
}

pub const HSTS: HeaderName = STRICT_TRANSPORT_SECURITY;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i15_a_wildcard_stands_for_one_label_and_gives_way_to_the_name_itself() {
        let mut hosts = Hosts::default();
        hosts.put("*.example.com", "wild");
        hosts.put("shop.example.com", "shop");
        let found = |host| hosts.get(host).copied();
        assert_eq!(found("shop.example.com"), Some("shop"));
        assert_eq!(found("other.example.com"), Some("wild"));
        assert_eq!(found("a.other.example.com"), None);
        assert_eq!(found("example.com"), None);
    }
}
