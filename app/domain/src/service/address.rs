//! Where a service is and what opens it. Read strictly: what is wrong is named, and never repeated,
//! since a URL of this kind holds a password.

use super::Kind;
use crate::refusal::Refusal;
use serde::{Deserialize, Serialize};
use std::fmt;

const LONGEST: usize = 2048;
const LONGEST_HOST: usize = 253;
/// What PostgreSQL's own clients take after the question mark.
const POSTGRES_OPTIONS: [&str; 7] = [
    "application_name",
    "channel_binding",
    "connect_timeout",
    "options",
    "sslmode",
    "sslnegotiation",
    "target_session_attrs",
];

/// A service's address with its credentials.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// `rediss://` or `https://`; PostgreSQL says it by `sslmode`.
    pub tls: bool,
    /// A name, or an IP address without brackets.
    pub host: String,
    /// Never 0.
    pub port: u16,
    /// Empty where there is none; of S3 the id of the key.
    pub user: String,
    /// Empty where there is none; of S3 the secret of the key.
    pub password: String,
    /// The database, its number, or the bucket.
    pub name: String,
    /// What follows the question mark, in its order.
    pub options: Vec<(String, String)>,
}

/// A password must not get out through `{:?}` either.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({}:{})", self.host, self.port)
    }
}

impl Address {
    /// Reads `postgres://user:password@host:5432/database`, `redis://:password@host/0` or
    /// `https://key:secret@host/bucket?region=…`.
    pub fn parse(kind: Kind, text: &str) -> Result<Address, Refusal> {
        let text = text.trim();
        let readable =
            (1..=LONGEST).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if !readable {
            return Err(wrong(
                kind,
                "It is empty, too long, or has spaces or letters beyond ASCII in it; those are written as `%20`.",
            ));
        }
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| wrong(kind, "It has no `://`."))?;
        let tls = scheme_of(kind, scheme)?;
        if rest.contains('#') {
            return Err(wrong(kind, "A `#` in it is written as `%23`."));
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, name) = rest.split_once('/').unwrap_or((rest, ""));
        let (who, place) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = who.split_once(':').unwrap_or((who, ""));
        let (host, port) = host_and_port(kind, tls, place)?;
        let part = |text| {
            decoded(text).ok_or_else(|| {
                wrong(
                    kind,
                    "A `%` in it is not followed by two hexadecimal digits.",
                )
            })
        };
        let address = Address {
            tls,
            host,
            port,
            user: part(user)?,
            password: part(password)?,
            name: part(name)?,
            options: options(kind, query)?,
        };
        complete(kind, address)
    }

    /// In full, with the password: what an app is given.
    pub fn url(&self, kind: Kind) -> String {
        let who = match (self.user.as_str(), self.password.as_str()) {
            ("", "") => String::new(),
            (user, "") => format!("{}@", encoded(user)),
            (user, password) => format!("{}:{}@", encoded(user), encoded(password)),
        };
        let name = encoded(&self.name);
        let pairs = self.options.iter();
        let pairs: Vec<_> = pairs.map(|(k, v)| format!("{k}={}", encoded(v))).collect();
        let query = if pairs.is_empty() {
            String::new()
        } else {
            format!("?{}", pairs.join("&"))
        };
        let slash = if name.is_empty() && kind != Kind::Postgres {
            ""
        } else {
            "/"
        };
        format!(
            "{}://{who}{}{slash}{name}{query}",
            self.scheme(kind),
            self.place()
        )
    }

    /// Scheme, host, port and name alone: what pages, API and logs may show.
    pub fn shown(&self, kind: Kind) -> String {
        let bare = Address {
            user: String::new(),
            password: String::new(),
            options: vec![],
            ..self.clone()
        };
        bare.url(kind)
    }

    /// What must be in no log.
    pub fn secrets(&self, kind: Kind) -> Vec<String> {
        let of_key = (kind == Kind::S3).then(|| self.user.clone());
        let all = [Some(self.password.clone()), of_key].into_iter().flatten();
        all.filter(|secret| !secret.is_empty()).collect()
    }

    /// Inside a container this is the container itself.
    pub fn is_loopback(&self) -> bool {
        let name = self.host.to_ascii_lowercase();
        let ip = name.parse::<std::net::IpAddr>();
        name == "localhost" || name.ends_with(".localhost") || ip.is_ok_and(|ip| ip.is_loopback())
    }

    /// `host:port`, as sockets and URLs write it.
    pub fn place(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }

    fn scheme(&self, kind: Kind) -> &'static str {
        match (kind, self.tls) {
            (Kind::Postgres, _) => "postgres",
            (Kind::Redis, false) => "redis",
            (Kind::Redis, true) => "rediss",
            (Kind::S3, false) => "http",
            (Kind::S3, true) => "https",
        }
    }
}

fn scheme_of(kind: Kind, scheme: &str) -> Result<bool, Refusal> {
    let scheme = scheme.to_ascii_lowercase();
    match (kind, scheme.as_str()) {
        (Kind::Postgres, "postgres" | "postgresql") => Ok(false),
        (Kind::Redis, "redis") | (Kind::S3, "http") => Ok(false),
        (Kind::Redis, "rediss") | (Kind::S3, "https") => Ok(true),
        _ => Err(wrong(
            kind,
            &format!("It does not begin as the URL of a {} does.", kind.title()),
        )),
    }
}

fn host_and_port(kind: Kind, tls: bool, place: &str) -> Result<(String, u16), Refusal> {
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest
                .split_once(']')
                .ok_or_else(|| wrong(kind, "The `[` of its address has no `]`."))?;
            let port = rest.strip_prefix(':').or(rest.is_empty().then_some(""));
            (
                host,
                port.ok_or_else(|| wrong(kind, "After `]` comes `:` and the port."))?,
            )
        }
        None => place.split_once(':').unwrap_or((place, "")),
    };
    if !is_host(host) {
        return Err(wrong(
            kind,
            "It has no host, or one that is no name and no IP address; a `@`, `:` or `/` in a password is written as `%40`, `%3A` or `%2F`.",
        ));
    }
    let port = match port {
        "" => kind.port(tls),
        text => text
            .parse()
            .ok()
            .filter(|port| *port > 0 && text.bytes().all(|b| b.is_ascii_digit()))
            .ok_or_else(|| wrong(kind, "Its port is not a number from 1 to 65535."))?,
    };
    Ok((host.to_ascii_lowercase(), port))
}

fn is_host(host: &str) -> bool {
    if host.contains(':') {
        return host.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    !host.is_empty() && host.len() <= LONGEST_HOST && host.split('.').all(label)
}

fn options(kind: Kind, query: &str) -> Result<Vec<(String, String)>, Refusal> {
    let known = |name: &str| match kind {
        Kind::Postgres => POSTGRES_OPTIONS.contains(&name),
        Kind::Redis => false,
        Kind::S3 => name == "region",
    };
    let one = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = decoded(value).filter(|value| !value.is_empty());
        match value {
            Some(value) if known(name) => Ok((name.to_owned(), value)),
            _ => Err(wrong(
                kind,
                "What follows its `?` is not known for this kind, or has no value.",
            )),
        }
    };
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(one)
        .collect()
}

fn complete(kind: Kind, address: Address) -> Result<Address, Refusal> {
    let lacks = |what: &str| Err(wrong(kind, &format!("It lacks {what}.")));
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()) && text.len() <= 5;
    match kind {
        Kind::Postgres if address.user.is_empty() => lacks("the user"),
        Kind::Postgres if address.name.is_empty() => {
            lacks("the database, after the host and a `/`")
        }
        Kind::Redis if !number(&address.name) => Err(wrong(
            kind,
            "What follows its host is the number of a database, such as `/0`.",
        )),
        Kind::S3 if address.user.is_empty() || address.password.is_empty() => {
            lacks("the key or its secret, before the host and a `@`")
        }
        Kind::S3 if address.name.is_empty() || address.name.contains('/') => {
            lacks("one bucket, after the host and a `/`")
        }
        _ => Ok(address),
    }
}

fn wrong(kind: Kind, why: &str) -> Refusal {
    let like = match kind {
        Kind::Postgres => "postgres://user:password@db.example.org:5432/app",
        Kind::Redis => "redis://:password@cache.example.org:6379/0",
        Kind::S3 => "https://KEY:SECRET@s3.example.org/bucket?region=eu-1",
    };
    Refusal::invalid("url", format!("This URL can't be used. {why}"))
        .way_out(format!("Write it like `{like}`."))
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut plain = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'%' => {
                let digit = |b: u8| char::from(b).to_digit(16);
                let (high, low) = (digit(bytes.next()?)?, digit(bytes.next()?)?);
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        };
        // A line feed or a zero byte would end the variable that it becomes.
        if byte < 0x20 || byte == 0x7f {
            return None;
        }
        plain.push(byte);
    }
    String::from_utf8(plain).ok()
}

fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    let one = |b: u8| {
        if plain(b) {
            char::from(b).to_string()
        } else {
            format!("%{b:02X}")
        }
    };
    text.bytes().map(one).collect()
}

#[cfg(test)]
mod tests;
