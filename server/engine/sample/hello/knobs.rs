//! What the app can be told, all of it by environment variables.

use std::env;
use std::fs;
use std::str::FromStr;

const MAX_DELAY_MS: u64 = 10 * 60 * 1000;
const MAX_LOG_LINES_PER_S: u32 = 20_000;

pub struct Knobs {
    /// `PORT`, 8080 unless told; 0 takes a free one and logs it.
    pub port: u16,
    /// The file `/version` baked into an image, else `HELLO_VERSION`: the image knows best what it is.
    pub version: String,
    /// `HELLO_MESSAGE`: the sentence on the page.
    pub message: String,
    /// Which instance answers: the container's host name.
    pub instance: String,
    /// `HELLO_START_DELAY_MS`: how long nothing listens.
    pub start_delay_ms: u64,
    /// `HELLO_UNHEALTHY=1`: `/health` answers 503 for ever.
    pub unhealthy: bool,
    /// `HELLO_HEALTHY_AFTER_MS`: `/health` answers 503 until then.
    pub healthy_after_ms: u64,
    /// `HELLO_UNHEALTHY_AFTER_MS`: `/health` answers 503 from then on.
    pub unhealthy_after_ms: Option<u64>,
    /// `HELLO_CRASH_AFTER_MS`: exits with 3 that long after it listens.
    pub crash_after_ms: Option<u64>,
    /// `HELLO_EXIT_AT_START`: exits with this code at once.
    pub exit_at_start: Option<i32>,
    /// `HELLO_LOG_LINES_PER_S`: chatter on stdout.
    pub log_lines_per_s: u32,
    /// `HELLO_QUIET=1`: no line per request.
    pub quiet: bool,
    /// `HELLO_LINKS=1`: tells which variables it has, counts visits in the Redis that it was given,
    /// and prints what opens that Redis as it starts, as a careless app would.
    pub links: bool,
    /// `HELLO_DRAIN_MS`: how long SIGTERM waits for what is in flight.
    pub drain_ms: u64,
}

impl Knobs {
    pub fn from_env() -> Knobs {
        Knobs {
            port: number("PORT").unwrap_or(8080),
            version: version(),
            message: text("HELLO_MESSAGE")
                .unwrap_or_else(|| "Hello from your first deployment.".into()),
            instance: instance(),
            start_delay_ms: delay("HELLO_START_DELAY_MS").unwrap_or(0),
            unhealthy: flag("HELLO_UNHEALTHY"),
            healthy_after_ms: delay("HELLO_HEALTHY_AFTER_MS").unwrap_or(0),
            unhealthy_after_ms: delay("HELLO_UNHEALTHY_AFTER_MS"),
            crash_after_ms: delay("HELLO_CRASH_AFTER_MS"),
            exit_at_start: number("HELLO_EXIT_AT_START"),
            log_lines_per_s: number("HELLO_LOG_LINES_PER_S")
                .unwrap_or(0)
                .min(MAX_LOG_LINES_PER_S),
            quiet: flag("HELLO_QUIET"),
            links: flag("HELLO_LINKS"),
            drain_ms: delay("HELLO_DRAIN_MS").unwrap_or(5_000),
        }
    }
}

fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn number<T: FromStr>(name: &str) -> Option<T> {
    text(name)?.parse().ok()
}

fn delay(name: &str) -> Option<u64> {
    number::<u64>(name).map(|delay_ms| delay_ms.min(MAX_DELAY_MS))
}

fn flag(name: &str) -> bool {
    text(name).is_some_and(|value| value != "0")
}

fn version() -> String {
    let baked = fs::read_to_string("/version")
        .ok()
        .map(|file| file.trim().to_owned());
    baked
        .filter(|version| !version.is_empty())
        .or_else(|| text("HELLO_VERSION"))
        .unwrap_or_else(|| "v0.0.0".into())
}

fn instance() -> String {
    let named = text("HOSTNAME").or_else(|| fs::read_to_string("/etc/hostname").ok());
    named.map_or_else(|| "unnamed".into(), |name| name.trim().to_owned())
}
