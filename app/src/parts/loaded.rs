//! One wrapper for loading and errors. The view is built once and then fed: what a person types,
//! reads or has selected is never replaced under them.

use super::refused::refused;
use crate::answer::{Raw, another_version};
use crate::error::Fault;
use crate::paths;
use crate::read::{Read, looks};
use domain::refusal::{Kind, Refusal};
use leptos::prelude::*;
use leptos_meta::Title;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// What stands there until the first answer; of about the size of what comes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Skeleton {
    Lines(usize),
    Cards(usize),
}

pub fn loaded<T, V>(
    data: Read<T>,
    skeleton: Skeleton,
    view: impl Fn(Signal<T>) -> V + Send + Sync + 'static,
) -> AnyView
where
    T: Clone + PartialEq + DeserializeOwned + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let build = move |kept: Kept| match kept.with_untracked(good).and_then(|raw| raw.read().ok()) {
        Some(first) => view(fed(kept, first)).into_any(),
        None => failed(&Fault(another_version())),
    };
    erased(data.raw(), skeleton, Arc::new(build))
}

type Kept = Memo<Option<Result<Raw, Fault>>>;

/// The same for every type.
fn erased(
    data: Resource<Result<Raw, Fault>>,
    skeleton: Skeleton,
    build: Arc<dyn Fn(Kept) -> AnyView + Send + Sync>,
) -> AnyView {
    view! {
        <Transition fallback=move || bones(skeleton)>
            {
                let memos = looks(move || {
                    let kept = Memo::new(move |last| keep(last, data.get()));
                    let state = Memo::new(move |_| kept.with(|k| k.as_ref().map(|k| k.as_ref().err().cloned())));
                    (kept, state)
                });
                let build = build.clone();
                move || {
                    let (kept, state) = memos();
                    match state.get() {
                        None => bones(skeleton),
                        Some(Some(fault)) => failed(&fault),
                        Some(None) => build(kept),
                    }
                }
            }
        </Transition>
    }
    .into_any()
}

/// A passing failure keeps what was there; the live mark says that it is old.
fn keep(
    last: Option<&Option<Result<Raw, Fault>>>,
    new: Option<Result<Raw, Fault>>,
) -> Option<Result<Raw, Fault>> {
    let last = last.cloned().flatten();
    match (last, new) {
        (last, None) => last,
        (Some(Ok(old)), Some(Err(fault))) if fault.is_passing() => Some(Ok(old)),
        (_, new) => new,
    }
}

fn good(kept: &Option<Result<Raw, Fault>>) -> Option<Raw> {
    kept.as_ref()
        .and_then(|answer| answer.as_ref().ok().cloned())
}

fn fed<T>(kept: Kept, first: T) -> Signal<T>
where
    T: Clone + PartialEq + DeserializeOwned + Send + Sync + 'static,
{
    Memo::new(move |last: Option<&T>| {
        let new = kept.with(good).and_then(|raw| raw.read().ok());
        new.unwrap_or_else(|| last.unwrap_or(&first).clone())
    })
    .into()
}

fn bones(skeleton: Skeleton) -> AnyView {
    let (class, n) = match skeleton {
        Skeleton::Lines(n) => ("bone bone-line", n),
        Skeleton::Cards(n) => ("bone bone-card", n),
    };
    view! {
        <div class="bones" role="status" aria-label="Loading">
            {(0..n).map(|_| view! { <div class=class></div> }).collect_view()}
        </div>
    }
    .into_any()
}

fn failed(fault: &Fault) -> AnyView {
    #[cfg(feature = "ssr")]
    crate::call::set_status(fault.0.kind.status());
    let title = if fault.0.kind == Kind::NotFound {
        "Not found"
    } else {
        "Something went wrong"
    };
    view! {
        <Title text=title/>
        <section class="failed-page">
            <h1>{title}</h1>
            {refused(&fault.0)}
            <p><a class="btn" href=paths::OVERVIEW>"Go to the overview"</a></p>
        </section>
    }
    .into_any()
}

/// The page for an address that leads nowhere.
pub fn not_found() -> impl IntoView {
    let sentence = "There is no page at this address.";
    failed(&Fault(
        Refusal::new(Kind::NotFound, "not_found", sentence)
            .way_out("Check the address, or start from the overview."),
    ))
}
