//! The page a newcomer sees: who answered, for whom, and what to try next.

use crate::app::App;
use crate::http::Request;
use std::sync::atomic::Ordering;

const TEMPLATE: &str = include_str!("page.html");
const SHOWN: [&str; 6] = [
    "Host",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "X-Forwarded-Host",
    "X-Request-Id",
    "User-Agent",
];
/// Far enough apart that an update is seen from across the room.
const HUES: [u16; 6] = [262, 155, 25, 310, 75, 215];

pub fn render(app: &App, request: &Request) -> String {
    let knobs = &app.knobs;
    TEMPLATE
        .replace("{{hue}}", &hue(&knobs.version).to_string())
        .replace("{{version}}", &escape(&knobs.version))
        .replace("{{uptime}}", &uptime(app.uptime().as_secs()))
        .replace(
            "{{requests}}",
            &app.requests.load(Ordering::Relaxed).to_string(),
        )
        .replace("{{instance}}", &escape(&knobs.instance))
        .replace("{{headers}}", &headers(request))
        // Last: a message that holds a placeholder stays as it was written.
        .replace("{{message}}", &escape(&knobs.message))
}

/// The accent follows the minor version, so that neighbours never look alike.
fn hue(version: &str) -> u16 {
    let numbers = version.trim_start_matches('v').split(['.', '-']);
    let sum: usize = numbers
        .take(2)
        .filter_map(|number| number.parse::<usize>().ok())
        .fold(5, usize::wrapping_add);
    HUES[sum % HUES.len()]
}

fn headers(request: &Request) -> String {
    let rows = SHOWN
        .iter()
        .filter_map(|name| Some((name, request.header(name)?)));
    rows.map(|(name, value)| format!("<dt>{name}</dt><dd><code>{}</code></dd>", escape(value)))
        .collect()
}

fn uptime(seconds: u64) -> String {
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('{', "&#123;")
}
