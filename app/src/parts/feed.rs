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

/// Most sentences name who did it; `Sealdock` did the rest.
fn by(event: &EventView) -> Option<String> {
    let known = event.who == "Sealdock" || event.sentence.contains(&event.who);
    (!known).then(|| format!(" by {}", event.who))
}

fn one(event: EventView) -> AnyView {
    let by = by(&event);
    let href = event
        .deployment
        .as_ref()
        .map(paths::deployment)
        .or(event.project.as_ref().map(paths::project));
    let sentence = prose(&event.sentence);
    view! {
        <li>
            <span>
                {event.project_name.map(|name| view! { <b>{name}</b>" " })}
                {match href {
                    Some(href) => view! { <a class="feed-link" href=href>{sentence}</a> }.into_any(),
                    None => sentence,
                }}
                {by.map(|by| view! { <span class="muted">{by}</span> })}
            </span>
            {ago(event.at)}
        </li>
    }
    .into_any()
}
