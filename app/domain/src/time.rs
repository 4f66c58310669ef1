//! Time as the store keeps it: milliseconds since 1970, UTC. Nothing here reads a clock.

use serde::{Deserialize, Serialize};

/// A moment, in milliseconds since the Unix epoch.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Time(pub i64);

impl Time {
    /// Never wraps.
    pub const fn plus_ms(self, ms: i64) -> Time {
        Time(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to here; 0 when the clock went backwards.
    pub const fn since_ms(self, earlier: Time) -> i64 {
        let ms = self.0.saturating_sub(earlier.0);
        if ms < 0 { 0 } else { ms }
    }

    /// `2026-11-20T18:35:00Z`, the form of every API answer.
    pub fn rfc3339(self) -> String {
        let Some(t) = self.civil() else {
            return "1970-01-01T00:00:00Z".into();
        };
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            t.year(),
            u8::from(t.month()),
            t.day(),
            t.hour(),
            t.minute(),
            t.second()
        )
    }

    fn civil(self) -> Option<time::OffsetDateTime> {
        time::OffsetDateTime::from_unix_timestamp(self.0.div_euclid(1000)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_rfc3339() {
        assert_eq!(Time(1_795_199_700_000).rfc3339(), "2026-11-20T18:35:00Z");
        assert_eq!(Time(5).since_ms(Time(9)), 0);
    }
}
