//! Passwords: argon2id, off the async threads, a few at a time.

use super::{Control, broken};
use argon2::password_hash::{PasswordHash, SaltString};
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use domain::api::Reply;
use domain::refusal::Refusal;

pub(super) const SHORTEST: usize = 12;
/// Longer ones would let a stranger make us hash megabytes.
pub(super) const LONGEST: usize = 256;

/// Verified against when there is no such user, so that the answer takes as long.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQxMjM0NTY3OA$9sTbKMrQyJ6tLXWBdQ2mGQ3cJ3wB0VbDPmnq0Y0yTzY";

pub(super) fn fit(password: &str) -> Reply<()> {
    match password.len() {
        n if n < SHORTEST => Err(Refusal::invalid(
            "password",
            format!("The password is shorter than {SHORTEST} characters."),
        )
        .way_out("Choose a longer one; a few words are easier to remember than signs.")),
        n if n > LONGEST => Err(Refusal::invalid(
            "password",
            format!("The password is longer than {LONGEST} bytes."),
        )
        .way_out("Choose a shorter one.")),
        _ => Ok(()),
    }
}

impl Control {
    pub(super) async fn hash_password(&self, password: &str) -> Reply<String> {
        fit(password)?;
        let _turn = self.hashing.acquire().await.map_err(broken)?;
        let password = password.to_owned();
        tokio::task::spawn_blocking(move || hash(&password))
            .await
            .map_err(broken)?
            .map_err(broken)
    }

    /// `known`: the hash, or `None` when there is no such user.
    pub(super) async fn verify_password(
        &self,
        password: &str,
        known: Option<String>,
    ) -> Reply<bool> {
        if password.len() > LONGEST {
            return Ok(false);
        }
        let _turn = self.hashing.acquire().await.map_err(broken)?;
        let password = password.to_owned();
        tokio::task::spawn_blocking(move || verify(&password, known.as_deref()))
            .await
            .map_err(broken)
    }
}

fn hash(password: &str) -> Result<String, argon2::password_hash::Error> {
    let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>())?;
    Ok(Argon2::default()
        .hash_password(password.as_bytes(), &salt)?
        .to_string())
}

fn verify(password: &str, known: Option<&str>) -> bool {
    let Ok(parsed) = PasswordHash::new(known.unwrap_or(NOBODY)) else {
        return false;
    };
    let fits = Argon2::default()
        .verify_password(password.as_bytes(), &parsed)
        .is_ok();
    fits && known.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x10_a_password_is_kept_as_argon2id_and_verifies() {
        let hash = hash("correct horse").expect("hashes");
        assert!(hash.starts_with("$argon2id$"));
        assert!(verify("correct horse", Some(&hash)) && !verify("wrong horse", Some(&hash)));
        assert!(!verify("anything", None), "nobody has no password");
        assert!(
            PasswordHash::new(NOBODY).is_ok(),
            "an unknown user costs the same"
        );
    }
}
