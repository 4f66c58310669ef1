//! Projects from a `compose.yaml`: choose the file or paste it, read the plan with everything that has no place here,
//! confirm. The form is posted to the page itself, with wasm and without.

use crate::answer::Answer;
use crate::boot::caller;
use crate::draft::ImportDraft;
use crate::error::Fault;
use crate::parts::dynamic::dynamic;
use crate::parts::import_plan::import_plan;
use crate::parts::page_head::page_head;
use crate::parts::refused::{last_fault, refused};
use crate::paths;
use crate::read::Read;
use crate::server_fns::imports::Import;
use domain::access::Action;
use domain::refusal::Refusal;
use domain::view::ImportPlan;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What was posted, with its plan or why there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Looked {
    draft: ImportDraft,
    plan: Option<ImportPlan>,
    refused: Option<Refusal>,
}

#[component]
pub fn ImportCompose() -> impl IntoView {
    let action = ServerAction::<Import>::new();
    let looked = Read::new(|| (), |()| looked());
    let no = caller().and_then(|c| c.may(Action::CreateProject).err());
    let crumbs = vec![
        (paths::PROJECTS.into(), "Projects".into()),
        (paths::NEW_PROJECT.into(), "New project".into()),
    ];
    view! {
        {page_head(crumbs, "Import compose.yaml", ())}
        {no.as_ref().map(refused)}
        {last_fault::<()>(action.value())}
        <Transition>{dynamic(move || looked.get().map(|answer| match answer {
            Ok(looked) => page(looked, action),
            Err(no) => refused(&no.0),
        }))}</Transition>
    }
}

fn page(looked: Looked, action: ServerAction<Import>) -> AnyView {
    let Looked {
        draft,
        plan,
        refused: no,
    } = looked;
    view! {
        <div class="two">
            {form(&draft)}
            <section class="plan-column" aria-label="Plan">
                {no.as_ref().map(refused)}
                {match plan {
                    Some(plan) => import_plan(plan, draft, action),
                    None => nothing(),
                }}
            </section>
        </div>
    }
    .into_any()
}

fn nothing() -> AnyView {
    view! { <p class="plan-empty">"Each service becomes a project. Choose or paste the file to see which projects those are, and what of it has no place here. Nothing is made before you confirm."</p> }.into_any()
}

fn form(draft: &ImportDraft) -> AnyView {
    // What is no text is not shown as text.
    let shown = !draft.file.contains(['\0', char::REPLACEMENT_CHARACTER]);
    let file = draft.file.clone();
    let (file, values) = (
        if shown { file } else { String::new() },
        draft.values.clone().unwrap_or_default(),
    );
    view! {
        <form method="post" action=paths::IMPORT enctype="multipart/form-data" class="form-card">
            <div class="field">
                <label for="upload">"compose.yaml"</label>
                <input class="input file" id="upload" name="upload" type="file" accept=".yaml,.yml" aria-describedby="upload-hint"/>
                <p class="hint" id="upload-hint">"A file goes before what is pasted below. At most 256 KiB."</p>
            </div>
            <div class="field">
                <label for="file">"Or paste it"</label>
                <textarea class="input" id="file" name="file" rows="16" spellcheck="false" autocomplete="off" placeholder="services:">{file}</textarea>
            </div>
            {line("name", "Name", "shop", "Projects are called name-service. Empty: what the file's own name says.", &draft.name)}
            {line("url", "Git URL", "https://git.example.com/acme/shop.git", "Of the repository that the file lies in, for services that are built.", &draft.url)}
            {line("revision", "Branch, tag or commit", "tag:v1.2.0", "As main, tag:v1.2.0 or commit:3f2a91c. Empty: the default branch.", &draft.revision)}
            {line("services", "Only these services", "web api", "Empty: all of them.", &draft.services)}
            <div class="field">
                <label for="values">"Variables"</label>
                <textarea class="input" id="values" name="values" rows="3" spellcheck="false" autocomplete="off" placeholder="TAG=1.4" aria-describedby="values-hint">{values}</textarea>
                <p class="hint" id="values-hint">"Values for ${NAME} in the file: one NAME=value on each line."</p>
            </div>
            <button class="btn btn-primary">"Show the plan"</button>
        </form>
    }
    .into_any()
}

fn line(
    name: &'static str,
    label: &'static str,
    example: &'static str,
    hint: &'static str,
    value: &Option<String>,
) -> AnyView {
    let (value, hint_id) = (value.clone().unwrap_or_default(), format!("{name}-hint"));
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input class="input" id=name name=name value=value placeholder=example autocomplete="off" autocapitalize="off" spellcheck="false" aria-describedby=hint_id.clone()/>
            <p class="hint" id=hint_id.clone()>{hint}</p>
        </div>
    }
    .into_any()
}

#[cfg(feature = "ssr")]
async fn looked() -> Result<Answer<Looked>, Fault> {
    let form = use_context::<crate::call::Posted>().unwrap_or_default().0;
    let Some(draft) = ImportDraft::posted(&form) else {
        return Answer::of(Looked::default());
    };
    let (api, caller) = crate::call::signed()?;
    let planned = match draft.compose() {
        Ok(file) => api.plan_import(&caller, &file).await,
        Err(no) => Err(no),
    };
    Answer::of(Looked {
        draft,
        refused: planned.as_ref().err().cloned(),
        plan: planned.ok(),
    })
}

#[cfg(not(feature = "ssr"))]
async fn looked() -> Result<Answer<Looked>, Fault> {
    Answer::of(Looked::default())
}
