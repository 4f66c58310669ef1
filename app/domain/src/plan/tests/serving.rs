//! What the route shows and what runs for it, case by case.

use super::fixture::check;
use expect_test::expect;

#[test]
fn a_settled_world_needs_nothing() {
    check(
        "
        active #1
        #1 live 60s replicas=2
        #1.0 running :41001
        #1.1 running :41002
        served #1.0=:41001 #1.1=:41002
        ",
        expect![[r#"
            #1 Serves from 2 instances.
        "#]],
    );
}

#[test]
fn i13_an_environment_without_a_deployment_answers() {
    check(
        "",
        expect![[r#"
        do publish 404: Nothing is deployed here.
    "#]],
    );
}

#[test]
fn i13_what_is_stopped_keeps_its_route_finishes_and_is_gone() {
    check(
        "
        stopped
        #1 draining 1s
        #1.0 running :41001
        served #1.0=:41001
        in-flight #1.0=2
        ",
        expect![[r#"
            do publish 404: This app is stopped.
            #1 2 requests are finishing, 29 s left.
            wake in 29000 ms
        "#]],
    );
    check(
        "
        stopped
        #1 draining 1s
        #1.0 running :41001
        served stopped
        ",
        expect![[r#"
            do #1 remove web.0
            #1 Its containers are being stopped.
        "#]],
    );
}

#[test]
fn i13_what_starts_again_takes_the_page_away() {
    check(
        "
        stopped
        #2 queued 1s
        served stopped
        ",
        expect![[r#"
            do #2 record Claim
            do publish 503: A new version of this app is being deployed. It will be here shortly.
            #2 Begins now.
        "#]],
    );
}

#[test]
fn p10_pause_answers_503_and_leaves_the_instances() {
    check(
        "
        active #1
        #1 paused 0s
        #1.0 running :41001
        served #1.0=:41001
        ",
        expect![[r#"
            do publish 503: This app is paused by its team.
            #1 Paused: requests are answered 503 until it is resumed.
        "#]],
    );
}

#[test]
fn p10_resume_probes_before_it_serves_again() {
    check(
        "active #1\n#1 live 0s\n#1.0 running :41001\nserved paused",
        expect![[r#"
            do publish 503: This app can't answer just now; it is being brought back.
            do #1 probe web.0
            #1 Can't serve just now: none of its instances is healthy yet.
        "#]],
    );
}

#[test]
fn p10_resume_serves_what_passed() {
    check(
        "active #1\n#1 live 0s\n#1.0 running :41001 passes=1\nserved paused",
        expect![[r#"
            do #1 publish 1 upstreams
            #1 Serves from 1 instance.
        "#]],
    );
}

#[test]
fn q22_one_that_vanished_leaves_the_route_first_and_is_made_again() {
    check(
        "
        active #1
        #1 live 60s replicas=2
        #1.1 running :41002
        served #1.0=:41001 #1.1=:41002
        ",
        expect![[r#"
            do #1 publish 1 upstreams
            do #1 ensure web.0
            #1 Serves from 1 of 2 instances; the others are being brought back.
        "#]],
    );
}

#[test]
fn q22_the_only_one_vanished() {
    check(
        "active #1\n#1 live 60s\nserved #1.0=:41001",
        expect![[r#"
            do publish 503: This app can't answer just now; it is being brought back.
            do #1 ensure web.0
            #1 Can't serve just now: none of its instances is healthy yet.
        "#]],
    );
}

#[test]
fn q22_one_that_moved_its_port_is_probed_there_first() {
    check(
        "
        active #1
        #1 live 60s replicas=2
        #1.0 running :41009 passes=2 at=:41001
        #1.1 running :41002
        served #1.0=:41001 #1.1=:41002
        ",
        expect![[r#"
            do #1 publish 1 upstreams
            do #1 probe web.0
            #1 Serves from 1 of 2 instances; the others are being brought back.
        "#]],
    );
}

#[test]
fn q22_one_that_moved_and_passed_is_published() {
    check(
        "active #1\n#1 live 60s\n#1.0 running :41009 passes=1\nserved #1.0=:41001",
        expect![[r#"
            do #1 publish 1 upstreams
            #1 Serves from 1 instance.
        "#]],
    );
}

#[test]
fn q22_a_live_one_beyond_its_window_is_never_given_up_and_still_probed_with_pauses() {
    check(
        "
        active #1
        #1 live 99s window=60s
        #1.0 running :41009 fails=30 first=90s
        served nothing
        ",
        expect![[r#"
            do publish 503: This app can't answer just now; it is being brought back.
            #1 Can't serve just now: none of its instances is healthy yet.
            wake in 2000 ms
        "#]],
    );
}

#[test]
fn q22_one_that_ended_is_started_again() {
    check(
        r#"
        active #1
        #1 live 60s
        #1.0 exited 1 "bye" started=50s
        served #1.0=:41001
        "#,
        expect![[r#"
            do publish 503: This app can't answer just now; it is being brought back.
            do #1 ensure web.0
            #1 Can't serve just now: none of its instances is healthy yet.
        "#]],
    );
}

#[test]
fn q22_one_that_ends_at_once_is_not_started_in_circles() {
    check(
        r#"
        active #1
        #1 live 60s
        #1.0 exited 1 "bye" started=1s
        served #1.0=:41001
        "#,
        expect![[r#"
            do publish 503: This app can't answer just now; it is being brought back.
            #1 Can't serve just now: none of its instances is healthy yet.
            wake in 4000 ms
        "#]],
    );
}

#[test]
fn q22_trouble_while_live_is_said_and_retried() {
    check(
        r#"
        active #1
        #1 live 60s replicas=2
        #1.0 running :41001
        trouble #1.1 retry=4s "The image app:1 is not here."
        served #1.0=:41001
        "#,
        expect![[r#"
            #1 Serves from 1 of 2 instances; the others are being brought back. The image app:1 is not here.
            wake in 1000 ms
        "#]],
    );
}

#[test]
fn q22_a_live_one_that_was_created_and_never_started_is_started() {
    check(
        "active #1\n#1 live 60s\n#1.0 starting\nserved nothing",
        expect![[r#"
            do publish 503: This app can't answer just now; it is being brought back.
            do #1 ensure web.0
            #1 Can't serve just now: none of its instances is healthy yet.
        "#]],
    );
}

#[test]
fn q22_a_blind_engine_leaves_the_route_alone() {
    check(
        r#"
        active #1
        #1 live 60s
        blind "Docker Engine does not answer."
        served #1.0=:41001
        "#,
        expect![[r#"
            #1 Serves as before, but its runtime does not answer: Docker Engine does not answer.
            wake in 1000 ms
        "#]],
    );
}

#[test]
fn p10_pause_works_while_the_engine_is_away() {
    check(
        r#"
        active #1
        #1 paused 0s
        blind "Docker Engine does not answer."
        served #1.0=:41001
        "#,
        expect![[r#"
            do publish 503: This app is paused by its team.
            #1 Paused: requests are answered 503 until it is resumed.
        "#]],
    );
}

#[test]
fn p16_static_files_are_served_without_an_instance() {
    check(
        "active #1\n#1 live 60s static\nserved nothing",
        expect![[r#"
            do #1 publish static files
            #1 Serves static files.
        "#]],
    );
}
