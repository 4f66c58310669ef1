//! A small chart of the last hour. The numbers stand beside it in words.

use leptos::prelude::*;

const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 24.0;
const MINUTES: f64 = 60.0;

/// One step a minute; nothing for an hour without requests.
pub fn sparkline(values: &[u32]) -> Option<AnyView> {
    let most = values.iter().copied().max().filter(|most| *most > 0)?;
    let values: Vec<_> = values.iter().copied().map(f64::from).collect();
    let points = steps(&values, f64::from(most), WIDTH, HEIGHT);
    let chart = view! {
        <svg class="sparkline" viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" aria-hidden="true">
            <polyline points=points/>
        </svg>
    };
    Some(chart.into_any())
}

/// A step for each minute of an hour, the newest at the right end; an hour that began lately fills
/// only a part.
pub fn steps(values: &[f64], most: f64, width: f64, height: f64) -> String {
    let step = width / MINUTES;
    let place = |(at, value): (usize, &f64)| {
        let end = width - (values.len() - 1 - at) as f64 * step;
        let y = height - 1.0 - value / most * (height - 2.0);
        format!("{:.1},{y:.1} {end:.1},{y:.1}", end - step)
    };
    let all: Vec<_> = values.iter().enumerate().map(place).collect();
    all.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p22_the_newest_minute_is_at_the_right_end() {
        assert_eq!(
            steps(&[0.0, 10.0], 10.0, WIDTH, HEIGHT),
            "116.0,23.0 118.0,23.0 118.0,1.0 120.0,1.0"
        );
        assert!(sparkline(&[0, 0]).is_none());
    }
}
