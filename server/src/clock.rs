//! The one place of this package that reads the clock and draws random numbers.

use domain::time::Time;
use std::time::{SystemTime, UNIX_EPOCH};

pub fn now() -> Time {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Sixteen hexadecimal letters that nobody can guess: request ids, incidents, nonces.
pub fn random_word() -> String {
    format!("{:016x}", rand::random::<u64>())
}
