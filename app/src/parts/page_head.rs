//! The head of a page: where it is, what it is, what can be done.

use super::icon::{Icon, icon};
use leptos::prelude::*;
use leptos_meta::Title;

/// A step on the way to this page: address and name.
pub type Crumb = (String, String);

pub fn page_head(
    crumbs: Vec<Crumb>,
    title: impl Into<String>,
    actions: impl IntoView + 'static,
) -> AnyView {
    let title = title.into();
    view! {
        <Title text=title.clone()/>
        <header class="page-head">
            <div class="min-w-0">
                {(!crumbs.is_empty()).then(|| trail(crumbs))}
                <h1>{title}</h1>
            </div>
            <div class="page-actions">{actions}</div>
        </header>
    }
    .into_any()
}

pub fn trail(crumbs: Vec<Crumb>) -> AnyView {
    let steps = crumbs
        .into_iter()
        .map(|(href, name)| view! { <li><a href=href>{name}</a>{icon(Icon::ChevronRight)}</li> });
    view! { <nav aria-label="Breadcrumb" class="crumbs"><ol>{steps.collect_view()}</ol></nav> }
        .into_any()
}
