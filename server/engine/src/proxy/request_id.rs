//! The id that ties a client's complaint to a line in a log.

use bytes::{BufMut, Bytes, BytesMut};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use rand::RngExt;

pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const MAX_BYTES: usize = 128;

/// The client's id where it is sane, else a new one.
pub fn of(headers: &HeaderMap) -> HeaderValue {
    match headers.get(&X_REQUEST_ID) {
        Some(sent) if is_sane(sent.as_bytes()) => sent.clone(),
        _ => fresh(),
    }
}

fn is_sane(id: &[u8]) -> bool {
    let word = |byte: &u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'_' | b'.' | b':' | b'+' | b'/' | b'=')
    };
    (1..=MAX_BYTES).contains(&id.len()) && id.iter().all(word)
}

fn fresh() -> HeaderValue {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let random: u128 = rand::rng().random();
    let mut text = BytesMut::with_capacity(32);
    for shift in (0..128).step_by(4).rev() {
        text.put_u8(HEX[(random >> shift) as usize & 15]);
    }
    // Hex digits are always a legal value; the fallback only satisfies the type.
    HeaderValue::from_maybe_shared(Bytes::from(text)).unwrap_or(HeaderValue::from_static("0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(id: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(X_REQUEST_ID, HeaderValue::from_str(id).expect("test value"));
        of(&headers).to_str().expect("ascii").to_owned()
    }

    #[test]
    fn a_sane_id_is_kept() {
        assert_eq!(with("req-7_a.b:c"), "req-7_a.b:c");
    }

    #[test]
    fn an_absent_or_hostile_id_is_replaced_by_a_fresh_one() {
        for hostile in ["", "<script>", "a b", &"x".repeat(129)] {
            let made = with(hostile);
            assert_eq!(made.len(), 32, "{hostile:?}");
            assert!(made.bytes().all(|byte| byte.is_ascii_hexdigit()));
        }
        assert_ne!(of(&HeaderMap::new()), of(&HeaderMap::new()));
    }
}
