//! One push, and every environment that follows its branch.

use super::bench::{Bench, push};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p17_a_push_reaches_every_environment_that_follows_its_branch() {
    let bench = Bench::tracking("main").await;
    let staging = bench.add_environment("staging").await;
    bench.add_environment("next").await;
    bench.track_in(&staging, "main").await;
    let head = bench.commit("two");
    bench.github("d", &push("main", &head)).await.expect("kept");
    let handled = bench.settled("d").await;
    assert_eq!(
        handled.effect,
        "production: Deployed as #2. staging: Deployed as #3."
    );
    assert_eq!(
        (handled.deployments.len(), bench.deployments().await),
        (2, 3)
    );
    bench.stop().await;
}
