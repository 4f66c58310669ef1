//! What a cron's call is signed with. One secret of the installation; of it each environment has
//! a key of its own, which its instances get as a variable.

use crate::store::{Store, Stored};
use domain::id::EnvironmentId;
use domain::secret::SecretText;
use domain::time::Time;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt::{self, Write};

/// The installation's secret. Never shown.
#[derive(Clone)]
pub struct CronKey(SecretText);

impl fmt::Debug for CronKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CronKey")
    }
}

impl CronKey {
    /// Made at the first boot from `fresh`, and kept.
    pub async fn kept(store: &Store, fresh: &str, now: Time) -> Stored<Self> {
        Ok(Self(store.cron_key_or(fresh, now).await?))
    }

    #[cfg(test)]
    pub fn of(secret: &str) -> Self {
        Self(secret.to_owned().into())
    }

    /// What the app's `SEALDOCK_CRON_SECRET` holds.
    pub fn of_environment(&self, environment: &EnvironmentId) -> String {
        sign(self.0.reveal(), &format!("cron {environment}"))
    }
}

/// HMAC-SHA256, as lower-case hexadecimal digits.
pub fn sign(key: &str, text: &str) -> String {
    // A key of any length will do.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else {
        return String::new();
    };
    mac.update(text.as_bytes());
    let mut hex = String::new();
    for byte in mac.finalize().into_bytes() {
        let _ = write!(hex, "{byte:02x}"); // writing to a String cannot fail
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p12_a_signature_is_what_every_other_hmac_makes() {
        // RFC 4231, test case 2.
        assert_eq!(
            sign("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn p12_each_environment_has_a_key_of_its_own() {
        let key = CronKey::of("secret");
        let of = |n| key.of_environment(&EnvironmentId::new(Time(1), n));
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
        assert_eq!(format!("{key:?}"), "CronKey");
    }
}
