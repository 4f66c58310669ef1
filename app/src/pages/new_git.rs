//! From a Git repository: first its address, then what it has.

use super::query;
use crate::answer::Answer;
use crate::parts::build_facts::build_facts;
use crate::parts::icon::{Icon, icon};
use crate::parts::loaded::Skeleton;
use crate::parts::loaded::loaded;
use crate::parts::new_form::{name_from, new_form};
use crate::parts::page_head::page_head;
use crate::parts::preset_field::preset_field;
use crate::parts::prose::prose;
use crate::parts::refused::refused;
use crate::paths;
use crate::read::Read;
use crate::server_fns::projects::repository;
use domain::view::RepositoryView;
use leptos::either::EitherOf3;
use leptos::prelude::*;

#[component]
pub fn NewGit() -> impl IntoView {
    let url = query("url");
    let data = Read::new(
        move || url.get(),
        |url| async move {
            match url {
                None => Ok(Answer::none()),
                // a refusal is an answer here: the form stays, with the sentence below it
                Some(url) => Ok(Answer::tried(repository(url).await).some()),
            }
        },
    );
    let crumbs = vec![
        (paths::PROJECTS.into(), "Projects".into()),
        (paths::NEW_PROJECT.into(), "New project".into()),
    ];
    view! {
        {page_head(crumbs, "Deploy a Git repository", ())}
        <div class="form-card">
            <form method="get" class="field">
                <label for="url">"Repository"</label>
                <div class="joined">
                    <input class="input" id="url" name="url" required autocomplete="off" autocapitalize="off" spellcheck="false" placeholder="https://git.example.com/team/app.git" value=move || url.get() aria-describedby="url-hint"/>
                    <button class="btn">"Look"</button>
                </div>
                <p class="hint" id="url-hint">"https, ssh (add the deploy key from the settings), or a path on this machine."</p>
            </form>
            {loaded(data, Skeleton::Lines(6), move |view| move || match view.get() {
                None => EitherOf3::A(()),
                Some(Err(no)) => EitherOf3::B(refused(&no.0)),
                Some(Ok(found)) => EitherOf3::C(second(found)),
            })}
        </div>
    }
}

fn second(found: RepositoryView) -> AnyView {
    let count = format!(
        "{} tags, {} branches",
        found.tags.len(),
        found.branches.len()
    );
    let tags = found
        .tags
        .iter()
        .map(|t| view! { <option value=format!("tag:{}", t.name)>{t.name.clone()}</option> })
        .collect_view();
    let branches = found
        .branches
        .iter()
        .map(|b| view! { <option value=format!("branch:{b}")>{b.clone()}</option> })
        .collect_view();
    let own = view! {
        <p class="all-well">{icon(Icon::CircleCheck)}"The repository answers: "{count}"."</p>
        <input type="hidden" name="new[url]" value=found.url.clone()/>
        <div class="field">
            <label for="revision">"Version"</label>
            <select class="input" id="revision" name="new[revision]">
                <option value="">"The default branch, as it is now"</option>
                <optgroup label="Tags">{tags}</optgroup>
                <optgroup label="Branches">{branches}</optgroup>
            </select>
        </div>
        {built(&found)}
        {preset_field("new[preset]", "auto", |_| {})}
    };
    new_form(own, name_from(&found.url), true)
}

/// What would happen to the default branch, before anything is asked for. Another version may be
/// built in another way, so a "no" leaves the form as it is.
fn built(found: &RepositoryView) -> AnyView {
    let facts = found.build.as_ref().map(build_facts);
    let problem = found.build_problem.as_ref().map(|no| {
        view! { <div class="notice">{icon(Icon::CircleAlert)}<p>{prose(no)}</p></div> }
    });
    view! { <section aria-label="How the default branch is built">{facts}{problem}</section> }
        .into_any()
}
