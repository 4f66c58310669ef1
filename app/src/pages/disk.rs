//! What holds the space, and why it is still there (P-19).

use crate::format;
use crate::parts::dynamic::dynamic;
use crate::parts::empty::empty;
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::settings_tabs::settings_head;
use crate::paths;
use crate::read::Read;
use crate::server_fns::places::disk;
use domain::view::{DiskItem, DiskView};
use leptos::prelude::*;

#[component]
pub fn Disk() -> impl IntoView {
    let data = Read::new(|| (), |()| disk());
    view! {
        {settings_head("Settings")}
        {loaded(data, Skeleton::Lines(8), |view| dynamic(move || view.with(page)))}
    }
}

fn page(view: &DiskView) -> AnyView {
    let free = view
        .free_bytes
        .map(|free| format!("; {} are free on its disk", format::bytes(free)));
    view! {
        <section class="block">
            <h2>"What your versions hold"</h2>
            <p class="muted">
                {format!("{} of a budget of {} for the whole installation", format::bytes(view.used_bytes), format::bytes(view.budget_bytes))}{free}". "
                "What serves and the three versions before it always stay; older ones go when the budget is used up, the oldest first. What never served goes within the hour. Nothing that Sealdock did not make or pull is touched, and an image that has a name of yours stays under it. The Engine’s build cache is not in here: it is shared, and collected by the Engine’s own rules. The budget is set with "<code>"--disk-budget-gib"</code>"."
            </p>
            {table(&view.items)}
        </section>
    }
    .into_any()
}

fn table(items: &[DiskItem]) -> AnyView {
    if items.is_empty() {
        return empty(
            "Nothing yet",
            "Images and files appear here once something was deployed.",
            (),
            None,
        );
    }
    let row = |item: &DiskItem| {
        view! {
            <tr>
                <td><a class="link" href=paths::deployment(&item.deployment)>{format!("{} #{}", item.project, item.number)}</a></td>
                <td>{item.environment.clone()}</td>
                <td class="mono clip" title=item.source.label()>{item.source.label()}</td>
                <td class="num">{format::bytes(item.size_bytes)}" "<span class="muted">{item.kind.clone()}</span></td>
                <td>{item.why.sentence()}</td>
            </tr>
        }
    };
    view! {
        <div class="panel table-scroll" tabindex="0" role="region" aria-label="Versions on disk">
            <table class="table">
                <thead><tr><th>"Deployment"</th><th>"Environment"</th><th>"Version"</th><th>"Size"</th><th>"Why it is here"</th></tr></thead>
                <tbody>{items.iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
