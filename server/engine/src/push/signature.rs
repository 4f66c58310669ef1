//! Does a delivery come from whoever has the secret? Compared in constant time.

use domain::hook::{Headers, Provider};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// How far a sender's clock may be from ours.
pub const WINDOW_S: i64 = 300;

/// Why a delivery is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Forged, or made with another secret, or not there.
    Signature,
    /// Rightly signed, but not now.
    Time,
}

/// A digest of what was signed: the same again is a replay, whatever its id says. `None` where the
/// signature does not cover the body.
pub type Signed = Option<String>;

pub fn check(
    provider: Provider,
    secret: &str,
    headers: Headers<'_>,
    body: &[u8],
    now_s: i64,
) -> Result<Signed, Wrong> {
    match provider {
        Provider::Github => over_body(secret, headers, &["x-hub-signature-256"], body),
        Provider::Gitea => {
            let names = [
                "x-gitea-signature",
                "x-forgejo-signature",
                "x-hub-signature-256",
            ];
            over_body(secret, headers, &names, body)
        }
        Provider::Gitlab => token(secret, headers).map(|()| None),
        Provider::Generic => timed(secret, headers, body, now_s),
        Provider::Poll => Err(Wrong::Signature),
    }
}

fn over_body(
    secret: &str,
    headers: Headers<'_>,
    names: &[&str],
    body: &[u8],
) -> Result<Signed, Wrong> {
    let said = headers.first(names).ok_or(Wrong::Signature)?;
    verify(secret, said, &[body])?;
    Ok(Some(digest(&[body])))
}

/// The time is signed with the body, so that what was caught on its way is soon worth nothing.
fn timed(secret: &str, headers: Headers<'_>, body: &[u8], now_s: i64) -> Result<Signed, Wrong> {
    let (said, at) = headers
        .first(&["x-sealdock-signature"])
        .zip(headers.first(&["x-sealdock-timestamp"]))
        .ok_or(Wrong::Signature)?;
    let parts = [at.as_bytes(), b".", body];
    verify(secret, said, &parts)?;
    let at: i64 = at.parse().map_err(|_| Wrong::Time)?;
    match now_s.abs_diff(at) <= WINDOW_S.unsigned_abs() {
        true => Ok(Some(digest(&parts))),
        false => Err(Wrong::Time),
    }
}

/// GitLab sends the secret itself. Both are put through the HMAC, which compares in constant time
/// whatever their lengths.
fn token(secret: &str, headers: Headers<'_>) -> Result<(), Wrong> {
    let said = headers.first(&["x-gitlab-token"]).ok_or(Wrong::Signature)?;
    let own = mac(secret, &[secret.as_bytes()]).finalize().into_bytes();
    mac(secret, &[said.as_bytes()])
        .verify_slice(&own)
        .map_err(|_| Wrong::Signature)
}

/// `sha256=<hex>`, or the hex alone.
fn verify(secret: &str, said: &str, parts: &[&[u8]]) -> Result<(), Wrong> {
    let hex = said.strip_prefix("sha256=").unwrap_or(said);
    let claimed = bytes(hex).ok_or(Wrong::Signature)?;
    mac(secret, parts)
        .verify_slice(&claimed)
        .map_err(|_| Wrong::Signature)
}

fn mac(secret: &str, parts: &[&[u8]]) -> Hmac<Sha256> {
    let keyed = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
    let mut mac = keyed.expect("a key of HMAC has any length");
    parts.iter().for_each(|part| mac.update(part));
    mac
}

fn digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    hex(&hash.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// 32 bytes in hexadecimal, and nothing else.
fn bytes(hex: &str) -> Option<Vec<u8>> {
    let pairs = hex.as_bytes().chunks(2);
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

/// What a sender writes into its header: for the tests, which are senders.
#[cfg(test)]
pub fn sign(secret: &str, parts: &[&[u8]]) -> String {
    hex(&mac(secret, parts).finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "It's a Secret to Everybody";
    const NOW: i64 = 1_795_199_700;

    fn ask(provider: Provider, headers: &[(&str, &str)], body: &[u8]) -> Result<Signed, Wrong> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let headers: Vec<_> = headers.iter().map(own).collect();
        check(provider, SECRET, Headers(&headers), body, NOW)
    }

    #[test]
    fn p17_github_s_own_example_holds() {
        let said = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        let signed = ask(
            Provider::Github,
            &[("x-hub-signature-256", said)],
            b"Hello, World!",
        );
        assert!(signed.is_ok_and(|digest| digest.is_some()));
    }

    #[test]
    fn p17_a_forged_delivery_is_not_believed() {
        let right = sign(SECRET, &[b"body"]);
        let other = sign("another secret", &[b"body"]);
        let half = &right[..32];
        let sha1 = "sha1=2fd4e1c67a2d28fced849ee1bb76e7391b93eb12";
        for (said, body) in [
            (&*other, &b"body"[..]),
            (&*right, b"Body"),
            (half, b"body"),
            ("", b"body"),
            ("sha256=", b"body"),
            (sha1, b"body"),
            ("sha256=zz", b"body"),
        ] {
            let github = ask(Provider::Github, &[("x-hub-signature-256", said)], body);
            assert_eq!(github, Err(Wrong::Signature), "{said}");
            let gitea = ask(Provider::Gitea, &[("x-gitea-signature", said)], body);
            assert_eq!(gitea, Err(Wrong::Signature), "{said}");
        }
        for provider in Provider::SENDERS {
            assert_eq!(ask(provider, &[], b"body"), Err(Wrong::Signature));
        }
    }

    #[test]
    fn p17_gitea_writes_the_hex_alone() {
        let right = sign(SECRET, &[b"body"]);
        for name in [
            "x-gitea-signature",
            "x-forgejo-signature",
            "x-hub-signature-256",
        ] {
            assert!(ask(Provider::Gitea, &[(name, &right)], b"body").is_ok());
        }
    }

    #[test]
    fn p17_gitlab_sends_the_secret_itself() {
        let ask = |token: &str| ask(Provider::Gitlab, &[("x-gitlab-token", token)], b"any");
        assert_eq!(ask(SECRET), Ok(None));
        for wrong in ["", "It's a Secret", "It's a Secret to Everybody "] {
            assert_eq!(ask(wrong), Err(Wrong::Signature));
        }
    }

    #[test]
    fn p17_a_script_signs_the_time_too() {
        let ask = |at: i64, signed_at: i64| {
            let signed = sign(SECRET, &[signed_at.to_string().as_bytes(), b".", b"body"]);
            let (at, signed) = (at.to_string(), format!("sha256={signed}"));
            let headers = [
                ("x-sealdock-timestamp", &*at),
                ("x-sealdock-signature", &*signed),
            ];
            ask(Provider::Generic, &headers, b"body")
        };
        assert!(ask(NOW, NOW).is_ok());
        assert!(ask(NOW - WINDOW_S, NOW - WINDOW_S).is_ok());
        assert_eq!(
            ask(NOW - WINDOW_S - 1, NOW - WINDOW_S - 1),
            Err(Wrong::Time)
        );
        assert_eq!(
            ask(NOW + WINDOW_S + 1, NOW + WINDOW_S + 1),
            Err(Wrong::Time)
        );
        assert_eq!(ask(NOW, NOW - 1), Err(Wrong::Signature));
        let first = ask(NOW, NOW).ok().flatten();
        assert_ne!(first, ask(NOW - 1, NOW - 1).ok().flatten());
    }
}
