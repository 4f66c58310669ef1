//! Previews of branches and pull requests: those there are, and what gets one.

use super::act::act;
use super::dynamic::{dynamic, each, flag, when};
use super::environment_card::url;
use super::git_host::git_host;
use super::loaded::{Skeleton, loaded};
use super::prose::prose;
use super::refused::last_fault;
use super::status::{Tone, status};
use super::times::ago;
use crate::server_fns::reviews::{ApprovePreview, ClosePreview, SetPreviews, previews};
use crate::{draft, live, paths};
use domain::hint::Topic;
use domain::id::ProjectId;
use domain::view::{ReviewView, ReviewsView};
use leptos::form::ActionForm;
use leptos::prelude::*;

pub fn previews_of(project: &ProjectId) -> AnyView {
    let id = project.to_string();
    let data = live::read(
        move || id.clone(),
        previews,
        |topic| matches!(topic, Topic::Project(_) | Topic::Environment(_)),
        |view: &ReviewsView| view.reviews.iter().any(|r| r.ending),
    );
    view! {
        <section class="block" id="previews">
            <h2>"Previews"</h2>
            <p class="muted mb-3">"A branch or a pull request gets an environment of its own while it is worked on. It has the variables of previews and none of another environment’s. Code of a fork waits until a person approves that very commit, and gets no variable at all."</p>
            {loaded(data, Skeleton::Cards(1), shown)}
        </section>
    }
    .into_any()
}

fn shown(view: Signal<ReviewsView>) -> AnyView {
    let (approve, close) = (
        ServerAction::<ApprovePreview>::new(),
        ServerAction::<ClosePreview>::new(),
    );
    let all = Memo::new(move |_| view.with(|v| v.reviews.clone()));
    view! {
        {last_fault::<()>(approve.value())}
        {last_fault::<()>(close.value())}
        {when(move || all.with(Vec::is_empty), move || view! { <p class="muted mb-3">{move || view.with(nothing)}</p> })}
        <div class="cards mb-3">
            {each(all, |r| r.id.to_string(), move |one| card(one, approve, close))}
        </div>
        {rules(view)}
        {git_host(view)}
    }
    .into_any()
}

fn nothing(view: &ReviewsView) -> &'static str {
    match view.rules.pulls || view.rules.branches.is_some() {
        true => "There is none. The next push to a branch or a pull request makes one.",
        false => "Previews are off.",
    }
}

fn card(
    one: Memo<ReviewView>,
    approve: ServerAction<ApprovePreview>,
    close: ServerAction<ClosePreview>,
) -> AnyView {
    let id = one.with_untracked(|r| r.id.to_string());
    let barred = Signal::derive(move || {
        one.with(|r| r.ending.then(|| "It is being removed already.".to_owned()))
    });
    view! {
        <article class="card">
            <header class="env-head">
                <h3>{dynamic(move || one.with(|r| prose(&r.subject.title())))}</h3>
                {dynamic(move || one.with(state))}
            </header>
            {dynamic(move || one.with(|r| r.title.clone()).map(|title| view! { <p>{title}</p> }))}
            <p class="sentence">{dynamic(move || one.with(|r| prose(&r.sentence)))}</p>
            {dynamic(move || one.with(|r| r.url.clone()).map(url))}
            {dynamic(move || one.with(facts))}
            <footer class="env-foot">
                {dynamic(move || one.with(|r| r.waits.then(|| approval(r.id.to_string(), r.head.clone(), approve))))}
                {act(close, id, "Close", "btn", barred, "why-close-preview")}
            </footer>
        </article>
    }
    .into_any()
}

fn state(review: &ReviewView) -> AnyView {
    let (tone, word) = match review {
        r if r.ending => (Tone::Moving, "Ending"),
        r if r.waits => (Tone::Warning, "Waits for you"),
        r if r.environment.is_none() => (Tone::Failed, "Refused"),
        _ => (Tone::Ok, "Open"),
    };
    status(tone, word).into_any()
}

fn facts(review: &ReviewView) -> AnyView {
    let short: String = review.head.chars().take(7).collect();
    let head = format!("{}@{short}", review.branch);
    let author = review.author.clone();
    let deployed = review.deployment.as_ref().map(|d| {
        view! { <div><dt>"Deployment"</dt><dd><a class="link" href=paths::deployment(&d.id)>{format!("#{}", d.number)}</a></dd></div> }
    });
    view! {
        <dl class="pairs">
            <div><dt>"Head"</dt><dd class="mono clip" title=review.head.clone()>{head}</dd></div>
            {review.fork.then(|| view! { <div><dt>"From"</dt><dd>"a fork"</dd></div> })}
            {author.map(|name| view! { <div><dt>"By"</dt><dd>{name}</dd></div> })}
            {deployed}
            <div><dt>"Ends"</dt><dd>{ago(review.expires_at)}</dd></div>
        </dl>
    }
    .into_any()
}

/// Of the commit that is shown: when it has moved, the answer says so.
pub fn approval(id: String, head: String, approve: ServerAction<ApprovePreview>) -> AnyView {
    let short: String = head.chars().take(7).collect();
    let busy = approve.pending();
    view! {
        <ActionForm action=approve>
            <input type="hidden" name="id" value=id/>
            <input type="hidden" name="commit" value=head/>
            <button class="btn btn-primary" disabled=flag(move || busy.get())>{format!("Approve {short}")}</button>
        </ActionForm>
    }
    .into_any()
}

/// Filled in once: what a person types is never replaced under them.
fn rules(view: Signal<ReviewsView>) -> AnyView {
    let set = ServerAction::<SetPreviews>::new();
    let (id, rules) = view.with_untracked(|v| (v.project.to_string(), v.rules.clone()));
    let busy = set.pending();
    view! {
        {last_fault::<()>(set.value())}
        <details class="more-fields mb-3">
            <summary>"What gets a preview"</summary>
            <ActionForm action=set>
                <div class="fields">
                    <input type="hidden" name="id" value=id/>
                    <label class="check"><input type="checkbox" name="rules[pulls]" value="on" checked=rules.pulls/>"Every pull (merge) request"</label>
                    {field("rules[branches]", "Branches", "Names with * for anything, like feature/*. Empty: none.", rules.branches.unwrap_or_default())}
                    {field("rules[ttl_h]", "Hours after the last push", "1 to 720.", rules.ttl_h.to_string())}
                    {field("rules[most]", "At the same time", "1 to 20. One more is refused.", rules.most.to_string())}
                    {field("rules[memory_mib]", "Memory in MiB", "Of its one instance, at most.", rules.memory_mib.to_string())}
                    <div class="field">
                        <label for="preview-variables">"Variables of previews"</label>
                        <textarea class="input" id="preview-variables" name="rules[variables]" rows="4" spellcheck="false" aria-describedby="preview-variables-hint">{draft::env_text(&rules.variables)}</textarea>
                        <p class="hint" id="preview-variables-hint">"One NAME=value on each line. Whoever may push can read them; a fork gets none."</p>
                    </div>
                    {field("rules[secrets]", "Secrets of previews", "Names of the organization’s secrets, with spaces between. A preview sees these and no others; a fork sees none.", rules.secrets.join(" "))}
                    <div class="form-foot"><button class="btn" aria-label="Save what gets a preview" disabled=flag(move || busy.get())>"Save"</button></div>
                </div>
            </ActionForm>
        </details>
    }
    .into_any()
}

pub fn field(
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    value: String,
) -> AnyView {
    let (id, hint_id) = (format!("preview-{name}"), format!("preview-{name}-hint"));
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input class="input" id=id name=name maxlength="500" autocomplete="off" autocapitalize="off" spellcheck="false" value=value aria-describedby=hint_id.clone()/>
            <p class="hint" id=hint_id>{hint}</p>
        </div>
    }
    .into_any()
}
