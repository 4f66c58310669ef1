//! Sealing: XChaCha20-Poly1305, with a fresh nonce each time, over a value and what it is about.
//! What was sealed as one thing does not open as another.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};
use std::fmt::{self, Write};
use zeroize::Zeroizing;

pub const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
/// Enough to tell keys apart, and nothing to guess one by.
const ID_DIGITS: usize = 16;

/// A key; wiped when it is dropped.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; KEY_BYTES]>);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

/// Sealed with another key, as something else, or damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shut;

impl Key {
    pub fn fresh() -> Self {
        Self(Zeroizing::new(rand::random()))
    }

    pub fn of(bytes: &[u8]) -> Option<Self> {
        let bytes: [u8; KEY_BYTES] = bytes.try_into().ok()?;
        Some(Self(Zeroizing::new(bytes)))
    }

    pub fn bytes(&self) -> &[u8] {
        &*self.0
    }

    /// What it is known by in the database and in files.
    pub fn id(&self) -> String {
        let digest = Sha256::new_with_prefix("sealdock key id").chain_update(self.bytes());
        hex(&digest.finalize())[..ID_DIGITS].to_owned()
    }

    pub fn seal(&self, about: &str, value: &[u8]) -> Result<String, Shut> {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let payload = Payload {
            msg: value,
            aad: about.as_bytes(),
        };
        let sealed = self.cipher()?.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| Shut)?;
        Ok(STANDARD.encode([&nonce[..], &sealed].concat()))
    }

    pub fn open(&self, about: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, Shut> {
        let bytes = STANDARD.decode(sealed).map_err(|_| Shut)?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES).ok_or(Shut)?;
        let payload = Payload {
            msg: sealed,
            aad: about.as_bytes(),
        };
        let nonce = XNonce::try_from(nonce).map_err(|_| Shut)?;
        let value = self.cipher()?.decrypt(&nonce, payload);
        value.map(Zeroizing::new).map_err(|_| Shut)
    }

    fn cipher(&self) -> Result<XChaCha20Poly1305, Shut> {
        XChaCha20Poly1305::new_from_slice(self.bytes()).map_err(|_| Shut)
    }
}

/// What a data key is sealed as. Ids and names hold no NUL, so no two of these are alike.
pub fn about_key(owner: &str, number: u32) -> String {
    match number {
        // As the first ones were before keys had numbers.
        1 => format!("sealdock data key 1\0{owner}"),
        _ => format!("sealdock data key 1\0{owner}\0{number}"),
    }
}

/// What a row's text is sealed as. A row of several words (`NAME 3`) is known by all of them.
pub fn about_row(what: &str, owner: &str, row: &str) -> String {
    let row = row.replace(' ', "\0");
    format!("sealdock {what} 1\0{owner}\0{row}")
}

pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x15_what_was_sealed_opens_only_as_what_it_is() {
        let (key, other) = (Key::fresh(), Key::fresh());
        let about = about_row("secret", "one", "A 1");
        let sealed = key.seal(&about, b"hunter22").unwrap();
        assert_eq!(key.open(&about, &sealed).unwrap().as_slice(), b"hunter22");
        for wrong in [
            about_row("secret", "two", "A 1"),
            about_row("secret", "one", "B 1"),
            about_row("secret", "one", "A 2"),
            about_row("hook", "one", "A 1"),
            about_key("one", 1),
            about_key("one", 2),
        ] {
            assert_eq!(key.open(&wrong, &sealed).unwrap_err(), Shut, "{wrong:?}");
        }
        assert_eq!(other.open(&about, &sealed).unwrap_err(), Shut);
    }

    #[test]
    fn x15_sealed_bytes_are_never_twice_the_same_and_tell_nothing() {
        let key = Key::fresh();
        let seal = || key.seal("a", b"hunter22").unwrap();
        assert_ne!(seal(), seal());
        let bytes = STANDARD.decode(seal()).unwrap();
        assert!(!bytes.windows(4).any(|w| w == b"hunt"));
        assert_eq!(format!("{key:?}"), "Key");
    }

    #[test]
    fn x15_damage_is_noticed() {
        let key = Key::fresh();
        let mut bytes = STANDARD.decode(key.seal("a", b"x").unwrap()).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        for damaged in [STANDARD.encode(bytes), "AAAA".into(), "no base64".into()] {
            assert_eq!(key.open("a", &damaged).unwrap_err(), Shut);
        }
    }
}
