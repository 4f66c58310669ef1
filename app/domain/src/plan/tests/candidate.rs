//! Start, probe, switch: blue-green, case by case.

use super::fixture::check;
use expect_test::expect;

#[test]
fn i6_a_candidate_is_created_beside_the_active_one() {
    check(
        "
        active #1
        candidate #2
        #1 live 60s
        #2 starting 0s replicas=2
        #1.0 running :41001
        served #1.0=:41001
        ",
        expect![[r#"
            do #2 ensure web.0
            do #2 ensure web.1
            #1 Serves from 1 instance.
            #2 0 of 2 healthy. The container is being created.
        "#]],
    );
}

#[test]
fn p8_an_instance_that_runs_is_probed_at_once() {
    check(
        "candidate #1\n#1 starting 1s\n#1.0 running :41001\nserved gap",
        expect![[r#"
            do #1 probe web.0
            #1 0 of 1 healthy. The first probe is on its way.
        "#]],
    );
}

#[test]
fn p8_between_probes_it_waits_and_counts_down() {
    check(
        "
        candidate #1
        #1 starting 9s replicas=2
        #1.0 running :41001 passes=2
        #1.1 running :41002 fails=6 first=9s
        served gap
        ",
        expect![[r#"
            #1 1 of 2 healthy, 51 s left. The last probe answered 503.
            wake in 248 ms
        "#]],
    );
}

#[test]
fn p8_the_pause_over_it_is_probed_again() {
    check(
        "
        candidate #1
        #1 starting 9s
        #1.0 running :41001 fails=3 first=9s last=1s
        served gap
        ",
        expect![[r#"
            do #1 probe web.0
            #1 0 of 1 healthy, 51 s left. The last probe answered 503.
        "#]],
    );
}

#[test]
fn p8_an_exit_before_healthy_fails_at_once_with_the_last_lines() {
    check(
        r#"
        active #1
        candidate #2
        #1 live 60s
        #2 starting 2s
        #1.0 running :41001
        #2.0 exited 3 "panic: no DATABASE_URL"
        served #1.0=:41001
        "#,
        expect![[r#"
            do #2 record Fail: The container exited with code 3 before it was healthy. Its last lines: panic: no DATABASE_URL
            #1 Serves from 1 instance.
            #2 The container exited with code 3 before it was healthy. Its last lines: panic: no DATABASE_URL
        "#]],
    );
}

#[test]
fn p8_a_failure_creates_nothing_more_of_the_failed_one() {
    check(
        r#"
        candidate #1
        #1 starting 2s replicas=3
        #1.1 running :41001
        #1.2 exited 1 ""
        served gap
        "#,
        expect![[r#"
            do #1 record Fail: The container exited with code 1 before it was healthy. It printed nothing.
            #1 The container exited with code 1 before it was healthy. It printed nothing.
        "#]],
    );
}

#[test]
fn p8_out_of_memory_names_the_limit() {
    check(
        "candidate #1\n#1 starting 2s\n#1.0 oom \"\"\nserved gap",
        expect![[r#"
            do #1 record Fail: The container used more than its 512 MiB of memory and was killed. It printed nothing.
            #1 The container used more than its 512 MiB of memory and was killed. It printed nothing.
        "#]],
    );
}

#[test]
fn p8_the_window_closes() {
    check(
        "
        candidate #1
        #1 starting 61s window=60s
        #1.0 running :41001 fails=20 first=60s last=1s
        served gap
        ",
        expect![[r#"
            do #1 record Fail: It did not become healthy within 60 s: GET / answered 503.
            #1 It did not become healthy within 60 s: GET / answered 503.
        "#]],
    );
}

#[test]
fn p8_what_can_never_start_fails_without_another_try() {
    check(
        r#"
        candidate #1
        #1 starting 1s
        trouble #1.0 permanent "The image app:1 is not here."
        served gap
        "#,
        expect![[r#"
            do #1 record Fail: The image app:1 is not here.
            #1 The image app:1 is not here.
        "#]],
    );
}

#[test]
fn p8_what_may_start_later_is_tried_again_later() {
    check(
        r#"
        candidate #1
        #1 starting 1s
        trouble #1.0 retry=2s "The Engine did not answer within 5 s."
        served gap
        "#,
        expect![[r#"
            #1 0 of 1 healthy. The Engine did not answer within 5 s.
            wake in 1000 ms
        "#]],
    );
}

#[test]
fn p8_the_pause_over_it_is_created_again() {
    check(
        r#"
        candidate #1
        #1 starting 1s
        trouble #1.0 retry=0s "The Engine did not answer within 5 s."
        served gap
        "#,
        expect![[r#"
            do #1 ensure web.0
            #1 0 of 1 healthy. The container is being created.
        "#]],
    );
}

#[test]
fn q20_one_that_was_created_and_never_started_is_started() {
    check(
        "candidate #1\n#1 starting 1s\n#1.0 starting\nserved gap",
        expect![[r#"
            do #1 ensure web.0
            #1 0 of 1 healthy. The container is being created.
        "#]],
    );
}

#[test]
fn i17_one_that_boots_is_left_to_boot() {
    check(
        "candidate #1\n#1 starting 1s\n#1.0 starting started=1s\nserved gap",
        expect![[r#"
            #1 0 of 1 healthy. The container is starting.
            wake in 1000 ms
        "#]],
    );
}

#[test]
fn q22_a_blind_engine_is_waited_for_and_nothing_is_touched() {
    check(
        r#"
        active #1
        candidate #2
        #1 live 60s
        #2 starting 5s
        blind "Docker Engine does not answer."
        served #1.0=:41001
        "#,
        expect![[r#"
            #1 Serves as before, but its runtime does not answer: Docker Engine does not answer.
            #2 Waits for its runtime: Docker Engine does not answer.
            wake in 1000 ms
        "#]],
    );
}

#[test]
fn p16_static_files_need_no_engine() {
    check(
        r#"
        candidate #1
        #1 starting 0s static
        blind "Docker Engine does not answer."
        served gap
        "#,
        expect![[r#"
            do #1 record Healthy
            #1 Healthy; traffic is about to switch.
        "#]],
    );
}

#[test]
fn i6_every_instance_healthy_makes_it_ready() {
    check(
        "
        active #1
        candidate #2
        #1 live 60s
        #2 starting 5s replicas=2
        #1.0 running :41001
        #2.0 running :41002 passes=2
        #2.1 running :41003 passes=2
        served #1.0=:41001
        ",
        expect![[r#"
            do #2 record Healthy
            #1 Serves from 1 instance.
            #2 Healthy; traffic is about to switch.
        "#]],
    );
}

#[test]
fn i6_ready_is_one_switch_published_before_it_is_recorded() {
    check(
        "
        active #1
        candidate #2
        #1 live 60s
        #2 ready 0s
        #1.0 running :41001
        #2.0 running :41002 passes=2
        served #1.0=:41001
        ",
        expect![[r#"
            do #2 publish 1 upstreams
            do #2 record Switched
            #1 Its traffic goes over to #2.
            #2 Traffic is switching to it.
        "#]],
    );
}

#[test]
fn q20_a_crash_between_publish_and_record_only_records() {
    check(
        "
        active #1
        candidate #2
        #1 live 60s
        #2 ready 0s
        #1.0 running :41001
        #2.0 running :41002 passes=2
        served #2.0=:41002
        ",
        expect![[r#"
            do #2 record Switched
            #1 Its traffic goes over to #2.
            #2 Traffic is switching to it.
        "#]],
    );
}

#[test]
fn q20_after_such_a_crash_the_route_stays_while_nothing_is_known_of_probes() {
    check(
        "
        active #1
        candidate #2
        #1 live 60s
        #2 ready 0s
        #1.0 running :41001
        #2.0 running :41002
        served #2.0=:41002
        ",
        expect![[r#"
            do #2 probe web.0
            do #1 probe web.0
            #1 Can't serve just now: none of its instances is healthy yet.
            #2 0 of 1 healthy. The first probe is on its way.
        "#]],
    );
}

#[test]
fn i6_one_that_ends_right_after_ready_gives_the_route_back() {
    check(
        r#"
        active #1
        candidate #2
        #1 live 60s
        #2 ready 0s
        #1.0 running :41001 passes=2
        #2.0 exited 1 "out of luck"
        served #2.0=:41002
        "#,
        expect![[r#"
            do #2 record Fail: The container exited with code 1 before it was healthy. Its last lines: out of luck
            do #1 publish 1 upstreams
            #1 Serves from 1 instance.
            #2 The container exited with code 1 before it was healthy. Its last lines: out of luck
        "#]],
    );
}

#[test]
fn i6_while_a_ready_one_is_probed_anew_the_active_one_is_cared_for() {
    check(
        "
        active #1
        candidate #2
        #1 live 60s
        #2 ready 1s
        #1.0 running :41009
        #2.0 running :41003 passes=2 at=:41002
        served #1.0=:41001
        ",
        expect![[r#"
            do publish 503: This app can't answer just now; it is being brought back.
            do #2 probe web.0
            do #1 probe web.0
            #1 Can't serve just now: none of its instances is healthy yet.
            #2 0 of 1 healthy, 59 s left. The first probe is on its way.
        "#]],
    );
}

#[test]
fn p16_static_files_switch_like_everything_else() {
    check(
        "candidate #1\n#1 ready 0s static\nserved gap",
        expect![[r#"
            do #1 publish static files
            do #1 record Switched
            #1 Traffic is switching to it.
        "#]],
    );
}
