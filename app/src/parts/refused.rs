//! A "no", wherever it is shown: what happened, where, the way out.

use super::icon::{Icon, icon};
use super::prose::prose;
use crate::error::Fault;
use crate::paths;
use domain::refusal::{Kind, Refusal};
use leptos::prelude::*;

pub fn refused(refusal: &Refusal) -> AnyView {
    let Refusal {
        kind,
        sentence,
        place,
        way_out,
        ..
    } = refusal.clone();
    view! {
        <div class="notice notice-failed" role="alert">
            {icon(Icon::CircleAlert)}
            <div>
                <p class="font-medium">{prose(&sentence)}</p>
                {place.map(|place| view! { <p class="muted">"Where: "<code>{place}</code></p> })}
                {way_out.map(|way_out| view! { <p class="muted">{prose(&way_out)}</p> })}
                {(kind == Kind::SignedOut).then(|| view! { <p><a href=paths::SIGN_IN rel="external">"Sign in"</a></p> })}
            </div>
        </div>
    }
    .into_any()
}

/// What an action answered last, when that was a "no".
pub fn last_fault<T: Send + Sync + 'static>(
    answer: impl With<Value = Option<Result<T, Fault>>> + Send + 'static,
) -> impl IntoView {
    move || {
        answer.with(|a| {
            a.as_ref()
                .and_then(|a| a.as_ref().err().map(|fault| refused(&fault.0)))
        })
    }
}
