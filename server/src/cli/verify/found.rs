//! What came of evidence that may be any of several instances': the expectation that it meets, or
//! the one that it misses least.

use super::show;
use domain::attest::{Check, Verdict};
use serde::Serialize;

#[derive(Serialize)]
pub struct Found {
    #[serde(flatten)]
    pub verdict: Verdict,
    /// What it was compared with: as it stands on the command line.
    expected: Option<String>,
    #[serde(skip)]
    among: usize,
}

impl Found {
    /// One verdict for each place, in their order; without a place, `first` is all there is.
    pub fn of(first: Verdict, rest: Vec<Verdict>, places: &[String]) -> Found {
        let mut nearest = (0, first);
        for (at, verdict) in (1..).zip(rest) {
            if misses(&verdict) < misses(&nearest.1) {
                nearest = (at, verdict);
            }
        }
        Found {
            expected: places.get(nearest.0).cloned(),
            verdict: nearest.1,
            among: places.len(),
        }
    }

    pub fn text(&self) -> String {
        let text = show::text(&self.verdict);
        match (&self.expected, self.among, self.verdict.ok) {
            (Some(place), 2.., true) => format!("{text}It is the instance of {place}.\n"),
            (Some(place), 2.., false) => format!(
                "{text}It is none of the {} expected; {place}, which is shown, is the nearest.\n",
                self.among
            ),
            _ => text,
        }
    }
}

/// What holds misses nothing, so it is nearer than anything that does not.
fn misses(verdict: &Verdict) -> (bool, usize) {
    let bad = |check: &&Check| !check.ok;
    (!verdict.ok, verdict.checks.iter().filter(bad).count())
}
