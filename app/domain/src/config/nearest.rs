//! The name that somebody probably meant.

/// The candidate that is closest to `name`, when one is close enough to be worth saying.
/// On equal distance the earlier candidate wins, so that the answer is stable.
pub fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let tolerance = tolerance(name);
    candidates
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= tolerance)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// A third of the letters may be wrong: `prot` finds `port`, `cat` does not find `dog`.
fn tolerance(name: &str) -> usize {
    name.chars().count().div_ceil(3).clamp(1, 4)
}

/// How many letters to insert, drop, replace or swap with their neighbour (optimal string
/// alignment). Case does not count: `Port` is `port`.
pub fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (letters(a), letters(b));
    let mut before_last = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let row = next_row(&a, &b, i, &before_last, &last);
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

/// Names are short; a pasted page must not cost quadratic time.
fn letters(name: &str) -> Vec<char> {
    name.chars().flat_map(char::to_lowercase).take(64).collect()
}

fn next_row(a: &[char], b: &[char], i: usize, before_last: &[usize], last: &[usize]) -> Vec<usize> {
    let mut row = vec![i + 1];
    for j in 0..b.len() {
        let replaced = last[j] + usize::from(a[i] != b[j]);
        let dropped_or_inserted = 1 + last[j + 1].min(row[j]);
        let swapped = i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j];
        let by_swap = if swapped {
            before_last[j - 1] + 1
        } else {
            usize::MAX
        };
        row.push(replaced.min(dropped_or_inserted).min(by_swap));
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_inserts_drops_replacements_and_swaps() {
        for (a, b, expected) in [
            ("port", "port", 0),
            ("prot", "port", 1),
            ("Port", "port", 0),
            ("por", "port", 1),
            ("ports", "port", 1),
            ("pest", "port", 2),
            ("", "port", 4),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(a, b), expected, "{a} → {b}");
            assert_eq!(distance(b, a), expected, "{b} → {a}");
        }
    }

    #[test]
    fn says_nothing_rather_than_something_silly() {
        let fields = ["port", "path", "replicas"];
        assert_eq!(nearest("prot", fields), Some("port"));
        assert_eq!(nearest("replica", fields), Some("replicas"));
        assert_eq!(nearest("image", fields), None);
        assert_eq!(nearest("", fields), None);
    }
}
