//! again, on the real engine: its store, its control, the fake runtime. Here the second
//! check is met, the one behind the router's.

use crate::support::client::{Said, as_who, read, request};
use ::app::call::Signed;
use axum::body::Body;
use axum::http::header;
use axum::{Extension, Router};
use domain::access::{Caller, Role};
use domain::id::{OrgId, UserId};
use domain::time::Time;
use engine::boot::{self, Engine, Options};
use serde_json::{Value, json};
use server::app::{App, Parts, Reach};
use server::caller::Credential;
use server::compose;
use server::guard::Access;
use server::limits::Limits;
use server::router::{self, Endpoint};
use std::collections::HashMap;
use std::sync::Arc;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

struct World {
    engine: Engine,
    app: App,
    router: Router,
    /// Roles to tokens.
    tokens: HashMap<&'static str, String>,
    /// Of everything that a path can name.
    ids: HashMap<&'static str, String>,
    _data: TempDir,
}

impl World {
    async fn start() -> World {
        let data = tempfile::tempdir().unwrap();
        let options = Options {
            data: data.path().to_owned(),
            base_domain: "localhost".into(),
            proxy_listen: "127.0.0.1:0".parse().unwrap(),
            runtimes: vec!["fake".into()],
            // Nothing needs to be served here, so there is no data plane.
            executable: "/nonexistent/sealdock".into(),
            version: "0".into(),
        };
        let engine = boot::start(options).await.unwrap();
        let store = Arc::new(engine.store.clone());
        let parts = Parts {
            api: engine.api.clone(),
            sessions: store.clone(),
            answers: store,
            changes: engine.changes.subscribe(),
            reach: Reach::default(),
            limits: Limits::default(),
        };
        let app = App::start(parts, CancellationToken::new());
        let router = compose::service(&app, Router::new());
        let (tokens, ids) = Default::default();
        let mut world = World {
            engine,
            app,
            router,
            tokens,
            ids,
            _data: data,
        };
        world.people().await;
        world.things().await;
        world
    }

    async fn send(&self, method: &str, path: &str, who: &str, json: Value) -> Said {
        let token = self.tokens.get(who).map(String::as_str).unwrap_or_default();
        let builder = request(method, path).header(header::CONTENT_TYPE, "application/json");
        let builder = if token.is_empty() {
            builder
        } else {
            builder.header(header::AUTHORIZATION, format!("Bearer {token}"))
        };
        let body = if json.is_null() {
            Body::empty()
        } else {
            Body::from(json.to_string())
        };
        read(
            self.router
                .clone()
                .oneshot(builder.body(body).unwrap())
                .await
                .unwrap(),
        )
        .await
    }

    async fn form(&self, path: &str, fields: &str) -> String {
        let builder = request("POST", path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        let said = read(
            self.router
                .clone()
                .oneshot(builder.body(Body::from(fields.to_owned())).unwrap())
                .await
                .unwrap(),
        )
        .await;
        assert_eq!(said.status, 303, "{said:?}");
        said.cookie()
    }

    async fn token(&self, cookie: &str, role: &str) -> (String, String) {
        let builder = request("POST", "/v2/tokens")
            .header(header::COOKIE, cookie)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/json");
        let body = Body::from(json!({"name": role, "role": role}).to_string());
        let said = read(
            self.router
                .clone()
                .oneshot(builder.body(body).unwrap())
                .await
                .unwrap(),
        )
        .await;
        let json = said.json();
        (
            json["token"].as_str().unwrap().to_owned(),
            json["view"]["id"].as_str().unwrap().to_owned(),
        )
    }

    async fn people(&mut self) {
        let token = self.engine.setup_token.clone().unwrap();
        let password = "password=correct+horse+battery";
        let owner = self
            .form(
                "/setup",
                &format!("token={token}&email=owner@example.com&{password}&organization=Acme"),
            )
            .await;
        let (token, _) = self.token(&owner, "owner").await;
        self.tokens.insert("owner", token);
        // One more, to be revoked.
        let (_, id) = self.token(&owner, "viewer").await;
        self.ids.insert("tokens", id);
        for role in ["viewer", "developer"] {
            let invited = self
                .send(
                    "POST",
                    "/v2/invitations",
                    "owner",
                    json!({"email": format!("{role}@example.com"), "role": role}),
                )
                .await;
            let token = invited.json()["token"].as_str().unwrap().to_owned();
            let cookie = self
                .form("/join", &format!("token={token}&{password}"))
                .await;
            let (token, _) = self.token(&cookie, role).await;
            self.tokens.insert(role, token);
        }
        let viewer = self
            .send("GET", "/v2/me", "viewer", Value::Null)
            .await
            .json();
        self.ids
            .insert("members", viewer["user"].as_str().unwrap().to_owned());
    }

    async fn things(&mut self) {
        let builder = as_who(request("POST", "/v2/uploads?name=site.tar.gz"), "");
        let builder = builder.header(
            header::AUTHORIZATION,
            format!("Bearer {}", self.tokens["owner"]),
        );
        let said = read(
            self.router
                .clone()
                .oneshot(builder.body(Body::from(site())).unwrap())
                .await
                .unwrap(),
        )
        .await;
        let upload = said.json()["id"].as_str().unwrap().to_owned();
        let new = json!({"name": "site", "source": {"kind": "bundle", "upload": upload}});
        let made = self.send("POST", "/v2/projects", "owner", new).await;
        assert_eq!(made.status, 201, "{made:?}");
        let made = made.json();
        let text = |pointer: &str| made.pointer(pointer).unwrap().as_str().unwrap().to_owned();
        self.ids.insert("uploads", upload);
        self.ids.insert("projects", text("/summary/project"));
        self.ids
            .insert("environments", text("/summary/environment"));
        self.ids.insert("deployments", text("/summary/id"));
        self.ids.insert("logs", text("/jobs/0/stream"));
    }

    fn concrete(&self, endpoint: &Endpoint) -> String {
        let noun = endpoint.path.split('/').nth(2).unwrap_or_default();
        let id = self.ids.get(noun).map(String::as_str).unwrap_or_default();
        // A log's name has a slash in it.
        let id = &id.replace('/', "%2F");
        let query = match (endpoint.method.as_str(), endpoint.path.as_str()) {
            ("DELETE", "/v2/projects/{id}") => "?confirm=site",
            ("GET", "/v2/repository") => "?url=/no/such/repository",
            ("POST", "/v2/uploads") => "?name=site.tar.gz",
            _ => "",
        };
        endpoint.path.replace("{id}", id).replace("{stream}", id) + query
    }

    fn body(&self, endpoint: &Endpoint) -> Value {
        match endpoint.path.as_str() {
            "/v2/tokens" => json!({"name": "more", "role": "viewer"}),
            "/v2/invitations" => json!({"email": "new@example.com", "role": "viewer"}),
            "/v2/projects" | "/v2/projects/plan" => {
                json!({"name": "other", "source": {"kind": "image", "reference": "fake/ok"}})
            }
            "/v2/environments/{id}/update" => json!({"digest": "of another plan"}),
            "/v2/projects/{id}/deploy/image" => json!({"image": "fake/ok"}),
            "/v2/projects/{id}/deploy/static" => json!({"upload": self.ids["uploads"]}),
            _ => Value::Null,
        }
    }
}

fn site() -> Vec<u8> {
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(
        Vec::new(),
        flate2::Compression::fast(),
    ));
    let mut header = tar::Header::new_gnu();
    header.set_size(4);
    header.set_mode(0o644);
    tar.append_data(&mut header, "index.html", &b"<h1>"[..])
        .unwrap();
    tar.into_inner().unwrap().finish().unwrap()
}

/// The API's routes, what takes something away last.
fn endpoints() -> Vec<(Endpoint, domain::access::Action)> {
    let all = router::registry()
        .into_iter()
        .filter(|e| e.documented.is_some());
    let mut all: Vec<_> = all
        .filter_map(|e| match e.rule.access {
            Access::May(action) => Some((e, action)),
            Access::Public => None,
        })
        .collect();
    all.sort_by_key(|(e, _)| e.method == "DELETE");
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
