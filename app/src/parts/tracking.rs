//! Which branch each environment follows: a form for each.

use super::dynamic::{dynamic, each, flag};
use super::prose::prose;
use super::refused::last_fault;
use crate::server_fns::hooks::TrackBranch;
use domain::view::{GitView, TrackingView};
use leptos::form::ActionForm;
use leptos::prelude::*;

pub fn trackings(view: Signal<GitView>) -> AnyView {
    let track = ServerAction::<TrackBranch>::new();
    let every_s = view.with_untracked(|v| v.poll_every_s);
    let all = Memo::new(move |_| view.with(|v| v.environments.clone()));
    view! {
        <section class="block">
            <h2>"Tracked branches"</h2>
            <p class="muted mb-3">"What is pushed to a tracked branch is deployed without asking, with the configuration that its environment has, and also where that means downtime. It is always the branch’s head that is deployed."</p>
            {last_fault::<()>(track.value())}
            <div class="cards">
                {each(all, |t| t.environment.to_string(), move |one| form(one, track, every_s))}
            </div>
        </section>
    }
    .into_any()
}

/// Its fields are filled in once: what a person types is never replaced under them.
fn form(one: Memo<TrackingView>, track: ServerAction<TrackBranch>, every_s: u64) -> AnyView {
    let TrackingView {
        environment,
        name,
        branch,
        poll,
        ..
    } = one.get_untracked();
    let (branch_id, hint_id) = (
        format!("branch-{environment}"),
        format!("hint-{environment}"),
    );
    let busy = track.pending();
    view! {
        <article class="card">
            <header class="env-head"><h3>{name.clone()}</h3></header>
            <ActionForm action=track>
                <div class="fields">
                    <input type="hidden" name="id" value=environment.to_string()/>
                    <div class="field">
                        <label for=branch_id.clone()>"Branch"</label>
                        <input class="input" id=branch_id name="branch" maxlength="255" autocomplete="off" autocapitalize="off" spellcheck="false" placeholder="main" value=branch aria-describedby=hint_id.clone()/>
                        <p class="hint" id=hint_id>{dynamic(move || one.with(|t| prose(&standing(t))))}</p>
                    </div>
                    <label class="check"><input type="checkbox" name="poll" value="on" checked=poll/>{format!("Also ask the repository every {every_s} s")}</label>
                    <div class="form-foot"><button class="btn" aria-label=format!("Save what {name} follows") disabled=flag(move || busy.get())>"Save"</button></div>
                </div>
            </ActionForm>
        </article>
    }
    .into_any()
}

fn standing(tracking: &TrackingView) -> String {
    match (&tracking.branch, &tracking.seen) {
        (None, _) => "Empty: pushes change nothing here.".into(),
        (Some(branch), None) => format!("Follows `{branch}`."),
        (Some(branch), Some(seen)) => {
            let short = seen.get(..7).unwrap_or(seen);
            format!("Follows `{branch}`, which was at `{short}` when it was last looked at.")
        }
    }
}
