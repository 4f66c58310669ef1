//! A whole engine with the fake runtime, a real repository, and whoever sends deliveries.

mod bench;
mod environments;
mod poll;
mod reviews;

use super::signature::sign;
use bench::{Bench, json, push};
use domain::access::{Caller, Role};
use domain::api::Track;
use domain::deployment::Trigger;
use domain::hook::Provider;
use domain::id::{OrgId, UserId};
use domain::refusal::Kind;
use domain::time::Time;
use futures_util::StreamExt;

const ZERO: &str = "0000000000000000000000000000000000000000";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p17_a_push_to_a_tracked_branch_becomes_a_deployment() {
    let bench = Bench::tracking("main").await;
    let head = bench.commit("two");
    let kept = bench
        .github("d-1", &push("main", &head))
        .await
        .expect("kept");
    assert_eq!(kept.effect, "Kept; it is handled now.");
    let handled = bench.settled("d-1").await;
    assert_eq!(handled.effect, "Deployed as #2.");
    assert_eq!(handled.deployments[0].number, 2);
    let view = bench.deployment(&handled.deployments[0].id).await;
    assert_eq!(view.summary.source.label(), format!("main@{}", &head[..7]));
    assert_eq!(
        (view.summary.trigger, view.summary.created_by),
        (Trigger::Push, None)
    );
    let told = view.timeline[0].sentence.clone().unwrap_or_default();
    assert!(
        told.starts_with("A push to `main` (GitHub) asked for main@"),
        "{told}"
    );
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p17_ten_thousand_duplicates_at_once_are_one_deployment() {
    let bench = Bench::tracking("main").await;
    let body = push("main", &bench.commit("two"));
    let answers: Vec<_> = futures_util::stream::iter(0..10_000)
        .map(|_| bench.github("same", &body))
        .buffer_unordered(64)
        .collect()
        .await;
    let fresh = answers
        .iter()
        .flatten()
        .filter(|a| a.effect.starts_with("Kept"));
    assert_eq!(
        (fresh.count(), answers.iter().flatten().count()),
        (1, 10_000)
    );
    let handled = bench.settled("same").await;
    assert_eq!(
        (handled.effect.as_str(), handled.repeats),
        ("Deployed as #2.", 9_999)
    );
    assert_eq!((bench.listed().await, bench.deployments().await), (1, 2));
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p17_a_replay_under_another_id_is_a_duplicate() {
    let bench = Bench::tracking("main").await;
    let body = push("main", &bench.commit("two"));
    bench.github("d-1", &body).await.expect("kept");
    bench.settled("d-1").await;
    bench.commit("three");
    let again = bench.github("d-2", &body).await.expect("answered");
    assert!(
        again.effect.starts_with("Ignored: a duplicate of"),
        "{}",
        again.effect
    );
    assert_eq!((bench.listed().await, bench.deployments().await), (1, 2));
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p17_pushes_out_of_order_deploy_the_newest_once() {
    let bench = Bench::tracking("main").await;
    let older = bench.commit("two");
    let newer = bench.commit("three");
    bench
        .github("late", &push("main", &newer))
        .await
        .expect("kept");
    bench.settled("late").await;
    bench
        .github("early", &push("main", &older))
        .await
        .expect("kept");
    let short = &newer[..7];
    assert_eq!(
        bench.settled("early").await.effect,
        format!("Ignored: `{short}` is already on its way as #2.")
    );
    assert_eq!(
        (bench.deployments().await, bench.newest().await),
        (2, newer)
    );
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p17_what_was_kept_is_handled_by_the_next_boot() {
    let bench = Bench::tracking("main").await;
    let head = bench.commit("two");
    let bench = bench.killed_with_a_delivery("d-1", &head).await;
    assert_eq!(bench.settled("d-1").await.effect, "Deployed as #2.");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p17_a_boot_that_died_after_deploying_deploys_no_second_time() {
    let bench = Bench::tracking("main").await;
    let head = bench.commit("two");
    bench
        .github("d-1", &push("main", &head))
        .await
        .expect("kept");
    bench.settled("d-1").await;
    // As if it had died between the deployment and the last word about the delivery.
    bench.unsettle().await;
    assert_eq!(bench.settled("d-1").await.effect, "Deployed as #2.");
    assert_eq!(bench.deployments().await, 2);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p17_what_is_no_push_to_a_tracked_branch_is_kept_with_its_reason() {
    let bench = Bench::tracking("main").await;
    let head = bench.commit("two");
    let tag = push("main", &head).replace("refs/heads/main", "refs/tags/v1");
    let gone = push("main", ZERO);
    for (id, event, body, effect) in [
        (
            "a",
            "push",
            push("other", &head),
            "Ignored: branch `other` is not tracked.",
        ),
        (
            "b",
            "push",
            tag,
            "Ignored: `main` is a tag, and branches are tracked.",
        ),
        ("c", "push", gone, "Ignored: branch `main` was deleted."),
        (
            "d",
            "ping",
            "{}".into(),
            "Answered: the address and the secret are right.",
        ),
        (
            "e",
            "issues",
            "{ }".into(),
            "Ignored: `issues` is not a push.",
        ),
    ] {
        let body = if id == "b" {
            body.replace("refs/tags/v1", "refs/tags/main")
        } else {
            body
        };
        bench.github_event(event, id, &body).await.expect("kept");
        assert_eq!(bench.settled(id).await.effect, effect);
    }
    assert_eq!((bench.listed().await, bench.deployments().await), (5, 1));
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p17_a_forged_delivery_is_counted_and_not_kept() {
    let bench = Bench::tracking("main").await;
    let body = push("main", &bench.commit("two"));
    let signature = format!("sha256={}", sign("guessed", &[body.as_bytes()]));
    let headers = json(&[
        ("x-github-event", "push"),
        ("x-github-delivery", "d"),
        ("x-hub-signature-256", &signature),
    ]);
    let refused = bench.send(Provider::Github, headers, body.as_bytes()).await;
    assert!(refused.is_err_and(|no| no.kind == Kind::SignedOut));
    let unsigned = json(&[("x-github-event", "push"), ("x-github-delivery", "d")]);
    let refused = bench
        .send(Provider::Github, unsigned, body.as_bytes())
        .await;
    assert!(refused.is_err_and(|no| no.kind == Kind::SignedOut));
    // The secret of one kind of sender does not open the door of another.
    let token = json(&[
        ("x-gitlab-event", "Push Hook"),
        ("x-gitlab-token", "guessed"),
    ]);
    let refused = bench.send(Provider::Gitlab, token, body.as_bytes()).await;
    assert!(refused.is_err_and(|no| no.kind == Kind::SignedOut));
    assert_eq!((bench.listed().await, bench.rejected().await), (0, 3));
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p17_what_can_t_be_read_is_kept_and_refused() {
    let bench = Bench::tracking("main").await;
    let refused = bench.github("d-1", "no json").await.expect_err("refused");
    assert_eq!(refused.code, "delivery_refused");
    assert!(
        bench
            .settled("d-1")
            .await
            .effect
            .starts_with("Refused: the payload is not the JSON")
    );
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p17_a_rotated_secret_ends_the_old_one_and_keeps_the_address() {
    let mut bench = Bench::tracking("main").await;
    let (old, id) = (bench.secret.clone(), bench.hook.clone());
    bench.rotate().await;
    assert_eq!(bench.hook, id);
    assert_ne!(bench.secret, old);
    let body = push("main", &bench.commit("two"));
    let new = std::mem::replace(&mut bench.secret, old);
    assert!(
        bench
            .github("d", &body)
            .await
            .is_err_and(|no| no.kind == Kind::SignedOut)
    );
    bench.secret = new;
    assert!(bench.github("d", &body).await.is_ok());
    bench
        .api()
        .remove_hook(&bench.caller, &bench.project)
        .await
        .expect("removed");
    assert!(
        bench
            .github("e", &body)
            .await
            .is_err_and(|no| no.kind == Kind::NotFound)
    );
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p17_a_delivery_is_handled_again_when_a_person_asks() {
    let bench = Bench::tracking("main").await;
    bench.branch("next");
    let head = bench.commit("two");
    bench.github("d", &push("next", &head)).await.expect("kept");
    let known = bench.settled("d").await;
    assert_eq!(known.effect, "Ignored: branch `next` is not tracked.");
    bench.track("next", false).await.expect("tracked");
    bench
        .api()
        .redeliver(&bench.caller, &known.id)
        .await
        .expect("again");
    assert_eq!(bench.settled("d").await.effect, "Deployed as #2.");
    let again = bench.api().redeliver(&bench.caller, &known.id).await;
    assert!(again.is_ok_and(|view| view.waiting));
    assert!(
        bench
            .settled("d")
            .await
            .effect
            .contains("already on its way as #2")
    );
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p17_the_configuration_at_the_head_is_refused_like_an_update_by_hand() {
    let bench = Bench::tracking("main").await;
    let head = bench.write("sealdock.yml", "replicas: many\n");
    bench.github("d", &push("main", &head)).await.expect("kept");
    let effect = bench.settled("d").await.effect;
    assert!(
        effect.starts_with("Refused: ") && effect.contains("replicas"),
        "{effect}"
    );
    assert_eq!(bench.deployments().await, 1);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p17_a_host_that_does_not_answer_is_asked_again() {
    let bench = Bench::tracking("main").await;
    let head = bench.commit("two");
    bench.lose(true);
    bench.github("d", &push("main", &head)).await.expect("kept");
    let waits = bench.waiting().await;
    assert_eq!(
        waits,
        "The repository could not be read; it is tried again."
    );
    bench.lose(false);
    assert_eq!(bench.settled("d").await.effect, "Deployed as #2.");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p17_a_branch_that_is_not_there_can_t_be_tracked() {
    let bench = Bench::tracking("main").await;
    let no = bench.track("mian", false).await.expect_err("refused");
    assert_eq!(
        (no.place.as_deref(), no.way_out.as_deref()),
        (Some("branch"), Some("Did you mean `main`?"))
    );
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p17_another_tenant_sees_no_hook_and_no_delivery() {
    let bench = Bench::tracking("main").await;
    bench.github_event("ping", "d", "{}").await.expect("kept");
    let id = bench.settled("d").await.id;
    let stranger = Caller {
        user: UserId::new(Time(1), 1),
        email: "s@example.org".into(),
        org: OrgId::new(Time(1), 1),
        org_name: "Other".into(),
        role: Role::Owner,
    };
    let (api, project) = (bench.api(), &bench.project);
    let track = api
        .track(&stranger, &bench.environment, Track::default())
        .await
        .err();
    let all = [
        api.git(&stranger, project).await.err(),
        api.rotate_hook(&stranger, project).await.err(),
        api.remove_hook(&stranger, project).await.err(),
        api.deliveries(&stranger, project, None).await.err(),
        api.redeliver(&stranger, &id).await.err(),
        track,
    ];
    for no in all {
        assert!(no.is_some_and(|no| no.kind == Kind::NotFound));
    }
    bench.stop().await;
}
