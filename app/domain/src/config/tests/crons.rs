//! Crons in the file: read strictly, refused with their place.

use super::*;
use crate::cron::{Call, Overlap};

fn refused(file: &str) -> String {
    parse(file.as_bytes()).expect_err("it is wrong").to_string()
}

#[test]
fn p12_a_cron_is_read_with_what_is_usual() {
    let config =
        resolved("crons:\n  - name: cleanup\n    schedule: 0 3 * * *\n    command: [rake, 1]\n");
    let [cron] = config.crons.as_slice() else {
        panic!("one cron, not {:?}", config.crons)
    };
    assert_eq!(
        cron.call(),
        Call::Command(&["rake".to_owned(), "1".to_owned()])
    );
    assert_eq!(
        (cron.timezone.as_str(), cron.overlap, cron.timeout_s),
        ("UTC", Overlap::Skip, 300)
    );
}

#[test]
fn p12_each_mistake_has_its_line_column_and_way_out() {
    expect![[r#"
        in `crons`, `Clean Up` is not a name for a cron at line 2, column 11; use at most 64 lower-case letters, digits, `-` and `_`
        in `crons`, `61 * * * *` is no schedule (Component error: Number out of bounds) at line 3, column 15; write minute, hour, day of month, month and day of week, as `30 3 * * mon-fri`, or one of @hourly, @daily, @weekly, @monthly, @yearly
        in `crons`, a cron has no `schedule` at line 5, column 5; add `schedule: …` to it
        in `crons`, unknown field `shedule` at line 6, column 5; did you mean `schedule`?
        in `crons`, `beat` does not start with `/` at line 7, column 11; write it like `/healthz`, with `%20` for a space
        in `crons`, `drop` is no rule for overlapping runs at line 8, column 14; write `skip`, `queue` or `allow`
        in `crons`, `timeout_s` cannot be `0` at line 9, column 16; write seconds from 1 to 86400
        in `crons`, `crons[2]` must be a list of crons, each with its fields, not `a` at line 10, column 5; write it like `crons: [{name: cleanup, schedule: "0 3 * * *", command: [rake, cleanup]}]`"#]].assert_eq(&refused(
        "crons:\n  - name: Clean Up\n    schedule: 61 * * * *\n    command: [a]\n  - name: b\n    shedule: x\n    http: beat\n    overlap: drop\n    timeout_s: 0\n  - a\n",
    ));
    expect!["in `crons`, a cron does nothing at line 2, column 5; add `command: [word, word]` or `http: /path` to it"].assert_eq(&refused("crons:\n  - {name: a, schedule: '@daily'}\n"));
    expect![[r#"
        in `crons`, `Europe/Berln` is no time zone at line 2, column 45; did you mean `Europe/Berlin`?
        in `crons`, a cron has both `command` and `http` at line 2, column 79; keep one of them, and make the other a cron of its own"#]].assert_eq(&refused(
        "crons:\n  - {name: a, schedule: '@daily', timezone: Europe/Berln, command: [a], http: /a}\n",
    ));
    expect![[r#"
        in `crons`, a command has no word at line 3, column 44; write it like `[rake, cleanup]`
        in `crons`, `crons[2].schedule` must be text, not a list at line 4, column 25; write it like `crons: [{name: cleanup, schedule: "0 3 * * *", command: [rake, cleanup]}]`"#]].assert_eq(&refused(
        "crons:\n  - {name: a, schedule: '@daily', http: /a}\n  - {name: a, schedule: '@daily', command: []}\n  - {name: a, schedule: [1], http: /a}\n",
    ));
    expect!["in `crons`, two crons are called `a` at line 2, column 3; rename one of them"].assert_eq(&refused(
        "crons:\n  - {name: a, schedule: '@daily', http: /a}\n  - {name: a, schedule: '@hourly', http: /a}\n",
    ));
}

#[test]
fn p12_a_plan_shows_crons_by_name() {
    let one = |file: &str| {
        resolved(&format!(
            "crons:\n  - {{name: a, schedule: '@daily', http: /a}}\n{file}"
        ))
    };
    let changes = diff(
        &one(""),
        &one("  - {name: b, schedule: 1 2 * * *, command: [x, y z], overlap: allow}\n"),
    );
    expect![[r#"[Change { path: "crons.b", from: None, to: Some("{schedule: \"1 2 * * *\", command: [x, \"y z\"], overlap: allow}") }]"#]].assert_eq(&format!("{changes:?}"));
    assert!(diff(&one(""), &one("")).is_empty());
}

#[test]
fn p12_crons_of_a_request_are_held_to_the_same_rules() {
    let patch: ConfigPatch =
        serde_json::from_str(r#"{"crons": [{"name": "a", "schedule": "@hourli", "http": "/a"}]}"#)
            .expect("it is a patch");
    expect!["in `crons`, `@hourli` is no schedule; did you mean `@hourly`?"]
        .assert_eq(&validate(&patch).expect_err("wrong").to_string());
    let snapshot: Config = serde_json::from_str(r#"{"port": 1}"#).expect("an old snapshot");
    assert!(snapshot.crons.is_empty());
}
