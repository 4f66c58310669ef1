//! Activity: who did what, and what Sealdock did by itself.

use super::query;
use crate::parts::dynamic::dynamic;
use crate::parts::empty::empty;
use crate::parts::feed::feed;
use crate::parts::icon::{Icon, icon};
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::page_head::page_head;
use crate::server_fns::projects::events;
use crate::{live, paths};
use domain::view::{EventView, Page};
use leptos::either::Either;
use leptos::prelude::*;

#[component]
pub fn Events() -> impl IntoView {
    let cursor = query("cursor");
    let data = live::read(
        move || cursor.get(),
        |cursor| events(None, cursor),
        |_| true,
        |_: &Page<EventView>| false,
    );
    view! {
        {page_head(vec![], "Activity", ())}
        {loaded(data, Skeleton::Lines(10), move |page| list(page, cursor))}
    }
}

fn list(page: Signal<Page<EventView>>, cursor: Memo<Option<String>>) -> AnyView {
    let none = Memo::new(move |_| page.with(|p| p.items.is_empty()));
    (move || if none.get() {
        let action = view! { <a class="btn btn-primary" href=paths::NEW_PROJECT>{icon(Icon::Plus)}"New project"</a> };
        Either::Left(empty("Nothing happened yet", "Every deployment, update and change of this organization is kept here.", action, None))
    } else {
        Either::Right(view! {
            {dynamic(move || page.with(|p| feed(&p.items)))}
            <nav class="pager" aria-label="Pages">
                {dynamic(move || cursor.get().is_some().then(|| view! { <a class="btn" href=paths::EVENTS>"Newest"</a> }))}
                {dynamic(move || page.with(|p| p.next.clone()).map(|next| view! {
                    <a class="btn" href=format!("{}{}", paths::EVENTS, paths::query(&[("cursor", Some(&next))]))>"Older"{icon(Icon::ChevronRight)}</a>
                }))}
            </nav>
        })
    })
    .into_any()
}
