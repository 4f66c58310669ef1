//! A minified stack trace, read with the source maps that the deployment's artifact had.

use super::param;
use crate::answer::Answer;
use crate::error::Fault;
use crate::parts::dynamic::{dynamic, flag};
use crate::parts::icon::{Icon, icon};
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::page_head::page_head;
use crate::parts::refused::refused;
use crate::parts::trace::trace;
use crate::read::Read;
use crate::server_fns::stack::{MapsNow, ReadStackTrace, source_maps};
use crate::{format, paths};
use domain::stack::MOST_BYTES;
use domain::view::{SourceMapView, TraceView};
use leptos::form::FromFormData;
use leptos::prelude::*;
use leptos::web_sys::SubmitEvent;

#[component]
pub fn StackTrace() -> impl IntoView {
    let id = param("id");
    let read = ServerAction::<ReadStackTrace>::new();
    let posted = Read::new(|| (), |()| posted());
    let data = Read::new(move || id.get(), source_maps);
    loaded(data, Skeleton::Lines(6), move |now| {
        page(now.get_untracked(), read, posted)
    })
}

fn page(
    now: MapsNow,
    read: ServerAction<ReadStackTrace>,
    posted: Read<Option<TraceView>>,
) -> AnyView {
    let of = &now.deployment;
    let crumbs = vec![
        (paths::PROJECTS.to_owned(), "Projects".to_owned()),
        (paths::project(&of.project), of.project_name.clone()),
        (paths::deployment(&of.id), format!("#{}", of.number)),
    ];
    let none = now.maps.is_empty();
    let id = of.id.to_string();
    view! {
        {page_head(crumbs, "Stack trace", ())}
        {none.then(|| nothing(now.why.clone()))}
        <div class="two">
            <section class="trace-column" aria-label="What it means" aria-live="polite">
                {dynamic(move || read.value().get().map(shown))}
                <Transition>{dynamic(move || {
                    let fresh = read.value().with(Option::is_some);
                    posted.get().filter(|_| !fresh).map(|answer| match answer {
                        Ok(None) => ().into_any(),
                        Ok(Some(view)) => shown(Ok(view)),
                        Err(no) => shown(Err(no)),
                    })
                })}</Transition>
                {kept(&now.maps)}
            </section>
            {form(id, read)}
        </div>
    }
    .into_any()
}

/// Posted to the page itself, where there is no wasm.
fn form(id: String, read: ServerAction<ReadStackTrace>) -> AnyView {
    let submit = move |event: SubmitEvent| {
        if let Ok(input) = ReadStackTrace::from_event(&event) {
            event.prevent_default();
            read.dispatch(input);
        }
    };
    view! {
        <form method="post" action=format!("/deployments/{id}/stack-trace") class="form-card" on:submit=submit>
            <h2>"Paste a stack trace"</h2>
            <input type="hidden" name="id" value=id.clone()/>
            <div class="field">
                <label for="text">"As the browser or Node wrote it"</label>
                <textarea class="input trace-input" id="text" name="text" required rows="12" spellcheck="false" autocomplete="off" maxlength=MOST_BYTES.to_string()></textarea>
            </div>
            <button class="btn btn-primary" disabled=flag(move || read.pending().get())>"Show the original lines"</button>
        </form>
    }
    .into_any()
}

fn shown(answer: Result<TraceView, Fault>) -> AnyView {
    match answer {
        Ok(view) => trace(&view),
        Err(no) => refused(&no.0),
    }
}

fn nothing(why: String) -> AnyView {
    view! { <div class="notice">{icon(Icon::CircleAlert)}<p>{why}</p></div> }.into_any()
}

fn kept(maps: &[SourceMapView]) -> Option<AnyView> {
    let one = |m: &SourceMapView| view! { <li><code class="clip">{m.path.clone()}</code><span class="muted num">{format::bytes(m.size_bytes)}</span></li> };
    let title = match maps.len() {
        0 => return None,
        1 => "1 source map is kept".to_owned(),
        n => format!("{n} source maps are kept"),
    };
    let list = maps.iter().map(one).collect_view();
    Some(
        view! { <details class="trace-maps"><summary>{title}</summary><ul>{list}</ul></details> }
            .into_any(),
    )
}

#[cfg(feature = "ssr")]
async fn posted() -> Result<Answer<Option<TraceView>>, Fault> {
    let form = use_context::<crate::call::Posted>().unwrap_or_default().0;
    let (Some(id), Some(text)) = (form.get("id"), form.get("text")) else {
        return Ok(Answer::none());
    };
    crate::server_fns::stack::stack_trace(id.clone(), text.clone())
        .await
        .and_then(|view| Answer::of(Some(view)))
}

#[cfg(not(feature = "ssr"))]
async fn posted() -> Result<Answer<Option<TraceView>>, Fault> {
    Ok(Answer::none())
}
