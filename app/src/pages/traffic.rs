//! An environment's last hour: how much, how well, how fast (P-22).

use super::param;
use crate::format;
use crate::parts::chart::{chart, short};
use crate::parts::dynamic::dynamic;
use crate::parts::empty::empty;
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::page_head::page_head;
use crate::parts::usage::used;
use crate::server_fns::updates::traffic;
use crate::{live, paths};
use domain::traffic::Minute;
use domain::view::TrafficView;
use leptos::prelude::*;

#[component]
pub fn Traffic() -> impl IntoView {
    let id = param("id");
    let data = live::read(
        move || id.get(),
        traffic,
        |_| false,
        |_: &TrafficView| false,
    );
    loaded(data, Skeleton::Lines(12), page)
}

fn page(view: Signal<TrafficView>) -> AnyView {
    let (crumbs, title) = view.with_untracked(|v| {
        let e = &v.environment;
        let crumbs = vec![
            (paths::PROJECTS.to_owned(), "Projects".to_owned()),
            (paths::project(&e.project), e.project_name.clone()),
        ];
        (crumbs, format!("Traffic of {}", e.name))
    });
    view! {
        {page_head(crumbs, title, ())}
        {dynamic(move || view.with(|v| charts(&v.minutes)))}
        {dynamic(move || view.with(|v| v.instances.iter().map(used).collect_view()))}
    }
    .into_any()
}

fn charts(minutes: &[Minute]) -> AnyView {
    if minutes.iter().all(|m| m.requests == 0) {
        return empty(
            "No traffic yet",
            "Nothing was answered here within the last hour. A minute appears when it has ended.",
            (),
            Some("curl http://127.0.0.1:4600/metrics -H 'Authorization: Bearer TOKEN'"),
        );
    }
    let requests: Vec<_> = minutes.iter().map(|m| f64::from(m.requests)).collect();
    let errors: Vec<_> = minutes.iter().map(|m| f64::from(m.by_class[4])).collect();
    let ms = |of: fn(&Minute) -> u32| -> Vec<f64> {
        minutes.iter().map(|m| f64::from(of(m)) / 1_000.0).collect()
    };
    view! {
        <div class="charts">
            {chart("Requests a minute", "", &[("all", "line-all", requests), ("answered 5xx", "line-bad", errors)])}
            {chart("Time to the answer", " ms", &[("half", "line-all", ms(|m| m.p50_us)), ("95 of 100", "line-mid", ms(|m| m.p95_us)), ("99 of 100", "line-bad", ms(|m| m.p99_us))])}
            {table(minutes)}
        </div>
    }
    .into_any()
}

/// The same as numbers, for whoever can't see lines or wants to copy them.
fn table(minutes: &[Minute]) -> AnyView {
    let row = |m: &Minute| {
        let cells = [
            u64::from(m.requests),
            u64::from(m.by_class[1]),
            u64::from(m.by_class[2]),
            u64::from(m.by_class[3]),
            u64::from(m.by_class[4]),
        ];
        let cells = cells.map(|n| view! { <td class="num">{format::count(n)}</td> });
        let p99 = short(f64::from(m.p99_us) / 1_000.0);
        view! { <tr><td>{format::absolute(m.at)}</td>{cells.into_iter().collect_view()}<td class="num">{p99}" ms"</td></tr> }
    };
    view! {
        <details class="more-fields">
            <summary>"Every minute as numbers"</summary>
            <div class="panel table-scroll">
                <table class="table">
                    <thead><tr><th>"Minute that ended"</th><th>"Requests"</th><th>"2xx"</th><th>"3xx"</th><th>"4xx"</th><th>"5xx"</th><th>"99 of 100 within"</th></tr></thead>
                    <tbody>{minutes.iter().rev().map(row).collect_view()}</tbody>
                </table>
            </div>
        </details>
    }
    .into_any()
}
