//! Lines over the last hour, by the minute.

use super::sparkline::steps;
use crate::format;
use leptos::prelude::*;

const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 120.0;

/// What it is called, how it is drawn, and its values.
pub type Line = (&'static str, &'static str, Vec<f64>);

/// `lines` over the last hour, with what each is now.
pub fn chart(title: &'static str, unit: &'static str, lines: &[Line]) -> AnyView {
    let most = lines
        .iter()
        .flat_map(|(.., values)| values)
        .copied()
        .fold(0.0, f64::max);
    let most = if most > 0.0 { most } else { 1.0 };
    let drawn = lines.iter().map(|(_, class, values)| {
        view! { <polyline class=*class points=steps(values, most, WIDTH, HEIGHT)/> }
    });
    let legend = lines.iter().map(|(name, class, values)| {
        let now = values.last().copied().unwrap_or(0.0);
        view! { <li><span class=format!("chart-key {class}") aria-hidden="true"></span>{*name}" "<b class="num">{short(now)}{unit}</b></li> }
    });
    view! {
        <section class="panel chart">
            <h2>{title}</h2>
            <ul class="legend" aria-label="The last minute">{legend.collect_view()}</ul>
            <div class="chart-box">
                <span class="chart-most num">{short(most)}{unit}</span>
                <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" aria-hidden="true">{drawn.collect_view()}</svg>
            </div>
            <p class="chart-axis muted"><span>"an hour ago"</span><span>"now"</span></p>
        </section>
    }
    .into_any()
}

/// As short as it can be read.
pub fn short(value: f64) -> String {
    if value < 10.0 && value.fract() > 0.0 {
        format!("{value:.1}")
    } else {
        format::count(value.round() as u64)
    }
}
