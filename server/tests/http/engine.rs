//! again, on the real engine. Here the second check is met, the one behind the router's.

use crate::support::client::{read, request};
use crate::support::real::World;
use ::app::call::Signed;
use ::app::server_fns;
use axum::Extension;
use axum::body::Body;
use axum::http::header;
use domain::access::{Action, Caller, Role};
use domain::id::{OrgId, UserId};
use domain::time::Time;
use serde_json::Value;
use server::caller::Credential;
use server::guard::Access;
use server::router::{self, Endpoint};
use std::collections::HashMap;
use tower::ServiceExt;

/// The API's routes, what takes something away last, and the viewer after that.
fn endpoints() -> Vec<(Endpoint, Action)> {
    let all = router::registry()
        .into_iter()
        .filter(|e| e.documented.is_some());
    let mut all: Vec<_> = all
        .filter_map(|e| match e.rule.access {
            Access::May(action) => Some((e, action)),
            Access::Public => None,
        })
        .collect();
    all.sort_by_key(|(e, _)| (e.method == "DELETE", e.path.contains("members")));
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x11_every_route_of_the_real_engine_as_everybody() {
    let world = World::start().await;
    let mut wrong = Vec::new();
    for (endpoint, action) in endpoints() {
        for (who, role) in [
            ("", None),
            ("viewer", Some(Role::Viewer)),
            ("developer", Some(Role::Developer)),
            ("owner", Some(Role::Owner)),
        ] {
            // A token is its owner's alone: for the others there is none of that id.
            if endpoint.path == "/v2/tokens/{id}" && matches!(who, "viewer" | "developer") {
                continue;
            }
            let status = status(&world, &endpoint, who).await;
            let right = match role {
                None => status == 401,
                Some(role) if role < action.least_role() => status == 403,
                // There is none here; `matrix` has one.
                Some(_)
                    if [
                        "/v2/crons/",
                        "/v2/previews/",
                        "/v2/deployments/{id}/attestation",
                    ]
                    .iter()
                    .any(|p| endpoint.path.starts_with(p)) =>
                {
                    status == 404
                }
                // The developer took it away just now.
                Some(Role::Owner)
                    if endpoint.method == "DELETE"
                        && ["/v2/backups/{id}", "/v2/domains/{id}"]
                            .contains(&endpoint.path.as_str()) =>
                {
                    status == 404
                }
                Some(_) => !matches!(status, 401 | 403 | 404) && status < 500,
            };
            if !right {
                wrong.push(format!(
                    "{} {} as {who:?}: {status}",
                    endpoint.method, endpoint.path
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    world.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x11_every_server_function_as_everybody() {
    let world = World::start().await;
    let methods: HashMap<_, _> = leptos::server_fn::axum::server_fn_paths().collect();
    let (mut declared, mut there): (Vec<_>, Vec<_>) = (
        server_fns::ALL.iter().map(|(p, _)| *p).collect(),
        methods.keys().copied().collect(),
    );
    declared.sort_unstable();
    there.sort_unstable();
    assert_eq!(declared, there, "the list and the functions differ");
    let mut wrong = Vec::new();
    for (path, action) in server_fns::ALL {
        for (who, role) in [
            ("", None),
            ("viewer", Some(Role::Viewer)),
            ("developer", Some(Role::Developer)),
            ("owner", Some(Role::Owner)),
        ] {
            let said = world
                .send(methods[path].as_str(), path, who, Value::Null)
                .await;
            let status = said.status.as_u16();
            let right = match role {
                None => status == 401,
                Some(role) if role < action.least_role() => status == 403,
                Some(_) => !matches!(status, 401 | 403),
            };
            if !right {
                wrong.push(format!("{path} as {who:?}: {status} {}", said.text));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    world.engine.stop().await;
}

/// Streams never end, so only the head is waited for.
async fn status(world: &World, endpoint: &Endpoint, who: &str) -> u16 {
    let token = world
        .tokens
        .get(who)
        .map(String::as_str)
        .unwrap_or_default();
    let builder = request(endpoint.method.as_str(), &world.concrete(endpoint))
        .header(header::CONTENT_TYPE, "application/json");
    let builder = if token.is_empty() {
        builder
    } else {
        builder.header(header::AUTHORIZATION, format!("Bearer {token}"))
    };
    let body = world.body(endpoint);
    let body = if body.is_null() {
        Body::empty()
    } else {
        Body::from(body.to_string())
    };
    world
        .router
        .clone()
        .oneshot(builder.body(body).unwrap())
        .await
        .unwrap()
        .status()
        .as_u16()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x11_another_tenants_owner_finds_nothing_of_ours() {
    let world = World::start().await;
    let (user, org) = (UserId::new(Time(1), 1), OrgId::new(Time(1), 1));
    let caller = Caller {
        user: user.clone(),
        email: "s@example.com".into(),
        org,
        org_name: "Other".into(),
        role: Role::Owner,
    };
    let credential = Credential::Session { id: None, user };
    let stranger = router::routes(&world.app)
        .layer(axum::middleware::from_fn(server::problem::render))
        .layer(Extension(Signed(Some(caller))))
        .layer(Extension(credential));
    let mut asked = 0;
    for (endpoint, _) in endpoints() {
        let builder = request(endpoint.method.as_str(), &world.concrete(&endpoint))
            .header(header::CONTENT_TYPE, "application/json");
        let body = world.body(&endpoint);
        let body = if body.is_null() {
            Body::empty()
        } else {
            Body::from(body.to_string())
        };
        if endpoint.path == "/v2/members/{id}" {
            // The stranger's organization is made up: it has no owner who could stay.
            continue;
        }
        if endpoint.path.contains('{') {
            let response = stranger
                .clone()
                .oneshot(builder.body(body).unwrap())
                .await
                .unwrap();
            assert_eq!(
                response.status(),
                404,
                "{} {}",
                endpoint.method,
                endpoint.path
            );
            asked += 1;
        } else if endpoint.method == "GET"
            && !endpoint.path.contains("stream")
            && !endpoint.path.starts_with("/live")
        {
            let said = read(
                stranger
                    .clone()
                    .oneshot(builder.body(body).unwrap())
                    .await
                    .unwrap(),
            )
            .await;
            for (noun, id) in &world.ids {
                assert!(
                    !said.text.contains(id.as_str()),
                    "{} shows {noun} {id}: {}",
                    endpoint.path,
                    said.text
                );
            }
        }
    }
    assert!(asked >= 17, "{asked}");
    let nobody = UserId::new(Time(2), 2);
    let said = world
        .send(
            "DELETE",
            &format!("/v2/members/{nobody}"),
            "owner",
            Value::Null,
        )
        .await;
    assert_eq!(said.status, 404, "another organization's member is nobody");
    let ours = world
        .send(
            "GET",
            &format!("/v2/projects/{}", world.ids["projects"]),
            "owner",
            Value::Null,
        )
        .await;
    assert_eq!(ours.status, 200, "it is all still there");
    world.engine.stop().await;
}
