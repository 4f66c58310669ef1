//! The id that ties a client's complaint to a line in a log.

use bytes::Bytes;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use rand::RngExt;
use std::cell::RefCell;

pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const MAX_BYTES: usize = 128;
const ID_BYTES: usize = 32;
const BATCH_IDS: usize = 32;

thread_local! {
    static BATCH: RefCell<Bytes> = const { RefCell::new(Bytes::new()) };
}

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
    let id = BATCH.with_borrow_mut(|batch| {
        if batch.is_empty() {
            *batch = new_batch();
        }
        batch.split_to(ID_BYTES)
    });
    // Hex digits are always a legal value; the fallback only satisfies the type.
    HeaderValue::from_maybe_shared(id).unwrap_or(HeaderValue::from_static("0"))
}

/// Many ids in one piece of memory: one allocation for all of them.
fn new_batch() -> Bytes {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut random = [0_u8; BATCH_IDS * ID_BYTES / 2];
    rand::rng().fill(&mut random[..]);
    let digits = random
        .iter()
        .flat_map(|byte| [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
    digits.collect()
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
