//! Delete, from every phase, case by case.

use super::fixture::check;
use expect_test::expect;

#[test]
fn i12_a_live_one_loses_its_route_then_drains() {
    check(
        "
        deleting
        active #1
        #1 live 60s
        #1.0 running :41001
        served #1.0=:41001
        ",
        expect![[r#"
            do unpublish
            do #1 record Superseded
            #1 It is being deleted.
        "#]],
    );
}

#[test]
fn i12_every_phase_comes_to_its_end() {
    check(
        r#"
        deleting
        active #2
        candidate #3
        #1 draining 1s
        #2 paused 60s
        #3 building 3s
        #4 queued 1s
        build #3 working "Builds the image."
        #1.0 running :41001
        #2.0 running :41002
        served paused
        in-flight #1.0=1
        "#,
        expect![[r#"
            do unpublish
            do #2 record Superseded
            do #3 record Cancel: Its environment was deleted.
            do #4 record Cancel: Its environment was deleted.
            #1 1 request is finishing, 29 s left.
            #2 It is being deleted.
            #3 It is being deleted.
            #4 It is being deleted.
            wake in 29000 ms
        "#]],
    );
}

#[test]
fn i12_a_candidate_that_starts_is_cancelled() {
    check(
        "deleting\ncandidate #1\n#1 starting 3s\n#1.0 running :41001\nserved gap",
        expect![[r#"
            do unpublish
            do #1 record Cancel: Its environment was deleted.
            #1 It is being deleted.
        "#]],
    );
}

#[test]
fn i12_a_candidate_that_is_ready_never_switches() {
    check(
        "deleting\ncandidate #1\n#1 ready 3s\n#1.0 running :41001 passes=2",
        expect![[r#"
            do #1 record Cancel: Its environment was deleted.
            #1 It is being deleted.
        "#]],
    );
}

#[test]
fn i12_what_is_cancelled_is_removed() {
    check(
        "deleting\n#1 cancelled 0s\n#1.0 running :41001",
        expect![[r#"
            do #1 remove web.0
        "#]],
    );
}

#[test]
fn i12_while_the_engine_is_away_nothing_is_forgotten() {
    check(
        r#"
        deleting
        #1 draining 60s
        #2 cancelled 60s
        blind "Docker Engine does not answer."
        "#,
        expect![[r#"
            #1 Its containers are stopped as soon as the runtime answers: Docker Engine does not answer.
            wake in 1000 ms
        "#]],
    );
}

#[test]
fn i12_the_last_instance_leaves_before_the_rows_do() {
    check(
        "deleting\n#1 stopped 0s\n#1.0 leaving",
        expect![[r#"
        wake in 1000 ms
    "#]],
    );
}

#[test]
fn i12_nothing_left_is_forgotten() {
    check(
        "deleting",
        expect![[r#"
        do forget
    "#]],
    );
}
