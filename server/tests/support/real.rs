//! The real engine behind the whole service: its store, its control, the fake runtime, one
//! organization with a member of every role and one of everything.

use super::client::{Said, as_who, read, request};
use axum::Router;
use axum::body::Body;
use axum::http::header;
use domain::id::{CronId, ReviewId};
use domain::time::Time;
use engine::boot::{self, Engine, Options};
use engine::domains::DomainOptions;
use serde_json::{Value, json};
use server::app::{App, Parts, Reach};
use server::compose;
use server::limits::Limits;
use server::router::Endpoint;
use std::collections::HashMap;
use std::sync::Arc;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

pub struct World {
    pub engine: Engine,
    pub app: App,
    pub router: Router,
    /// Roles to tokens.
    pub tokens: HashMap<&'static str, String>,
    /// Of everything that a path can name.
    pub ids: HashMap<&'static str, String>,
    _data: TempDir,
}

impl World {
    pub async fn start() -> World {
        let data = tempfile::tempdir().unwrap();
        let options = Options {
            data: data.path().to_owned(),
            base_domain: "localhost".into(),
            proxy_listen: "127.0.0.1:0".parse().unwrap(),
            runtimes: vec!["fake".into()],
            chromium: Some("/nowhere/chromium".into()),
            // Nothing needs to be served here, so there is no data plane.
            executable: "/nonexistent/sealdock".into(),
            version: "0".into(),
            disk_budget_bytes: 1 << 30,
            disk_reserve_bytes: 1 << 30,
            git_poll_s: 3600,
            master_key: None,
            master_key_kms: None,
            tee_kit: None,
            tee_attest_s: 300,
            // Nobody is asked here.
            domains: DomainOptions {
                dns_server: Some("127.0.0.1:9".parse().unwrap()),
                ..DomainOptions::default()
            },
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
        let router = compose::service(&app, compose::pages(&engine));
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
        world.pushes().await;
        world.services().await;
        world
    }

    pub async fn send(&self, method: &str, path: &str, who: &str, json: Value) -> Said {
        let token = self.tokens.get(who).map(String::as_str).unwrap_or_default();
        let builder = request(method, path)
            .header(header::CONTENT_TYPE, "application/json")
            .header("sec-fetch-site", "same-origin");
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
        let key = json!({"kind": "registry", "place": "registry.example", "username": "bot", "secret": "hunter22"});
        let key = self.send("POST", "/v2/credentials", "owner", key).await;
        assert_eq!(key.status, 201, "{key:?}");
        let id = key.json()["id"].as_str().unwrap().to_owned();
        self.ids.insert("credentials", id);
        let name = json!({"name": "shop.example.com"});
        let domain = self.send("POST", "/v2/domains", "owner", name).await;
        assert_eq!(domain.status, 201, "{domain:?}");
        let id = domain.json()["id"].as_str().unwrap().to_owned();
        self.ids.insert("domains", id);
        self.ids.insert("uploads", upload);
        self.ids.insert("projects", text("/summary/project"));
        self.ids
            .insert("environments", text("/summary/environment"));
        self.ids.insert("deployments", text("/summary/id"));
        self.ids.insert("logs", text("/jobs/0/stream"));
        self.ids
            .insert("previews", ReviewId::new(Time(1), 1).to_string());
        // Without a data plane nothing ever serves, so no cron is set up.
        self.ids
            .insert("crons", CronId::new(Time(1), 1).to_string());
        let deployment = text("/summary/id").parse().unwrap();
        for paper in [
            self.engine.dirs.screenshot(&deployment),
            self.engine.dirs.sbom(&deployment),
        ] {
            std::fs::write(paper, "{}").unwrap();
        }
    }

    /// The sample is a Git repository; something has come in at its webhook.
    async fn pushes(&mut self) {
        let made = self
            .send("POST", "/v2/projects/sample", "owner", Value::Null)
            .await;
        assert_eq!(made.status, 201, "{made:?}");
        let project = made.json()["summary"]["project"]
            .as_str()
            .unwrap()
            .to_owned();
        let hook = format!("/v2/projects/{project}/git/hook");
        let made = self.send("POST", &hook, "owner", Value::Null).await.json();
        let text = |pointer: &str| made.pointer(pointer).unwrap().as_str().unwrap().to_owned();
        let builder = request("POST", &text("/hook/paths/1/path"))
            .header("x-gitlab-event", "Push Hook")
            .header("x-gitlab-token", text("/secret"))
            .header(header::CONTENT_TYPE, "application/json");
        let push = json!({"ref": "refs/heads/other", "after": "6".repeat(40)}).to_string();
        let answer = self
            .router
            .clone()
            .oneshot(builder.body(Body::from(push)).unwrap());
        let said = read(answer.await.unwrap()).await;
        assert_eq!(said.status, 202, "{said:?}");
        let delivery = said.json()["delivery"].as_str().unwrap().to_owned();
        self.ids.insert("deliveries", delivery);
        self.ids.insert("git projects", project);
    }

    /// A service on the fake runtime, with a backup that is done.
    async fn services(&mut self) {
        let new = json!({"name": "db", "kind": "redis", "image": "fake/ok:1"});
        let made = self.send("POST", "/v2/services", "owner", new).await;
        assert_eq!(made.status, 201, "{made:?}");
        let id = made.json()["id"].as_str().unwrap().to_owned();
        let backups = format!("/v2/services/{id}/backups");
        let asked = self.send("POST", &backups, "owner", Value::Null).await;
        assert_eq!(asked.status, 201, "{asked:?}");
        let done = async {
            loop {
                let list = self.send("GET", &backups, "owner", Value::Null).await;
                let json = list.json();
                if json["items"][0]["status"] == "done" {
                    return json["items"][0]["id"].as_str().unwrap().to_owned();
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        let limit = std::time::Duration::from_secs(30);
        let backup = tokio::time::timeout(limit, done).await.unwrap();
        self.ids.insert("services", id);
        self.ids.insert("backups", backup);
    }

    pub fn concrete(&self, endpoint: &Endpoint) -> String {
        let noun = endpoint.path.split('/').nth(2).unwrap_or_default();
        let id = self.ids.get(noun).map(String::as_str).unwrap_or_default();
        // A log's name has a slash in it; the console writes it as it is.
        let escaped = !endpoint.path.starts_with("/live/");
        let id = &if escaped {
            id.replace('/', "%2F")
        } else {
            id.to_owned()
        };
        let query = match (endpoint.method.as_str(), endpoint.path.as_str()) {
            ("DELETE", "/v2/projects/{id}") => "?confirm=site",
            ("DELETE", "/v2/environments/{id}") => "?confirm=production",
            ("DELETE", "/v2/services/{id}") => "?confirm=db",
            ("DELETE", "/v2/secrets/{name}") => "?confirm=TOKEN",
            ("GET", "/v2/repository") => "?url=/no/such/repository",
            ("POST", "/v2/uploads") => "?name=site.tar.gz",
            _ => "",
        };
        let path = endpoint.path.replace("{id}", id).replace("{stream}", id);
        path.replace("{name}", "TOKEN") + query
    }

    pub fn body(&self, endpoint: &Endpoint) -> Value {
        match endpoint.path.as_str() {
            "/v2/projects/{id}/environments" => json!({"name": "staging"}),
            "/v2/domains" => json!({"name": "more.example.com"}),
            "/v2/domains/{id}/settings" => json!({"https_only": true}),
            "/v2/domains/{id}/certificate" => json!({"chain": "c", "key": "k"}),
            "/v2/secrets" => json!({"name": "TOKEN", "value": "hunter22"}),
            "/v2/tokens" => json!({"name": "more", "role": "viewer"}),
            "/v2/credentials" => {
                json!({"kind": "git", "place": "git.example", "username": "bot", "secret": "hunter22"})
            }
            "/v2/services" => json!({"name": "more", "kind": "redis", "image": "fake/ok:1"}),
            "/v2/services/{id}/link" | "/v2/services/{id}/unlink" => {
                json!({"environment": self.ids["environments"]})
            }
            "/v2/invitations" => json!({"email": "new@example.com", "role": "viewer"}),
            "/v2/projects" | "/v2/projects/plan" => {
                json!({"name": "other", "source": {"kind": "image", "reference": "fake/ok"}})
            }
            "/v2/environments/{id}/update" => json!({"digest": "of another plan"}),
            "/v2/projects/{id}/previews" => json!({"pulls": true}),
            "/v2/previews/{id}/approve" => json!({"commit": "6".repeat(40)}),
            "/v2/projects/{id}/git/host" => {
                json!({"provider": "github", "url": "https://api.github.com", "repository": "a/b"})
            }
            "/v2/projects/{id}/deploy/image" => json!({"image": "fake/ok"}),
            "/v2/projects/{id}/deploy/static" | "/v2/projects/{id}/deploy/image-upload" => {
                json!({"upload": self.ids["uploads"]})
            }
            "/v2/compose/plan" => json!({"file": "services: {a: {image: fake/ok}}"}),
            "/v2/compose" => {
                json!({"import": {"file": "services: {a: {image: fake/ok}}"}, "digest": "of another plan"})
            }
            "/v2/deployments/{id}/stack-trace" => json!({"text": "at a (b.js:1:2)"}),
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
