//! Sizes and times as Compose writes them.

/// `512m`, `1.5g`, `1073741824`: bytes with a unit of 1,024 or none; rounded up to whole MiB.
pub(super) fn memory_mib(text: &str) -> Option<u32> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (number, unit) = text.split_at(split.unwrap_or(text.len()));
    let unit: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return None,
    };
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    if decimals.len() > 6 {
        return None;
    }
    let whole = whole.parse::<u64>().ok()?.checked_mul(unit)?;
    let parts = 10_u64.pow(decimals.len() as u32);
    let fraction = match decimals {
        "" => 0,
        some => some.parse::<u64>().ok()?.checked_mul(unit)? / parts,
    };
    let bytes = whole.checked_add(fraction)?;
    u32::try_from(bytes.div_ceil(1 << 20)).ok()
}

/// What a probe may take, within what is sensible.
pub(in crate::config) fn probe_ms(text: &str) -> Option<u32> {
    Some(duration_ms(text)?.clamp(100, 60_000))
}

/// `1m30s`, `500ms`, `30s`, in milliseconds.
pub(super) fn duration_ms(text: &str) -> Option<u32> {
    let (mut total, mut rest) = (0_u64, text);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, behind) = rest.split_at(digits);
        let letters = behind.find(|c: char| c.is_ascii_digit());
        let (unit, after) = behind.split_at(letters.unwrap_or(behind.len()));
        let ms = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return None,
        };
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(ms)?)?;
        rest = after;
    }
    u32::try_from(total).ok().filter(|_| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p20_sizes_and_times_are_read_as_compose_writes_them() {
        for (text, mib) in [
            ("512m", Some(512)),
            ("512M", Some(512)),
            ("1.5gb", Some(1536)),
            ("1073741824", Some(1024)),
            ("1k", Some(1)),
            ("1x", None),
            ("m", None),
            ("99999999999999999999g", None),
            ("1.0000001g", None),
        ] {
            assert_eq!(memory_mib(text), mib, "{text}");
        }
        for (text, ms) in [
            ("1m30s", Some(90_000)),
            ("500ms", Some(500)),
            ("3", None),
            ("", None),
            ("s", None),
        ] {
            assert_eq!(duration_ms(text), ms, "{text}");
        }
    }
}
