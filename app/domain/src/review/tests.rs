//! What a payload leads to, and what a preview is called.

mod limits;

use super::*;
use crate::hook::{Headers, Provider, Said, parse};
use crate::time::Time;
use expect_test::expect;
use proptest::prelude::*;

const A: &str = "6113728f27ae82c7b1a177c8d03f9e96e0adf246";
const B: &str = "1111111111111111111111111111111111111111";

fn told(provider: Provider, event: &str, body: &str) -> String {
    let header = match provider {
        Provider::Github => "x-github-event",
        Provider::Gitlab => "x-gitlab-event",
        _ => "x-gitea-event",
    };
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let headers = [
        pair("content-type", "application/json"),
        pair(header, event),
    ];
    match parse(provider, Headers(&headers), body.as_bytes()).said {
        Said::Pull(p) => format!(
            "{} {} {} {}@{} of {} by {}: {} at {}",
            p.number,
            if p.open { "open" } else { "closed" },
            if p.fork { "fork" } else { "own" },
            p.branch,
            &p.head[..7],
            p.repository.unwrap_or_default(),
            p.author.unwrap_or_default(),
            p.title.unwrap_or_default(),
            p.at.rfc3339(),
        ),
        Said::Ignored(why) => format!("ignored: {why}"),
        Said::Refused(why) => format!("refused: {why}"),
        other => format!("{other:?}"),
    }
}

/// As GitHub, Gitea and Forgejo send it; `head` is the JSON of the head's repository.
fn pull(action: &str, state: &str, head: &str) -> String {
    format!(
        r#"{{"action":"{action}","number":7,"pull_request":{{"number":7,"state":"{state}","title":"Basket","merged":false,
        "updated_at":"2026-11-20T18:35:00Z","user":{{"login":"ada"}},
        "head":{{"ref":"fix/basket","sha":"{A}","repo":{head}}},
        "base":{{"ref":"main","sha":"{B}","repo":{{"id":1,"full_name":"acme/shop"}}}}}},
        "repository":{{"id":1,"full_name":"acme/shop"}}}}"#
    )
}

/// As GitLab sends it.
fn merge(action: &str, state: &str, source: u64, more: &str) -> String {
    format!(
        r#"{{"object_kind":"merge_request","user":{{"name":"Grace"}},"project":{{"path_with_namespace":"team/app"}},
        "object_attributes":{{"iid":3,"action":"{action}","state":"{state}","title":"Logo","source_branch":"logo",
        "source_project_id":{source},"target_project_id":5,"updated_at":"2026-11-20 18:35:00 UTC",
        "last_commit":{{"id":"{A}"}}{more}}}}}"#
    )
}

const OWN: &str = r#"{"id":1,"full_name":"acme/shop"}"#;
const FORK: &str = r#"{"id":2,"full_name":"eve/shop"}"#;

#[test]
fn p15_a_payload_s_effect_github_and_gitea() {
    let github = |event: &str, body: &str| told(Provider::Github, event, body);
    let gitea = |body: &str| told(Provider::Gitea, "pull_request", body);
    let lines = [
        github("pull_request", &pull("opened", "open", OWN)),
        github("pull_request", &pull("synchronize", "open", FORK)),
        github("pull_request", &pull("reopened", "open", "null")),
        github(
            "pull_request",
            &pull("opened", "open", r#"{"full_name":"acme/shop"}"#),
        ),
        github("pull_request", &pull("closed", "closed", OWN)),
        github("pull_request", &pull("labeled", "open", OWN)),
        github("pull_request", r#"{"action":"opened"}"#),
        github(
            "pull_request",
            &pull("opened", "open", OWN).replace(A, "HEAD"),
        ),
        github(
            "pull_request",
            &pull("opened", "open", OWN).replace("2026-", "soon "),
        ),
        github(
            "pull_request",
            &pull("opened", "open", OWN).replace("fix/basket", "-x"),
        ),
        github("pull_request_review", "{}"),
        gitea(&pull("synchronized", "open", FORK)),
    ];
    expect![[r#"
        7 open own fix/basket@6113728 of acme/shop by ada: Basket at 2026-11-20T18:35:00Z
        7 open fork fix/basket@6113728 of acme/shop by ada: Basket at 2026-11-20T18:35:00Z
        7 open fork fix/basket@6113728 of acme/shop by ada: Basket at 2026-11-20T18:35:00Z
        7 open fork fix/basket@6113728 of acme/shop by ada: Basket at 2026-11-20T18:35:00Z
        7 closed own fix/basket@6113728 of acme/shop by ada: Basket at 2026-11-20T18:35:00Z
        ignored: `labeled` changes no preview
        refused: the payload has no `pull_request`
        refused: its head is no commit
        refused: its `updated_at` is no time
        refused: its head has no name that a branch can have
        ignored: `pull_request_review` is not a push
        7 open fork fix/basket@6113728 of acme/shop by ada: Basket at 2026-11-20T18:35:00Z"#]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn p15_a_payload_s_effect_gitlab() {
    let gitlab = |body: &str| told(Provider::Gitlab, "Merge Request Hook", body);
    let pushed = format!(r#","oldrev":"{B}""#);
    let lines = [
        gitlab(&merge("open", "opened", 5, "")),
        gitlab(&merge("update", "opened", 9, &pushed)),
        gitlab(&merge("update", "opened", 5, "")),
        gitlab(&merge("merge", "merged", 5, "")),
        gitlab(&merge("close", "closed", 5, "")),
        gitlab(&merge("approved", "opened", 5, "")),
        gitlab(&merge("open", "opened", 5, "").replace("\"source_project_id\":5,", "")),
    ];
    expect![[r#"
        3 open own logo@6113728 of team/app by Grace: Logo at 2026-11-20T18:35:00Z
        3 open fork logo@6113728 of team/app by Grace: Logo at 2026-11-20T18:35:00Z
        ignored: `update` changes no preview
        3 closed own logo@6113728 of team/app by Grace: Logo at 2026-11-20T18:35:00Z
        3 closed own logo@6113728 of team/app by Grace: Logo at 2026-11-20T18:35:00Z
        ignored: `approved` changes no preview
        3 open fork logo@6113728 of team/app by Grace: Logo at 2026-11-20T18:35:00Z"#]]
    .assert_eq(&lines.join("\n"));
}

fn a_pull(open: bool, fork: bool, at: i64) -> Pull {
    Pull {
        number: 7,
        open,
        fork,
        branch: "x".into(),
        head: A.into(),
        title: None,
        author: None,
        repository: None,
        at: Time(at),
    }
}

#[test]
fn p15_of_two_tellings_the_later_counts_whatever_comes_first() {
    let known = |ended, at| {
        Some(Known {
            ended,
            told_at: Time(at),
            head: A,
        })
    };
    let hears = |known, open, at, asked| match hear(known, &a_pull(open, false, at), asked) {
        Verdict::Ignore(why) => why,
        other => format!("{other:?}"),
    };
    let (closed, expired) = (Some(Ended::Closed), Some(Ended::Expired));
    let lines = [
        hears(None, true, 5, false),
        hears(None, false, 5, false),
        hears(known(None, 9), true, 5, false),
        hears(known(None, 9), false, 5, true),
        hears(known(closed, 9), true, 5, true),
        hears(known(closed, 9), true, 9, true),
        hears(known(closed, 9), true, 10, false),
        hears(known(expired, 9), true, 9, false),
        hears(known(expired, 9), true, 9, true),
        hears(known(None, 9), true, 9, false),
        hears(known(None, 9), false, 9, false),
    ];
    expect![[r#"
        Look
        Close
        Ignored: newer news of pull request 7 came before.
        Ignored: newer news of pull request 7 came before.
        Ignored: newer news of pull request 7 came before.
        Ignored: pull request 7 was closed in the same second.
        Look
        Ignored: the preview of pull request 7 is over: nothing was pushed for as long as a preview stays. Push, or redeliver.
        Look
        Look
        Close"#]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn p15_a_head_is_the_base_s_own_only_if_the_base_has_it_in_that_branch() {
    let own = a_pull(true, false, 1);
    let fork = a_pull(true, true, 1);
    assert_eq!(head(&own, Some(A), Some(A)).as_deref(), Ok(A));
    assert_eq!(head(&own, None, Some(A)).as_deref(), Ok(A));
    assert!(
        head(&own, Some(A), Some(B)).is_err_and(|why| why.contains("is not the head of branch"))
    );
    assert!(head(&own, Some(A), None).is_err());
    assert_eq!(head(&fork, Some(A), Some(B)).as_deref(), Ok(A));
    assert!(head(&fork, None, Some(B)).is_err());
}

#[test]
fn p15_a_fork_s_head_waits_until_that_very_commit_is_approved() {
    let subject = Subject::Pull(7);
    assert!(said(&subject, A, true, None).starts_with("Waits for approval: `6113728`"));
    assert!(said(&subject, A, true, Some(B)).starts_with("Waits for approval"));
    let goes = "The preview of pull request 7 goes to `6113728`.";
    assert_eq!(said(&subject, A, true, Some(A)), goes);
    assert_eq!(said(&subject, A, false, None), goes);
}

#[test]
fn p15_pull_requests_lie_where_their_host_keeps_them() {
    assert_eq!(pull_ref(Provider::Github, 7), "refs/pull/7/head");
    assert_eq!(pull_ref(Provider::Gitea, 7), "refs/pull/7/head");
    assert_eq!(pull_ref(Provider::Gitlab, 7), "refs/merge-requests/7/head");
}

#[test]
fn p15_names_can_be_a_host_s_and_tell_likes_apart() {
    let branch = |name: &str| names(&Subject::Branch(name.into()));
    let first = |name: &str| branch(name).remove(0);
    let lines = [
        names(&Subject::Pull(7)).join(" "),
        branch("fix-basket").join(" "),
        first("feature/x"),
        first("feature-x"),
        first("Feature_X"),
        first("pr-7"),
        first("production"),
        first("2026"),
        first("ümlaut/ß"),
        first("a-very-long-branch-name-of-somebody"),
    ];
    expect![[r#"
        pr-7 pr-e90a pr-e90a4c9b52
        fix-basket fix-basket-44fe fix-baske-44fe10132d
        feature-x-b3ed
        feature-x
        feature-x-0585
        pr-7-ad75
        production-70d9
        b-2026-ff98
        mlaut-4f2b
        a-very-long-bra-0ce9"#]]
    .assert_eq(&lines.join("\n"));
}

proptest! {
    #[test]
    fn p15_every_name_is_one_that_an_environment_can_have(text in "\\PC{1,60}", number: u64) {
        for subject in [Subject::Branch(text.clone()), Subject::Pull(number)] {
            let all = names(&subject);
            prop_assert!(all.len() >= 2);
            for name in all {
                let taken = crate::name::environment(&name);
                prop_assert_eq!(taken.as_deref(), Ok(name.as_str()));
            }
            prop_assert_eq!(Subject::parse(&subject.key()), Some(subject));
        }
    }
}

#[test]
fn p15_patterns_say_which_branches() {
    let fits = |pattern: &str, name: &str| Pattern::parse(pattern).unwrap().fits(name);
    assert!(fits("*", "anything/at-all"));
    assert!(fits("feature/*", "feature/a/b") && !fits("feature/*", "features"));
    assert!(fits("fix-*, feature/*", "feature/a") && !fits("fix-*", "prefix-1"));
    assert!(fits("a*b*c", "a-b-b-c") && !fits("a*b*c", "a-c-b"));
    assert!(!fits("ab*ba", "aba") && fits("main", "main") && !fits("main", "main2"));
    assert!(Pattern::parse(" , ").is_err() && Pattern::parse("a\nb").is_err());
}
