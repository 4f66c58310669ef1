//! Which role; never more than one's own.

use domain::access::Role;
use leptos::prelude::*;

pub fn role_field(most: Role) -> AnyView {
    let may = |role: Role| match role {
        Role::Viewer => "Viewer: sees everything",
        Role::Developer => "Developer: deploys and updates",
        Role::Owner => "Owner: deletes, and manages members and runtimes",
    };
    let options = Role::ALL.into_iter().filter(|r| *r <= most).map(|role| {
        view! { <option value=role.word() selected={role == Role::Developer.min(most)}>{may(role)}</option> }
    });
    view! { <div class="field"><label for="role">"Role"</label><select class="input" id="role" name="role">{options.collect_view()}</select></div> }.into_any()
}
