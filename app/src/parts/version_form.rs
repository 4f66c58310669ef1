//! Which version: a tag, another revision, an image, or a new file. A plain GET form; with wasm
//! each choice goes to its address and the plan follows.

use super::dynamic::flag;
use super::refused::refused;
use super::tag_list::tag_list;
use super::upload_form::upload_form;
use crate::pages::Asked;
use crate::paths;
use domain::refusal::Refusal;
use domain::source::Origin;
use domain::view::UpdateOptions;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

pub fn version_form(id: &str, options: UpdateOptions, asked: Asked) -> AnyView {
    let page = format!("/environments/{id}/update");
    match &options.origin {
        Origin::Git { .. } => git(page, options, asked),
        Origin::Image { repository } => image(repository, asked),
        Origin::Bundle => view! { <section>{upload_form(&page)}</section> }.into_any(),
    }
}

/// Replaces the address, and with it the plan.
pub fn chooser(page: String) -> impl Fn(&[(&str, Option<&str>)]) + Clone + 'static {
    let navigate = use_navigate();
    move |pairs| {
        let to = format!("{page}{}", paths::query(pairs));
        navigate(
            &to,
            NavigateOptions {
                replace: true,
                scroll: false,
                ..Default::default()
            },
        );
    }
}

fn git(page: String, options: UpdateOptions, asked: Asked) -> AnyView {
    let problem = options.tags_problem.clone().map(|sentence| {
        refused(
            &Refusal::unavailable("no_tags", sentence)
                .way_out("You can still name a branch or a commit below."),
        )
    });
    let unknown = options.releases_problem.clone();
    let unknown = unknown.map(|sentence| view! { <p class="hint">{sentence}</p> });
    let open = options.tags.is_empty() || asked.revision.get_untracked().is_some();
    let choose = chooser(page);
    let list =
        (!options.tags.is_empty()).then(|| tag_list(options.tags, options.live_tag, asked, choose));
    view! {
        <form method="get" class="fields">
            {problem}
            {list}
            {unknown}
            <details class="more-fields" open=open>
                <summary>"A branch or a commit instead"</summary>
                <div class="joined">
                    <select class="input" name="kind" aria-label="What it names">
                        <option value="branch" selected=flag(move || asked.kind.get().as_deref() != Some("commit"))>"Branch"</option>
                        <option value="commit" selected=flag(move || asked.kind.get().as_deref() == Some("commit"))>"Commit"</option>
                    </select>
                    <input class="input" name="revision" aria-label="Branch or commit" placeholder="main" autocomplete="off" autocapitalize="off" spellcheck="false" value=asked.revision.get_untracked()/>
                </div>
            </details>
            <div class="form-foot"><button class="btn">"Show the plan"</button></div>
        </form>
    }
    .into_any()
}

fn image(repository: &str, asked: Asked) -> AnyView {
    let start = asked
        .reference
        .get_untracked()
        .unwrap_or_else(|| format!("{repository}:"));
    view! {
        <form method="get" class="fields">
            <div class="field">
                <label for="reference">"Image"</label>
                <input class="input" id="reference" name="reference" required autocomplete="off" autocapitalize="off" spellcheck="false" value=start aria-describedby="reference-hint"/>
                <p class="hint" id="reference-hint">"With its tag or digest."</p>
            </div>
            <div class="form-foot"><button class="btn">"Show the plan"</button></div>
        </form>
    }
    .into_any()
}
