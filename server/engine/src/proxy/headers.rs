//! Header fields on their way through: what belongs to one connection stays there, and what
//! the upstream is told about the client comes from us.

use super::link::Link;
use domain::cron::{NAME_HEADER, RUN_HEADER, SIGNATURE_HEADER};
use hyper::header::{
    CONNECTION, CONTENT_LENGTH, COOKIE, EXPECT, FORWARDED, HOST, HeaderMap, HeaderName,
    HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRANSFER_ENCODING, UPGRADE,
};

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const HTTP: HeaderValue = HeaderValue::from_static("http");
const HTTPS: HeaderValue = HeaderValue::from_static("https");

fn is_hop_by_hop(name: &HeaderName) -> bool {
    *name == CONNECTION
        || *name == TRANSFER_ENCODING
        || *name == UPGRADE
        || *name == TE
        || *name == KEEP_ALIVE
        || *name == PROXY_CONNECTION
        || *name == PROXY_AUTHENTICATE
        || *name == PROXY_AUTHORIZATION
}

/// Fields that `Connection` may not name away: they decide where a request goes and who sent it.
fn is_protected(name: &HeaderName) -> bool {
    *name == HOST
        || *name == CONTENT_LENGTH
        || *name == COOKIE
        || name.as_str().starts_with("x-forwarded-")
}

/// Takes out what is about this connection only, by name and by `Connection`'s word. Removes
/// what is there instead of trying every name: each try would hash one.
pub fn strip_hop_by_hop(headers: &mut HeaderMap) {
    if !headers.keys().any(is_hop_by_hop) {
        return;
    }
    for name in named_by_connection(headers) {
        headers.remove(name);
    }
    while let Some(name) = headers.keys().find(|name| is_hop_by_hop(name)).cloned() {
        headers.remove(name);
    }
}

fn named_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let words = headers
        .get_all(CONNECTION)
        .iter()
        .filter(|value| !names_no_field(value))
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','));
    words
        .filter_map(|word| word.trim().parse().ok())
        .filter(|name| !is_protected(name))
        .collect()
}

/// What nearly every `Connection` field says.
fn names_no_field(value: &HeaderValue) -> bool {
    let value = value.as_bytes();
    value.eq_ignore_ascii_case(b"keep-alive") || value.eq_ignore_ascii_case(b"close")
}

/// The protocol that a client or an upstream wants to change to, if it says so properly.
pub fn upgrade_of(headers: &HeaderMap) -> Option<HeaderValue> {
    let protocol = headers.get(UPGRADE)?.clone();
    let asks = |value: &HeaderValue| {
        value.to_str().is_ok_and(|list| {
            list.split(',')
                .any(|word| word.trim().eq_ignore_ascii_case("upgrade"))
        })
    };
    headers
        .get_all(CONNECTION)
        .iter()
        .any(asks)
        .then_some(protocol)
}

pub fn set_upgrade(headers: &mut HeaderMap, protocol: HeaderValue) {
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, protocol);
}

/// Makes a client's header fields into those that the upstream gets.
///
/// `Expect` is taken out because this server answers it itself, when it begins to read the
/// body. `TE: trailers` stays because trailers are passed through.
///
/// Most requests have none of the fields that need care. Looking at each name once tells.
pub fn to_upstream(headers: &mut HeaderMap, link: &Link) {
    if headers.keys().any(needs_care) {
        take_care(headers);
    }
    tell_about_client(headers, link);
}

fn needs_care(name: &HeaderName) -> bool {
    is_hop_by_hop(name) || *name == EXPECT || *name == COOKIE || *name == FORWARDED || is_ours(name)
}

/// What only Sealdock says to an app: a visitor must not pass for a cron.
fn is_ours(name: &HeaderName) -> bool {
    [NAME_HEADER, RUN_HEADER, SIGNATURE_HEADER].contains(&name.as_str())
}

fn take_care(headers: &mut HeaderMap) {
    let takes_trailers = headers
        .get(TE)
        .is_some_and(|value| value.to_str().is_ok_and(|list| list.contains("trailers")));
    strip_hop_by_hop(headers);
    headers.remove(EXPECT);
    for ours in [NAME_HEADER, RUN_HEADER, SIGNATURE_HEADER] {
        headers.remove(ours);
    }
    if takes_trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
    join_cookies(headers);
}

/// HTTP/2 sends cookies one by one; HTTP/1.1 knows one field.
fn join_cookies(headers: &mut HeaderMap) {
    if headers.get_all(COOKIE).iter().nth(1).is_none() {
        return;
    }
    let crumbs: Vec<_> = headers
        .get_all(COOKIE)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    if let Ok(whole) = HeaderValue::from_bytes(&crumbs.join(&b"; "[..])) {
        headers.insert(COOKIE, whole);
    }
}

fn tell_about_client(headers: &mut HeaderMap, link: &Link) {
    let proto = if link.is_secure { HTTPS } else { HTTP };
    if link.core.shared.options.trust_forwarded {
        let chain = chained(headers, &link.client);
        headers.insert(X_FORWARDED_FOR, chain);
        keep_or_set(headers, X_FORWARDED_PROTO, &proto);
        keep_or_set(headers, X_FORWARDED_PORT, &link.port);
        if let Some(host) = headers.get(HOST).cloned() {
            keep_or_set(headers, X_FORWARDED_HOST, &host);
        }
        return;
    }
    headers.remove(FORWARDED);
    headers.insert(X_FORWARDED_FOR, link.client.clone());
    headers.insert(X_FORWARDED_PROTO, proto);
    headers.insert(X_FORWARDED_PORT, link.port.clone());
    if let Some(host) = headers.get(HOST).cloned() {
        headers.insert(X_FORWARDED_HOST, host);
    }
}

/// What the proxy before us said, and that proxy.
fn chained(headers: &HeaderMap, client: &HeaderValue) -> HeaderValue {
    let mut chain: Vec<_> = headers
        .get_all(X_FORWARDED_FOR)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    chain.push(client.as_bytes());
    HeaderValue::from_bytes(&chain.join(&b", "[..])).unwrap_or_else(|_| client.clone())
}

fn keep_or_set(headers: &mut HeaderMap, name: HeaderName, value: &HeaderValue) {
    headers.entry(name).or_insert_with(|| value.clone());
}

/// Makes an upstream's header fields into those that the client gets.
pub fn to_client(headers: &mut HeaderMap) {
    if headers.keys().any(|name| *name == TRANSFER_ENCODING) {
        // The encoding won over the length when hyper read the body, so the length is untrue.
        headers.remove(CONTENT_LENGTH);
    }
    strip_hop_by_hop(headers);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proxy::core::{Core, Shared};
    use crate::proxy::link::Watch;
    use crate::proxy::options::ProxyOptions;
    use std::sync::Arc;

    fn link(trust_forwarded: bool) -> Link {
        let options = ProxyOptions {
            trust_forwarded,
            ..ProxyOptions::new(vec![], "".into(), "".into())
        };
        let shared = Shared {
            has_predecessor: Default::default(),
            options,
            table: Arc::default(),
            tls: None,
            connections: 0.into(),
            held: 0.into(),
            ending: false.into(),
        };
        let core = Arc::new(Core::new(0, Arc::new(shared)));
        Link::new(
            core,
            Arc::new(Watch::default()),
            ([192, 0, 2, 7], 999).into(),
            ([127, 0, 0, 1], 8080).into(),
            false,
        )
    }

    fn headers(fields: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(
                name.parse::<HeaderName>().expect("name"),
                HeaderValue::from_str(value).expect("value"),
            );
        }
        headers
    }

    fn printed(headers: &HeaderMap) -> String {
        let mut lines: Vec<_> = headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().expect("text")))
            .collect();
        lines.sort();
        lines.join("\n")
    }

    #[test]
    fn fields_of_one_connection_and_those_it_names_stay_behind() {
        let mut sent = headers(&[
            ("connection", "close, X-Secret"),
            ("x-secret", "1"),
            ("keep-alive", "timeout=5"),
            ("te", "gzip"),
            ("proxy-authorization", "x"),
            ("upgrade", "h2c"),
            ("transfer-encoding", "chunked"),
            ("accept", "*/*"),
        ]);
        strip_hop_by_hop(&mut sent);
        assert_eq!(printed(&sent), "accept: */*");
    }

    #[test]
    fn x14_connection_cannot_name_away_the_host_or_the_clients_address() {
        let mut sent = headers(&[
            ("connection", "host, x-forwarded-for, cookie"),
            ("host", "a"),
            ("cookie", "s=1"),
        ]);
        to_upstream(&mut sent, &link(false));
        assert_eq!(
            printed(&sent),
            "cookie: s=1\nhost: a\nx-forwarded-for: 192.0.2.7\nx-forwarded-host: a\nx-forwarded-port: 8080\nx-forwarded-proto: http"
        );
    }

    #[test]
    fn x14_what_a_client_says_about_itself_is_replaced() {
        let mut sent = headers(&[
            ("host", "a"),
            ("x-forwarded-for", "10.0.0.1"),
            ("x-forwarded-for", "10.0.0.2"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "evil"),
            ("x-forwarded-port", "1"),
            ("forwarded", "for=10.0.0.1"),
        ]);
        to_upstream(&mut sent, &link(false));
        assert_eq!(
            printed(&sent),
            "host: a\nx-forwarded-for: 192.0.2.7\nx-forwarded-host: a\nx-forwarded-port: 8080\nx-forwarded-proto: http"
        );
    }

    #[test]
    fn a_trusted_proxy_before_us_is_believed_and_added_to() {
        let mut sent = headers(&[
            ("host", "a"),
            ("x-forwarded-for", "10.0.0.1"),
            ("x-forwarded-proto", "https"),
        ]);
        to_upstream(&mut sent, &link(true));
        assert_eq!(
            printed(&sent),
            "host: a\nx-forwarded-for: 10.0.0.1, 192.0.2.7\nx-forwarded-host: a\nx-forwarded-port: 8080\nx-forwarded-proto: https"
        );
    }

    #[test]
    fn cookies_of_http2_are_joined_and_trailers_stay_welcome() {
        let mut sent = headers(&[
            ("cookie", "a=1"),
            ("cookie", "b=2"),
            ("te", "trailers"),
            ("expect", "100-continue"),
        ]);
        to_upstream(&mut sent, &link(false));
        assert_eq!(
            printed(&sent),
            "cookie: a=1; b=2\nte: trailers\nx-forwarded-for: 192.0.2.7\nx-forwarded-port: 8080\nx-forwarded-proto: http"
        );
    }

    #[test]
    fn an_upgrade_counts_only_when_connection_says_so_too() {
        assert!(upgrade_of(&headers(&[("upgrade", "websocket")])).is_none());
        assert!(
            upgrade_of(&headers(&[
                ("upgrade", "websocket"),
                ("connection", "keep-alive, Upgrade")
            ]))
            .is_some()
        );
    }

    #[test]
    fn an_answer_with_both_lengths_keeps_the_true_one() {
        let mut answer = headers(&[("transfer-encoding", "chunked"), ("content-length", "5")]);
        to_client(&mut answer);
        assert_eq!(printed(&answer), "");
    }
}
