//! The frame of every page: where one can go, who one is, how fresh this is, what is moving.

use super::dynamic::{dynamic, when};
use super::icon::{Icon, icon};
use super::keys::Keys;
use super::moving::Moving;
use super::refused::refused;
use super::theme::ThemeToggle;
use super::toasts::ToastList;
use crate::boot::flash;
use crate::live::{Mark, use_live};
use crate::paths;
use domain::access::Caller;
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_location;

const PLACES: [(&str, &str, Icon); 7] = [
    (paths::OVERVIEW, "Overview", Icon::LayoutGrid),
    (paths::PROJECTS, "Projects", Icon::Folder),
    (paths::DEPLOYMENTS, "Deployments", Icon::Rocket),
    (paths::SERVICES, "Services", Icon::Database),
    (paths::RUNTIMES, "Runtimes", Icon::Server),
    (paths::EVENTS, "Activity", Icon::Activity),
    (paths::SETTINGS, "Settings", Icon::Settings),
];

#[component]
pub fn Shell(caller: Caller, children: Children) -> AnyView {
    let who = caller.clone();
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        <div class="frame">
            <aside class="side">
                {brand(&caller)}
                {palette_button()}
                <nav aria-label="Main" class="places">{PLACES.into_iter().map(place).collect_view()}</nav>
                <div class="side-foot">
                    <Moving/>
                    <LiveMark/>
                    {me(who)}
                </div>
            </aside>
            <header class="top">{brand(&caller)}<LiveMark/><ThemeToggle/></header>
            <main id="main" tabindex="-1">{left()}{children()}</main>
            <nav aria-label="Main, bottom" class="tabs">
                {PLACES.into_iter().take(3).map(place).collect_view()}
                {place(PLACES[5])}
                {more()}
            </nav>
        </div>
        <ToastList/>
        <Keys/>
    }
    .into_any()
}

/// What the last form was refused with: on the page that it led back to, and on no other.
fn left() -> AnyView {
    let path = use_location().pathname;
    let here = path.get_untracked();
    match flash() {
        Some(no) => when(move || path.with(|now| *now == here), move || refused(&no)),
        None => ().into_any(),
    }
}

fn brand(caller: &Caller) -> AnyView {
    view! {
        <a class="brand" href=paths::OVERVIEW>
            {mark()}
            <span class="min-w-0"><b>"Sealdock"</b><span class="clip muted" title=caller.org_name.clone()>{caller.org_name.clone()}</span></span>
        </a>
    }
    .into_any()
}

/// A seal over the water line.
pub fn mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
            <rect class="mark-ground" width="32" height="32" rx="8"></rect>
            <path class="mark-line" d="M9 11.5 16 7.5l7 4v8l-7 4-7-4z M9 11.5l7 4 7-4 M16 15.5v8" fill="none"></path>
        </svg>
    }
}

fn palette_button() -> AnyView {
    view! {
        <button type="button" class="find" data-opens="palette" aria-keyshortcuts="Control+K Meta+K">
            {icon(Icon::Search)}<span>"Go to…"</span><kbd>"Ctrl K"</kbd>
        </button>
    }
    .into_any()
}

fn place((href, name, mark): (&'static str, &'static str, Icon)) -> AnyView {
    view! {
        <A href=href exact={href == paths::OVERVIEW} attr:class="place">{icon(mark)}<span>{name}</span></A>
    }
    .into_any()
}

/// What has no room in the bottom bar.
fn more() -> AnyView {
    view! {
        <details class="more">
            <summary class="place">{icon(Icon::Menu)}<span>"More"</span></summary>
            <div class="more-menu">{place(PLACES[3])}{place(PLACES[4])}{place(PLACES[6])}{sign_out()}</div>
        </details>
    }
    .into_any()
}

fn me(caller: Caller) -> AnyView {
    view! {
        <div class="me">
            <span class="min-w-0"><span class="clip" title=caller.email.clone()>{caller.email.clone()}</span><span class="muted">{caller.role.word()}</span></span>
            <ThemeToggle/>
            <form method="post" action="/session/end"><button class="btn-icon" aria-label="Sign out" title="Sign out">{icon(Icon::LogOut)}</button></form>
        </div>
    }
    .into_any()
}

fn sign_out() -> AnyView {
    view! { <form method="post" action="/session/end"><button class="place">{icon(Icon::LogOut)}<span>"Sign out"</span></button></form> }.into_any()
}

/// How the page learns of changes.
#[component]
fn LiveMark() -> AnyView {
    let mark = use_live().mark;
    let class = move || match mark.get() {
        Mark::Live => "live-mark tone-ok",
        Mark::Polling => "live-mark tone-quiet",
        Mark::Reconnecting => "live-mark tone-warning",
    };
    view! {
        <span class=class title=move || mark.get().sentence()>
            <span class="dot" aria-hidden="true"></span>{dynamic(move || mark.get().word())}
        </span>
    }
    .into_any()
}
