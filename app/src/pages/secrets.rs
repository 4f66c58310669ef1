//! Secrets of the organization: names, who uses them, and forms that values go into.

use crate::parts::dynamic::{dynamic, each};
use crate::parts::empty::empty;
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::refused::last_fault;
use crate::parts::secret_entry::secret_entry;
use crate::parts::secret_form::new_secret;
use crate::parts::settings_tabs::settings_head;
use crate::read::Read;
use crate::server_fns::secrets::{DeleteSecret, SetSecret, secrets};
use domain::view::SecretView;
use leptos::prelude::*;

#[component]
pub fn Secrets() -> impl IntoView {
    let (set, delete) = (
        ServerAction::<SetSecret>::new(),
        ServerAction::<DeleteSecret>::new(),
    );
    let data = Read::new(
        move || (set.version().get(), delete.version().get()),
        |_| secrets(),
    );
    view! {
        {settings_head("Settings")}
        <div class="two">
            <section>
                <h2 class="mb-3">"Secrets"</h2>
                <p class="muted mb-3">"Values that deployments are given by name: "<code>"secrets"</code>" in "<code>"sealdock.yml"</code>" for instances, "<code>"build.secrets"</code>" for the steps of a build. They are kept sealed, hidden in logs, and never shown again."</p>
                {last_fault::<()>(set.value())}
                {last_fault::<()>(delete.value())}
                {loaded(data, Skeleton::Lines(4), move |list| all(list, set, delete))}
            </section>
            {new_secret(set)}
        </div>
    }
}

fn all(
    list: Signal<Vec<SecretView>>,
    set: ServerAction<SetSecret>,
    delete: ServerAction<DeleteSecret>,
) -> AnyView {
    let none = Memo::new(move |_| list.with(Vec::is_empty));
    view! {
        {dynamic(move || none.get().then(|| empty("No secrets yet", "A password or a token goes in here, and its name into the configuration.", (), Some("sealdock secret set DATABASE_PASSWORD"))))}
        {each(list, |s| s.name.clone(), move |one| secret_entry(one, set, delete))}
    }
    .into_any()
}
