//! API tokens: the list, a new one (shown once), and revoking.

use crate::answer::Answer;
use crate::boot::caller;
use crate::error::Fault;
use crate::parts::dynamic::{dynamic, flag};
use crate::parts::empty::empty;
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::once::once;
use crate::parts::refused::{last_fault, refused};
use crate::parts::role_field::role_field;
use crate::parts::settings_tabs::settings_head;
use crate::parts::times::ago;
use crate::paths;
use crate::read::Read;
use crate::server_fns::accounts::{CreateToken, RevokeToken, tokens};
use domain::access::Role;
use domain::view::{NewTokenView, TokenView};
use leptos::form::ActionForm;
use leptos::form::FromFormData;
use leptos::prelude::*;
use leptos::web_sys::SubmitEvent;

#[component]
pub fn Tokens() -> impl IntoView {
    let (create, revoke) = (
        ServerAction::<CreateToken>::new(),
        ServerAction::<RevokeToken>::new(),
    );
    let data = Read::new(
        move || (create.version().get(), revoke.version().get()),
        |_| tokens(),
    );
    let posted = Read::new(|| (), |()| posted());
    view! {
        {settings_head("Settings")}
        <div class="two">
            <section>
                <h2 class="mb-3">"Your API tokens"</h2>
                {last_fault::<()>(revoke.value())}
                {loaded(data, Skeleton::Lines(4), move |list| table(list, revoke))}
            </section>
            {form(create, posted)}
        </div>
    }
}

/// Posted to the page itself: a plain redirect would lose the token, which is shown once.
fn form(create: ServerAction<CreateToken>, posted: Read<Option<NewTokenView>>) -> AnyView {
    let most = caller().map_or(Role::Viewer, |c| c.role);
    let submit = move |event: SubmitEvent| {
        if let Ok(input) = CreateToken::from_event(&event) {
            event.prevent_default();
            create.dispatch(input);
        }
    };
    let now = move || create.value().get().map(shown);
    view! {
        <form method="post" action=paths::TOKENS class="form-card" on:submit=submit>
            <h2>"New token"</h2>
            <Transition>{dynamic(move || posted.get().map(|answer| match answer { Ok(None) => ().into_any(), Ok(Some(new)) => shown(Ok(new)), Err(no) => shown(Err(no)) }))}</Transition>
            {now}
            <div class="field"><label for="name">"Name"</label><input class="input" id="name" name="name" required maxlength="80" autocomplete="off" placeholder="CI of the shop"/></div>
            {role_field(most)}
            <div class="field">
                <label for="expires_in_days">"Expires"</label>
                <select class="input" id="expires_in_days" name="expires_in_days">
                    <option value="30">"in 30 days"</option><option value="90" selected>"in 90 days"</option><option value="365">"in a year"</option><option value="">"never"</option>
                </select>
            </div>
            <button class="btn btn-primary" disabled=flag(move || create.pending().get())>"Create the token"</button>
        </form>
    }
    .into_any()
}

fn shown(answer: Result<NewTokenView, Fault>) -> AnyView {
    match answer {
        Ok(new) => once(
            "This is the only time that the token is shown. Copy it now.",
            new.token,
        ),
        Err(no) => refused(&no.0).into_any(),
    }
}

#[cfg(feature = "ssr")]
async fn posted() -> Result<Answer<Option<NewTokenView>>, Fault> {
    let form = use_context::<crate::call::Posted>().unwrap_or_default().0;
    let (Some(name), Some(role)) = (
        form.get("name"),
        form.get("role").and_then(|r| Role::parse(r)),
    ) else {
        return Ok(Answer::none());
    };
    crate::server_fns::accounts::create_token(
        name.clone(),
        role,
        form.get("expires_in_days").cloned(),
    )
    .await
    .and_then(|new| Answer::of(Some(new)))
}

#[cfg(not(feature = "ssr"))]
async fn posted() -> Result<Answer<Option<NewTokenView>>, Fault> {
    Ok(Answer::none())
}

fn table(list: Signal<Vec<TokenView>>, revoke: ServerAction<RevokeToken>) -> AnyView {
    (move || match list.with(Vec::is_empty) {
        true => empty("No tokens yet", "A token lets the command line and your CI act in your name.", (), Some("sealdock login")),
        false => view! {
            <div class="panel scroll-x" tabindex="0" role="region" aria-label="List"><table class="table">
                <thead><tr><th scope="col">"Name"</th><th scope="col">"Role"</th><th scope="col">"Last used"</th><th scope="col">"Expires"</th><th><span class="sr-only">"Actions"</span></th></tr></thead>
                <tbody>{list.with(|l| l.iter().cloned().map(|token| row(token, revoke)).collect_view())}</tbody>
            </table></div>
        }
        .into_any(),
    })
    .into_any()
}

fn row(token: TokenView, revoke: ServerAction<RevokeToken>) -> AnyView {
    let moment = |at: Option<domain::time::Time>, never: &'static str| match at {
        Some(at) => ago(at).into_any(),
        None => never.into_any(),
    };
    let expires = token
        .expires_at
        .map_or("never".to_owned(), crate::format::absolute);
    view! {
        <tr>
            <td><b>{token.name.clone()}</b></td>
            <td>{token.role.word()}</td>
            <td>{moment(token.last_used_at, "never")}</td>
            <td>{expires}</td>
            <td class="right">
                <ActionForm action=revoke>
                    <input type="hidden" name="id" value=token.id.to_string()/>
                    <button class="btn" aria-label=format!("Revoke {}", token.name)>"Revoke"</button>
                </ActionForm>
            </td>
        </tr>
    }
    .into_any()
}
