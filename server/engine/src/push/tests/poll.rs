//! What no delivery told of.

use super::bench::{Bench, push};
use domain::hook::Provider;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p17_the_poll_finds_what_no_delivery_told_of_once() {
    let bench = Bench::polling("main").await;
    bench.look().await;
    assert_eq!((bench.listed().await, bench.deployments().await), (0, 1));
    let head = bench.commit("two");
    bench.look().await;
    let found = bench.first_settled().await;
    assert_eq!(
        (found.provider, found.effect.as_str()),
        (Provider::Poll, "Deployed as #2.")
    );
    assert_eq!(bench.newest().await, head);
    bench.look().await;
    // The webhook that comes late finds it done.
    bench
        .github("late", &push("main", &head))
        .await
        .expect("kept");
    let late = bench.settled("late").await.effect;
    assert!(late.contains("already on its way as #2"), "{late}");
    bench.look().await;
    assert_eq!((bench.listed().await, bench.deployments().await), (2, 2));
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p17_a_deployment_by_hand_is_no_news_for_the_poll() {
    let bench = Bench::polling("main").await;
    let head = bench.commit("two");
    bench.by_hand(&head).await;
    assert_eq!(bench.newest().await, head);
    bench.look().await;
    assert!(
        bench
            .first_settled()
            .await
            .effect
            .contains("already on its way as #2")
    );
    bench.look().await;
    assert_eq!((bench.listed().await, bench.deployments().await), (1, 2));
    bench.stop().await;
}
