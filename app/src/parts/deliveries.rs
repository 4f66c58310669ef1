//! What Git hosts told us, the newest first, each with its effect.

use super::dynamic::{dynamic, each, flag};
use super::icon::{Icon, icon};
use super::loaded::{Skeleton, loaded};
use super::prose::prose;
use super::refused::last_fault;
use super::times::ago;
use crate::server_fns::hooks::{Redeliver, deliveries};
use crate::{format, live, paths};
use domain::hint::Topic;
use domain::id::ProjectId;
use domain::view::{DeliveryView, Page};
use leptos::form::ActionForm;
use leptos::prelude::*;

pub fn deliveries_of(project: ProjectId, cursor: Memo<Option<String>>) -> AnyView {
    let redeliver = ServerAction::<Redeliver>::new();
    let id = project.to_string();
    let data = live::read(
        move || (id.clone(), cursor.get(), redeliver.version().get()),
        |(id, cursor, _)| deliveries(id, cursor),
        |topic| matches!(topic, Topic::Project(_)),
        |page: &Page<DeliveryView>| page.items.iter().any(|d| d.waiting),
    );
    let page = paths::git_push(&project);
    view! {
        <section class="block">
            <h2>"Deliveries"</h2>
            {last_fault::<()>(redeliver.value())}
            {loaded(data, Skeleton::Lines(6), move |list| table(list, redeliver, page.clone(), cursor))}
        </section>
    }
    .into_any()
}

fn table(
    list: Signal<Page<DeliveryView>>,
    redeliver: ServerAction<Redeliver>,
    page: String,
    cursor: Memo<Option<String>>,
) -> AnyView {
    let items = Memo::new(move |_| list.with(|l| l.items.clone()));
    let none = Memo::new(move |_| items.with(Vec::is_empty));
    let next = Memo::new(move |_| list.with(|l| l.next.clone()));
    let newest = page.clone();
    view! {
        {dynamic(move || none.get().then(|| view! { <p class="muted">"Nothing came in yet. A push, a ping of the host, or what the poll finds appears here."</p> }))}
        <div class="panel scroll-x" class:hidden=move || none.get() tabindex="0" role="region" aria-label="Deliveries"><table class="table">
            <thead><tr><th scope="col">"Came"</th><th scope="col">"From"</th><th scope="col">"Push"</th><th scope="col">"Effect"</th><th><span class="sr-only">"Actions"</span></th></tr></thead>
            <tbody>{each(items, |d| d.id.to_string(), move |one| row(one, redeliver))}</tbody>
        </table></div>
        <nav class="pager" aria-label="Pages">
            {dynamic(move || cursor.get().is_some().then(|| view! { <a class="btn" href=newest.clone()>"Newest"</a> }))}
            {dynamic(move || next.get().map(|next| view! {
                <a class="btn" href=format!("{page}{}", paths::query(&[("cursor", Some(&next))]))>"Older"{icon(Icon::ChevronRight)}</a>
            }))}
        </nav>
    }
    .into_any()
}

fn row(one: Memo<DeliveryView>, redeliver: ServerAction<Redeliver>) -> AnyView {
    let first = one.get_untracked();
    view! {
        <tr>
            <td>{ago(first.at)}</td>
            <td>{first.provider.title()}<span class="row-sub">{first.event.clone()}</span></td>
            <td>{push(&first)}</td>
            <td>{dynamic(move || one.with(effect))}</td>
            <td class="right">{again(one, redeliver)}</td>
        </tr>
    }
    .into_any()
}

fn again(one: Memo<DeliveryView>, redeliver: ServerAction<Redeliver>) -> AnyView {
    let id = one.with_untracked(|d| d.id.to_string());
    let why_id = format!("why-{id}");
    let barred = Memo::new(move |_| one.with(|d| d.redeliver.clone()));
    let busy = redeliver.pending();
    let described = why_id.clone();
    view! {
        <ActionForm action=redeliver>
            <input type="hidden" name="id" value=id/>
            <button
                class="btn"
                disabled=flag(move || barred.with(Option::is_some) || busy.get())
                aria-describedby=move || barred.with(Option::is_some).then(|| described.clone())
            >
                "Redeliver"
            </button>
        </ActionForm>
        {dynamic(move || barred.get().map(|why| view! { <span class="row-sub" id=why_id.clone()>{why}</span> }))}
    }
    .into_any()
}

fn push(delivery: &DeliveryView) -> AnyView {
    let Some(branch) = delivery.branch.clone() else {
        return "–".into_any();
    };
    let commit = delivery.commit.clone().unwrap_or_default();
    let short: String = commit.chars().take(7).collect();
    let said = [&delivery.subject, &delivery.author];
    let said: Vec<_> = said.into_iter().flatten().cloned().collect();
    view! {
        <span class="mono clip" title=commit>{format!("{branch}@{short}")}</span>
        <span class="row-sub clip">{said.join(" · ")}</span>
    }
    .into_any()
}

fn effect(delivery: &DeliveryView) -> AnyView {
    let links = delivery.deployments.iter().map(|d| {
        view! { <a class="link" href=paths::deployment(&d.id)>{format!("#{}", d.number)}</a>" " }
    });
    let again = match delivery.repeats {
        0 => None,
        1 => Some("Came once more; ignored.".to_owned()),
        n => Some(format!("Came {} times more; ignored.", format::count(n))),
    };
    view! {
        {prose(&delivery.effect)}
        <span class="row-sub">{links.collect_view()}{again}</span>
    }
    .into_any()
}
