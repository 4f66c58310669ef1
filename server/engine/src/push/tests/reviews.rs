//! Previews (P-15), with the fake runtime and a real repository that has pull requests.

mod forks;
mod host;
mod told;

use super::bench::Bench;
use domain::api::*;
use domain::review::Rules;
use domain::view::{DeliveryView, DeploymentSummary, ReviewView};
use std::time::Duration;

/// Of the base repository's pull request 7, as GitHub tells it.
struct Telling<'a> {
    action: &'a str,
    head: &'a str,
    fork: bool,
    /// Seconds within a minute.
    at: u32,
}

impl Telling<'_> {
    fn body(&self) -> String {
        let state = if self.action == "closed" {
            "closed"
        } else {
            "open"
        };
        let (repo, at) = (if self.fork { 2 } else { 1 }, self.at);
        format!(
            r#"{{"action":"{}","pull_request":{{"number":7,"state":"{state}","title":"Basket",
            "updated_at":"2026-11-20T18:35:{at:02}Z","user":{{"login":"ada"}},
            "head":{{"ref":"fix","sha":"{}","repo":{{"id":{repo}}}}},"base":{{"repo":{{"id":1}}}}}}}}"#,
            self.action, self.head
        )
    }
}

fn own<'a>(action: &'a str, head: &'a str, at: u32) -> Telling<'a> {
    Telling {
        action,
        head,
        fork: false,
        at,
    }
}

fn fork<'a>(action: &'a str, head: &'a str, at: u32) -> Telling<'a> {
    Telling {
        fork: true,
        ..own(action, head, at)
    }
}

impl Bench {
    async fn previewing(rules: Rules) -> Bench {
        let bench = Bench::tracking("main").await;
        bench.rules(rules).await;
        bench.branch("fix");
        bench
    }

    async fn rules(&self, rules: Rules) {
        let set = self.api().set_reviews(&self.caller, &self.project, rules);
        set.await.expect("they are set");
    }

    /// Pushed to the pull request; its host keeps the head where hosts do.
    fn pushed(&self, text: &str) -> String {
        let head = self.commit(text);
        self.run(&["update-ref", "refs/pull/7/head", &head]);
        head
    }

    /// Pushed to a fork: the base has no branch there.
    fn forked(&self, text: &str) -> String {
        let head = self.pushed(text);
        self.run(&["reset", "--quiet", "--hard", "main"]);
        head
    }

    async fn tell(&self, key: &str, telling: Telling<'_>) -> DeliveryView {
        let kept = self
            .github_event("pull_request", key, &telling.body())
            .await;
        kept.expect("kept");
        self.settled(key).await
    }

    async fn all_reviews(&self) -> Vec<ReviewView> {
        let all = Reviews::reviews(&**self.api(), &self.caller, &self.project).await;
        all.expect("a list").reviews
    }

    /// The first one, once it is so.
    async fn review(&self, is_so: impl Fn(&ReviewView) -> bool) -> ReviewView {
        let mut last = vec![];
        for _ in 0..400 {
            last = self.all_reviews().await;
            if let Some(one) = last.iter().find(|r| is_so(r)) {
                return one.clone();
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("it is not so within 10 s: {last:?}");
    }

    /// The newest of an environment, when there are so many of it.
    async fn runs(&self, environment: &str, n: usize) -> DeploymentSummary {
        let filter = DeploymentFilter {
            environment: Some(environment.to_owned()),
            ..DeploymentFilter::default()
        };
        for _ in 0..400 {
            let page = self.api().deployments(&self.caller, &filter).await;
            let mut all = page.expect("a list").items;
            assert!(all.len() <= n, "{} deployments in {environment}", all.len());
            if all.len() == n {
                return all.remove(0);
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("there are no {n} deployments in {environment} within 10 s");
    }

    async fn ended(&self, subject: &str) -> String {
        for _ in 0..400 {
            let sql = "SELECT ended FROM reviews WHERE subject = $1 AND ended IS NOT NULL";
            let row: Option<(String,)> = sqlx::query_as(sql)
                .bind(subject)
                .fetch_optional(self.control().store.pool())
                .await
                .expect("it is read");
            if let Some((ended,)) = row {
                return ended;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{subject} is not over within 10 s");
    }

    /// Time enough for what must not happen.
    async fn a_while(&self) {
        self.control().pushes.notify_one();
        tokio::time::sleep(Duration::from_millis(700)).await;
    }

    async fn approve(&self, commit: &str) -> Reply<ReviewView> {
        let id = self.all_reviews().await.remove(0).id;
        let approve = Approve {
            commit: commit.to_owned(),
        };
        self.api().approve_review(&self.caller, &id, approve).await
    }
}

fn pulls() -> Rules {
    Rules {
        pulls: true,
        ..Rules::default()
    }
}

fn sha(summary: &DeploymentSummary) -> &str {
    summary.source.commit().map_or("", |c| &c.sha)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p15_a_pull_request_gets_one_preview_which_follows_its_head() {
    let bench = Bench::previewing(pulls()).await;
    let head = bench.pushed("two");
    let told = bench.tell("a", own("opened", &head, 1)).await;
    assert_eq!(
        told.effect,
        format!("The preview of pull request 7 goes to `{}`.", &head[..7])
    );
    assert_eq!(told.branch.as_deref(), Some("7 (fix)"));
    assert_eq!(sha(&bench.runs("pr-7", 1).await), head);
    bench.tell("again", own("reopened", &head, 2)).await;
    bench.a_while().await;
    bench.runs("pr-7", 1).await;
    let newer = bench.pushed("three");
    bench.tell("b", own("synchronize", &newer, 3)).await;
    assert_eq!(sha(&bench.runs("pr-7", 2).await), newer);
    let view = bench.review(|r| r.head == newer).await;
    assert_eq!(
        (view.name.as_deref(), view.fork, view.waits),
        (Some("pr-7"), false, false)
    );
    assert!(
        view.url
            .is_some_and(|url| url.starts_with("http://pr-7-app.localhost"))
    );
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p15_previews_are_off_until_they_are_turned_on() {
    let bench = Bench::previewing(Rules::default()).await;
    let head = bench.pushed("two");
    let told = bench.tell("a", own("opened", &head, 1)).await;
    assert_eq!(told.effect, "Ignored: pull requests get no previews here.");
    assert!(bench.all_reviews().await.is_empty());
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p15_news_out_of_order_never_go_back() {
    let bench = Bench::previewing(pulls()).await;
    let older = bench.pushed("two");
    let newer = bench.pushed("three");
    bench.tell("b", own("synchronize", &newer, 9)).await;
    bench.runs("pr-7", 1).await;
    let told = bench.tell("a", own("opened", &older, 5)).await;
    assert_eq!(
        told.effect,
        "Ignored: newer news of pull request 7 came before."
    );
    bench.a_while().await;
    assert_eq!(sha(&bench.runs("pr-7", 1).await), newer);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p15_what_was_closed_before_it_was_opened_stays_closed() {
    let bench = Bench::previewing(pulls()).await;
    let head = bench.pushed("two");
    bench.tell("closed", own("closed", &head, 9)).await;
    let told = bench.tell("opened", own("opened", &head, 5)).await;
    assert_eq!(
        told.effect,
        "Ignored: newer news of pull request 7 came before."
    );
    bench.a_while().await;
    assert!(bench.all_reviews().await.is_empty());
    assert_eq!(bench.deployments().await, 1);
    let told = bench.tell("reopened", own("reopened", &head, 11)).await;
    assert!(
        told.effect
            .starts_with("The preview of pull request 7 goes"),
        "{}",
        told.effect
    );
    assert_eq!(sha(&bench.runs("pr-7", 1).await), head);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p15_closing_ends_it_and_its_environment_goes() {
    let bench = Bench::previewing(pulls()).await;
    let head = bench.pushed("two");
    bench.tell("a", own("opened", &head, 1)).await;
    bench.runs("pr-7", 1).await;
    let told = bench.tell("b", own("closed", &head, 2)).await;
    assert_eq!(told.effect, "The preview of pull request 7 is over.");
    assert_eq!(bench.ended("pull:7").await, "closed");
    let sql = "SELECT COUNT(*) FROM environments WHERE name = 'pr-7' AND deleting = 0";
    let (left,): (i64,) = sqlx::query_as(sql)
        .fetch_one(bench.control().store.pool())
        .await
        .expect("it is read");
    assert_eq!(left, 0);
    let events = bench
        .api()
        .events(&bench.caller, Some(&bench.project), None)
        .await;
    let said: Vec<_> = events
        .expect("a list")
        .items
        .into_iter()
        .map(|e| e.sentence)
        .collect();
    assert!(
        said.iter()
            .any(|s| s.starts_with("The preview of pull request 7 is over: it was closed")),
        "{said:?}"
    );
    bench.stop().await;
}
