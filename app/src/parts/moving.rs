//! The deployments on their way, visible from every page.

use super::icon::{Icon, icon};
use super::toasts::{Toasts, use_toasts};
use crate::read::looks;
use crate::server_fns::deployments::{deployment, moving};
use crate::{live, paths};
use domain::deployment::Phase;
use domain::hint::Topic;
use domain::view::DeploymentSummary;
use leptos::prelude::*;
use leptos::reactive::spawn_local;

#[component]
pub fn Moving() -> AnyView {
    let about = |topic: &Topic| matches!(topic, Topic::Deployment(_) | Topic::Environment(_));
    let toasts = use_toasts();
    let data = live::read(
        || (),
        |()| moving(),
        about,
        |list: &Vec<DeploymentSummary>| !list.is_empty(),
    );
    Effect::new(move |before: Option<Vec<DeploymentSummary>>| {
        let now = data.get().and_then(Result::ok).unwrap_or_default();
        let gone = before
            .into_iter()
            .flatten()
            .filter(|d| now.iter().all(|n| n.id != d.id));
        gone.for_each(|d| tell_end(toasts, d));
        now
    });
    view! {
        <Transition>
            {
                let list = looks(move || Memo::new(move |_| data.get().and_then(Result::ok).unwrap_or_default()));
                move || list().with(|list| (!list.is_empty()).then(|| view! {
                <section class="moving" aria-label="Running deployments">
                    {list.iter().take(3).map(one).collect_view()}
                    {(list.len() > 3).then(|| view! { <a href=paths::DEPLOYMENTS>{format!("and {} more", list.len() - 3)}</a> })}
                </section>
            }))
            }
        </Transition>
    }
    .into_any()
}

fn one(d: &DeploymentSummary) -> AnyView {
    view! {
        <a class="moving-one" href=paths::deployment(&d.id) title=d.sentence.clone()>
            <span class="spin">{icon(Icon::LoaderCircle)}</span>
            <span class="clip">{d.project_name.clone()}" "<span class="mono">{d.source.label()}</span></span>
            <span class="muted">{d.phase.word()}</span>
        </a>
    }
    .into_any()
}

/// It moved a moment ago: says what became of it.
fn tell_end(toasts: Toasts, was: DeploymentSummary) {
    spawn_local(async move {
        let answer = deployment(was.id.to_string()).await;
        let Ok(view) = answer.and_then(|answer| answer.read()) else {
            return;
        };
        let d = view.summary;
        let name = format!("{} {}", d.project_name, d.source.label());
        match d.phase {
            Phase::Live => toasts.say(format!("{name} is live.")),
            Phase::Failed => toasts.fail(format!("{name} failed: {}", d.sentence)),
            _ => toasts.say(format!("{name}: {}", d.sentence)),
        }
    });
}
