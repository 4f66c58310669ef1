//! What an import would make, what it leaves out, and the button that does it.

use super::dynamic::flag;
use super::icon::{Icon, icon};
use super::prose::prose;
use crate::draft::ImportDraft;
use crate::server_fns::imports::Import;
use domain::config::compose::LeftOut;
use domain::view::{ImportPlan, ImportedProject};
use leptos::form::ActionForm;
use leptos::prelude::*;

pub fn import_plan(plan: ImportPlan, draft: ImportDraft, action: ServerAction<Import>) -> AnyView {
    let notes = plan.notes.iter().map(
        |note| view! { <div class="notice">{icon(Icon::CircleAlert)}<p>{prose(note)}</p></div> },
    );
    let title = match plan.projects.len() {
        1 => "1 project is made".to_owned(),
        n => format!("{n} projects are made"),
    };
    view! {
        <div class="plan">
            <h2>{title}</h2>
            {notes.collect_view()}
            {plan.projects.iter().map(project).collect_view()}
            {left_out(&plan.left_out)}
            {confirm(plan, draft, action)}
        </div>
    }
    .into_any()
}

fn project(one: &ImportedProject) -> AnyView {
    let host = one.hosts.first().cloned().unwrap_or_default();
    let notes = one.notes.iter().map(
        |note| view! { <li class="plan-fact">{icon(Icon::Circle)}<span>{prose(note)}</span></li> },
    );
    let service = format!("service {}, line {}", one.service, one.line);
    let built = one.build.clone().map(|how| format!(", built as {how}"));
    view! {
        <div class="import-one">
            <p class="plan-way"><span class="mono">{one.name.clone()}</span></p>
            <p class="muted">{service}" · "{one.source.label()}{built}" · "<span class="mono">{host}</span></p>
            {(!one.config.is_empty()).then(|| view! { <pre class="dockerfile" tabindex="0" aria-label=format!("Configuration of {}", one.name)>{one.config.clone()}</pre> })}
            <ul class="plan-facts">{notes.collect_view()}</ul>
        </div>
    }
    .into_any()
}

fn left_out(all: &[LeftOut]) -> AnyView {
    if all.is_empty() {
        return view! { <p class="muted">"Everything in the file has its place here."</p> }
            .into_any();
    }
    let row = |one: &LeftOut| {
        view! { <tr><td class="num">{one.line}</td><td><code>{one.path.clone()}</code></td><td>{prose(&one.sentence)}</td></tr> }
    };
    view! {
        <div>
            <h3>"What has no place here"</h3>
            <div class="scroll-x" tabindex="0" role="region" aria-label="What has no place here"><table class="table left-out">
                <thead><tr><th scope="col">"Line"</th><th scope="col">"Key"</th><th scope="col">"Instead"</th></tr></thead>
                <tbody>{all.iter().map(row).collect_view()}</tbody>
            </table></div>
        </div>
    }
    .into_any()
}

fn confirm(plan: ImportPlan, draft: ImportDraft, action: ServerAction<Import>) -> AnyView {
    // Areas, since an input has no line breaks.
    let hidden = draft.pairs().into_iter().map(|(name, value)| {
        view! { <textarea name=format!("draft[{name}]") hidden readonly aria-hidden="true">{value}</textarea> }
    });
    view! {
        <ActionForm action>
            <div class="plan-confirm">
                {hidden.collect_view()}
                <input type="hidden" name="digest" value=plan.digest/>
                <button class="btn btn-primary btn-large" disabled=flag(move || action.pending().get())>"Import"</button>
            </div>
        </ActionForm>
    }
    .into_any()
}
