//! Numbers and times as people read them.

use domain::time::Time;

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// `20 Nov 2026, 18:35 UTC`: what the server writes, since it can't know the reader's zone.
pub fn absolute(at: Time) -> String {
    let text = at.rfc3339();
    let month = text
        .get(5..7)
        .and_then(|m| m.parse::<usize>().ok())
        .unwrap_or(1);
    let day = text.get(8..10).unwrap_or_default().trim_start_matches('0');
    format!(
        "{day} {} {}, {} UTC",
        MONTHS[(month - 1) % 12],
        &text[..4],
        &text[11..16]
    )
}

/// `11-20 18:35:07.042`, in UTC: a line of a log.
pub fn stamp(at: Time) -> String {
    let text = at.rfc3339();
    let part = |range| text.get(range).unwrap_or_default();
    format!(
        "{} {}.{:03}",
        part(5..10),
        part(11..19),
        at.0.rem_euclid(1000)
    )
}

/// `just now`, `4 min ago`, `3 days ago`; of what is to come, `in 3 days`.
pub fn ago(now: Time, at: Time) -> String {
    match (now.since_ms(at), at.since_ms(now)) {
        (ms, _) if ms >= 10 * SECOND => format!("{} ago", about(ms)),
        (_, ms) if ms >= 10 * SECOND => format!("in {}", about(ms)),
        _ => "just now".into(),
    }
}

fn about(ms: i64) -> String {
    match ms {
        ms if ms < MINUTE => format!("{} s", ms / SECOND),
        ms if ms < HOUR => format!("{} min", ms / MINUTE),
        ms if ms < DAY => format!("{} h", ms / HOUR),
        ms if ms < 2 * DAY => "1 day".into(),
        ms if ms < 60 * DAY => format!("{} days", ms / DAY),
        ms => format!("{} months", ms / (30 * DAY)),
    }
}

/// `840 ms`, `12 s`, `3 min 20 s`, `2 h 5 min`.
pub fn duration(ms: i64) -> String {
    match ms.max(0) {
        ms if ms < SECOND => format!("{ms} ms"),
        ms if ms < 10 * SECOND => format!("{}.{} s", ms / SECOND, ms % SECOND / 100),
        ms if ms < MINUTE => format!("{} s", ms / SECOND),
        ms if ms < HOUR => format!("{} min {} s", ms / MINUTE, ms % MINUTE / SECOND),
        ms if ms < DAY => format!("{} h {} min", ms / HOUR, ms % HOUR / MINUTE),
        ms => format!("{} days {} h", ms / DAY, ms % DAY / HOUR),
    }
}

/// `312 B`, `4.2 MB`, `1.3 GB`.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if n < 1000 {
        return format!("{n} B");
    }
    let (mut value, mut unit) = (n as f64 / 1000.0, 0);
    while value >= 1000.0 && unit < 3 {
        value /= 1000.0;
        unit += 1;
    }
    let digits = if value < 10.0 { 1 } else { 0 };
    format!("{value:.digits$} {}", UNITS[unit])
}

/// `12 840`, with thin spaces between thousands.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let first = digits.len() % 3;
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && i % 3 == first {
            out.push('\u{202f}');
        }
        out.push(c);
    }
    out
}

/// `1.5 CPU`
pub fn cpus(milli: u32) -> String {
    let whole = f64::from(milli) / 1000.0;
    format!("{whole} CPU")
}

/// `512 MiB`, `2 GiB`.
pub fn memory(mib: u64) -> String {
    if mib >= 1024 && mib.is_multiple_of(1024) {
        format!("{} GiB", mib / 1024)
    } else {
        format!("{mib} MiB")
    }
}

/// `sha256:3f2a91c0d4e5`, long enough to tell apart.
pub fn digest(text: &str) -> String {
    let (kind, rest) = text.split_once(':').unwrap_or(("", text));
    let short: String = rest.chars().take(12).collect();
    if kind.is_empty() {
        short
    } else {
        format!("{kind}:{short}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_like_sentences() {
        let now = Time(1_795_199_700_000);
        assert_eq!(absolute(now), "20 Nov 2026, 18:35 UTC");
        assert_eq!(ago(now, now.plus_ms(-4 * MINUTE)), "4 min ago");
        assert_eq!(ago(now, now.plus_ms(-30 * HOUR)), "1 day ago");
        assert_eq!(ago(now, now.plus_ms(5000)), "just now");
        assert_eq!(ago(now, now.plus_ms(59 * DAY + HOUR)), "in 59 days");
    }

    #[test]
    fn durations_keep_two_units() {
        assert_eq!(
            [840, 9_400, 12_000, 200_000, 7_500_000].map(duration),
            ["840 ms", "9.4 s", "12 s", "3 min 20 s", "2 h 5 min"]
        );
    }

    #[test]
    fn sizes_and_counts() {
        assert_eq!(
            [312, 4_200_000, 1_320_000_000].map(bytes),
            ["312 B", "4.2 MB", "1.3 GB"]
        );
        assert_eq!(count(12_840), "12\u{202f}840");
        assert_eq!(count(999), "999");
        assert_eq!(
            (cpus(1500), memory(2048), memory(512)),
            ("1.5 CPU".into(), "2 GiB".into(), "512 MiB".into())
        );
        assert_eq!(digest("sha256:0123456789abcdef"), "sha256:0123456789ab");
    }
}
