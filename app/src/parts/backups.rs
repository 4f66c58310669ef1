//! The backups of a service and the restores of them, or why there are none.

use super::act::act;
use super::dynamic::{dynamic, each, when};
use super::refused::last_fault;
use super::service_state::work_status;
use super::times::ago;
use crate::boot::caller;
use crate::server_fns::services::{BackUp, DeleteBackup, ServiceNow};
use crate::{format, paths};
use domain::access::Action;
use domain::view::BackupView;
use leptos::prelude::*;

pub fn backups(now: Signal<ServiceNow>) -> AnyView {
    let why = now.with_untracked(|n| n.service.no_backup.clone());
    let body = match why {
        Some(why) => view! { <p class="muted">{why}</p> }.into_any(),
        None => of_managed(now),
    };
    view! { <section class="block"><h2>"Backups"</h2>{body}</section> }.into_any()
}

fn of_managed(now: Signal<ServiceNow>) -> AnyView {
    let (make, discard) = (
        ServerAction::<BackUp>::new(),
        ServerAction::<DeleteBackup>::new(),
    );
    let all = Memo::new(move |_| now.with(|n| n.backups.clone()));
    let id = now.with_untracked(|n| n.service.id.to_string());
    let why_not = Signal::derive(move || {
        let no = caller().and_then(|c| c.may(Action::ManageServices).err());
        let busy = all.with(|all| all.iter().any(|b| !b.status.is_final()));
        let busy = busy.then(|| "One is under way.".to_owned());
        no.map(|no| no.sentence).or(busy)
    });
    view! {
        <p class="muted mb-3">{dynamic(move || now.with(when_next))}</p>
        {last_fault::<()>(make.value())}
        {last_fault::<()>(discard.value())}
        <div class="form-foot mb-3">
            {act(make, id, "Back up now", "btn", why_not, "why-back-up")}
            <span class="why-not" id="why-back-up">{dynamic(move || why_not.get())}</span>
        </div>
        {when(move || all.with(Vec::is_empty), || view! { <p class="muted">"There is none yet."</p> })}
        <ol class="cron-runs" aria-label="Backups">{each(all, |b| b.id.to_string(), move |one| entry(one, discard))}</ol>
    }
    .into_any()
}

fn when_next(now: &ServiceNow) -> String {
    let Some(managed) = &now.service.managed else {
        return String::new();
    };
    let next = match managed.next_backup_at {
        Some(at) => format!("The next one is made at {}.", format::absolute(at)),
        None => "They are made only when somebody asks; the settings can set a time.".to_owned(),
    };
    format!(
        "{next} The newest {} stay. They lie on this machine: take one home to survive its loss.",
        managed.keep
    )
}

fn entry(one: Memo<BackupView>, discard: ServerAction<DeleteBackup>) -> AnyView {
    view! {
        <li>
            <details>
                <summary>{dynamic(move || one.with(head))}</summary>
                {dynamic(move || one.with(|b| body(b, discard)))}
            </details>
        </li>
    }
    .into_any()
}

fn head(backup: &BackupView) -> AnyView {
    let what = match backup.restores {
        None => "Backup",
        Some(_) => "Restore",
    };
    view! {
        {work_status(backup.status)}
        <span>{what}</span>
        <span class="muted">{ago(backup.at)}</span>
        <span class="muted num">{backup.size_bytes.map(format::bytes)}</span>
        <span class="muted clip">{backup.by.clone().map(|by| format!("by {by}"))}</span>
    }
    .into_any()
}

fn body(backup: &BackupView, discard: ServerAction<DeleteBackup>) -> AnyView {
    let me = caller();
    let may = |action| me.as_ref().is_some_and(|c| c.may(action).is_ok());
    let (id, file) = (
        backup.id.to_string(),
        format!("/v2/backups/{}/file", backup.id),
    );
    let take = (backup.available && may(Action::ManageServices))
        .then(|| view! { <a class="btn" href=file rel="external" download="">"Download"</a> });
    let restore = (backup.available && may(Action::ReplaceData))
        .then(|| view! { <a class="btn" href=paths::restore(&backup.id)>"Restore…"</a> });
    let discard = (backup.status.is_final() && may(Action::ManageServices)).then(|| {
        act(
            discard,
            id,
            "Delete",
            "btn",
            Signal::stored(None),
            "why-discard",
        )
    });
    view! {
        <p class="muted">{backup.sentence.clone()}</p>
        {backup.sha256.clone().map(|sha| view! { <p class="mono muted break">"SHA-256 "{sha}</p> })}
        <div class="form-foot">{take}{restore}{discard}</div>
    }
    .into_any()
}
