//! One byte range of a file, as `Range` asks for it.

/// What a `Range` field means for a file of a known length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// No range, several, or another unit: the whole file is a correct answer.
    Whole,
    /// First and last byte, both inside the file.
    Part { first: u64, last: u64 },
    /// A range that lies outside: 416.
    Outside,
}

pub fn asked(field: &str, length: u64) -> Asked {
    let Some((start, end)) = field
        .strip_prefix("bytes=")
        .and_then(|spec| spec.trim().split_once('-'))
    else {
        return Asked::Whole;
    };
    match (number(start), number(end)) {
        (Ok(None), Ok(Some(suffix))) => last_bytes(suffix, length),
        (Ok(Some(first)), Ok(end)) if end.is_none_or(|end| end >= first) => {
            from(first, end, length)
        }
        _ => Asked::Whole,
    }
}

/// Digits only; nothing at all is None. Too many digits lie outside of any file.
fn number(text: &str) -> Result<Option<u64>, ()> {
    match text {
        "" => Ok(None),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(Some(digits.parse().unwrap_or(u64::MAX)))
        }
        _ => Err(()),
    }
}

fn last_bytes(count: u64, length: u64) -> Asked {
    match (count, length) {
        (0, _) | (_, 0) => Asked::Outside,
        _ => Asked::Part {
            first: length.saturating_sub(count),
            last: length - 1,
        },
    }
}

fn from(first: u64, end: Option<u64>, length: u64) -> Asked {
    if first >= length {
        return Asked::Outside;
    }
    Asked::Part {
        first,
        last: end.unwrap_or(u64::MAX).min(length - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p16_single_ranges_are_understood_and_everything_else_gets_the_whole_file() {
        let part = |first, last| Asked::Part { first, last };
        for (field, length, expected) in [
            ("bytes=0-0", 10, part(0, 0)),
            ("bytes=2-5", 10, part(2, 5)),
            ("bytes=2-", 10, part(2, 9)),
            ("bytes=-3", 10, part(7, 9)),
            ("bytes=-30", 10, part(0, 9)),
            ("bytes=2-99999999999999999999999", 10, part(2, 9)),
            ("bytes=10-", 10, Asked::Outside),
            ("bytes=99999999999999999999999-", 10, Asked::Outside),
            ("bytes=-0", 10, Asked::Outside),
            ("bytes=0-", 0, Asked::Outside),
            ("bytes=5-2", 10, Asked::Whole),
            ("bytes=0-1,3-4", 10, Asked::Whole),
            ("bytes=a-b", 10, Asked::Whole),
            ("lines=1-2", 10, Asked::Whole),
            ("bytes=", 10, Asked::Whole),
            ("bytes=-", 10, Asked::Whole),
        ] {
            assert_eq!(asked(field, length), expected, "{field} of {length}");
        }
    }
}
