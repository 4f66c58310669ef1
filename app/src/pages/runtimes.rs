//! Places where instances run: do they answer, what is left, what to do if not.

use crate::parts::dynamic::dynamic;
use crate::parts::icon::{Icon, icon};
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::page_head::page_head;
use crate::parts::prose::prose;
use crate::parts::status::{Tone, status};
use crate::server_fns::places::runtimes;
use crate::{format, live};
use domain::hint::Topic;
use domain::view::RuntimeView;
use leptos::prelude::*;

#[component]
pub fn Runtimes() -> impl IntoView {
    let data = live::read(
        || (),
        |()| runtimes(),
        |topic| matches!(topic, Topic::Runtimes),
        |_: &Vec<RuntimeView>| false,
    );
    view! {
        {page_head(vec![], "Runtimes", ())}
        {loaded(data, Skeleton::Cards(2), list)}
    }
}

fn list(all: Signal<Vec<RuntimeView>>) -> AnyView {
    view! { <div class="cards">{dynamic(move || all.with(|all| all.iter().map(card).collect_view()))}</div> }
        .into_any()
}

fn card(runtime: &RuntimeView) -> AnyView {
    let RuntimeView {
        name,
        driver,
        reachable,
        sentence,
        way_out,
        version,
        cpus,
        memory_bytes,
        gpus,
        instances,
        ..
    } = runtime.clone();
    let (tone, word) = if reachable {
        (Tone::Ok, "Reachable")
    } else {
        (Tone::Failed, "Not reachable")
    };
    let count = if instances == 1 {
        "1 instance".to_owned()
    } else {
        format!("{instances} instances")
    };
    let cpu = cpus.map(|n| {
        meter(
            "CPU promised",
            runtime.reserved_cpus_milli as f64 / 1000.0,
            f64::from(n),
            |n| format!("{n:.1}"),
        )
    });
    let memory = memory_bytes.map(|n| {
        meter(
            "Memory promised",
            runtime.reserved_memory_mib as f64 * 1_048_576.0,
            n as f64,
            |n| format::bytes(n as u64),
        )
    });
    view! {
        <article class="card">
            <header class="env-head"><h2>{name}</h2>{status(tone, word)}</header>
            <p class="sentence">{prose(&sentence)}</p>
            {way_out.map(|text| view! { <div class="notice notice-warning">{icon(Icon::Terminal)}<p>{prose(&text)}</p></div> })}
            <dl class="pairs">
                <div><dt>"Driver"</dt><dd>{driver}</dd></div>
                <div><dt>"Version"</dt><dd>{version.unwrap_or_else(|| "unknown".into())}</dd></div>
                <div><dt>"GPUs"</dt><dd>{if gpus.is_empty() { "none here".to_owned() } else { gpus.join(", ") }}</dd></div>
                <div><dt>"Runs"</dt><dd>{count}</dd></div>
            </dl>
            {cpu}
            {memory}
        </article>
    }
    .into_any()
}

fn meter(label: &'static str, used: f64, of: f64, shown: impl Fn(f64) -> String) -> AnyView {
    let text = format!("{} of {}", shown(used), shown(of));
    view! {
        <label class="meter">
            <span class="meter-words"><span>{label}</span><span class="num">{text}</span></span>
            <meter min="0" max=of.to_string() value=used.to_string() high=(of * 0.85).to_string()></meter>
        </label>
    }
    .into_any()
}
