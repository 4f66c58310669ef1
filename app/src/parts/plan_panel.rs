//! The plan that the server computed, and the button that does what it says. The confirmation
//! carries the plan's digest: what nobody saw does not run.

use super::build_facts::build_facts;
use super::changes::changes;
use super::dynamic::{dynamic, flag};
use super::icon::{Icon, icon};
use super::prose::prose;
use super::refused::{last_fault, refused};
use crate::answer::Answer;
use crate::draft::Choice;
use crate::paths;
use crate::read::Read;
use crate::server_fns::updates::{ConfirmUpdate, plan};
use domain::source::{Commit, Source};
use domain::strategy::Strategy;
use domain::view::{Preview, ReusedView};
use leptos::form::ActionForm;
use leptos::prelude::*;

type Planned = Read<Option<Preview>>;

#[derive(Clone)]
pub struct Confirmation {
    pub id: String,
    pub choice: Signal<Choice>,
    pub action: ServerAction<ConfirmUpdate>,
}

/// The plan of a choice, read again when the choice or the world has changed.
pub fn planned(id: String, choice: Signal<Choice>, action: ServerAction<ConfirmUpdate>) -> Planned {
    Read::new(
        move || (id.clone(), choice.get(), action.version().get()),
        |(id, choice, _)| async move {
            if choice.is_empty() {
                Ok(Answer::none())
            } else {
                plan(id, choice).await.map(Answer::some)
            }
        },
    )
}

pub fn plan_panel(planned: Planned, confirmation: Confirmation) -> AnyView {
    let action = confirmation.action;
    view! {
        <section class="plan-column" aria-label="Plan" aria-live="polite">
            {last_fault::<()>(action.value())}
            <Transition fallback=|| view! { <div class="bone bone-card"></div> }>
                {dynamic(move || {
                    let confirmation = confirmation.clone();
                    planned.get().map(|answer| match answer {
                        Ok(None) => nothing(),
                        Ok(Some(plan)) => shown(plan, confirmation),
                        Err(no) => refused(&no.0),
                    })
                })}
            </Transition>
        </section>
    }
    .into_any()
}

fn nothing() -> AnyView {
    view! { <p class="plan-empty">"Choose a version to see exactly what would happen. Nothing runs before you confirm."</p> }.into_any()
}

fn shown(plan: Preview, confirmation: Confirmation) -> AnyView {
    view! {
        <div class="plan">
            <h2>"The plan"</h2>
            {way(plan.from.as_ref(), &plan.to)}
            {(!plan.notes.is_empty()).then(|| notes(&plan.notes))}
            {how(&plan)}
            {built(&plan)}
            {differences(&plan)}
            {commits(&plan)}
            {confirm(plan, confirmation)}
        </div>
    }
    .into_any()
}

fn way(from: Option<&Source>, to: &Source) -> AnyView {
    let from = from.map(Source::label);
    view! {
        <p class="plan-way">
            {from.map(|from| view! { <span class="mono muted">{from}</span>{icon(Icon::ArrowRight)}<span class="sr-only">" to "</span> })}
            <span class="mono">{to.label()}</span>
        </p>
    }
    .into_any()
}

/// Nothing is built: the very same thing starts.
fn again(of: &ReusedView) -> AnyView {
    let digest = of
        .artifact
        .as_ref()
        .map(|a| crate::format::digest(a.digest()));
    view! {
        <li class="plan-fact good">{icon(Icon::CircleCheck)}<span>
            "Nothing is cloned or built: what "<a class="link" href=paths::deployment(&of.id)>{format!("#{}", of.number)}</a>" made starts again, bit for bit. "
            {digest.map(|d| view! { <code>{d}</code> })}
        </span></li>
    }
    .into_any()
}

/// Strategy, downtime, what stops.
fn how(plan: &Preview) -> AnyView {
    let strategy = match plan.strategy {
        Strategy::BlueGreen => {
            "Blue-green: the new version starts beside the old one and gets traffic when it is healthy."
        }
        Strategy::Replace => {
            "Replace: the old version stops first, because both can’t hold what it holds alone."
        }
    };
    let (class, mark, downtime) = match plan.downtime {
        false => (
            "plan-fact good",
            Icon::CircleCheck,
            "No downtime; requests in flight finish.",
        ),
        true => (
            "plan-fact bad",
            Icon::TriangleAlert,
            "There is downtime: visitors get 503 until the new version is healthy.",
        ),
    };
    let debug = match plan.debug {
        true => "Debug: true. Its instances have a terminal.",
        false => "Debug: false. Nobody opens a terminal in its instances.",
    };
    let stops = plan.stops.iter().map(|line| view! { <li class="plan-fact">{icon(Icon::Circle)}<span>"Stops: "{prose(line)}</span></li> });
    view! {
        <ul class="plan-facts">
            {plan.reuses.as_ref().map(again)}
            <li class=class>{icon(mark)}<span>{downtime}</span></li>
            <li class="plan-fact">{icon(Icon::RefreshCw)}<span>{strategy}</span></li>
            {stops.collect_view()}
            <li class="plan-fact">{icon(Icon::Circle)}<span>{debug}</span></li>
        </ul>
    }
    .into_any()
}

fn built(plan: &Preview) -> Option<AnyView> {
    let facts = build_facts(plan.build.as_ref()?);
    Some(view! { <div><h3>"How it is built"</h3>{facts}</div> }.into_any())
}

fn differences(plan: &Preview) -> AnyView {
    let body = match plan.changes.is_empty() {
        true => view! { <p class="muted">"The configuration stays as it is."</p> }.into_any(),
        false => changes(&plan.changes),
    };
    view! { <div><h3>"Environment and configuration"</h3>{body}</div> }.into_any()
}

fn commits(plan: &Preview) -> Option<AnyView> {
    let title = match plan.commits.len() {
        0 => return None,
        1 => "1 commit".to_owned(),
        n if plan.commits_more => format!("The newest {n} commits"),
        n => format!("{n} commits"),
    };
    let one = |c: &Commit| {
        let by = format!("{}, {}", c.author, crate::format::absolute(c.at));
        view! { <li><code>{c.short().to_owned()}</code><span title=by>{c.subject.clone()}</span></li> }
    };
    let list = plan.commits.iter().map(one).collect_view();
    Some(view! { <div><h3>{title}</h3><ul class="commits">{list}</ul></div> }.into_any())
}

fn confirm(plan: Preview, Confirmation { id, choice, action }: Confirmation) -> AnyView {
    let class = if plan.downtime {
        "btn btn-danger btn-large"
    } else {
        "btn btn-primary btn-large"
    };
    let hidden = choice
        .get_untracked()
        .pairs()
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
    let word = plan.typed.map(|word| view! {
        <div class="field">
            <label for="typed">"Type "<code>{word}</code>" to confirm the downtime"</label>
            <input class="input" id="typed" name="typed" required autocomplete="off" autocapitalize="off"/>
        </div>
    });
    let hold = hold_button(plan.hold.clone(), action);
    view! {
        <ActionForm action>
            <div class="plan-confirm">
                <input type="hidden" name="id" value=id/>
                <input type="hidden" name="digest" value=plan.digest/>
                {hidden.collect_view()}
                {word}
                <button class=class disabled=flag(move || action.pending().get())>{plan.verb}</button>
                {hold}
            </div>
        </ActionForm>
    }
    .into_any()
}

/// The same plan, but only up to ready: the other button of the form.
fn hold_button(no: Option<String>, action: ServerAction<ConfirmUpdate>) -> AnyView {
    let can = no.is_none();
    let about = no.unwrap_or_else(|| {
        "Held at ready it runs beside the old version, without traffic, at an address for its reviewers, until it is promoted or cancelled.".to_owned()
    });
    view! {
        <button class="btn btn-large" name="hold" value="yes" aria-describedby="why-hold" disabled=flag(move || !can || action.pending().get())>"Hold at ready"</button>
        <p class="hint" id="why-hold">{about}</p>
    }
    .into_any()
}

/// In one box, however many there are.
fn notes(all: &[String]) -> AnyView {
    let each = all.iter().map(|note| view! { <p>{prose(note)}</p> });
    view! { <div class="notice">{icon(Icon::CircleAlert)}<div class="notes">{each.collect_view()}</div></div> }
        .into_any()
}
