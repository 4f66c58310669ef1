//! Lines that were gone before they were read. The Engine keeps the newest files of what a container
//! prints; whoever reads more slowly than the app writes, or was away, goes on at the oldest file
//! there is, and is not told. The log says it.

use super::lines::Line;
use domain::time::Time;

const NANOS_PER_MS: i64 = 1_000_000;
/// Whoever is less behind has not missed a whole file.
const BEHIND_NS: i64 = 1_000_000_000;
/// What is kept is a few files, so a lost one is a good part of what there was still to read.
const PARTS: i64 = 16;

/// The last line that was read: its stamp, and how old it was then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    pub at_ns: i64,
    pub behind_ns: i64,
}

/// Whether so much lies between the two that it is worth to ask the Engine for its oldest line.
/// A quiet app does the same, but its reader is not behind.
pub fn may_lack(last: Read, next_ns: i64) -> bool {
    last.behind_ns > BEHIND_NS && (next_ns - last.at_ns).saturating_mul(PARTS) > last.behind_ns
}

/// What is said between the two, when the file that the first one was in is gone.
pub fn note(last_ns: i64, next: &Line, oldest_ns: i64) -> Option<String> {
    let [from, to] = [last_ns, next.at_ns].map(|ns| Time(ns.div_euclid(NANOS_PER_MS)).rfc3339());
    (oldest_ns > last_ns && next.at_ns > last_ns).then(|| {
        format!(
            "Lines are missing here, from {from} to {to}: of what a container prints the Engine \
             keeps the newest 30 MB, and these were gone before they could be read."
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::view::Stream;

    const S: i64 = 1_000_000_000;

    #[test]
    fn q6_a_large_step_of_a_reader_that_is_behind_is_looked_into() {
        let read = |behind_ns| Read {
            at_ns: 10 * S,
            behind_ns,
        };
        assert!(may_lack(read(3 * S), 13 * S));
        assert!(!may_lack(read(3 * S), 10 * S + S / 10), "a small step");
        assert!(!may_lack(read(S / 2), 60 * S), "a quiet app");
        assert!(
            !may_lack(read(3600 * S), 12 * S),
            "a long log, read again from its begin"
        );
        assert!(!may_lack(read(3 * S), 9 * S), "said twice");
    }

    #[test]
    fn q6_lines_are_missing_when_the_last_one_read_is_not_kept_any_more() {
        let next = Line {
            at_ns: 20 * S,
            stream: Stream::Out,
            text: String::new(),
        };
        assert_eq!(note(10 * S, &next, 9 * S), None);
        assert_eq!(note(10 * S, &next, 10 * S), None);
        let said = note(10 * S, &next, 19 * S).unwrap_or_default();
        assert!(
            said.starts_with(
                "Lines are missing here, from 1970-01-01T00:00:10Z to 1970-01-01T00:00:20Z: "
            ),
            "{said}"
        );
    }
}
