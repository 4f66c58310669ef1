//! One wrapper for loading and errors. The view is built once and then fed: what a person types,
//! reads or has selected is never replaced under them.

use super::refused::refused;
use crate::error::Fault;
use crate::paths;
use domain::refusal::{Kind, Refusal};
use leptos::prelude::*;
use leptos_meta::Title;

/// What stands there until the first answer; of about the size of what comes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Skeleton {
    Lines(usize),
    Cards(usize),
}

pub fn loaded<T, V>(
    data: Resource<Result<T, Fault>>,
    skeleton: Skeleton,
    view: impl Fn(Signal<T>) -> V + Clone + Send + Sync + 'static,
) -> AnyView
where
    T: Clone + PartialEq + Send + Sync + 'static,
    V: IntoView + 'static,
{
    view! {
        <Transition fallback=move || bones(skeleton)>
            {
                let kept = Memo::new(move |last| keep(last, data.get()));
                let state = Memo::new(move |_| kept.with(|k| k.as_ref().map(|k| k.as_ref().err().cloned())));
                let view = view.clone();
                move || match state.get() {
                    None => bones(skeleton).into_any(),
                    Some(Some(fault)) => failed(&fault).into_any(),
                    Some(None) => kept.get_untracked().and_then(Result::ok).map(|first| view(fed(kept, first)).into_any()).into_any(),
                }
            }
        </Transition>
    }
    .into_any()
}

/// A passing failure keeps what was there; the live mark says that it is old.
fn keep<T>(
    last: Option<&Option<Result<T, Fault>>>,
    new: Option<Result<T, Fault>>,
) -> Option<Result<T, Fault>>
where
    T: Clone,
{
    let last = last.cloned().flatten();
    match (last, new) {
        (last, None) => last,
        (Some(Ok(old)), Some(Err(fault))) if fault.is_passing() => Some(Ok(old)),
        (_, new) => new,
    }
}

fn fed<T>(kept: Memo<Option<Result<T, Fault>>>, first: T) -> Signal<T>
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    Memo::new(move |last: Option<&T>| {
        let new = kept.with(|k| k.as_ref().and_then(|k| k.as_ref().ok().cloned()));
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
