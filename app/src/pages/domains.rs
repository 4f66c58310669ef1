//! Domains of the organization: proofs, places, certificates and when they run out.

use crate::live;
use crate::parts::domain_entry::{Actions, domain_entry};
use crate::parts::domain_form::new_domain;
use crate::parts::dynamic::{dynamic, each};
use crate::parts::empty::empty;
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::refused::last_fault;
use crate::parts::settings_tabs::settings_head;
use crate::read::Read;
use crate::server_fns::domains::domains;
use crate::server_fns::projects::projects;
use domain::custom_domain::DomainStatus;
use domain::hint::Topic;
use domain::view::{DomainView, ProjectView};
use leptos::prelude::*;

#[component]
pub fn Domains() -> impl IntoView {
    let actions = Actions::new();
    let data = live::read(
        move || actions.version(),
        |_| domains(),
        |topic| matches!(topic, Topic::Domains),
        |all: &Vec<DomainView>| all.iter().any(moves),
    );
    let places = Read::new(|| (), |()| projects());
    let entries = move |known: Signal<Vec<ProjectView>>| {
        loaded(data, Skeleton::Lines(4), move |list| {
            all(list, actions, known)
        })
    };
    view! {
        {settings_head("Settings")}
        <div class="two">
            <section>
                <h2 class="mb-3">"Domains"</h2>
                <p class="muted mb-3">"Names of your own. Each is proved by a record in DNS, leads to an environment, and is served with a certificate that is renewed at two thirds of its life."</p>
                {last_fault::<()>(actions.add.value())}
                {last_fault::<()>(actions.verify.value())}
                {last_fault::<()>(actions.set.value())}
                {last_fault::<()>(actions.upload.value())}
                {last_fault::<()>(actions.remove.value())}
                {loaded(places, Skeleton::Lines(4), entries)}
            </section>
            {new_domain(actions.add)}
        </div>
    }
}

/// It becomes something else by itself soon.
fn moves(domain: &DomainView) -> bool {
    domain.status == DomainStatus::Issuing
}

fn all(
    list: Signal<Vec<DomainView>>,
    actions: Actions,
    places: Signal<Vec<ProjectView>>,
) -> AnyView {
    let none = Memo::new(move |_| list.with(Vec::is_empty));
    view! {
        {dynamic(move || none.get().then(|| empty("No domains yet", "Every environment has an address of its own; bring one along for people to remember.", (), Some("sealdock domain add shop.example.com"))))}
        {each(list, |d| d.id.to_string(), move |one| domain_entry(one, actions, places))}
    }
    .into_any()
}
