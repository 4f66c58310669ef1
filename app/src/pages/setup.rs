//! The first minute of an installation: who owns it.

use super::query;
use crate::parts::door::{door, field};
use crate::parts::icon::{Icon, icon};
use leptos::either::Either;
use leptos::prelude::*;

#[component]
pub fn Setup() -> impl IntoView {
    match query("token").get_untracked() {
        Some(token) => Either::Left(form(token)),
        None => Either::Right(no_token()),
    }
}

fn form(token: String) -> AnyView {
    let fields = view! {
        <input type="hidden" name="token" value=token/>
        {field("Organization", "organization", "text", "organization", Some("Your team’s name. You can invite others later."))}
        {field("Email", "email", "email", "username", None)}
        {field("Password", "password", "password", "new-password", Some("At least 12 characters."))}
    };
    door(
        "Set up Sealdock",
        "You become the owner of this installation.",
        "/setup",
        fields,
        "Create the owner",
    )
}

fn no_token() -> AnyView {
    view! {
        <leptos_meta::Title text="Set up Sealdock"/>
        <section class="form-card">
            <div><h1>"Set up Sealdock"</h1><p class="muted">"Nobody owns this installation yet."</p></div>
            <div class="notice">{icon(Icon::Terminal)}<p>"Open the set-up link that the server printed when it started. It works once. To see it again, look into the server’s log or restart it."</p></div>
        </section>
    }
    .into_any()
}
