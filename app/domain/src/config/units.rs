//! Sizes as people write them. Integer arithmetic throughout: `0.1` CPU is 100 thousandths, always.

use super::error::Fault;

const MIB_PER: [(&str, u64); 3] = [("MiB", 1), ("GiB", 1024), ("TiB", 1024 * 1024)];

/// `0.5` → 500, `2` → 2000.
pub(super) fn cpus_milli(text: &str) -> Result<u64, Fault> {
    let (whole, decimals) = decimal(text).ok_or_else(|| not_cpus(text))?;
    if decimals.len() > 3 {
        return Err(not_cpus(text));
    }
    let thousandths = format!("{decimals:0<3}")
        .parse::<u64>()
        .map_err(|_| not_cpus(text))?;
    Ok(whole * 1000 + thousandths)
}

fn not_cpus(text: &str) -> Fault {
    Fault::new(
        format!("`{}` is not a number of CPUs", brief(text)),
        "write it like `0.5` or `2`, with at most three decimals",
    )
}

/// `512MiB` → 512, `1.5GiB` → 1536. A bare number is refused: nobody agrees what it counts.
pub(super) fn memory_mib(text: &str) -> Result<u64, Fault> {
    let split = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = (&text[..split], text[split..].trim_start());
    let Some((whole, decimals)) = decimal(number) else {
        return Err(not_memory(text));
    };
    let Some((_, mib)) = MIB_PER.iter().find(|(name, _)| *name == unit) else {
        return Err(no_unit(number, unit));
    };
    scaled(whole, decimals, *mib).ok_or_else(|| not_memory(text))
}

/// `whole.decimals × factor`, when that is a whole number.
fn scaled(whole: u64, decimals: &str, factor: u64) -> Option<u64> {
    let parts = 10_u64.pow(decimals.len() as u32);
    let fraction = decimals.parse::<u64>().unwrap_or(0) * factor;
    fraction
        .is_multiple_of(parts)
        .then(|| whole * factor + fraction / parts)
}

/// The whole part and the decimals; nine digits each at most, so that nothing can overflow.
fn decimal(text: &str) -> Option<(u64, &str)> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits =
        |part: &str| (1..=9).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    (digits(whole) && digits(decimals)).then_some(())?;
    Some((whole.parse().ok()?, decimals))
}

fn no_unit(number: &str, unit: &str) -> Fault {
    let meant = match unit.as_bytes().first().map(u8::to_ascii_lowercase) {
        Some(b'g') => "GiB",
        Some(b't') => "TiB",
        _ => "MiB",
    };
    let problem = match unit {
        "" => format!("`{number}` is a size without a unit"),
        unit => format!("`{}` is not a unit of memory", brief(unit)),
    };
    Fault::new(
        problem,
        format!("name the unit: `{number}{meant}` (MiB, GiB and TiB are known)"),
    )
}

fn not_memory(text: &str) -> Fault {
    Fault::new(
        format!("`{}` is not an amount of memory", brief(text)),
        "write it like `512MiB` or `1.5GiB`, in whole MiB",
    )
}

/// Enough of a value to recognise it in a sentence.
pub(super) fn brief(text: &str) -> String {
    const SHOWN: usize = 80;
    let shown: String = text.chars().take(SHOWN).map(visible).collect();
    if text.chars().count() > SHOWN {
        format!("{shown}…")
    } else {
        shown
    }
}

/// A control character would act on the terminal that shows the sentence.
fn visible(c: char) -> String {
    if c.is_control() {
        c.escape_debug().to_string()
    } else {
        c.to_string()
    }
}

pub(super) fn show_cpus(milli: u64) -> String {
    match milli % 1000 {
        0 => format!("{}", milli / 1000),
        rest => format!("{}.{rest:03}", milli / 1000)
            .trim_end_matches('0')
            .to_owned(),
    }
}

pub(super) fn show_memory(mib: u64) -> String {
    let largest = MIB_PER
        .iter()
        .rev()
        .find(|(_, factor)| mib > 0 && mib.is_multiple_of(*factor));
    let (unit, factor) = largest.unwrap_or(&MIB_PER[0]);
    format!("{}{unit}", mib / factor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_people_write() {
        for (text, milli) in [
            ("0.5", 500),
            ("2", 2000),
            ("0.01", 10),
            ("1.250", 1250),
            ("256", 256_000),
        ] {
            assert_eq!(cpus_milli(text), Ok(milli), "{text}");
        }
        for (text, mib) in [
            ("512MiB", 512),
            ("1GiB", 1024),
            ("1.5GiB", 1536),
            ("1TiB", 1_048_576),
            ("16 MiB", 16),
        ] {
            assert_eq!(memory_mib(text), Ok(mib), "{text}");
        }
    }

    #[test]
    fn refuses_what_nobody_agrees_on() {
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "1e3",
            "0.0005",
            "half",
            "1,5",
            "99999999999",
        ] {
            assert!(cpus_milli(text).is_err(), "{text}");
        }
        for text in [
            "",
            "512",
            "512M",
            "1GB",
            "1gib",
            "MiB",
            "0.3MiB",
            "-1MiB",
            "1.2.3GiB",
            "9999999999GiB",
        ] {
            assert!(memory_mib(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_the_unit_that_was_probably_meant() {
        assert_eq!(
            memory_mib("512").expect_err("no unit").way_out,
            "name the unit: `512MiB` (MiB, GiB and TiB are known)"
        );
        assert_eq!(
            memory_mib("2GB").expect_err("no unit").way_out,
            "name the unit: `2GiB` (MiB, GiB and TiB are known)"
        );
    }

    proptest! {
        #[test]
        fn shows_what_it_reads(n in 0_u64..2_000_000) {
            prop_assert_eq!(cpus_milli(&show_cpus(n)), Ok(n));
            prop_assert_eq!(memory_mib(&show_memory(n)), Ok(n));
        }
    }
}
