//! Where a Git host is told how deployments went: its API, and a token that nobody can read again.

use super::act::act;
use super::dynamic::{dynamic, flag};
use super::previews::field;
use super::prose::prose;
use super::refused::last_fault;
use super::times::ago;
use crate::server_fns::reviews::{RemoveHost, SetHost};
use domain::hook::Provider;
use domain::view::{ForgeView, ReviewsView};
use leptos::form::ActionForm;
use leptos::prelude::*;

const HOSTS: [Provider; 3] = [Provider::Github, Provider::Gitlab, Provider::Gitea];

pub fn git_host(view: Signal<ReviewsView>) -> AnyView {
    let remove = ServerAction::<RemoveHost>::new();
    let id = view.with_untracked(|v| v.project.to_string());
    let forge = Memo::new(move |_| view.with(|v| v.forge.clone()));
    let there = Memo::new(move |_| forge.with(Option::is_some));
    view! {
        <h3>"Statuses, comments and releases"</h3>
        <p class="muted mb-3">"The Git host is told how each deployment went: a status at its commit, and one comment on a pull request. A deployment never waits for that."</p>
        {last_fault::<()>(remove.value())}
        {dynamic(move || forge.with(told))}
        {form(view)}
        {dynamic(move || there.get().then(|| act(remove, id.clone(), "Tell it nothing more", "btn", Signal::stored(None), "why-remove-host")))}
    }
    .into_any()
}

fn told(forge: &Option<ForgeView>) -> AnyView {
    let Some(forge) = forge else {
        return view! { <p class="muted mb-3">"No host is told anything."</p> }.into_any();
    };
    let problem = forge.problem.clone().zip(forge.problem_at);
    let problem = problem.map(|(why, at)| {
        view! { <p class="why-not">{prose(&why)}" "{ago(at)}</p> }
    });
    view! {
        <dl class="pairs mb-3">
            <div><dt>"Told"</dt><dd>{forge.provider.title()}</dd></div>
            <div><dt>"API"</dt><dd class="mono clip" title=forge.url.clone()>{forge.url.clone()}</dd></div>
            <div><dt>"Repository"</dt><dd class="mono">{forge.repository.clone()}</dd></div>
            {forge.release_key.map(|key| view! { <div><dt>"Releases are signed by"</dt><dd class="mono break">{key.to_string()}</dd></div> })}
        </dl>
        {problem}
    }
    .into_any()
}

fn form(view: Signal<ReviewsView>) -> AnyView {
    let set = ServerAction::<SetHost>::new();
    let (id, forge) = view.with_untracked(|v| (v.project.to_string(), v.forge.clone()));
    let provider = forge.as_ref().map_or(Provider::Github, |f| f.provider);
    let key = forge.as_ref().and_then(|f| f.release_key);
    let key = key.map(|key| key.to_string()).unwrap_or_default();
    let (url, repository) = forge.map(|f| (f.url, f.repository)).unwrap_or_default();
    let busy = set.pending();
    let options = HOSTS.map(|p| {
        view! { <option value=p.word() selected=p == provider>{p.title()}</option> }
    });
    view! {
        {last_fault::<()>(set.value())}
        <details class="more-fields mb-3">
            <summary>"Which host, and its token"</summary>
            <ActionForm action=set>
                <div class="fields">
                    <input type="hidden" name="id" value=id/>
                    <input type="hidden" name="known_key" value=key.clone()/>
                    <div class="field">
                        <label for="host-provider">"Host"</label>
                        <select class="input" id="host-provider" name="provider">{options.collect_view()}</select>
                    </div>
                    {field("url", "Address of its API", "https://api.github.com, https://gitlab.example/api/v4 or https://gitea.example/api/v1.", url)}
                    {field("repository", "Repository", "As the host calls it: team/app.", repository)}
                    <div class="field">
                        <label for="host-token">"Token"</label>
                        <input class="input" id="host-token" type="password" name="token" maxlength="500" autocomplete="off" aria-describedby="host-token-hint"/>
                        <p class="hint" id="host-token-hint">"It may write statuses and comments, and read releases, which mark the tags. It is never shown; empty keeps the one that is there."</p>
                    </div>
                    {field("release_key", "Key of releases", "The 64 digits of sealdock release keygen. Then an environment that is not for debugging takes only a tag whose release.json this key signed, and only the image that it names. Empty: anything may go there.", key)}
                    <div class="form-foot"><button class="btn" aria-label="Save which host is told" disabled=flag(move || busy.get())>"Save"</button></div>
                </div>
            </ActionForm>
        </details>
    }
    .into_any()
}
