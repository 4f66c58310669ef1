//! Where a project's versions come from.

use super::icon::{Icon, icon};
use domain::source::Origin;
use leptos::prelude::*;

pub fn origin(origin: &Origin) -> AnyView {
    let (mark, text) = match origin {
        Origin::Git { url } => (Icon::GitBranch, url.clone()),
        Origin::Image { repository } => (Icon::Container, repository.clone()),
        Origin::Bundle => (Icon::Archive, "Files that are sent".into()),
    };
    view! { {icon(mark)}<span class="clip" title=text.clone()>{text.clone()}</span> }.into_any()
}
