//! Payloads as the providers document them, and what else may come.

use super::*;
use proptest::prelude::*;

const A: &str = "6113728f27ae82c7b1a177c8d03f9e96e0adf246";
const ZERO: &str = "0000000000000000000000000000000000000000";

fn told(provider: Provider, headers: &[(&str, &str)], body: &[u8]) -> Told {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let headers: Vec<_> = headers.iter().map(own).collect();
    parse(provider, Headers(&headers), body)
}

fn github(event: &str, body: &str) -> Said {
    let headers = [
        ("x-github-event", event),
        ("content-type", "application/json"),
    ];
    told(Provider::Github, &headers, body.as_bytes()).said
}

fn generic(body: &[u8]) -> Said {
    let json = [("content-type", "application/json")];
    told(Provider::Generic, &json, body).said
}

fn push() -> String {
    format!(
        r#"{{"ref":"refs/heads/main","before":"{ZERO}","after":"{A}","created":false,"deleted":false,
        "repository":{{"id":1,"full_name":"acme/shop","private":true}},
        "head_commit":{{"id":"{A}","message":"Fix the basket\n\nIt was empty.","author":{{"name":"Ada","email":"ada@example.org"}}}}}}"#
    )
}

fn branch(said: &Said) -> &str {
    match said {
        Said::Push(push) => &push.branch,
        other => panic!("no push: {other:?}"),
    }
}

fn why(said: Said) -> String {
    match said {
        Said::Ignored(why) => format!("ignored: {why}"),
        Said::Refused(why) => format!("refused: {why}"),
        Said::Gone(branch) => format!("gone: {branch}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn p17_github_tells_of_a_push() {
    let expected = Push {
        branch: "main".into(),
        commit: A.into(),
        subject: Some("Fix the basket".into()),
        author: Some("Ada".into()),
        repository: Some("acme/shop".into()),
    };
    assert_eq!(github("push", &push()), Said::Push(expected));
    assert_eq!(github("ping", r#"{"zen":"Keep it simple."}"#), Said::Ping);
    assert_eq!(
        why(github("issues", "{}")),
        "ignored: `issues` is not a push"
    );
}

#[test]
fn p17_github_may_wrap_it_into_a_form() {
    let headers = [
        ("x-github-event", "push"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let wrapped: String = form_urlencoded::Serializer::new(String::new())
        .append_pair("payload", &push())
        .finish();
    let said = told(Provider::Github, &headers, wrapped.as_bytes()).said;
    assert_eq!(said, github("push", &push()));
    let none = told(Provider::Github, &headers, b"body=1").said;
    assert_eq!(why(none), "refused: the form has no field `payload`");
}

#[test]
fn p17_gitlab_tells_of_a_push_and_of_a_tag() {
    let body = format!(
        r#"{{"object_kind":"push","event_name":"push","before":"{ZERO}","after":"{A}","ref":"refs/heads/feature/x",
        "checkout_sha":"{A}","project":{{"path_with_namespace":"team/app"}},"repository":{{"name":"app"}},
        "commits":[{{"id":"{ZERO}","message":"old","author":{{"name":"B"}}}},{{"id":"{A}","message":"New","author":{{"name":"Grace"}}}}]}}"#
    );
    let headers = |event| {
        [
            ("x-gitlab-event", event),
            ("content-type", "application/json"),
        ]
    };
    let said = told(Provider::Gitlab, &headers("Push Hook"), body.as_bytes()).said;
    let Said::Push(push) = said else {
        panic!("{said:?}");
    };
    assert_eq!(
        (
            push.branch.as_str(),
            push.subject.as_deref(),
            push.repository.as_deref()
        ),
        ("feature/x", Some("New"), Some("team/app"))
    );
    let tag = body.replace("refs/heads/feature/x", "refs/tags/v1");
    let said = told(Provider::Gitlab, &headers("Tag Push Hook"), tag.as_bytes()).said;
    assert_eq!(
        why(said),
        "ignored: `v1` is a tag, and branches are tracked"
    );
    let said = told(Provider::Gitlab, &headers("Issue Hook"), b"{}").said;
    assert_eq!(why(said), "ignored: `Issue Hook` is not a push");
}

#[test]
fn p17_gitea_and_forgejo_tell_of_a_push() {
    for header in ["x-gitea-event", "x-forgejo-event"] {
        let headers = [
            (header, "push"),
            ("content-type", "application/json; charset=utf-8"),
        ];
        assert_eq!(
            branch(&told(Provider::Gitea, &headers, push().as_bytes()).said),
            "main"
        );
    }
}

#[test]
fn p17_a_script_needs_only_ref_and_after() {
    let body = format!(r#"{{"ref":"refs/heads/main","after":"{A}"}}"#);
    assert_eq!(branch(&generic(body.as_bytes())), "main");
}

#[test]
fn p17_a_deleted_branch_is_ignored() {
    let null = push().replace(A, ZERO);
    assert_eq!(why(github("push", &null)), "gone: main");
    let long = format!(
        r#"{{"ref":"refs/heads/main","after":"{}"}}"#,
        "0".repeat(64)
    );
    assert_eq!(why(generic(long.as_bytes())), "gone: main");
    let said = push().replace(r#""deleted":false"#, r#""deleted":true"#);
    assert_eq!(why(github("push", &said)), "gone: main");
}

#[test]
fn p17_what_can_t_be_read_is_refused_with_the_reason() {
    let json = |text: &str| why(generic(text.as_bytes()));
    assert_eq!(json("{}"), "refused: the payload has no `ref`");
    assert_eq!(
        json(r#"{"ref":"refs/heads/x"}"#),
        "refused: the payload has no `after`"
    );
    assert_eq!(
        json(r#"{"ref":"refs/heads/x","after":"HEAD"}"#),
        "refused: its `after` is no commit"
    );
    assert_eq!(
        json(r#"{"ref":"refs/notes/x"}"#),
        "ignored: its `ref` is no branch"
    );
    for name in ["", "-x", "a\\u0000b", "a`b"] {
        let said = json(&format!(r#"{{"ref":"refs/heads/{name}","after":"{A}"}}"#));
        assert_eq!(
            said, "refused: its `ref` is no name that a branch can have",
            "{name}"
        );
    }
    assert!(json("[1").starts_with("refused: the payload is not the JSON of a push"));
}

#[test]
fn p17_bytes_that_are_no_text_are_refused() {
    let body = format!(r#"{{"ref":"refs/heads/ma?n","after":"{A}"}}"#);
    let body: Vec<u8> = body
        .bytes()
        .map(|b| if b == b'?' { 0xff } else { b })
        .collect();
    assert!(why(generic(&body)).starts_with("refused: the payload is not the JSON"));
}

#[test]
fn p17_missing_and_wrong_headers_are_refused_with_the_reason() {
    let json = [("content-type", "application/json")];
    let said = told(Provider::Github, &json, push().as_bytes()).said;
    assert_eq!(why(said), "refused: the header `x-github-event` is missing");
    let text = [("x-github-event", "push"), ("content-type", "text/plain")];
    let said = told(Provider::Github, &text, push().as_bytes()).said;
    assert_eq!(
        why(said),
        "refused: its `Content-Type` is not `application/json`"
    );
    let said = told(Provider::Generic, &[], b"{}").said;
    assert_eq!(
        why(said),
        "refused: its `Content-Type` is not `application/json`"
    );
}

#[test]
fn p17_a_delivery_is_named_by_its_sender() {
    let key = |provider, name: &str, value: &str| {
        delivery_key(provider, Headers(&[(name.to_owned(), value.to_owned())]))
    };
    assert_eq!(
        key(Provider::Github, "x-github-delivery", "72d3").as_deref(),
        Some("72d3")
    );
    assert_eq!(
        key(Provider::Gitlab, "x-gitlab-event-uuid", "9").as_deref(),
        Some("9")
    );
    assert_eq!(key(Provider::Github, "x-sealdock-delivery", "72d3"), None);
    assert_eq!(key(Provider::Generic, "x-sealdock-delivery", "a b"), None);
    assert_eq!(
        key(Provider::Generic, "x-sealdock-delivery", &"a".repeat(201)),
        None
    );
}

#[test]
fn p17_a_head_that_is_there_or_coming_is_not_deployed_again() {
    let of = |number, commit, coming| Standing {
        newest: Some((number, commit, coming)),
        ..Standing::default()
    };
    let said = |standing| match decide(standing, A) {
        Decision::Deploy => "deploy".to_owned(),
        Decision::There(why) | Decision::NotNow(why) => why,
    };
    assert_eq!(said(Standing::default()), "deploy");
    assert_eq!(said(of(7, Some(ZERO), false)), "deploy");
    assert_eq!(said(of(7, None, false)), "deploy");
    assert_eq!(
        said(of(7, Some(A), false)),
        "Ignored: `6113728` is already live as #7."
    );
    let coming = of(8, Some(A), true);
    assert_eq!(
        said(coming),
        "Ignored: `6113728` is already on its way as #8."
    );
    let asked = Standing {
        asked: true,
        ..coming
    };
    assert_eq!(
        said(asked),
        "Ignored: `6113728` is already on its way as #8."
    );
}

#[test]
fn p17_a_head_that_failed_is_tried_again_only_when_a_person_asks() {
    let failed = Standing {
        decided: Some(A),
        ..Standing::default()
    };
    let ignored = Decision::There("Ignored: `6113728` was handled already.".into());
    assert_eq!(decide(failed, A), ignored);
    let asked = Standing {
        asked: true,
        ..failed
    };
    assert_eq!(decide(asked, A), Decision::Deploy);
    assert_eq!(decide(failed, ZERO), Decision::Deploy);
}

#[test]
fn p17_a_push_neither_resumes_nor_revives() {
    let paused = Standing {
        paused: true,
        asked: true,
        ..Standing::default()
    };
    assert!(matches!(decide(paused, A), Decision::NotNow(why) if why.contains("paused")));
    let stopped = Standing {
        stopped: true,
        asked: true,
        ..Standing::default()
    };
    assert!(matches!(decide(stopped, A), Decision::NotNow(why) if why.contains("start it")));
    let deleting = Standing {
        deleting: true,
        ..Standing::default()
    };
    assert!(matches!(decide(deleting, A), Decision::NotNow(why) if why.contains("deleted")));
}

proptest! {
    /// Whatever comes, it is answered, and a push that is believed has a name and a commit.
    #[test]
    fn p17_any_bytes_are_answered(body in proptest::collection::vec(any::<u8>(), 0..200), form: bool) {
        let kind = if form { "application/x-www-form-urlencoded" } else { "application/json" };
        for provider in Provider::SENDERS {
            let headers = [
                ("content-type", kind), ("x-github-event", "push"), ("x-gitlab-event", "Push Hook"),
                ("x-gitea-event", "push"),
            ];
            if let Said::Push(push) = told(provider, &headers, &body).said {
                prop_assert!(!push.branch.is_empty() && push.commit.len() >= 40);
            }
        }
    }
}
