//! Signing in and out, the first owner, joining by invitation.

use super::back::is_local;
use crate::app::App;
use crate::limiter::Limiter;
use crate::problem::{Answer, internal};
use crate::{clock, peer, session};
use axum::extract::rejection::FormRejection;
use axum::extract::{FromRequest, Request, State};
use axum::response::Redirect;
use domain::access::Caller;
use domain::api::{NewOwner, Reply};
use domain::refusal::Refusal;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::future::Future;
use tower_sessions::Session;

#[derive(Deserialize)]
struct SignIn {
    email: String,
    password: String,
    /// The page that asked to sign in first.
    next: Option<String>,
}

#[derive(Deserialize)]
struct Join {
    token: String,
    password: String,
}

pub async fn sign_in(
    State(app): State<App>,
    session: Session,
    request: Request,
) -> Answer<Redirect> {
    let address = address(&app, &request);
    let form: SignIn = read(request).await?;
    let account = format!("account {}", form.email.trim().to_lowercase());
    let limits = [
        (&app.attempts_by_address, &*address),
        (&app.attempts_by_account, &*account),
    ];
    let caller = attempt(&limits, app.api.sign_in(&form.email, &form.password)).await?;
    enter(&session, &caller).await?;
    let next = form.next.filter(|path| is_local(path));
    Ok(Redirect::to(next.as_deref().unwrap_or("/")))
}

pub async fn sign_out(session: Session) -> Answer<Redirect> {
    session
        .flush()
        .await
        .map_err(|error| internal("ending a session", error))?;
    Ok(Redirect::to("/sign-in"))
}

pub async fn set_up(
    State(app): State<App>,
    session: Session,
    request: Request,
) -> Answer<Redirect> {
    let address = address(&app, &request);
    let owner: NewOwner = read(request).await?;
    let caller = attempt(
        &[(&app.attempts_by_address, &address)],
        app.api.set_up(owner),
    )
    .await?;
    enter(&session, &caller).await?;
    Ok(Redirect::to("/"))
}

pub async fn join(State(app): State<App>, session: Session, request: Request) -> Answer<Redirect> {
    let address = address(&app, &request);
    let form: Join = read(request).await?;
    let work = app.api.join(&form.token, &form.password);
    let caller = attempt(&[(&app.attempts_by_address, &address)], work).await?;
    enter(&session, &caller).await?;
    Ok(Redirect::to("/"))
}

/// Counts before it tries, so that guesses side by side are counted too; a success is given back.
async fn attempt(
    limits: &[(&Limiter, &str)],
    work: impl Future<Output = Reply<Caller>>,
) -> Reply<Caller> {
    let now = clock::now();
    for (limiter, key) in limits {
        limiter.take(key, now)?;
    }
    let caller = work.await?;
    limits
        .iter()
        .for_each(|(limiter, key)| limiter.give_back(key));
    Ok(caller)
}

async fn enter(session: &Session, caller: &Caller) -> Reply<()> {
    let begun = session::sign_in(session, &caller.user).await;
    begun.map_err(|error| internal("beginning a session", error))
}

fn address(app: &App, request: &Request) -> String {
    format!(
        "door {}",
        peer::address(app, request.headers(), request.extensions())
    )
}

async fn read<T: DeserializeOwned>(request: Request) -> Reply<T> {
    let form = axum::Form::<T>::from_request(request, &()).await;
    form.map(|form| form.0).map_err(|error: FormRejection| {
        Refusal::invalid(
            "form",
            format!("The form can't be read: {}.", error.body_text()),
        )
        .way_out("Fill in every field, then send it again.")
    })
}
