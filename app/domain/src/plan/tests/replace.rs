//! Exclusive resources: the old one first, case by case.

use super::fixture::check;
use expect_test::expect;

#[test]
fn i9_first_the_old_one_is_told_to_stop_behind_an_honest_page() {
    check(
        "
        active #1
        candidate #2
        #1 live 60s exclusive=gpu
        #2 starting 0s exclusive=gpu
        #1.0 running :41001
        served #1.0=:41001
        ",
        expect![[r#"
            do publish 503: A new version of this app is being deployed. It will be here shortly.
            do #1 record Superseded
            #2 Stopping #1 first: both need gpu.
        "#]],
    );
}

#[test]
fn q20_a_crash_between_the_page_and_the_record_only_records() {
    check(
        "
        active #1
        candidate #2
        #1 live 60s exclusive=gpu
        #2 starting 0s exclusive=gpu
        #1.0 running :41001
        served gap
        ",
        expect![[r#"
            do #1 record Superseded
            #2 Stopping #1 first: both need gpu.
        "#]],
    );
}

#[test]
fn i9_the_new_one_waits_until_the_old_one_is_seen_to_be_gone() {
    check(
        "
        candidate #2
        #1 draining 2s exclusive=gpu
        #2 starting 2s exclusive=gpu
        #1.0 leaving
        served gap
        in-flight #1.0=0
        ",
        expect![[r#"
            #1 Its containers are being stopped.
            #2 Waits until #1 has stopped: both need gpu.
            wake in 1000 ms
        "#]],
    );
}

#[test]
fn i9_a_leftover_of_a_failed_one_is_waited_for_too() {
    check(
        r#"
        candidate #2
        #1 failed 2s exclusive=gpu
        #2 starting 2s exclusive=gpu
        #1.0 exited 1 "x"
        served gap
        "#,
        expect![[r#"
            do #1 remove web.0
            #2 Waits until #1 has stopped: both need gpu.
        "#]],
    );
}

#[test]
fn i9_then_the_new_one_starts() {
    check(
        "candidate #2\n#2 starting 3s exclusive=gpu\nserved gap",
        expect![[r#"
            do #2 ensure web.0
            #2 0 of 1 healthy. The container is being created.
        "#]],
    );
}

#[test]
fn i9_a_new_one_that_fails_leaves_nothing_started_behind_the_users_back() {
    check(
        r#"
        candidate #2
        #1 stopped 9s exclusive=gpu
        #2 starting 3s exclusive=gpu
        #2.0 exited 1 "no device"
        served gap
        "#,
        expect![[r#"
            do #2 record Fail: The container exited with code 1 before it was healthy. Its last lines: no device
            #2 The container exited with code 1 before it was healthy. Its last lines: no device
        "#]],
    );
}

#[test]
fn i9_afterwards_the_route_says_that_nothing_is_here() {
    check(
        r#"
        #2 failed 0s exclusive=gpu
        #2.0 exited 1 "no device"
        served gap
        "#,
        expect![[r#"
            do publish 404: Nothing is deployed here.
            do #2 remove web.0
        "#]],
    );
}

#[test]
fn i9_nothing_is_stopped_for_a_new_one_while_the_engine_is_away() {
    check(
        r#"
        active #1
        candidate #2
        #1 live 60s exclusive=gpu
        #2 starting 0s exclusive=gpu
        blind "Docker Engine does not answer."
        served #1.0=:41001
        "#,
        expect![[r#"
            #1 Serves as before, but its runtime does not answer: Docker Engine does not answer.
            #2 #1 stays until the runtime answers, both need gpu: Docker Engine does not answer.
            wake in 1000 ms
        "#]],
    );
}

#[test]
fn i9_other_hardware_is_no_reason_to_stop() {
    check(
        "
        active #1
        candidate #2
        #1 live 60s exclusive=gpu
        #2 starting 0s exclusive=port:9000
        #1.0 running :41001
        served #1.0=:41001
        ",
        expect![[r#"
            do #2 ensure web.0
            #1 Serves from 1 instance.
            #2 0 of 1 healthy. The container is being created.
        "#]],
    );
}

/// What the route is told about requests that come in the gap.
fn held_s(world: &str) -> Option<u32> {
    let plan = super::super::plan(&super::fixture::world(world));
    let mut published = plan.steps.iter().filter_map(|step| match step {
        super::super::Step::Publish(target) => Some(target.hold_s()),
        _ => None,
    });
    published.next()
}

#[test]
fn i9_requests_in_the_gap_wait_as_long_as_the_new_version_asks_for() {
    let gap = "
        active #1
        candidate #2
        #1 live 60s exclusive=gpu held=50s
        #2 starting 0s exclusive=gpu held=20s
        #1.0 running :41001
        served #1.0=:41001
        ";
    assert_eq!(held_s(gap), Some(20));
    assert_eq!(held_s(&gap.replace(" held=20s", "")), Some(0));
    // A first version stops nobody, so nobody waits for it.
    let first = "candidate #1\n#1 starting 1s held=20s\nserved nothing";
    assert_eq!(held_s(first), Some(0));
}
