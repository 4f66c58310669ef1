//! What happened, as a list.

use super::prose::prose;
use super::times::ago;
use crate::paths;
use domain::view::EventView;
use leptos::prelude::*;

pub fn feed(events: &[EventView]) -> AnyView {
    let items = events.iter().cloned().map(one).collect_view();
    view! { <ol class="panel feed">{items}</ol> }.into_any()
}

fn one(event: EventView) -> AnyView {
    let href = event
        .deployment
        .as_ref()
        .map(paths::deployment)
        .or(event.project.as_ref().map(paths::project));
    let sentence = prose(&event.sentence);
    view! {
        <li>
            <span><b>{event.who.clone()}</b>" "{match href {
                Some(href) => view! { <a class="feed-link" href=href>{sentence}</a> }.into_any(),
                None => sentence,
            }}</span>
            {ago(event.at)}
        </li>
    }
    .into_any()
}
