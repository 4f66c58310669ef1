//! The verdict as a table of named checks, and in full what does not hold.

use super::super::say::table;
use domain::attest::{Check, Verdict};

const SHORT: usize = 44;

pub fn text(verdict: &Verdict) -> String {
    let head = ["", "CHECK", "GOT"].map(str::to_owned).to_vec();
    let rows: Vec<_> = std::iter::once(head)
        .chain(verdict.checks.iter().map(row))
        .collect();
    let failed: String = verdict.failed().map(in_full).collect();
    format!("{}{failed}\n{}\n", table(&rows), verdict.sentence())
}

fn row(check: &Check) -> Vec<String> {
    let mark = match (check.ok, check.reached) {
        (true, _) => "ok",
        (false, true) => "NO",
        (false, false) => "-",
    };
    vec![mark.into(), check.check.clone(), short(&check.got)]
}

/// A digest is recognised by how it begins.
fn short(text: &str) -> String {
    match text.char_indices().nth(SHORT) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

fn in_full(check: &Check) -> String {
    format!(
        "\n{}\n  got   {}\n  want  {}\n",
        check.check, check.got, check.want
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::attest::{Ledger, Platform, checks};
    use domain::time::Time;

    #[test]
    fn i18_each_check_is_a_line_and_what_fails_is_told_in_full() {
        let mut ledger = Ledger::new(Platform::Sim);
        ledger.same(checks::NONCE, "ab".repeat(32), "ab".repeat(32));
        ledger.same(checks::CONNECTION, "c", "d");
        let text = text(&ledger.close(Time(0)));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "    CHECK                       GOT");
        assert_eq!(lines[1], "-   expected.signature          not reached");
        assert_eq!(lines[2], "NO  connection.spki             c");
        assert_eq!(
            lines[3],
            format!("ok  nonce                       {}…", "ab".repeat(22))
        );
        assert!(
            text.contains("\nconnection.spki\n  got   c\n  want  d\n"),
            "{text}"
        );
        assert!(
            text.ends_with("SIMULATED – not confidential: refused, because of connection.spki.\n")
        );
    }
}
