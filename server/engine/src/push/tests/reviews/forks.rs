//! Whose code runs, who lets it, and what it is not told.

use super::super::bench::Bench;
use super::{fork, own, pulls, sha};
use domain::api::*;
use domain::config::ConfigPatch;
use domain::refusal::Kind;
use domain::reuse::{Reuse, Settings};
use domain::review::Rules;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p15_a_fork_waits_for_approval_of_each_commit_and_gets_no_variable() {
    let rules = Rules {
        variables: [("API".to_owned(), "https://staging".to_owned())].into(),
        ..pulls()
    };
    let bench = Bench::previewing(rules).await;
    let asks = "secrets: [DATABASE_PASSWORD]\nbuild: { secrets: [NPM_TOKEN], memory: 8GiB }\n";
    bench.write("sealdock.yml", asks);
    let head = bench.forked("two");
    let told = bench.tell("a", fork("opened", &head, 1)).await;
    assert!(
        told.effect.starts_with("Waits for approval: "),
        "{}",
        told.effect
    );
    bench.a_while().await;
    assert_eq!(bench.deployments().await, 1);
    let view = bench.review(|r| r.waits).await;
    assert_eq!(
        (view.environment, view.head.as_str()),
        (None, head.as_str())
    );
    let overview = bench
        .api()
        .overview(&bench.caller)
        .await
        .expect("an overview");
    let needs = overview
        .needs_me
        .iter()
        .any(|a| a.sentence.contains("comes from a fork"));
    assert!(needs, "{:?}", overview.needs_me);

    let other = bench
        .approve(&"1".repeat(40))
        .await
        .expect_err("not that commit");
    assert_eq!(
        (other.kind, other.code.as_str()),
        (Kind::Conflict, "moved_on")
    );
    bench.approve(&head).await.expect("approved");
    let ran = bench.runs("pr-7", 1).await;
    assert_eq!(sha(&ran), head);
    let config = bench.deployment(&ran.id).await.config;
    assert!(config.env.is_empty(), "{:?}", config.env);
    assert!(config.secrets.is_empty() && config.build.secrets.is_empty());
    assert_eq!(config.build.memory_mib, 2048);

    let newer = bench.forked("three");
    let told = bench.tell("b", fork("synchronize", &newer, 2)).await;
    assert!(
        told.effect.starts_with("Waits for approval: "),
        "{}",
        told.effect
    );
    bench.a_while().await;
    bench.runs("pr-7", 1).await;
    let stale = bench.approve(&head).await.expect_err("it moved");
    assert_eq!(stale.code, "moved_on");
    bench.approve(&newer).await.expect("approved");
    assert_eq!(sha(&bench.runs("pr-7", 2).await), newer);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p15_who_says_that_a_fork_s_head_is_the_base_s_own_is_not_believed() {
    let bench = Bench::previewing(pulls()).await;
    let head = bench.forked("two");
    let body = own("opened", &head, 1).body();
    bench
        .github_event("pull_request", "lie", &body)
        .await
        .expect("kept");
    bench.waiting().await;
    bench.a_while().await;
    assert_eq!(
        (bench.deployments().await, bench.all_reviews().await.len()),
        (1, 0)
    );
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p15_a_preview_gets_the_variables_of_previews_and_not_production_s() {
    let rules = Rules {
        variables: [("API".to_owned(), "https://staging".to_owned())].into(),
        memory_mib: 128,
        ..pulls()
    };
    let bench = Bench::previewing(rules).await;
    let mut patch = ConfigPatch {
        port: Some(3000),
        replicas: Some(3),
        ..ConfigPatch::default()
    };
    patch
        .env
        .insert("DATABASE_URL".into(), Some("postgres://secret".into()));
    let update = Update {
        config: Some(patch),
        ..Update::default()
    };
    let (api, caller) = (bench.api(), &bench.caller);
    let plan = api
        .preview_update(caller, &bench.environment, &update)
        .await;
    let confirm = Confirm {
        update,
        digest: plan.expect("a plan").digest,
        typed: None,
        hold: false,
    };
    api.update(caller, &bench.environment, confirm)
        .await
        .expect("updated");
    let head = bench.pushed("two");
    bench.tell("a", own("opened", &head, 1)).await;
    let config = bench
        .deployment(&bench.runs("pr-7", 1).await.id)
        .await
        .config;
    let env: Vec<_> = config.env.into_iter().collect();
    assert_eq!(env, [("API".to_owned(), "https://staging".to_owned())]);
    assert_eq!(
        (config.port, config.replicas, config.resources.memory_mib),
        (3000, 1, 128)
    );
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p15_nobody_changes_a_preview_by_hand_or_promotes_it() {
    let bench = Bench::previewing(pulls()).await;
    let head = bench.pushed("two");
    bench.tell("a", own("opened", &head, 1)).await;
    let ran = bench.runs("pr-7", 1).await;
    let (api, caller) = (bench.api(), &bench.caller);
    let update = Update {
        config: Some(ConfigPatch::default()),
        ..Update::default()
    };
    let no = api
        .preview_update(caller, &ran.environment, &update)
        .await
        .expect_err("refused");
    assert_eq!(no.code, "is_preview");
    let no = bench.track_in_refused(&ran.environment).await;
    assert_eq!(no.code, "is_preview");
    let promote = Update {
        reuse: Some(Reuse {
            deployment: ran.id.clone(),
            config: Settings::Current,
        }),
        ..Update::default()
    };
    let no = api
        .preview_update(caller, &bench.environment, &promote)
        .await
        .expect_err("refused");
    assert_eq!(no.code, "is_preview");
    let git = api.git(caller, &bench.project).await.expect("a view");
    assert_eq!(git.environments.len(), 1);
    bench.stop().await;
}

impl Bench {
    async fn track_in_refused(&self, id: &domain::id::EnvironmentId) -> domain::refusal::Refusal {
        let track = Track {
            branch: Some("main".into()),
            poll: false,
        };
        let tracked = self.api().track(&self.caller, id, track).await;
        tracked.expect_err("refused")
    }
}
