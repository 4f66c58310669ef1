//! The webhook: its secret, shown once, and what to enter where.

use super::act::act;
use super::copy::Copy;
use super::dynamic::{dynamic, flag};
use super::here::here;
use super::once::once;
use super::refused::{last_fault, refused};
use super::times::ago;
use crate::answer::Answer;
use crate::error::Fault;
use crate::format;
use crate::paths;
use crate::read::Read;
use crate::server_fns::hooks::{RemoveHook, RotateHook};
use domain::hook::Provider;
use domain::view::{GitView, HookPath, HookView, NewHookView};
use leptos::form::FromFormData;
use leptos::prelude::*;
use leptos::web_sys::SubmitEvent;

pub fn hook_panel(view: Signal<GitView>) -> AnyView {
    let (rotate, remove) = (
        ServerAction::<RotateHook>::new(),
        ServerAction::<RemoveHook>::new(),
    );
    let posted = Read::new(|| (), |()| posted());
    let project = view.with_untracked(|v| v.project.clone());
    let hook = Memo::new(move |_| view.with(|v| v.hook.clone()));
    let there = Memo::new(move |_| hook.with(Option::is_some));
    let id = project.to_string();
    view! {
        <section class="block">
            <h2>"Webhook"</h2>
            <p class="muted mb-3">"Your Git host tells Sealdock of each push and signs it with a secret. The secret is kept as it is, since signatures are computed with it; nobody can read it here again."</p>
            <Transition>{dynamic(move || posted.get().map(|answer| match answer { Ok(None) => ().into_any(), Ok(Some(new)) => shown(Ok(new)), Err(no) => shown(Err(no)) }))}</Transition>
            {dynamic(move || rotate.value().get().map(shown))}
            {last_fault::<()>(remove.value())}
            {dynamic(move || hook.get().map(|hook| facts(&hook)))}
            <div class="form-foot">
                {rotate_form(paths::git_push(&project), id.clone(), rotate, there)}
                {dynamic(move || there.get().then(|| act(remove, id.clone(), "Remove the webhook", "btn", Signal::stored(None), "why-remove")))}
            </div>
            {dynamic(move || there.get().then(|| steps(hook.get_untracked().map(|h| h.paths).unwrap_or_default())))}
        </section>
    }
    .into_any()
}

/// Posted to the page itself: a plain redirect would lose the secret, which is shown once.
fn rotate_form(
    page: String,
    id: String,
    rotate: ServerAction<RotateHook>,
    there: Memo<bool>,
) -> AnyView {
    let submit = move |event: SubmitEvent| {
        if let Ok(input) = RotateHook::from_event(&event) {
            event.prevent_default();
            rotate.dispatch(input);
        }
    };
    let label = move || match there.get() {
        true => "Replace the secret",
        false => "Create the webhook",
    };
    let busy = rotate.pending();
    view! {
        <form method="post" action=page on:submit=submit>
            <input type="hidden" name="id" value=id/>
            <button class="btn btn-primary" disabled=flag(move || busy.get())>{dynamic(label)}</button>
        </form>
    }
    .into_any()
}

fn shown(answer: Result<NewHookView, Fault>) -> AnyView {
    match answer {
        Ok(new) => once(
            "This is the only time that the secret is shown. Copy it now; one that was there before is worth nothing any more.",
            new.secret,
        ),
        Err(no) => refused(&no.0).into_any(),
    }
}

#[cfg(feature = "ssr")]
async fn posted() -> Result<Answer<Option<NewHookView>>, Fault> {
    let form = use_context::<crate::call::Posted>().unwrap_or_default().0;
    let Some(id) = form.get("id") else {
        return Ok(Answer::none());
    };
    crate::server_fns::hooks::rotate_hook(id.clone())
        .await
        .and_then(|new| Answer::of(Some(new)))
}

#[cfg(not(feature = "ssr"))]
async fn posted() -> Result<Answer<Option<NewHookView>>, Fault> {
    Ok(Answer::none())
}

fn facts(hook: &HookView) -> AnyView {
    let (made, rotated) = (hook.created_at, hook.rotated_at);
    let rejected = hook.rejected_at.map(|at| {
        let times = match hook.rejected {
            1 => "1 delivery".to_owned(),
            n => format!("{} deliveries", format::count(n)),
        };
        view! { <div><dt>"Rejected"</dt><dd>{times}" with a wrong signature, the last "{ago(at)}</dd></div> }
    });
    view! {
        <dl class="pairs mb-3">
            <div><dt>"Created"</dt><dd>{ago(made)}</dd></div>
            {rotated.map(|at| view! { <div><dt>"Secret"</dt><dd>"replaced "{ago(at)}</dd></div> })}
            {rejected}
        </dl>
    }
    .into_any()
}

/// What to enter where, for each kind of sender.
fn steps(paths: Vec<HookPath>) -> AnyView {
    // The server only knows the host; the browser also knows whether it is https.
    let origin = RwSignal::new(here());
    Effect::new(move |_| origin.set(here()));
    let all = paths.into_iter().map(|HookPath { provider, path }| {
        let address = Signal::derive(move || format!("{}{path}", origin.get()));
        view! {
            <details class="more-fields mt-3">
                <summary>{provider.title()}</summary>
                <div class="panel panel-body">
                    <div class="with-copy mb-3"><code class="key">{dynamic(move || address.get())}</code><Copy text=address what="the address"/></div>
                    {how(provider, address)}
                </div>
            </details>
        }
    });
    view! {
        {all.collect_view()}
        <p class="hint mt-3">"The host has to reach this address: if it is not the one that you see in your browser, start the server with "<code>"--public-url"</code>"."</p>
    }
    .into_any()
}

fn how(provider: Provider, address: Signal<String>) -> AnyView {
    let list: &[&str] = match provider {
        Provider::Github => &[
            "Open the repository on GitHub: Settings → Webhooks → Add webhook.",
            "Payload URL: the address above. Content type: application/json. Secret: the secret.",
            "Leave “Just the push event”, or also choose Pull requests for their previews; then Add webhook.",
            "GitHub sends a ping; it appears below as answered.",
        ],
        Provider::Gitlab => &[
            "Open the project on GitLab: Settings → Webhooks → Add new webhook.",
            "URL: the address above. Secret token: the secret. (A signing token is not taken.)",
            "Trigger: Push events, for all branches or for the tracked one; Merge request events for their previews. Keep SSL verification on.",
            "Add webhook, then Test → Push events; it appears below.",
        ],
        Provider::Gitea => &[
            "Open the repository: Settings → Webhooks → Add webhook → Gitea (or Forgejo).",
            "Target URL: the address above. HTTP method: POST. POST content type: application/json. Secret: the secret.",
            "Trigger on: Push events, and Pull Request events (also synchronized) for their previews. Add webhook.",
            "Open it again and choose Test delivery; it appears below.",
        ],
        Provider::Generic | Provider::Poll => return script(address),
    };
    let items = list.iter().map(|step| view! { <li>{*step}</li> });
    view! { <ol class="steps">{items.collect_view()}</ol> }.into_any()
}

/// What a hook of a bare repository, or a job of a CI, runs.
fn script(address: Signal<String>) -> AnyView {
    let text = Signal::derive(move || SCRIPT.replace("ADDRESS", &address.get()));
    view! {
        <p class="muted mb-3">"From a script, with the secret in "<code>"SECRET"</code>". The timestamp may be five minutes off; an id that came before is a duplicate."</p>
        <div class="with-copy"><pre class="scroll-x" tabindex="0"><code>{dynamic(move || text.get())}</code></pre><Copy text=text what="the script"/></div>
    }
    .into_any()
}

const SCRIPT: &str = r#"BODY="{\"ref\":\"refs/heads/main\",\"after\":\"$(git rev-parse main)\"}"
TIME=$(date +%s)
SIGNATURE=$(printf '%s' "$TIME.$BODY" | openssl dgst -sha256 -hmac "$SECRET" -r | cut -d' ' -f1)
curl --fail-with-body "ADDRESS" \
  -H "Content-Type: application/json" \
  -H "X-Sealdock-Delivery: $(cat /proc/sys/kernel/random/uuid)" \
  -H "X-Sealdock-Timestamp: $TIME" \
  -H "X-Sealdock-Signature: sha256=$SIGNATURE" \
  --data-binary "$BODY""#;
