//! Is everything fine? What needs me, what moves, what serves.

use crate::live;
use crate::parts::copy::command;
use crate::parts::dynamic::{dynamic, each, flag, when};
use crate::parts::environment_card::EnvironmentCard;
use crate::parts::icon::{Icon, icon};
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::page_head::page_head;
use crate::parts::previews::approval;
use crate::parts::prose::prose;
use crate::parts::refused::last_fault;
use crate::parts::row::rows;
use crate::paths;
use crate::server_fns::projects::{CreateSample, overview};
use crate::server_fns::reviews::ApprovePreview;
use domain::view::{AttentionView, OverviewView};
use leptos::either::Either;
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn Overview() -> impl IntoView {
    let data = live::read(
        || (),
        |()| overview(),
        |_| true,
        |view: &OverviewView| !view.moving.is_empty(),
    );
    loaded(data, Skeleton::Cards(3), page)
}

fn page(view: Signal<OverviewView>) -> impl IntoView {
    let fresh = Memo::new(move |_| view.with(|v| v.environments.is_empty() && v.moving.is_empty()));
    move || {
        if fresh.get() {
            Either::Left(welcome(view))
        } else {
            Either::Right(board(view))
        }
    }
}

fn board(view: Signal<OverviewView>) -> AnyView {
    let approve = ServerAction::<ApprovePreview>::new();
    let moving = Memo::new(move |_| view.with(|v| v.moving.clone()));
    let environments = Memo::new(move |_| view.with(|v| v.environments.clone()));
    view! {
        {page_head(vec![], "Overview", view! { <a class="btn btn-primary" href=paths::NEW_PROJECT>{icon(Icon::Plus)}"New project"</a> })}
        {last_fault::<()>(approve.value())}
        {dynamic(move || attention(&view.with(|v| v.needs_me.clone()), approve))}
        {when(move || moving.with(|m| !m.is_empty()), move || view! {
            <section class="block">
                <h2>"Moving now"</h2>
                <div class="panel">{rows(moving.into(), true)}</div>
            </section>
        })}
        <section class="block">
            <h2>"Environments"</h2>
            <div class="cards">
                {each(environments, |e| e.id.to_string(), |one| view! { <EnvironmentCard environment=one with_project=true/> }.into_any())}
            </div>
        </section>
    }
    .into_any()
}

fn attention(
    list: &[AttentionView],
    approve: ServerAction<ApprovePreview>,
) -> impl IntoView + use<> {
    if list.is_empty() {
        return Either::Left(
            view! { <p class="all-well">{icon(Icon::CircleCheck)}"Nothing needs you."</p> },
        );
    }
    let items = list.iter().cloned().map(|a| view! {
        <li>
            <a class="attention" href=a.href>{icon(Icon::TriangleAlert)}<span>{prose(&a.sentence)}</span>{icon(Icon::ChevronRight)}</a>
            {a.approve.map(|of| view! { <div class="panel-body">{approval(of.review.to_string(), of.commit, approve)}</div> })}
        </li>
    });
    Either::Right(
        view! { <section class="block"><h2>"Needs you"</h2><ul class="panel">{items.collect_view()}</ul></section> },
    )
}

/// The first minute: one click to something that runs.
fn welcome(view: Signal<OverviewView>) -> AnyView {
    let sample = ServerAction::<CreateSample>::new();
    view! {
        {page_head(vec![], "Overview", ())}
        <section class="welcome">
            <h2>"Deploy something in a minute"</h2>
            <p>"Start with the sample: a small web app that is built from source on this machine. Watch it build, open it, then update it without losing a request."</p>
            {last_fault::<()>(sample.value())}
            <div class="welcome-actions">
                {when(move || view.with(|v| v.sample_available), move || sample_form(sample))}
                <a class="btn btn-large" href=paths::NEW_PROJECT>"Deploy your own"</a>
            </div>
            <p class="empty-line"><span class="muted">"or from a terminal, in your repository"</span>{command("sealdock deploy")}</p>
        </section>
    }
    .into_any()
}

pub fn sample_form(sample: ServerAction<CreateSample>) -> AnyView {
    let busy = sample.pending();
    view! {
        <ActionForm action=sample>
            <button class="btn btn-primary btn-large" disabled=flag(move || busy.get())>{icon(Icon::Rocket)}"Deploy the sample"</button>
        </ActionForm>
    }
    .into_any()
}
