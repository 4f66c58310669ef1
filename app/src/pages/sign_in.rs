//! The door.

use super::query;
use crate::parts::door::{door, field};
use leptos::prelude::*;

#[component]
pub fn SignIn() -> impl IntoView {
    let next = query("next").get_untracked();
    let fields = view! {
        {next.map(|next| view! { <input type="hidden" name="next" value=next/> })}
        {field("Email", "email", "email", "username", None)}
        {field("Password", "password", "password", "current-password", None)}
    };
    door(
        "Sign in",
        "Welcome back to Sealdock.",
        "/session",
        fields,
        "Sign in",
    )
}
