//! A small chart of the last hour. The numbers stand beside it in words.

use leptos::prelude::*;

const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 24.0;
const MINUTES: f64 = 60.0;

/// One step a minute; nothing for an hour without requests.
pub fn sparkline(values: &[u32]) -> Option<AnyView> {
    let most = values.iter().copied().max().filter(|most| *most > 0)?;
    let points = points(values, most);
    let chart = view! {
        <svg class="sparkline" viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" aria-hidden="true">
            <polyline points=points/>
        </svg>
    };
    Some(chart.into_any())
}

/// The newest at the right end; an hour that began lately fills only a part.
fn points(values: &[u32], most: u32) -> String {
    let step = WIDTH / MINUTES;
    let place = |(at, value): (usize, &u32)| {
        let end = WIDTH - (values.len() - 1 - at) as f64 * step;
        let y = HEIGHT - 1.0 - f64::from(*value) / f64::from(most) * (HEIGHT - 2.0);
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
            points(&[0, 10], 10),
            "116.0,23.0 118.0,23.0 118.0,1.0 120.0,1.0"
        );
        assert!(sparkline(&[0, 0]).is_none());
    }
}
