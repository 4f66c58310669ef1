//! Finish, then stop, case by case.

use super::fixture::check;
use expect_test::expect;

const SWITCHED: &str = "
    active #2
    #2 live 2s
    #2.0 running :41002
    served #2.0=:41002
";

fn drains(more: &str, expect: expect_test::Expect) {
    check(&format!("{SWITCHED}\n{more}"), expect);
}

#[test]
fn p9_requests_in_flight_finish() {
    drains(
        "#1 draining 2s\n#1.0 running :41001\nin-flight #1.0=12",
        expect![[r#"
            #1 12 requests are finishing, 28 s left.
            #2 Serves from 1 instance.
            wake in 1000 ms
        "#]],
    );
}

#[test]
fn p9_idle_is_believed_only_after_the_shortest_drain() {
    drains(
        "#1 draining 100ms\n#1.0 running :41001\nin-flight #1.0=0",
        expect![[r#"
            #1 Its last requests have finished; its containers are stopped next.
            #2 Serves from 1 instance.
            wake in 100 ms
        "#]],
    );
}

#[test]
fn i17_a_machine_is_called_one() {
    drains(
        "machines\n#1 draining 2s\n#1.0 running :41001\nin-flight #1.0=0",
        expect![[r#"
            do #1 remove web.0
            #1 Its machines are being stopped.
            #2 Serves from 1 instance.
        "#]],
    );
}

#[test]
fn p9_idle_is_stopped() {
    drains(
        "#1 draining 2s\n#1.0 running :41001\nin-flight #1.0=0",
        expect![[r#"
            do #1 remove web.0
            #1 Its containers are being stopped.
            #2 Serves from 1 instance.
        "#]],
    );
}

#[test]
fn p9_the_deadline_stops_what_never_finishes() {
    drains(
        "#1 draining 30s drain=30s\n#1.0 running :41001\nin-flight #1.0=3",
        expect![[r#"
            do #1 remove web.0
            #1 Its containers are being stopped.
            #2 Serves from 1 instance.
        "#]],
    );
}

#[test]
fn p9_without_a_count_the_deadline_decides() {
    drains(
        "#1 draining 2s drain=30s\n#1.0 running :41001\nin-flight unknown",
        expect![[r#"
            #1 Requests are finishing, 28 s left.
            #2 Serves from 1 instance.
            wake in 1000 ms
        "#]],
    );
}

#[test]
fn p9_what_leaves_is_not_asked_twice() {
    drains(
        "#1 draining 3s\n#1.0 leaving\nin-flight #1.0=0",
        expect![[r#"
            #1 Its containers are being stopped.
            #2 Serves from 1 instance.
            wake in 1000 ms
        "#]],
    );
}

#[test]
fn p9_gone_is_drained() {
    drains(
        "#1 draining 3s",
        expect![[r#"
        do #1 record Drained
        #2 Serves from 1 instance.
    "#]],
    );
}

#[test]
fn q22_a_blind_engine_drains_nothing_to_its_end() {
    drains(
        "#1 draining 60s\nblind \"Docker Engine does not answer.\"",
        expect![[r#"
            #1 Its containers are stopped as soon as the runtime answers: Docker Engine does not answer.
            #2 Serves as before, but its runtime does not answer: Docker Engine does not answer.
            wake in 1000 ms
        "#]],
    );
}

#[test]
fn p16_static_files_drain_without_an_engine() {
    drains(
        "#1 draining 1s static\nblind \"Docker Engine does not answer.\"",
        expect![[r#"
            do #1 record Drained
            #2 Serves as before, but its runtime does not answer: Docker Engine does not answer.
        "#]],
    );
}

#[test]
fn p9_what_the_data_plane_still_sends_requests_to_stays() {
    check(
        "
        active #2
        #1 draining 60s drain=30s
        #2 live 60s
        #1.0 running :41001
        #2.0 running :41002 passes=2
        served #1.0=:41001
        in-flight #1.0=0
        ",
        expect![[r#"
            do #2 publish 1 upstreams
            #1 Its last requests have finished; its containers are stopped next.
            #2 Serves from 1 instance.
        "#]],
    );
}

#[test]
fn a_final_one_keeps_no_instance() {
    drains(
        "#1 failed 9s replicas=2\n#1.0 running :41001\n#1.1 leaving",
        expect![[r#"
            do #1 remove web.0
            #2 Serves from 1 instance.
        "#]],
    );
}
