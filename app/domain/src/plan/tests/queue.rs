//! Who may begin, case by case.

use super::fixture::check;
use expect_test::expect;

#[test]
fn p18_the_first_deployment_begins_and_its_route_says_so() {
    check(
        "#1 queued 0s",
        expect![[r#"
        do #1 record Claim
        do publish 503: A new version of this app is being deployed. It will be here shortly.
        #1 Begins now.
    "#]],
    );
}

#[test]
fn p18_of_those_that_wait_the_newest_wins_and_the_others_say_why() {
    check(
        "#1 queued 9s\n#2 queued 5s\n#3 queued 1s",
        expect![[r#"
        do #1 record Cancel: Superseded by #3 before it began.
        do #2 record Cancel: Superseded by #3 before it began.
        do #3 record Claim
        do publish 503: A new version of this app is being deployed. It will be here shortly.
        #3 Begins now.
    "#]],
    );
}

#[test]
fn p18_the_newest_waits_for_the_one_on_its_way() {
    check(
        r#"
        candidate #1
        #1 building 3s
        build #1 working "Builds the image."
        #2 queued 1s
        served gap
        "#,
        expect![[r#"
            #1 Builds the image.
            #2 Waits for #1, which is building.
        "#]],
    );
}

#[test]
fn p18_a_new_one_begins_while_an_older_one_still_drains() {
    check(
        "
        active #2
        #1 draining 1s
        #2 live 1s
        #3 queued 0s
        #1.0 running :41001
        #2.0 running :41002 passes=2
        served #2.0=:41002
        in-flight #1.0=1
        ",
        expect![[r#"
            do #3 record Claim
            #1 1 request is finishing, 29 s left.
            #2 Serves from 1 instance.
            #3 Begins now.
            wake in 29000 ms
        "#]],
    );
}

#[test]
fn p3_a_finished_build_moves_on() {
    check(
        "candidate #1\n#1 building 60s\nbuild #1 done\nserved gap",
        expect![[r#"
            do #1 record Built
        "#]],
    );
}

#[test]
fn p3_a_failed_build_fails_with_its_sentence() {
    check(
        r#"
        candidate #1
        #1 building 60s
        build #1 failed "Build image: the Dockerfile's line 3 exited with code 2."
        served gap
        "#,
        expect![[r#"
            do #1 record Fail: Build image: the Dockerfile's line 3 exited with code 2.
            #1 Build image: the Dockerfile's line 3 exited with code 2.
        "#]],
    );
}

#[test]
fn q20_a_building_one_without_jobs_does_not_hang() {
    check(
        "candidate #1\n#1 building 60s\nserved gap",
        expect![[r#"
            do #1 record Fail: Its jobs are gone from the database.
            #1 Its jobs are gone from the database.
        "#]],
    );
}
