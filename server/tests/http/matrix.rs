//! X-11, Q-28: every route of the registry, as everybody. Generated: a new route is in here by
//! itself, and fails until it is given an example.

use crate::support::client::{Server, as_who, request};
use crate::support::reviews::review_id;
use crate::support::views::*;
use axum::body::Body;
use axum::http::header;
use domain::access::{Action, Role};
use server::guard::Access;
use server::router::{self, Endpoint};

const EVERYBODY: [&str; 5] = ["", "viewer", "developer", "owner", "stranger"];

fn role(who: &str) -> Role {
    match who {
        "viewer" => Role::Viewer,
        "developer" => Role::Developer,
        _ => Role::Owner,
    }
}

/// The status that this caller must get; `0` is any success.
fn expected(endpoint: &Endpoint, who: &str) -> u16 {
    let Access::May(action) = endpoint.rule.access else {
        return 0;
    };
    match who {
        "" => 401,
        _ if role(who) < action.least_role() => 403,
        "stranger" if endpoint.path.contains('{') => 404,
        _ => 0,
    }
}

/// The path with the first organization's own ids in it, and what it needs in its query.
fn concrete(endpoint: &Endpoint) -> String {
    let path = &endpoint.path;
    let id = match path.split('/').nth(2).unwrap_or_default() {
        "projects" => project_id().to_string(),
        "environments" => environment_id().to_string(),
        "credentials" => credential_id().to_string(),
        "crons" => cron_id().to_string(),
        "domains" => domain_id().to_string(),
        "deployments" => deployment_id().to_string(),
        "uploads" => upload_id().to_string(),
        "tokens" => token_id().to_string(),
        "members" => member_id().to_string(),
        "deliveries" => delivery_id().to_string(),
        "previews" => review_id().to_string(),
        "services" => service_id().to_string(),
        "backups" => backup_id().to_string(),
        "{provider}" => hook_id().to_string(),
        _ => "unknown".to_owned(),
    };
    let query = match (endpoint.method.as_str(), path.as_str()) {
        ("DELETE", "/v2/projects/{id}") => "?confirm=web",
        ("DELETE", "/v2/environments/{id}") => "?confirm=production",
        ("DELETE", "/v2/services/{id}") => "?confirm=db",
        ("DELETE", "/v2/secrets/{name}") => "?confirm=TOKEN",
        ("GET", "/v2/repository") => "?url=https://git.example/web.git",
        ("POST", "/v2/uploads") => "?name=site.zip",
        _ => "",
    };
    path.replace("{provider}", "gitlab")
        .replace("{name}", "TOKEN")
        .replace("{id}", &id)
        .replace("{stream}", "build")
        + query
}

fn body(endpoint: &Endpoint) -> String {
    match endpoint.path.as_str() {
        "/v2/tokens" => r#"{"name":"ci","role":"viewer"}"#.into(),
        "/v2/credentials" => r#"{"kind":"git","place":"git.example","username":"bot","secret":"hunter22"}"#.into(),
        "/v2/services" => r#"{"name":"db","kind":"postgres"}"#.into(),
        "/v2/services/{id}/link" | "/v2/services/{id}/unlink" => format!(r#"{{"environment":"{}"}}"#, environment_id()),
        "/v2/domains" => r#"{"name":"shop.example.com"}"#.into(),
        "/v2/domains/{id}/settings" => r#"{"https_only":true}"#.into(),
        "/v2/domains/{id}/certificate" => r#"{"chain":"c","key":"k"}"#.into(),
        "/v2/secrets" => r#"{"name":"TOKEN","value":"hunter22"}"#.into(),
        "/v2/invitations" => r#"{"email":"new@example.com","role":"viewer"}"#.into(),
        "/v2/projects" | "/v2/projects/plan" => r#"{"name":"new","source":{"kind":"image","reference":"a:1"}}"#.into(),
        "/v2/environments/{id}/update" => r#"{"digest":"d1"}"#.into(),
        "/v2/projects/{id}/environments" => r#"{"name":"staging"}"#.into(),
        "/v2/projects/{id}/previews" => r#"{"pulls":true}"#.into(),
        "/v2/previews/{id}/approve" => format!(r#"{{"commit":"{}"}}"#, "6".repeat(40)),
        "/v2/projects/{id}/git/host" => r#"{"provider":"github","url":"https://api.github.com","repository":"a/b","token":"t"}"#.into(),
        "/v2/projects/{id}/deploy/image" => r#"{"image":"app:2"}"#.into(),
        "/v2/projects/{id}/deploy/static" | "/v2/projects/{id}/deploy/image-upload" => format!(r#"{{"upload":"{}"}}"#, upload_id()),
        "/uploads" => "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.zip\"\r\n\r\nzip\r\n--b--\r\n".into(),
        "/v2/compose/plan" => r#"{"file":"services: {a: {image: b}}"}"#.into(),
        "/v2/deployments/{id}/stop" => r#"{"typed":"yes"}"#.into(),
        "/v2/compose" => r#"{"import":{"file":"services: {a: {image: b}}"},"digest":"d"}"#.into(),
        "/v2/deployments/{id}/stack-trace" => r#"{"text":"at a (b.js:1:2)"}"#.into(),
        _ => String::new(),
    }
}

fn content_type(endpoint: &Endpoint) -> &'static str {
    match endpoint.path.as_str() {
        "/uploads" => "multipart/form-data; boundary=b",
        _ => "application/json",
    }
}

#[tokio::test]
async fn x11_every_route_as_everybody() {
    let server = Server::start().await;
    let (mut wrong, mut asked) = (Vec::new(), 0);
    for endpoint in router::registry() {
        // The doors themselves have no caller; `sessions` tests them.
        if endpoint.documented.is_none() && endpoint.rule.access == Access::Public {
            continue;
        }
        for who in EVERYBODY {
            let builder = as_who(request(endpoint.method.as_str(), &concrete(&endpoint)), who)
                .header(header::CONTENT_TYPE, content_type(&endpoint))
                .header("x-gitlab-token", "secret")
                .header("sec-fetch-site", "same-origin");
            let status = server
                .open(builder.body(Body::from(body(&endpoint))).unwrap())
                .await
                .status();
            let expected = expected(&endpoint, who);
            let ok = if expected == 0 {
                status.is_success() || status.is_redirection()
            } else {
                status.as_u16() == expected
            };
            if !ok {
                wrong.push(format!(
                    "{} {} as {who:?}: {status}, not {expected}",
                    endpoint.method, endpoint.path
                ));
            }
            asked += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(asked > 150, "only {asked} requests were made");
}

#[tokio::test]
async fn x11_a_cookie_is_worth_what_its_member_is() {
    let server = Server::start().await;
    for (who, action) in [("viewer", Action::Deploy), ("developer", Action::Delete)] {
        let cookie = server.sign_in(who).await;
        let endpoints = router::registry()
            .into_iter()
            .filter(|e| e.rule.access == Access::May(action));
        for endpoint in endpoints {
            let builder = request(endpoint.method.as_str(), &concrete(&endpoint))
                .header(header::COOKIE, &cookie)
                .header("sec-fetch-site", "same-origin");
            let status = server
                .open(builder.body(Body::from(body(&endpoint))).unwrap())
                .await
                .status();
            assert_eq!(
                status, 403,
                "{} {} as {who}",
                endpoint.method, endpoint.path
            );
        }
    }
}
