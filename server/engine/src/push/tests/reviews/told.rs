//! Branches, limits, time, and what a restart finds.

use super::super::bench::{Bench, push};
use super::{own, pulls, sha};
use domain::review::Rules;

const ZERO: &str = "0000000000000000000000000000000000000000";

fn branches(pattern: &str) -> Rules {
    Rules {
        branches: Some(pattern.into()),
        ..Rules::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p15_a_branch_that_fits_gets_a_preview_until_it_is_gone() {
    let bench = Bench::previewing(branches("fix* feature/*")).await;
    let head = bench.commit("two");
    bench.github("a", &push("fix", &head)).await.expect("kept");
    let told = bench.settled("a").await.effect;
    assert_eq!(
        told,
        format!("The preview of branch `fix` goes to `{}`.", &head[..7])
    );
    assert_eq!(sha(&bench.runs("fix", 1).await), head);
    // A deletion that is told while the branch is there is told too late.
    bench
        .github("early", &push("fix", ZERO))
        .await
        .expect("kept");
    bench.settled("early").await;
    bench.review(|r| !r.ending).await;
    bench.run(&["checkout", "--quiet", "main"]);
    bench.run(&["branch", "-D", "fix"]);
    let gone = push("fix", ZERO).replace("acme/app", "acme/app ");
    bench.github("gone", &gone).await.expect("kept");
    assert_eq!(
        bench.settled("gone").await.effect,
        "The preview of branch `fix` is over."
    );
    assert_eq!(bench.ended("branch:fix").await, "closed");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p15_a_tracked_branch_has_its_environment_and_gets_no_preview() {
    let bench = Bench::previewing(branches("*")).await;
    bench.run(&["checkout", "--quiet", "main"]);
    let head = bench.commit("two");
    bench.github("a", &push("main", &head)).await.expect("kept");
    assert_eq!(bench.settled("a").await.effect, "Deployed as #2.");
    assert!(bench.all_reviews().await.is_empty());
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p15_the_newest_is_refused_where_there_are_enough() {
    let bench = Bench::previewing(Rules {
        most: 1,
        ..branches("*")
    })
    .await;
    let head = bench.commit("two");
    bench.github("a", &push("fix", &head)).await.expect("kept");
    bench.runs("fix", 1).await;
    bench.branch("other");
    let head = bench.commit("three");
    bench
        .github("b", &push("other", &head))
        .await
        .expect("kept");
    let refused = bench
        .review(|r| r.sentence.starts_with("Refused: there are 1 previews"))
        .await;
    assert_eq!(
        (refused.branch.as_str(), refused.environment),
        ("other", None)
    );
    let first = bench.review(|r| r.branch == "fix").await;
    assert!(!first.ending && first.environment.is_some());
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p15_a_preview_ends_when_its_time_is_over_and_a_push_brings_it_back() {
    let bench = Bench::previewing(pulls()).await;
    let head = bench.pushed("two");
    bench.tell("a", own("opened", &head, 1)).await;
    bench.runs("pr-7", 1).await;
    let view = bench.review(|_| true).await;
    let now = bench.control().now().at;
    let left_ms = view.expires_at.since_ms(now);
    assert!(
        (71 * 3_600_000..=72 * 3_600_000).contains(&left_ms),
        "{left_ms}"
    );
    let store = &bench.control().store;
    let before = store
        .projects_with_reviews_due(view.expires_at.plus_ms(-1))
        .await;
    assert!(before.expect("it is read").is_empty());
    let after = store.projects_with_reviews_due(view.expires_at).await;
    assert_eq!(
        after.expect("it is read"),
        std::slice::from_ref(&bench.project)
    );
    let aged = sqlx::query("UPDATE reviews SET expires_at = $1").bind(now.0);
    aged.execute(store.pool()).await.expect("it is written");
    bench.control().pushes.notify_one();
    assert_eq!(bench.ended("pull:7").await, "expired");
    let again = bench.tell("again", own("reopened", &head, 1)).await;
    assert!(
        again
            .effect
            .starts_with("Ignored: the preview of pull request 7 is over"),
        "{}",
        again.effect
    );
    let newer = bench.pushed("three");
    bench.tell("b", own("synchronize", &newer, 2)).await;
    bench.review(|r| r.head == newer && !r.ending).await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p15_what_was_told_is_handled_once_however_often_it_is_begun() {
    let bench = Bench::previewing(pulls()).await;
    let head = bench.pushed("two");
    bench.tell("a", own("opened", &head, 1)).await;
    bench.runs("pr-7", 1).await;
    // As if the worker had died before its last word about the delivery.
    bench.unsettle().await;
    bench.settled("a").await;
    bench.a_while().await;
    bench.runs("pr-7", 1).await;
    assert_eq!(bench.all_reviews().await.len(), 1);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p15_turning_previews_off_and_closing_by_hand_end_them() {
    let bench = Bench::previewing(Rules {
        branches: Some("fix".into()),
        ..pulls()
    })
    .await;
    let head = bench.pushed("two");
    bench.tell("a", own("opened", &head, 1)).await;
    bench.github("b", &push("fix", &head)).await.expect("kept");
    bench.settled("b").await;
    bench.runs("fix", 1).await;
    let mine = bench.review(|r| r.name.as_deref() == Some("fix")).await;
    bench
        .api()
        .close_review(&bench.caller, &mine.id)
        .await
        .expect("closed");
    assert_eq!(bench.ended("branch:fix").await, "by_hand");
    bench.rules(Rules::default()).await;
    assert_eq!(bench.ended("pull:7").await, "off");
    bench.stop().await;
}
