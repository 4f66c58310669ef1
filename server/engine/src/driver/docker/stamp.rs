//! The Engine's times.

use domain::time::Time;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Nanoseconds since 1970, as the Engine stamps its lines: finer than a line takes to print.
pub fn nanos(text: &str) -> Option<i64> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(at.unix_timestamp_nanos()).ok()
}

/// `None` also for the year 1, which is how the Engine says "never".
pub fn time(text: &str) -> Option<Time> {
    nanos(text)
        .filter(|nanos| *nanos > 0)
        .map(|nanos| Time(nanos / 1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_read_to_the_nanosecond_and_never_is_none() {
        assert_eq!(nanos("1970-01-01T00:00:01.000000002Z"), Some(1_000_000_002));
        assert_eq!(
            time("2026-11-20T18:35:00.5Z"),
            Some(Time(1_795_199_700_500))
        );
        assert_eq!(time("0001-01-01T00:00:00Z"), None);
        assert_eq!(time("yesterday"), None);
    }
}
