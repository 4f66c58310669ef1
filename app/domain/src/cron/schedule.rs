//! When a cron's time comes: five fields in a time zone.
//!
//! Where clocks are put forward and back, as Vixie cron does it. A *fixed* time of day (numbers
//! for minute and hour) runs once every day: one that falls into the hour that is left out runs
//! at its end, and one in the hour that comes twice runs the first time. An *interval* (`*` or
//! `*/n` for minute or hour) follows the clock on the wall: nothing in the hour that is left out,
//! and every time in both of the hours that come twice.

use crate::config::nearest::nearest;
use crate::time::Time;
use croner::Cron as Expression;
use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, Zoned};
use std::sync::LazyLock;

const FIELDS: &str = "write minute, hour, day of month, month and day of week, as `30 3 * * mon-fri`, or one of @hourly, @daily, @weekly, @monthly, @yearly";
const NAMES: [&str; 7] = [
    "@hourly",
    "@daily",
    "@midnight",
    "@weekly",
    "@monthly",
    "@yearly",
    "@annually",
];
const MAX_BYTES: usize = 256;

/// Carried along, so that every machine means the same by a zone's name.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A schedule that was understood.
#[derive(Clone, Debug)]
pub struct Schedule {
    expression: Expression,
    zone: TimeZone,
}

/// Why a text is no schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}; {way_out}")]
pub struct NotASchedule {
    /// What is wrong, as a sentence.
    pub problem: String,
    /// What would be right.
    pub way_out: String,
}

impl Schedule {
    /// Refuses also what can be read and never comes, as the 30th of February.
    pub fn parse(expression: &str, zone: &str) -> Result<Schedule, NotASchedule> {
        let schedule = Schedule {
            expression: fields(expression)?,
            zone: self::zone(zone)?,
        };
        // From a leap year on, so that the 29th of February is found soon.
        match schedule.next_after(Time(1_704_067_200_000)) {
            Some(_) => Ok(schedule),
            None => Err(refuse(
                expression,
                "never comes",
                "name a day that its months have",
            )),
        }
    }

    /// The first time after this moment.
    pub fn next_after(&self, moment: Time) -> Option<Time> {
        let from = Timestamp::from_millisecond(moment.0).ok()?;
        let from: Zoned = from.to_zoned(self.zone.clone());
        let next = self.expression.find_next_occurrence(&from, false).ok()?;
        Some(Time(next.timestamp().as_millisecond())).filter(|next| *next > moment)
    }

    /// "At 03:00 AM, Monday through Friday.": for a person who does not read five fields.
    pub fn words(&self) -> String {
        self.expression.describe()
    }
}

fn fields(text: &str) -> Result<Expression, NotASchedule> {
    let text = text.trim();
    let shown: String = text.chars().take(80).collect();
    if text.len() > MAX_BYTES {
        return Err(refuse(&shown, "is too long for a schedule", FIELDS));
    }
    if text.starts_with('@') {
        return named(text);
    }
    if text.contains('@') || text.split_whitespace().count() != 5 {
        return Err(refuse(&shown, "does not have five fields", FIELDS));
    }
    read(text).map_err(|error| refuse(&shown, &format!("is no schedule ({error})"), FIELDS))
}

fn named(text: &str) -> Result<Expression, NotASchedule> {
    let lower = text.to_ascii_lowercase();
    if NAMES.contains(&lower.as_str()) {
        return read(&lower)
            .map_err(|error| refuse(text, &format!("is no schedule ({error})"), FIELDS));
    }
    let way_out = match nearest(&lower, NAMES) {
        Some(near) => format!("did you mean `{near}`?"),
        None => FIELDS.to_owned(),
    };
    Err(refuse(text, "is no schedule", &way_out))
}

fn read(text: &str) -> Result<Expression, String> {
    let parser = CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .build();
    parser
        .parse(text)
        .map_err(|error| error.to_string().trim_end_matches('.').to_owned())
}

fn zone(name: &str) -> Result<TimeZone, NotASchedule> {
    if let Ok(zone) = ZONES.get(name) {
        return Ok(zone);
    }
    let known: Vec<String> = ZONES.available().map(|zone| zone.to_string()).collect();
    let way_out = match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write a name of the IANA database, as `Europe/Berlin`, or `UTC`".to_owned(),
    };
    let shown: String = name.chars().take(80).collect();
    Err(refuse(&shown, "is no time zone", &way_out))
}

fn refuse(text: &str, problem: &str, way_out: &str) -> NotASchedule {
    NotASchedule {
        problem: format!("`{text}` {problem}"),
        way_out: way_out.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    /// The next times after a moment, in UTC.
    fn check(expression: &str, zone: &str, after: &str, times: usize, expected: Expect) {
        let schedule = Schedule::parse(expression, zone).expect("a schedule");
        let mut moment = Time(
            after
                .parse::<Timestamp>()
                .expect("a moment")
                .as_millisecond(),
        );
        let mut found = vec![];
        for _ in 0..times {
            moment = schedule.next_after(moment).expect("it comes");
            found.push(moment.rfc3339());
        }
        expected.assert_eq(&found.join("\n"));
    }

    fn no(expression: &str, zone: &str) -> String {
        Schedule::parse(expression, zone)
            .map(drop)
            .map_or_else(|no| no.to_string(), |()| "accepted".to_owned())
    }

    #[test]
    fn p12_five_fields_in_a_zone_s_own_time() {
        check(
            "30 3 * * mon-fri",
            "Europe/Berlin",
            "2026-11-20T10:00:00Z",
            2,
            expect![[r#"
                2026-11-23T02:30:00Z
                2026-11-24T02:30:00Z"#]],
        );
    }

    #[test]
    fn p12_a_fixed_time_in_the_hour_that_is_left_out_runs_at_its_end() {
        check(
            "30 2 * * *",
            "Europe/Berlin",
            "2026-03-27T12:00:00Z",
            3,
            expect![[r#"
                2026-03-28T01:30:00Z
                2026-03-29T01:00:00Z
                2026-03-30T00:30:00Z"#]],
        );
    }

    #[test]
    fn p12_a_fixed_time_in_the_hour_that_comes_twice_runs_once() {
        check(
            "30 2 * * *",
            "Europe/Berlin",
            "2026-10-24T12:00:00Z",
            2,
            expect![[r#"
                2026-10-25T00:30:00Z
                2026-10-26T01:30:00Z"#]],
        );
    }

    #[test]
    fn p12_an_interval_follows_the_clock_on_the_wall() {
        let forward = expect![[r#"
            2026-03-29T00:30:00Z
            2026-03-29T01:00:00Z
            2026-03-29T01:30:00Z"#]];
        check(
            "*/30 * * * *",
            "Europe/Berlin",
            "2026-03-29T00:15:00Z",
            3,
            forward,
        );
        let back = expect![[r#"
            2026-10-25T00:30:00Z
            2026-10-25T01:00:00Z
            2026-10-25T01:30:00Z"#]];
        check(
            "*/30 * * * *",
            "Europe/Berlin",
            "2026-10-25T00:15:00Z",
            3,
            back,
        );
    }

    #[test]
    fn p12_what_is_no_schedule_is_refused_with_the_way_out() {
        expect!["`@hourli` is no schedule; did you mean `@hourly`?"]
            .assert_eq(&no("@hourli", "UTC"));
        expect!["`Europe/Berln` is no time zone; did you mean `Europe/Berlin`?"]
            .assert_eq(&no("@daily", "Europe/Berln"));
        expect!["`0 0 30 2 *` never comes; name a day that its months have"]
            .assert_eq(&no("0 0 30 2 *", "UTC"));
        for wrong in [
            "",
            "* * * *",
            "* * * * * *",
            "61 * * * *",
            "@every 5m",
            "* * * * funday",
            "a b c d e",
        ] {
            assert_ne!(no(wrong, "UTC"), "accepted", "{wrong}");
        }
        assert!(no("61 * * * *", "UTC").starts_with("`61 * * * *` is no schedule ("));
    }

    #[test]
    fn p12_a_schedule_can_be_said_in_words() {
        let words = |text: &str| {
            Schedule::parse(text, "UTC")
                .map(|s| s.words())
                .unwrap_or_default()
        };
        expect!["At 03:30, on Monday, Tuesday, Wednesday, Thursday, and Friday."]
            .assert_eq(&words("30 3 * * mon-fri"));
        expect!["At minute 0 past every hour."].assert_eq(&words("@hourly"));
    }
}
