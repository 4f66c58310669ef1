//! A button that does one thing to one deployment. It is a form, so it works before and without
//! wasm; where it may not be pressed the sentence says why.

use crate::error::Fault;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos::server_fn::client::Client;
use leptos::server_fn::codec::PostUrl;
use leptos::server_fn::request::ClientReq;
use leptos::server_fn::{Http, ServerFn};
use leptos::web_sys::FormData;
use serde::de::DeserializeOwned;

/// `id` goes to the server function as its `id`.
pub fn act<S, O>(
    action: ServerAction<S>,
    id: String,
    label: &'static str,
    class: &'static str,
    why_not: Signal<Option<String>>,
    reason_id: &'static str,
) -> AnyView
where
    S: DeserializeOwned
        + ServerFn<Protocol = Http<PostUrl, O>, Output = (), Error = Fault>
        + Clone
        + Send
        + Sync
        + 'static,
    S::Client: Client<Fault>,
    <<S::Client as Client<Fault>>::Request as ClientReq<Fault>>::FormData: From<FormData>,
    O: 'static,
{
    let busy = action.pending();
    view! {
        <ActionForm action>
            <input type="hidden" name="id" value=id/>
            <button
                class=class
                disabled=move || why_not.with(Option::is_some) || busy.get()
                aria-describedby=move || why_not.with(Option::is_some).then_some(reason_id)
            >
                {label}
            </button>
        </ActionForm>
    }
    .into_any()
}

/// The sentences of everything that can't be done now; the same sentence stands once.
pub fn reasons(
    list: impl Fn() -> Vec<(&'static str, &'static str, Option<String>)> + Send + 'static,
) -> impl IntoView {
    move || {
        let no: Vec<_> = list()
            .into_iter()
            .filter_map(|(id, label, why)| Some((id, label, why?)))
            .collect();
        (!no.is_empty()).then(|| {
            let items = no
                .into_iter()
                .map(|(id, label, why)| view! { <li id=id><b>{label}</b>" "{why}</li> });
            view! { <ul class="reasons">{items.collect_view()}</ul> }
        })
    }
}
