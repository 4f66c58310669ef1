//! The console over HTTP: pages, server functions, and the files that they are made of.
//!
//! Expects on each request, as extensions, who is signed in ([`Signed`]) and what the last form
//! was refused with ([`Flash`]); `session` puts them there.

use crate::{assets, posted};
use ::app::call::{Flash, Posted, Signed};
use ::app::document::document;
use ::app::error::Fault;
use ::app::parts::theme::Theme;
use ::app::paths;
use ::app::server_fns;
use axum::body::Body;
use axum::extract::{Form, Query, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use domain::access::Caller;
use domain::api::Sealdock;
use domain::refusal::{Kind, Refusal};
use leptos::nonce::use_nonce;
use leptos::prelude::{ServerActionError, provide_context, use_context};
use leptos_axum::ResponseOptions;
use std::collections::HashMap;
use std::sync::Arc;
use tower_http::limit::RequestBodyLimitLayer;

type Api = Arc<dyn Sealdock>;

/// Pages for those who are not signed in yet.
const DOORS: [&str; 3] = ["/sign-in", "/setup", "/join"];
/// Of a form, and of what a server function is sent; environments are the largest part.
const FORM_LIMIT_BYTES: usize = 1 << 20;

/// Pages are the fallback: merge this with routers that have none.
pub fn routes(api: Api) -> Router {
    // An error means that it is there already.
    let _ = any_spawner::Executor::init_tokio();
    Router::new()
        .route("/fn/{*name}", any(server_fn))
        .route("/theme", post(theme))
        .layer(RequestBodyLimitLayer::new(FORM_LIMIT_BYTES))
        // Their forms are posted to the same address, which is a route of its own.
        .route("/setup", get(page))
        .route("/join", get(page))
        .fallback(page)
        .with_state(api)
}

/// Nobody without a session reaches a server function.
async fn server_fn(State(api): State<Api>, request: Request) -> Response {
    let signed: Signed = extension(&request);
    let Some(caller) = &signed.0 else {
        return signed_out(&request);
    };
    if let Err(refusal) = may_call(caller, request.uri().path()) {
        let status = StatusCode::from_u16(refusal.kind.status()).unwrap_or(StatusCode::FORBIDDEN);
        return (status, Json(Fault(refusal))).into_response();
    }
    let context = move || {
        provide_context(api.clone());
        provide_context(signed.clone());
    };
    leptos_axum::handle_server_fns_with_context(context, request)
        .await
        .into_response()
}

/// Asked before the arguments are read; the product asks again.
fn may_call(caller: &Caller, path: &str) -> Result<(), Refusal> {
    let known = server_fns::ALL.iter().find(|(name, _)| *name == path);
    let (_, action) = known.ok_or_else(|| Refusal::not_found("function"))?;
    caller.may(*action)
}

fn signed_out(request: &Request) -> Response {
    if accepts_html(request) {
        return Redirect::to(paths::SIGN_IN).into_response();
    }
    (StatusCode::UNAUTHORIZED, Json(Fault(Refusal::signed_out()))).into_response()
}

/// A person's browser asks, not a script.
pub fn accepts_html(request: &Request) -> bool {
    let accept = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|v| v.to_str().ok());
    accept.is_some_and(|types| types.contains("text/html"))
}

/// The toggle without wasm: stores the choice and goes back.
async fn theme(
    headers: axum::http::HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let chosen = Theme::parse(form.get("theme").map(String::as_str).unwrap_or_default());
    let back = headers
        .get(header::REFERER)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.parse::<Uri>().ok());
    let back = back
        .and_then(|uri| uri.path_and_query().map(|p| p.as_str().to_owned()))
        .filter(|p| !p.starts_with("//"));
    (
        [(header::SET_COOKIE, chosen.cookie())],
        Redirect::to(back.as_deref().unwrap_or(paths::OVERVIEW)),
    )
        .into_response()
}

async fn page(State(api): State<Api>, request: Request) -> Response {
    let method = request.method().clone();
    if let Some(file) = (method != Method::POST)
        .then(|| assets::serve(request.uri(), request.headers()))
        .flatten()
    {
        return file;
    }
    let signed: Signed = extension(&request);
    if let Some(door) = door(&api, &signed, request.uri()).await {
        return Redirect::to(&door).into_response();
    }
    match method {
        Method::GET | Method::HEAD => render(api, signed, Posted::default(), request).await,
        Method::POST if takes_posts(request.uri().path()) => posted(api, signed, request).await,
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

/// Where somebody who may not be here has to go first.
async fn door(api: &Api, signed: &Signed, uri: &Uri) -> Option<String> {
    let at_door = DOORS.contains(&uri.path());
    match (&signed.0, at_door) {
        (Some(_), true) if uri.path() != "/join" => Some(paths::OVERVIEW.to_owned()),
        (Some(_), _) => None,
        (None, _) => match (api.needs_setup().await.unwrap_or(false), uri.path()) {
            (true, "/setup") | (false, "/sign-in" | "/join") => None,
            (true, _) => Some("/setup".to_owned()),
            (false, "/setup") => Some(paths::SIGN_IN.to_owned()),
            (false, _) => Some(sign_in(uri)),
        },
    }
}

fn sign_in(uri: &Uri) -> String {
    let wanted = uri.path_and_query().map_or(paths::OVERVIEW, |p| p.as_str());
    let next = Some(wanted).filter(|w| *w != paths::OVERVIEW);
    format!("{}{}", paths::SIGN_IN, paths::query(&[("next", next)]))
}

/// Pages that answer a form themselves: they show a plan, or something that is shown once.
fn takes_posts(path: &str) -> bool {
    let git_push = path.starts_with("/projects/") && path.ends_with("/git");
    let settings = [paths::TOKENS, paths::MEMBERS, paths::IMPORT].contains(&path);
    let stack_trace = path.starts_with("/deployments/") && path.ends_with("/stack-trace");
    path.starts_with("/environments/") || git_push || settings || stack_trace
}

async fn posted(api: Api, signed: Signed, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let kind = parts.headers.get(header::CONTENT_TYPE);
    let read = posted::fields(kind, body, FORM_LIMIT_BYTES).await;
    parts.method = Method::GET;
    let mut page = Request::from_parts(parts, Body::empty());
    match read {
        Ok(fields) => render(api, signed, Posted(fields), page).await,
        Err(status) => {
            page.extensions_mut().insert(Flash(Some(unread(status))));
            let mut shown = render(api, signed, Posted::default(), page).await;
            *shown.status_mut() = status;
            shown
        }
    }
}

/// The page that it was posted to says so, and its form is there to try again.
fn unread(status: StatusCode) -> Refusal {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let sentence = format!(
                "This form is over the limit of {} MiB.",
                FORM_LIMIT_BYTES >> 20
            );
            Refusal::new(Kind::TooLarge, "too_large", sentence)
                .way_out("Nothing of it was read. Send less, or a smaller file.")
        }
        _ => Refusal::new(
            Kind::Invalid,
            "bad_request",
            "The form can't be read. Nothing was changed.",
        ),
    }
}

async fn render(api: Api, signed: Signed, posted: Posted, request: Request) -> Response {
    let flash: Flash = extension(&request);
    let refused = refused_action(request.uri());
    let context = move || {
        provide_context(api.clone());
        provide_context(signed.clone());
        provide_context(flash.clone());
        provide_context(posted.clone());
        provide_context(assets::addresses());
        refused
            .iter()
            .cloned()
            .for_each(provide_context::<ServerActionError>);
        set_headers();
    };
    leptos_axum::render_app_async_with_context(context, document)(request).await
}

/// A plain form that was refused comes back with the refusal in its address.
fn refused_action(uri: &Uri) -> Option<ServerActionError> {
    let Query(query) = Query::<HashMap<String, String>>::try_from_uri(uri).ok()?;
    Some(ServerActionError::new(
        query.get("__path")?,
        query.get("__err")?,
    ))
}

fn set_headers() {
    let Some(options) = use_context::<ResponseOptions>() else {
        return;
    };
    let nonce = use_nonce().map(|n| n.to_string()).unwrap_or_default();
    let policy = content_security_policy(&nonce);
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy.as_str()),
        (header::CACHE_CONTROL, "private, no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=()",
        ),
    ];
    for (name, value) in headers {
        HeaderValue::from_str(value)
            .map(|value| options.insert_header(name, value))
            .unwrap_or_default();
    }
}

fn content_security_policy(nonce: &str) -> String {
    format!(
        "default-src 'self'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; \
         style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; object-src 'none'; \
         frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )
}

fn extension<T: Clone + Default + Send + Sync + 'static>(request: &Request) -> T {
    request.extensions().get::<T>().cloned().unwrap_or_default()
}
