//! Times: absolute from the server, relative once the page is interactive.

use super::dynamic::dynamic;
use crate::format;
use crate::live::use_live;
use domain::time::Time;
use leptos::prelude::*;

/// `4 min ago`, with the moment itself in the title.
pub fn ago(at: Time) -> impl IntoView {
    let now = use_live().now;
    let text = move || match now.get() {
        Some(now) => format::ago(now, at),
        None => format::absolute(at),
    };
    view! { <time datetime=at.rfc3339() title=format::absolute(at)>{text}</time> }
}

/// How long it took, or takes so far, as text alone.
pub fn lasting(from: Signal<Option<Time>>, to: Signal<Option<Time>>) -> Memo<String> {
    let now = use_live().now;
    let text = move || {
        let from = from.get()?;
        let to = to.get().or_else(|| now.get())?;
        Some(format::duration(to.since_ms(from) / 100 * 100))
    };
    Memo::new(move |_| text().unwrap_or_else(|| "–".into()))
}

/// How long it took, or takes so far.
#[component]
pub fn Lasting(
    #[prop(into)] from: Signal<Option<Time>>,
    #[prop(into)] to: Signal<Option<Time>>,
) -> AnyView {
    let text = lasting(from, to);
    view! { <span class="num">{dynamic(move || text.get())}</span> }.into_any()
}

/// `18 s left`
#[component]
pub fn Left(#[prop(into)] until: Signal<Time>) -> AnyView {
    let now = use_live().now;
    let text = move || match now.get() {
        Some(now) => format!(
            "{} left",
            format::duration(until.get().since_ms(now) / 1000 * 1000)
        ),
        None => format!("until {}", format::absolute(until.get())),
    };
    view! { <span class="num">{text}</span> }.into_any()
}
