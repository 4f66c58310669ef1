//! Numbers as text.

use super::Read;
use domain::refusal::Refusal;
use std::str::FromStr;

/// A whole number, or nothing where the field is empty.
pub fn number<T: FromStr>(field: &str, text: Option<&str>) -> Read<Option<T>> {
    let Some(text) = text.map(str::trim).filter(|t| !t.is_empty()) else {
        return Ok(None);
    };
    let wrong = |_| Refusal::invalid(field, format!("`{text}` is not a whole number in range."));
    text.parse().map(Some).map_err(wrong)
}

/// `1.5` CPUs are 1500 thousandths.
pub(super) fn milli(text: &str) -> Read<Option<u32>> {
    let Some(cpus) = Some(text.trim()).filter(|t| !t.is_empty()) else {
        return Ok(None);
    };
    match cpus.parse::<f64>() {
        Ok(n) if (0.001..=1024.0).contains(&n) => Ok(Some((n * 1000.0).round() as u32)),
        _ => Err(
            Refusal::invalid("cpus", format!("`{cpus}` is not a number of CPUs."))
                .way_out("Write it like 0.5 or 2."),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_or_named() {
        assert_eq!(number::<u16>("port", Some(" 80 ")), Ok(Some(80)));
        assert_eq!(number::<u16>("port", Some("")), Ok(None));
        assert_eq!(
            number::<u16>("port", Some("x"))
                .unwrap_err()
                .place
                .as_deref(),
            Some("port")
        );
    }
}
