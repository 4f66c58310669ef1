//! Which host a request is for, and what a host name may look like.

use hyper::header::{HOST, HeaderMap};
use hyper::http::uri::Uri;
use std::borrow::Cow;

/// Why a request names no host that could be looked up. Always the client's doing: 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostError {
    Missing,
    Several,
    Contradictory,
    Invalid,
}

impl HostError {
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Missing => "The request names no host.",
            Self::Several => "The request names more than one host.",
            Self::Contradictory => "The request line and the Host header name different hosts.",
            Self::Invalid => "The request's host is not a valid host name.",
        }
    }
}

/// The authority a request is for, as sent. Two answers to that question are none.
pub fn authority<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Result<&'a str, HostError> {
    let line = uri.authority().map(|authority| authority.as_str());
    let mut fields = headers.get_all(HOST).iter();
    let field = fields
        .next()
        .map(|value| value.to_str().map_err(|_| HostError::Invalid))
        .transpose()?;
    if fields.next().is_some() {
        return Err(HostError::Several);
    }
    match (line, field) {
        (None, None) => Err(HostError::Missing),
        (Some(line), Some(field)) if !line.eq_ignore_ascii_case(field) => {
            Err(HostError::Contradictory)
        }
        (Some(host), _) | (None, Some(host)) => validated(host),
    }
}

fn validated(authority: &str) -> Result<&str, HostError> {
    let (host, port) = split_port(authority);
    let port_is_number = port.bytes().all(|byte| byte.is_ascii_digit()) && port.len() <= 5;
    if is_host(host) && port_is_number {
        Ok(authority)
    } else {
        Err(HostError::Invalid)
    }
}

/// Host and port; the port is empty when there is none.
pub fn split_port(authority: &str) -> (&str, &str) {
    let after_bracket = authority.rfind(']').map_or(0, |at| at + 1);
    match authority[after_bracket..].find(':') {
        Some(colon) => (
            &authority[..after_bracket + colon],
            &authority[after_bracket + colon + 1..],
        ),
        None => (authority, ""),
    }
}

fn is_host(host: &str) -> bool {
    match host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty() && host.len() <= 255 && host != "." && host.bytes().all(is_name_byte)
        }
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')
}

/// What the table is asked for: lower case, no port, no trailing dot.
pub fn lookup_key(authority: &str) -> Cow<'_, str> {
    let (host, _) = split_port(authority);
    let host = host.strip_suffix('.').unwrap_or(host);
    if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(host.to_ascii_lowercase())
    } else {
        Cow::Borrowed(host)
    }
}

/// Whether a published host is one that a lookup can ever find.
pub fn is_publishable(host: &str) -> bool {
    is_host(host) && lookup_key(host) == host
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    fn ask(uri: &str, hosts: &[&str]) -> Result<String, HostError> {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(HOST, HeaderValue::from_str(host).expect("test value"));
        }
        let uri = uri.parse().expect("test uri");
        authority(&uri, &headers).map(|found| lookup_key(found).into_owned())
    }

    #[test]
    fn p9_hosts_are_looked_up_lower_case_without_port_and_trailing_dot() {
        for (sent, key) in [
            ("app.example", "app.example"),
            ("App.Example:8080", "app.example"),
            ("app.example.", "app.example"),
            ("app.example.:80", "app.example"),
            ("[::1]:8080", "[::1]"),
            ("127.0.0.1:80", "127.0.0.1"),
        ] {
            assert_eq!(ask("/", &[sent]).as_deref(), Ok(key), "{sent}");
        }
    }

    #[test]
    fn x14_a_host_that_is_missing_doubled_contradictory_or_malformed_is_refused() {
        assert_eq!(ask("/", &[]), Err(HostError::Missing));
        assert_eq!(ask("/", &["a", "a"]), Err(HostError::Several));
        assert_eq!(ask("http://a/", &["b"]), Err(HostError::Contradictory));
        for bad in [
            "", " ", "a b", "a/b", "a@b", "a:b", "a:123456", "[::1", "[zz]", ".", "a,b", "ä",
            "a%20b", "::1",
        ] {
            assert_eq!(ask("/", &[bad]), Err(HostError::Invalid), "{bad:?}");
        }
    }

    #[test]
    fn the_request_line_names_the_host_where_there_is_no_field() {
        assert_eq!(
            ask("http://a.example:81/x", &[]).as_deref(),
            Ok("a.example")
        );
        assert_eq!(
            ask("http://a.example/x", &["A.example"]).as_deref(),
            Ok("a.example")
        );
    }

    #[test]
    fn only_hosts_that_a_lookup_can_find_are_publishable() {
        assert!(
            is_publishable("app.example") && is_publishable("localhost") && is_publishable("[::1]")
        );
        for bad in [
            "App.example",
            "app.example:80",
            "app.example.",
            "",
            "*.example",
        ] {
            assert!(!is_publishable(bad), "{bad:?}");
        }
    }
}
