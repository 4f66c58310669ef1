//! Where an invitation leads.

use super::query;
use crate::parts::door::{door, field};
use leptos::prelude::*;

#[component]
pub fn Join() -> impl IntoView {
    let token = query("token").get_untracked().unwrap_or_default();
    let fields = view! {
        <input type="hidden" name="token" value=token/>
        {field("Choose a password", "password", "password", "new-password", Some("At least 12 characters."))}
    };
    door(
        "Join the team",
        "Somebody invited you to Sealdock.",
        "/join",
        fields,
        "Join",
    )
}
