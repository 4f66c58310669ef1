//! The requests that hosts document, word by word.

use super::*;
use expect_test::expect;

const A: &str = "6113728f27ae82c7b1a177c8d03f9e96e0adf246";

fn shown(call: &Call) -> String {
    let body = call.body.as_ref().map(Value::to_string).unwrap_or_default();
    format!("{} {} {body}", call.method, call.path)
}

#[test]
fn p15_statuses_as_each_host_documents_them() {
    let told = |provider, state| {
        let told = Status {
            sha: A,
            state,
            environment: "pr-7",
            description: "It serves.",
            target: Some("http://pr-7-web.localhost:8080"),
        };
        shown(&status(provider, "team/app", told))
    };
    let lines = [
        told(Provider::Github, State::Pending),
        told(Provider::Gitea, State::Failure),
        told(Provider::Gitlab, State::Failure),
        told(Provider::Gitlab, State::Success),
    ];
    expect![[r#"
        POST /repos/team/app/statuses/6113728f27ae82c7b1a177c8d03f9e96e0adf246 {"context":"sealdock/pr-7","description":"It serves.","state":"pending","target_url":"http://pr-7-web.localhost:8080"}
        POST /repos/team/app/statuses/6113728f27ae82c7b1a177c8d03f9e96e0adf246 {"context":"sealdock/pr-7","description":"It serves.","state":"failure","target_url":"http://pr-7-web.localhost:8080"}
        POST /projects/team%2Fapp/statuses/6113728f27ae82c7b1a177c8d03f9e96e0adf246 {"description":"It serves.","name":"sealdock/pr-7","state":"failed","target_url":"http://pr-7-web.localhost:8080"}
        POST /projects/team%2Fapp/statuses/6113728f27ae82c7b1a177c8d03f9e96e0adf246 {"description":"It serves.","name":"sealdock/pr-7","state":"success","target_url":"http://pr-7-web.localhost:8080"}"#]].assert_eq(&lines.join("\n"));
}

#[test]
fn p15_one_comment_is_made_and_then_changed() {
    let told = |provider, known| shown(&comment(provider, "team/app", 7, known, "Hi"));
    let lines = [
        shown(&comments(Provider::Github, "team/app", 7)),
        told(Provider::Github, None),
        told(Provider::Gitea, Some("12")),
        told(Provider::Gitlab, None),
        told(Provider::Gitlab, Some("12")),
    ];
    expect![[r#"
        GET /repos/team/app/issues/7/comments?per_page=100&limit=50 
        POST /repos/team/app/issues/7/comments {"body":"Hi"}
        PATCH /repos/team/app/issues/comments/12 {"body":"Hi"}
        POST /projects/team%2Fapp/merge_requests/7/notes {"body":"Hi"}
        PUT /projects/team%2Fapp/merge_requests/7/notes/12 {"body":"Hi"}"#]]
    .assert_eq(&lines.join("\n"));
    let list =
        json!([{"id": 1, "body": "LGTM"}, {"id": 9, "body": format!("{}\nHi", mark("rev_1"))}]);
    assert_eq!(found(&list, &mark("rev_1")).as_deref(), Some("9"));
    assert_eq!(found(&list, &mark("rev_2")), None);
}

#[test]
fn p15_a_host_s_no_ends_in_a_sentence_and_its_patience_is_kept() {
    assert_eq!(answered(201, None), Answered::Told);
    assert!(matches!(answered(401, None), Answered::Refused(s) if s.contains("token")));
    assert!(matches!(answered(404, None), Answered::Gone(s) if s.contains("Check")));
    assert!(matches!(answered(429, Some(90)), Answered::Again(_, 90)));
    assert!(matches!(answered(429, None), Answered::Again(_, 60)));
    assert!(matches!(answered(403, Some(5)), Answered::Again(_, 5)));
    assert!(matches!(answered(403, None), Answered::Refused(_)));
    assert!(matches!(answered(502, None), Answered::Again(_, 0)));
    assert!(matches!(answered(301, None), Answered::Refused(s) if s.contains("redirect")));
}

#[test]
fn p15_a_token_goes_where_nobody_is_in_between() {
    let with = |url: &str| {
        let new = NewForge {
            provider: Provider::Github,
            url: url.into(),
            repository: "team/app".into(),
            token: Some("t".into()),
            release_key: None,
        };
        new.checked().map(|n| n.url).map_err(|no| no.sentence)
    };
    for fine in [
        "https://api.github.com/",
        "https://git.internal/api/v1",
        "http://127.0.0.1:3000/api/v1",
        "http://192.168.1.4/api/v4",
        "http://localhost:3000",
        "https://10.0.0.1",
    ] {
        assert!(with(fine).is_ok(), "{fine}");
    }
    for bad in [
        "",
        "ftp://host",
        "http://gitea.example/api/v1",
        "http://8.8.8.8",
        "https://169.254.169.254/",
        "http://[fe80::1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://me:secret@host",
        "https://host/?a=b",
        "https:///x",
    ] {
        assert!(with(bad).is_err(), "{bad}");
    }
    let shown = NewForge {
        provider: Provider::Github,
        url: "https://x".into(),
        repository: "a/b".into(),
        token: Some("secret".into()),
        release_key: None,
    };
    assert!(!format!("{shown:?}").contains("secret"));
    for repository in ["app", "../x", "a//b", "a/b c", "a/.."] {
        let new = NewForge {
            repository: repository.into(),
            ..shown.clone()
        };
        assert!(new.checked().is_err(), "{repository}");
    }
}

#[test]
fn i19_a_key_that_is_not_said_stays_and_an_empty_one_goes() {
    let with = |key: Option<&str>| NewForge {
        provider: Provider::Github,
        url: "https://x".into(),
        repository: "a/b".into(),
        token: None,
        release_key: key.map(str::to_owned),
    };
    let (known, other) = (Hex([1; 32]), Hex([2; 32]));
    let key = |key| with(key).checked().map(|new| new.key(Some(known)));
    assert_eq!(key(None), Ok(Some(known)));
    assert_eq!(key(Some(" ")), Ok(None));
    let written = other.to_string();
    assert_eq!(key(Some(&written)), Ok(Some(other)));
    assert!(key(Some("not a key")).is_err());
}

#[test]
fn i19_nobody_on_the_internet_leads_inside() {
    let at = |ip: &str| inside(ip.parse().expect("an address"));
    for there in [
        "127.0.0.1",
        "10.0.0.5",
        "::1",
        "fd00::1",
        "::ffff:10.0.0.5",
        "100.64.0.1",
        "100.127.255.255",
        "64:ff9b::a00:5",
    ] {
        assert!(at(there), "{there}");
    }
    for elsewhere in ["8.8.8.8", "100.128.0.1", "2606:4700::1", "::ffff:8.8.8.8"] {
        assert!(!at(elsewhere), "{elsewhere}");
    }
}
