//! What one instance takes of its machine.

use super::chart::chart;
use crate::format;
use domain::usage::UsageMinute;
use domain::view::InstanceUsageView;
use leptos::prelude::*;

pub fn used(instance: &InstanceUsageView) -> AnyView {
    let InstanceUsageView { id, now, minutes } = instance;
    let name = format!("{} {}", id.component, id.replica);
    let sentence = format!(
        "It holds {} of {}, has taken {} s of CPU time, and was started again {} times.",
        format::bytes(now.memory_bytes),
        format::bytes(now.memory_limit_bytes),
        format::count(now.cpu_us / 1_000_000),
        now.restarts
    );
    view! {
        <section class="block">
            <h2>{format!("Instance {name}")}</h2>
            <p class="muted num">{sentence}</p>
            {charts(minutes)}
        </section>
    }
    .into_any()
}

fn charts(minutes: &[UsageMinute]) -> AnyView {
    if minutes.is_empty() {
        return view! { <p class="muted">"Its charts begin when a minute has ended."</p> }
            .into_any();
    }
    let all = |of: fn(&UsageMinute) -> f64| -> Vec<f64> { minutes.iter().map(of).collect() };
    let cpu = all(|m| f64::from(m.cpu_milli) / 10.0);
    let memory = all(|m| m.memory_bytes as f64 / 1_048_576.0);
    let (came, went) = (
        all(|m| m.rx_bytes as f64 / 1_024.0),
        all(|m| m.tx_bytes as f64 / 1_024.0),
    );
    let again = all(|m| f64::from(m.restarts));
    view! {
        <div class="charts">
            {chart("CPU, of one core", " %", &[("on average", "line-all", cpu)])}
            {chart("Memory", " MiB", &[("the most", "line-all", memory)])}
            {chart("Network a minute", " KiB", &[("received", "line-all", came), ("sent", "line-mid", went)])}
            {chart("Started again", "", &[("times a minute", "line-bad", again)])}
        </div>
    }
    .into_any()
}
