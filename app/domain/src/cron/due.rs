//! What to do about a cron whose time has come, and about a run that is wanted while others are
//! under way.

use super::{MAX_OVERLAPPING, Overlap, Schedule};
use crate::time::Time;

/// A later start than this is told.
const LATE_MS: i64 = 60_000;
/// As many missed times are counted; beyond, there were "more than".
const MOST_COUNTED: u32 = 1_000;

/// The one run that every time that came stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The newest time that came.
    pub at: Time,
    /// When it comes next; `None`: never.
    pub next: Option<Time>,
    /// Why it runs late, when it does.
    pub sentence: Option<String>,
}

/// All times from `next` until `now` are one run: what was missed while nobody looked is run
/// once, at most, and says so. `None`: its time has not come.
pub fn due(schedule: &Schedule, next: Time, now: Time) -> Option<Due> {
    if next > now {
        return None;
    }
    let (mut at, mut passed) = (next, 1);
    while let Some(later) = schedule.next_after(at).filter(|later| *later <= now) {
        at = later;
        passed += 1;
        if passed > MOST_COUNTED {
            break;
        }
    }
    Some(Due {
        at,
        next: schedule.next_after(now),
        sentence: late(next, at, passed, now),
    })
}

fn late(first: Time, at: Time, passed: u32, now: Time) -> Option<String> {
    let since = first.rfc3339();
    match passed {
        1 if now.since_ms(at) < LATE_MS => None,
        1 => Some(format!(
            "Sealdock did not run at {since}, so this ran late."
        )),
        n if n > MOST_COUNTED => Some(format!(
            "More than {MOST_COUNTED} runs since {since} were missed; this one stands for all of them."
        )),
        n => Some(format!(
            "{n} runs since {since} were missed; this one stands for all of them."
        )),
    }
}

/// Where a run that is wanted goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// It runs as soon as a worker is free.
    Now,
    /// After the one that runs.
    After,
    /// Nowhere; the sentence says why.
    Nowhere(&'static str),
}

/// By the cron's own rule, with so many of its runs under way and waiting.
pub const fn place(overlap: Overlap, running: u32, waiting: u32) -> Place {
    match (overlap, running, waiting) {
        (_, 0, 0) => Place::Now,
        (Overlap::Skip, ..) => Place::Nowhere("The run before it had not ended."),
        (Overlap::Queue, _, 0) => Place::After,
        (Overlap::Queue, ..) => Place::Nowhere("Another run waits already."),
        (Overlap::Allow, ..) if running + waiting < MAX_OVERLAPPING => Place::Now,
        (Overlap::Allow, ..) => Place::Nowhere("Eight of its runs are under way already."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    const MINUTE: i64 = 60_000;
    /// 2026-11-20T18:35:00Z, a whole minute.
    const T: Time = Time(1_795_199_700_000);

    fn every_minute() -> Schedule {
        Schedule::parse("* * * * *", "UTC").expect("a schedule")
    }

    #[test]
    fn p12_a_time_that_has_not_come_is_waited_for() {
        assert_eq!(due(&every_minute(), T, T.plus_ms(-1)), None);
    }

    #[test]
    fn p12_a_time_that_came_is_one_run_and_the_next_is_after_it() {
        let due = due(&every_minute(), T, T.plus_ms(400)).expect("due");
        let next = Some(T.plus_ms(MINUTE));
        assert_eq!((due.at, due.next, due.sentence), (T, next, None));
    }

    #[test]
    fn p12_times_missed_while_nobody_looked_are_one_run_that_says_so() {
        let due = due(&every_minute(), T, T.plus_ms(10 * MINUTE + 5)).expect("due");
        assert_eq!(due.at, T.plus_ms(10 * MINUTE));
        assert_eq!(due.next, Some(T.plus_ms(11 * MINUTE)));
        expect!["11 runs since 2026-11-20T18:35:00Z were missed; this one stands for all of them."]
            .assert_eq(&due.sentence.unwrap_or_default());
        let year = super::due(&every_minute(), T, T.plus_ms(365 * 1440 * MINUTE)).expect("due");
        assert_eq!(year.next, Some(T.plus_ms(365 * 1440 * MINUTE + MINUTE)));
        assert!(
            year.sentence
                .is_some_and(|s| s.starts_with("More than 1000"))
        );
    }

    #[test]
    fn p12_one_time_missed_is_run_late_and_says_so() {
        let daily = Schedule::parse("@daily", "UTC").expect("a schedule");
        let midnight = daily.next_after(T).expect("it comes");
        let due = due(&daily, midnight, midnight.plus_ms(30 * MINUTE)).expect("due");
        expect!["Sealdock did not run at 2026-11-21T00:00:00Z, so this ran late."]
            .assert_eq(&due.sentence.unwrap_or_default());
    }

    #[test]
    fn p12_overlap_is_skipped_queued_or_allowed() {
        use Overlap::{Allow, Queue, Skip};
        for overlap in Overlap::ALL {
            assert_eq!(place(overlap, 0, 0), Place::Now);
        }
        assert!(matches!(place(Skip, 1, 0), Place::Nowhere(_)));
        assert!(matches!(place(Skip, 0, 1), Place::Nowhere(_)));
        assert_eq!(place(Queue, 1, 0), Place::After);
        assert!(matches!(place(Queue, 1, 1), Place::Nowhere(_)));
        assert_eq!(place(Allow, 3, 2), Place::Now);
        assert!(matches!(place(Allow, 8, 0), Place::Nowhere(_)));
    }
}
