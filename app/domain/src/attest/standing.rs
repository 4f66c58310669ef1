//! How it stands with a deployment's evidence, from the newest of each of its instances.

use super::SIMULATED;
use crate::time::Time;
use crate::view::{AttestedView, Standing};

/// An instance is asked again every so many seconds; the least, the usual, the most.
pub const EVERY_S: (u64, u64, u64) = (5, 300, 86_400);

/// Asking takes its time, and is tried more than once.
const GRACE_MS: i64 = 120_000;

/// What bears on it beside the evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running {
    /// It is to run, and did not end.
    pub now: bool,
    /// How many instances it should have.
    pub wanted: u32,
    /// How often each is asked.
    pub every_s: u64,
    /// Now.
    pub at: Time,
}

/// Fails closed: it holds only if the newest evidence of every instance does.
pub fn standing(newest: &[AttestedView], running: &Running) -> Standing {
    let late = |a: &AttestedView| {
        let every_ms = i64::try_from(running.every_s.saturating_mul(1000)).unwrap_or(i64::MAX);
        running.at.since_ms(a.last_at) > every_ms.saturating_add(GRACE_MS)
    };
    if newest.iter().any(|a| !a.holds) {
        Standing::Refused
    } else if !running.now {
        Standing::Past
    } else if (newest.len() as u64) < u64::from(running.wanted) || newest.is_empty() {
        Standing::Waiting
    } else if newest.iter().any(late) {
        Standing::Stale
    } else {
        Standing::Holds
    }
}

/// In one sentence, with the label of what is simulated.
pub fn sentence(standing: Standing, newest: &[AttestedView], running: &Running) -> String {
    let refused = newest.iter().find(|a| !a.holds);
    match (standing, refused) {
        (Standing::Refused, Some(no)) => no.sentence.clone(),
        (Standing::Waiting, _) => format!(
            "{} of {} instances have shown evidence that holds. Nothing reaches the others before they do.",
            newest.len(),
            running.wanted
        ),
        (Standing::Stale, _) => labelled(
            newest,
            "it held when it was last looked at, which is too long ago.",
        ),
        (Standing::Past, _) if newest.is_empty() => "It never showed any evidence.".into(),
        (Standing::Past, _) => labelled(newest, "it held for as long as it ran."),
        _ => newest
            .first()
            .map_or_else(String::new, |a| a.sentence.clone()),
    }
}

fn labelled(newest: &[AttestedView], what: &str) -> String {
    let platform = newest.iter().find_map(|a| a.platform);
    let label = platform.map_or(SIMULATED, super::Platform::title);
    format!("{label}: {what}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attest::Platform;

    fn found(replica: u32, holds: bool, last_at: i64) -> AttestedView {
        AttestedView {
            replica,
            holds,
            platform: Some(Platform::Sim),
            sentence: if holds {
                "all hold"
            } else {
                "refused, because of nonce."
            }
            .into(),
            measurement: String::new(),
            first_at: Time(0),
            last_at: Time(last_at),
            times: 1,
        }
    }

    fn running(at: i64) -> Running {
        Running {
            now: true,
            wanted: 2,
            every_s: 60,
            at: Time(at),
        }
    }

    #[test]
    fn i18_it_holds_only_if_the_newest_of_every_instance_does() {
        let both = [found(0, true, 0), found(1, true, 0)];
        assert_eq!(standing(&both, &running(1)), Standing::Holds);
        assert_eq!(standing(&both[..1], &running(1)), Standing::Waiting);
        assert_eq!(standing(&[], &running(1)), Standing::Waiting);
        let one_bad = [found(0, true, 0), found(1, false, 0)];
        assert_eq!(standing(&one_bad, &running(1)), Standing::Refused);
        assert_eq!(
            sentence(Standing::Refused, &one_bad, &running(1)),
            "refused, because of nonce."
        );
    }

    #[test]
    fn i18_evidence_that_nobody_looked_at_again_is_stale_and_what_ended_is_past() {
        let both = [found(0, true, 0), found(1, true, 500_000)];
        assert_eq!(standing(&both, &running(180_000)), Standing::Holds);
        assert_eq!(standing(&both, &running(180_001)), Standing::Stale);
        let ended = Running {
            now: false,
            ..running(900_000)
        };
        assert_eq!(standing(&both, &ended), Standing::Past);
        assert!(sentence(Standing::Past, &both, &ended).contains(SIMULATED));
    }
}
