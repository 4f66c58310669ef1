//! What can be done to a deployment now, and why not where not.

use super::act::{act, reasons};
use super::dynamic::dynamic;
use super::refused::last_fault;
use super::toasts::use_toasts;
use crate::error::Fault;
use crate::paths;
use crate::server_fns::deployments::{Cancel, Pause, Promote, Resume};
use domain::deployment::Phase;
use domain::view::{DeploymentView, PlaceView};
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

pub fn actions(view: Signal<DeploymentView>) -> AnyView {
    let (promote, cancel, pause, resume) = (
        ServerAction::<Promote>::new(),
        ServerAction::<Cancel>::new(),
        ServerAction::<Pause>::new(),
        ServerAction::<Resume>::new(),
    );
    let id = view.with_untracked(|v| v.summary.id.to_string());
    let environment = view.with_untracked(|v| v.summary.environment.clone());
    let again = again(view);
    let can = Memo::new(move |_| view.with(|v| v.can.clone()));
    let paused = Memo::new(move |_| view.with(|v| v.summary.phase == Phase::Paused));
    let ended = Memo::new(move |_| view.with(|v| v.summary.phase.is_final()));
    let why = move || {
        let can = can.get();
        let hold = if paused.get() {
            ("why-resume", "Resume:", can.resume)
        } else {
            ("why-pause", "Pause:", can.pause)
        };
        let own = if ended.get() {
            vec![]
        } else {
            let promote = can.promote.filter(|_| view.with(|v| v.summary.held));
            vec![
                ("why-promote", "Promote:", promote),
                hold,
                ("why-cancel", "Cancel:", can.cancel),
            ]
        };
        own.into_iter()
            .chain([("why-update", "Update:", can.update)])
            .collect()
    };
    let (pause_id, resume_id, id_of_held) = (id.clone(), id.clone(), id.clone());
    said(promote, "Promoted. Traffic is switching to it.");
    said(cancel, "Cancelled. What was made so far is removed.");
    said(pause, "Paused. Visitors get 503 until you resume it.");
    said(resume, "Resumed. Visitors are served again.");
    let buttons = move || {
        (!ended.get()).then(|| {
            let hold = if paused.get() {
                Either::Left(act(
                    resume,
                    resume_id.clone(),
                    "Resume",
                    "btn",
                    Signal::derive(move || can.get().resume),
                    "why-resume",
                ))
            } else {
                Either::Right(act(
                    pause,
                    pause_id.clone(),
                    "Pause",
                    "btn",
                    Signal::derive(move || can.get().pause),
                    "why-pause",
                ))
            };
            (
                act(
                    cancel,
                    id.clone(),
                    "Cancel",
                    "btn",
                    Signal::derive(move || can.get().cancel),
                    "why-cancel",
                ),
                hold,
            )
        })
    };
    view! {
        <div class="page-actions page-actions-column">
            <div class="row">
                {again}
                {held(view, promote, id_of_held)}
                {buttons}
                {dynamic(move || match can.get().update {
                    None => Either::Left(view! { <a class="btn btn-primary" href=paths::update(&environment)>"Update"</a> }),
                    Some(_) => Either::Right(view! { <button class="btn btn-primary" disabled aria-describedby="why-update">"Update"</button> }),
                })}
            </div>
            {reasons(why)}
            {last_fault::<()>(promote.value())}
            {last_fault::<()>(cancel.value())}
            {last_fault::<()>(pause.value())}
            {last_fault::<()>(resume.value())}
        </div>
    }
    .into_any()
}

/// Only what is held waits for this.
fn held(view: Signal<DeploymentView>, promote: ServerAction<Promote>, id: String) -> AnyView {
    let held = Memo::new(move |_| view.with(|v| v.summary.held));
    let why = Signal::derive(move || view.with(|v| v.can.promote.clone()));
    dynamic(move || {
        held.get().then(|| {
            act(
                promote,
                id.clone(),
                "Promote",
                "btn btn-primary",
                why,
                "why-promote",
            )
        })
    })
}

/// Rolling back to it, or promoting it: pages of their own, with the plan.
fn again(view: Signal<DeploymentView>) -> AnyView {
    let own = view.with_untracked(|v| paths::version(&v.summary.environment, &v.summary.id));
    let back = Memo::new(move |_| view.with(|v| v.roll_back.is_none().then(|| back_label(v))));
    let before = Memo::new(move |_| {
        let other = |v: &DeploymentView| v.redeploy.clone().filter(|of| *of != v.summary.id);
        let to = |v: &DeploymentView| Some(paths::version(&v.summary.environment, &other(v)?));
        view.with(to)
    });
    let places = Memo::new(move |_| view.with(|v| v.promote_to.clone()));
    let of = view.with_untracked(|v| v.summary.id.clone());
    let inside = view.with_untracked(|v| paths::terminal(&v.summary.environment));
    let halt = view.with_untracked(|v| paths::stop(&v.summary.id));
    let serves =
        Memo::new(move |_| view.with(|v| v.summary.phase.is_active() && v.can.stop.is_none()));
    let debug = Memo::new(move |_| view.with(|v| v.debug && v.summary.live));
    dynamic(move || {
        let terminal = debug
            .get()
            .then(|| view! { <a class="btn" href=inside.clone()>"Terminal"</a> });
        let back = back
            .get()
            .map(|label| view! { <a class="btn" href=own.clone()>{label}</a> });
        let stop = serves
            .get()
            .then(|| view! { <a class="btn" href=halt.clone()>"Stop"</a> });
        let before = before
            .get()
            .map(|href| view! { <a class="btn" href=href>"Redeploy"</a> });
        let promote = |p: PlaceView| view! { <a class="btn" href=paths::version(&p.environment, &of)>{format!("Promote to {}", p.name)}</a> };
        (
            terminal,
            stop,
            back,
            before,
            places.get().into_iter().map(promote).collect_view(),
        )
    })
}

fn back_label(v: &DeploymentView) -> &'static str {
    match v.summary.phase {
        Phase::Failed => "Retry",
        Phase::Live => "Restart",
        _ if v.redeploy.as_ref() == Some(&v.summary.id) => "Start",
        _ => "Roll back to this",
    }
}

/// Tells that it worked; what did not work is shown beside the buttons.
fn said<S>(action: ServerAction<S>, sentence: &'static str)
where
    S: ServerFn<Output = (), Error = Fault> + Clone + Send + Sync + 'static,
{
    let toasts = use_toasts();
    Effect::new(move |_| {
        if action.value().with(|answer| matches!(answer, Some(Ok(())))) {
            toasts.say(sentence);
        }
    });
}
