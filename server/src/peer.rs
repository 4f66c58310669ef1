//! Which address a request came from.

use crate::app::App;
use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// Behind a proxy that we trust, the last `X-Forwarded-For` is what that proxy saw; the ones before
/// it are whatever the client claimed.
pub fn address(app: &App, headers: &HeaderMap, extensions: &Extensions) -> String {
    let forwarded = app
        .reach
        .behind_tls
        .then(|| last_forwarded(headers))
        .flatten();
    let socket = || {
        extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|c| c.0.ip())
    };
    forwarded
        .or_else(socket)
        .map_or_else(|| "unknown".to_owned(), key)
}

fn last_forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers
        .get_all("x-forwarded-for")
        .iter()
        .next_back()?
        .to_str()
        .ok()?;
    last.rsplit(',').next()?.trim().parse().ok()
}

/// Whoever has one IPv6 address has 2^64 of them.
fn key(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let s = v6.segments();
            format!("{}/64", Ipv6Addr::new(s[0], s[1], s[2], s[3], 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_network_is_one_client() {
        let keys =
            ["2001:db8::1", "2001:db8::2", "::ffff:127.0.0.1"].map(|a| key(a.parse().unwrap()));
        assert_eq!(keys, ["2001:db8::/64", "2001:db8::/64", "127.0.0.1"]);
    }

    #[test]
    fn only_the_last_forwarded_address_counts() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "6.6.6.6, 7.7.7.7".parse().unwrap());
        headers.append("x-forwarded-for", "1.1.1.1, 10.0.0.9".parse().unwrap());
        assert_eq!(last_forwarded(&headers), Some("10.0.0.9".parse().unwrap()));
    }
}
