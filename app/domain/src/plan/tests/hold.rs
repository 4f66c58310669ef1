//! Held at ready: shown, without traffic, until a person or a newer one decides, case by case.

use super::fixture::check;
use expect_test::expect;

#[test]
fn i8_at_ready_it_is_shown_and_the_active_one_goes_on() {
    check(
        "
        active #1
        candidate #2
        #1 live 60s
        #2 ready 0s hold=h
        #1.0 running :41001
        #2.0 running :41002 passes=2
        served #1.0=:41001
        ",
        expect![[r#"
            do #2 show at h
            #1 Serves from 1 instance.
            #2 Held at ready: healthy, and without traffic until somebody promotes it.
        "#]],
    );
}

#[test]
fn i8_then_nothing_is_done_and_nothing_waited_for() {
    check(
        "
        active #1
        candidate #2
        #1 live 60s
        #2 ready 9s hold=h
        #1.0 running :41001
        #2.0 running :41002 passes=2
        served #1.0=:41001
        shown h #2.0=:41002
        ",
        expect![[r#"
            #1 Serves from 1 instance.
            #2 Held at ready: healthy, and without traffic until somebody promotes it.
        "#]],
    );
}

#[test]
fn i8_promoted_it_takes_the_traffic_and_its_own_host_goes() {
    check(
        "
        active #1
        candidate #2
        #1 live 60s
        #2 ready 9s
        #1.0 running :41001
        #2.0 running :41002 passes=2
        served #1.0=:41001
        shown h #2.0=:41002
        ",
        expect![[r#"
            do #2 publish 1 upstreams
            do #2 record Switched
            do hide
            #1 Its traffic goes over to #2.
            #2 Traffic is switching to it.
        "#]],
    );
}

#[test]
fn i8_cancelled_its_host_goes_before_its_instances() {
    check(
        "
        active #1
        #1 live 60s
        #2 cancelled 0s hold=h
        #1.0 running :41001
        #2.0 running :41002 passes=2
        served #1.0=:41001
        shown h #2.0=:41002
        ",
        expect![[r#"
            do hide
            do #2 remove web.0
            #1 Serves from 1 instance.
        "#]],
    );
}

#[test]
fn i8_a_newer_one_overtakes_it() {
    check(
        "
        active #1
        candidate #2
        #1 live 60s
        #2 ready 9s hold=h
        #3 queued 0s
        #1.0 running :41001
        #2.0 running :41002 passes=2
        served #1.0=:41001
        shown h #2.0=:41002
        ",
        expect![[r#"
            do #2 record Cancel: Superseded by #3 while it was held.
            do hide
            #1 Serves from 1 instance.
            #3 Begins next: #2 was held and gives way.
        "#]],
    );
}

#[test]
fn i8_one_that_ends_while_it_is_held_fails_and_is_not_shown() {
    check(
        r#"
        active #1
        candidate #2
        #1 live 60s
        #2 ready 9s hold=h
        #1.0 running :41001
        #2.0 exited 1 "out of luck"
        served #1.0=:41001
        shown h #2.0=:41002
        "#,
        expect![[r#"
            do #2 record Fail: The container exited with code 1 while it was held at ready. Its last lines: out of luck
            do hide
            #1 Serves from 1 instance.
            #2 The container exited with code 1 while it was held at ready. Its last lines: out of luck
        "#]],
    );
}

#[test]
fn q20_after_a_restart_it_is_probed_anew_and_stays_shown() {
    check(
        "
        active #1
        candidate #2
        #1 live 60s
        #2 ready 9s hold=h
        #1.0 running :41001
        #2.0 running :41002
        served #1.0=:41001
        shown h #2.0=:41002
        ",
        expect![[r#"
            do #2 probe web.0
            #1 Serves from 1 instance.
            #2 0 of 1 healthy. The first probe is on its way.
            wake in 1000 ms
        "#]],
    );
}

#[test]
fn i8_nothing_is_stopped_for_what_is_to_be_held() {
    check(
        "
        active #1
        candidate #2
        #1 live 60s exclusive=gpu
        #2 starting 0s exclusive=gpu hold=h
        #1.0 running :41001
        served #1.0=:41001
        ",
        expect![[r#"
            do #2 record Fail: It can't be held at ready any more: #1 serves now, and both need gpu.
            #1 Serves from 1 instance.
            #2 It can't be held at ready any more: #1 serves now, and both need gpu.
        "#]],
    );
}

#[test]
fn i8_deleting_the_environment_takes_its_host_along() {
    check(
        "
        deleting
        candidate #1
        #1 ready 9s hold=h static
        served gap
        shown h static #1
        ",
        expect![[r#"
            do unpublish
            do #1 record Cancel: Its environment was deleted.
            do hide
            #1 It is being deleted.
        "#]],
    );
}
