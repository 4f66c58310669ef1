//! Lines that were gone before they were read. The Engine keeps the newest files of what a container
//! prints; whoever reads more slowly than the app writes, or was away, goes on at the oldest file
//! there is, and is not told. The log says it.

use domain::time::Time;

const NANOS_PER_MS: i64 = 1_000_000;
/// Whoever is less behind has nearly everything.
const BEHIND_NS: i64 = 1_000_000_000;
/// The Engine takes 40 to 200 MB a second and begins another file every 10 MB: to go past one of them
/// a reader is behind by the time of several, and the next line is about the time of one away.
const LATE_NS: i64 = 250_000_000;
const STEP_NS: i64 = 50_000_000;

/// The last line that was read: its stamp, and how old it was then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    pub at_ns: i64,
    pub behind_ns: i64,
}

pub fn is_behind(last: Read) -> bool {
    last.behind_ns > BEHIND_NS
}

/// Whether so much lies between the two that the stream may have gone past a file. A quiet app does
/// the same, but its reader is not behind.
pub fn may_skip(last: Read, next_ns: i64) -> bool {
    last.behind_ns > LATE_NS && next_ns - last.at_ns > STEP_NS
}

/// What is said between the two, when the first one is not kept any more.
pub fn note(last_ns: i64, next_ns: i64) -> String {
    let [from, to] = [last_ns, next_ns].map(|ns| Time(ns.div_euclid(NANOS_PER_MS)).rfc3339());
    format!(
        "Lines are missing here, from {from} to {to}: of what a container prints the Engine \
         keeps the newest 30 MB, and these were gone before they could be read."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1_000_000_000;

    #[test]
    fn q6_a_large_step_of_a_reader_that_is_behind_is_looked_into() {
        let read = |behind_ns| Read {
            at_ns: 10 * S,
            behind_ns,
        };
        assert!(may_skip(read(3 * S), 13 * S));
        assert!(may_skip(read(3600 * S), 10 * S + S / 4), "a burst");
        assert!(!may_skip(read(3 * S), 10 * S + S / 20), "a small step");
        assert!(!may_skip(read(S / 5), 60 * S), "a quiet app");
        assert!(!may_skip(read(3 * S), 9 * S), "said twice");
    }

    #[test]
    fn q6_what_is_missing_is_said_with_its_times() {
        let said = note(10 * S, 20 * S);
        assert!(
            said.starts_with(
                "Lines are missing here, from 1970-01-01T00:00:10Z to 1970-01-01T00:00:20Z: "
            ),
            "{said}"
        );
    }
}
