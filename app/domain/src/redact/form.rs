//! The forms in which a known secret travels: as it is, in base64, in a URL.

use super::HIDDEN;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Shorter values would hide half of every log.
const SECRET_MIN_BYTES: usize = 4;
/// Of a value of several lines each line is hidden: a log sees them one by one.
const SECRET_LINE_MIN_BYTES: usize = 8;
/// Every text that a secret may stand in a log as.
pub(super) fn all(secret: &str) -> Vec<String> {
    let long = |part: &&str| part.len() >= SECRET_LINE_MIN_BYTES && secret.lines().nth(1).is_some();
    let parts = secret.lines().map(str::trim).filter(long);
    let whole = [secret, secret.trim()].into_iter().chain(parts);
    let whole = whole.filter(|part| part.len() >= SECRET_MIN_BYTES);
    let mut forms: Vec<String> = whole
        .flat_map(|part| encoded(part).chain([part.to_owned()]))
        .collect();
    forms.retain(|form| !HIDDEN.contains(form.as_str()));
    forms.sort_unstable();
    forms.dedup();
    forms
}

fn encoded(part: &str) -> impl Iterator<Item = String> {
    let base64 = (0..3).flat_map(|shift| base64(part, shift));
    base64.chain([
        percent(part, "0123456789ABCDEF"),
        percent(part, "0123456789abcdef"),
    ])
}

/// The letters that the value always gives when `shift` bytes stand before it in its group of three.
fn base64(part: &str, shift: usize) -> Vec<String> {
    let bytes = [&b"\0\0"[..shift], part.as_bytes()].concat();
    let first = [0, 2, 3][shift];
    // The last letter also depends on what follows, unless a group ends here.
    let cut = usize::from(!bytes.len().is_multiple_of(3));
    [STANDARD_NO_PAD, URL_SAFE_NO_PAD]
        .map(|engine| engine.encode(&bytes))
        .map(|text| text[first..text.len() - cut].to_owned())
        .into_iter()
        .filter(|text| text.len() >= SECRET_MIN_BYTES)
        .collect()
}

fn percent(part: &str, hex: &str) -> String {
    let mut text = String::new();
    for byte in part.bytes() {
        match byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            true => text.push(byte.into()),
            false => {
                let digit = |four: u8| char::from(hex.as_bytes()[usize::from(four)]);
                text.extend(['%', digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::Redactor;

    fn redacted(secret: &str, text: &str) -> String {
        Redactor::new([secret.to_owned()]).redact(text).into_owned()
    }

    #[test]
    fn a_secret_is_hidden_in_every_form_it_travels_in() {
        let secret = "s3cr?t/väl";
        for text in [
            "psql s3cr?t/väl",
            "Basic czNjcj90L3bDpGw=",
            "https://x/?p=s3cr%3Ft%2Fv%C3%A4l",
            "https://x/?p=s3cr%3ft%2fv%c3%a4l",
        ] {
            let said = redacted(secret, text);
            assert!(
                said.contains(HIDDEN) && said.len() < text.len() + HIDDEN.len(),
                "{said}"
            );
        }
        for user in ["u", "us", "use"] {
            let header = STANDARD_NO_PAD.encode(format!("{user}:{secret}!"));
            assert!(redacted(secret, &header).contains(HIDDEN), "{header}");
        }
    }

    #[test]
    fn each_line_of_a_key_is_hidden() {
        let key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\n}\n-----END KEY-----\n";
        for line in key.lines() {
            assert_eq!(redacted(key, line), if line == "}" { "}" } else { HIDDEN });
        }
    }
}
