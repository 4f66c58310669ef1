//! Requests against the whole service, layers and all, without a socket.

use super::fixture::Fixture;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::request::Builder;
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::Response;
use engine::store::Store;
use server::app::{App, Parts, Reach};
use server::compose;
use server::limits::Limits;
use std::sync::Arc;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

pub const HOST: &str = "localhost:4600";

pub struct Server {
    pub product: Arc<Fixture>,
    pub router: Router,
    pub stop: CancellationToken,
    pub directory: TempDir,
}

/// What came back, read to its end.
#[derive(Debug)]
pub struct Said {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Said {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// The session's cookie, as a browser would send it back.
    pub fn cookie(&self) -> String {
        self.header("set-cookie")
            .split(';')
            .next()
            .unwrap_or_default()
            .to_owned()
    }
}

impl Server {
    pub async fn start() -> Self {
        Self::with(Limits::default(), Reach::default()).await
    }

    pub async fn with(limits: Limits, reach: Reach) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let product = Arc::new(Fixture::new(directory.path().to_str().unwrap()));
        let store = Arc::new(Store::in_memory().await.unwrap());
        let stop = CancellationToken::new();
        let parts = Parts {
            api: product.clone(),
            sessions: store.clone(),
            answers: store,
            changes: product.changes.subscribe(),
            reach,
            limits,
        };
        let app = App::start(parts, stop.clone());
        Self {
            product,
            router: compose::service(&app, Router::new()),
            stop,
            directory,
        }
    }

    pub async fn open(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub async fn send(&self, request: Request<Body>) -> Said {
        read(self.open(request).await).await
    }

    pub async fn get(&self, path: &str, who: &str) -> Said {
        self.send(
            as_who(request("GET", path), who)
                .body(Body::empty())
                .unwrap(),
        )
        .await
    }

    pub async fn post(&self, path: &str, who: &str, json: &str) -> Said {
        let builder =
            as_who(request("POST", path), who).header(header::CONTENT_TYPE, "application/json");
        self.send(builder.body(Body::from(json.to_owned())).unwrap())
            .await
    }

    /// A form as our own page sends it.
    pub async fn form(&self, path: &str, cookie: &str, fields: &str) -> Said {
        let builder = request("POST", path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "text/html")
            .header(header::COOKIE, cookie)
            .header("sec-fetch-site", "same-origin");
        self.send(builder.body(Body::from(fields.to_owned())).unwrap())
            .await
    }

    /// Signs in as a browser does; answers with the cookie.
    pub async fn sign_in(&self, name: &str) -> String {
        let fields = format!("email={name}@example.com&password=correct+horse");
        let said = self.form("/session", "", &fields).await;
        assert_eq!(
            (said.status.as_u16(), said.header("location")),
            (303, "/"),
            "{said:?}"
        );
        said.cookie()
    }
}

pub fn request(method: &str, path: &str) -> Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, HOST)
}

/// `""` is nobody.
pub fn as_who(builder: Builder, who: &str) -> Builder {
    if who.is_empty() {
        builder
    } else {
        builder.header(header::AUTHORIZATION, format!("Bearer sd_{who}"))
    }
}

pub async fn read(response: Response) -> Said {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 64 << 20).await.unwrap();
    Said {
        status: parts.status,
        headers: parts.headers,
        text: String::from_utf8_lossy(&bytes).into_owned(),
    }
}
