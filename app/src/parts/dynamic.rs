//! What a page watches, boxed. A closure of its own type brings its own copy of the machinery
//! that renders, hydrates and updates it, about 2 KB of wasm each; these share one.

use leptos::prelude::*;
use std::sync::Arc;

/// A part of a page that is built again when what it read changes.
pub fn dynamic<V: IntoView + 'static>(part: impl Fn() -> V + Send + 'static) -> AnyView {
    let part: Box<dyn Fn() -> AnyView + Send> = Box::new(move || part().into_any());
    part.into_any()
}

/// The value of an attribute that says something.
pub fn text(value: impl Fn() -> String + Send + 'static) -> Box<dyn Fn() -> String + Send> {
    Box::new(value)
}

/// An attribute or a class that is there or not.
pub fn flag(value: impl Fn() -> bool + Send + 'static) -> Box<dyn Fn() -> bool + Send> {
    Box::new(value)
}

/// Shown while the condition holds.
pub fn when<V: IntoView + 'static>(
    condition: impl Fn() -> bool + Send + Sync + 'static,
    part: impl Fn() -> V + Send + 'static,
) -> AnyView {
    let holds = Memo::new(move |_| condition());
    dynamic(move || holds.get().then(|| part().into_any()))
}

/// A list whose entries stay in the page while their key does; each is built once, and then
/// watches only itself.
pub fn each<T>(
    items: impl Into<Signal<Vec<T>>>,
    key: fn(&T) -> String,
    entry: impl Fn(Memo<T>) -> AnyView + Send + Sync + 'static,
) -> AnyView
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    let (items, entry) = (items.into(), Arc::new(entry));
    let entries = move || {
        let one = |item: &T| {
            let (name, entry) = (key(item), entry.clone());
            let build = {
                let name = name.clone();
                move |at| {
                    watched(items, key, name.clone(), at)
                        .map(|one| entry(one))
                        .into_any()
                }
            };
            Entry {
                name,
                build: Arc::new(build),
            }
        };
        items.with(|all| all.iter().map(one).collect())
    };
    listed(Box::new(entries))
}

/// Something in a list, whatever it is.
#[derive(Clone)]
struct Entry {
    #[cfg_attr(
        feature = "ssr",
        expect(dead_code, reason = "nothing moves in what is written once")
    )]
    name: String,
    build: Arc<dyn Fn(ReadSignal<usize>) -> AnyView + Send + Sync>,
}

/// The same markup as in the browser. It is written at once, because nothing in an entry is waited for:
/// asking every node whether it has to be, as a page's other parts are, takes longer than writing it.
#[cfg(feature = "ssr")]
fn listed(entries: Box<dyn Fn() -> Vec<Entry> + Send + Sync>) -> AnyView {
    use leptos::tachys::html::InertElement;
    use leptos::tachys::view::{Position, RenderHtml};
    let owner = Owner::current().unwrap_or_default();
    let written = move || {
        let (mut html, mut position) = (String::new(), Position::FirstChild);
        for (at, entry) in entries().iter().enumerate() {
            let at = ArcRwSignal::new(at).read_only().into();
            let view = (entry.build)(at);
            view.to_html_with_buf(&mut html, &mut position, true, false, vec![]);
            position = Position::NextChild;
        }
        // Where a list ends.
        html.push_str("<!>");
        InertElement::new(html)
    };
    dynamic(move || owner.with(&written))
}

#[cfg(not(feature = "ssr"))]
fn listed(entries: Box<dyn Fn() -> Vec<Entry> + Send + Sync>) -> AnyView {
    view! { <ForEnumerate each=entries key=|e| e.name.clone() children=move |at, e| (e.build)(at)/> }
        .into_any()
}

/// The entry of that name, wherever it moves; its last state once it is gone.
fn watched<T>(
    items: Signal<Vec<T>>,
    key: fn(&T) -> String,
    name: String,
    at: ReadSignal<usize>,
) -> Option<Memo<T>>
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    let find = move |all: &Vec<T>| {
        let there = all.get(at.get_untracked()).filter(|item| key(item) == name);
        there
            .or_else(|| all.iter().find(|item| key(item) == name))
            .cloned()
    };
    let first = items.with_untracked(&find)?;
    Some(Memo::new(move |last: Option<&T>| {
        items
            .with(&find)
            .unwrap_or_else(|| last.unwrap_or(&first).clone())
    }))
}
