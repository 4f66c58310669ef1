//! Every field of what a platform and its maker sign, and what refuses a change of it. The
//! tables are snapshots, so that they can be read here and stay true (`UPDATE_EXPECT=1` writes them
//! anew). Where a change is not refused, its row says why that is right; without a reason it fails.

mod case;
mod curve;
mod der;
mod evidence;
mod json;
pub mod pem;
mod snp_chain;
mod snp_issued;
mod snp_report;
mod snp_signed;
mod snp_turin;
mod tdx_certificates;
mod tdx_collateral;
mod tdx_guest;
mod tdx_issued;
mod tdx_quote;
mod tdx_quoting;
mod tdx_said;

use super::*;
use case::{Case, Put, bits, case, covered, each, put};
use domain::attest::checks::{CHAIN, REPORT, ROOT, SIGNATURE};
use expect_test::Expect;
use std::ops::Range;

/// A field, and the places of its bytes.
#[derive(Clone)]
pub struct Field {
    name: String,
    places: Vec<usize>,
}

impl Field {
    pub fn new(name: impl Into<String>, range: Range<usize>) -> Self {
        Self {
            name: name.into(),
            places: range.collect(),
        }
    }

    pub fn of(self, whole: &str) -> Self {
        Self {
            name: format!("{whole}: {}", self.name),
            ..self
        }
    }

    fn place(&self) -> String {
        let (first, count) = (self.places[0], self.places.len());
        match self.places[count - 1] + 1 - first == count {
            true => format!("{first:#x} + {count}"),
            false => format!("{count} places"),
        }
    }
}

/// Fields that follow each other, by their widths. Together they are all there is.
pub fn fields(widths: &[(&str, usize)], total: usize) -> Vec<Field> {
    let mut at = 0;
    let place = |&(name, width): &(&str, usize)| {
        at += width;
        Field::new(name, at - width..at)
    };
    let all: Vec<Field> = widths.iter().map(place).collect();
    complete(&all, total);
    all
}

/// Nothing is left out, and nothing is twice.
pub fn complete(fields: &[Field], total: usize) {
    let mut places: Vec<usize> = fields.iter().flat_map(|f| f.places.clone()).collect();
    places.sort_unstable();
    assert!(
        places.into_iter().eq(0..total),
        "fields that are not all of it"
    );
}

/// What is asked about changed evidence.
pub type Ask<'a> = &'a (dyn Fn(&Evidence) -> Verdict + Sync);

/// Rows of platform, field, place, change, and the checks that refuse it.
pub struct Changes<'a> {
    platform: &'static str,
    ask: Ask<'a>,
    /// Fails before anything is changed: of a real report it is not known any more what was asked.
    known: &'static [&'static str],
    rows: Vec<[String; 6]>,
    wrong: Vec<String>,
}

/// The checks that refuse, and what the first of them says, if that is more than a value.
type Refusal = (Vec<String>, String);

impl<'a> Changes<'a> {
    pub fn new(
        platform: &'static str,
        known: &'static [&'static str],
        ask: Ask<'a>,
        honest: &Evidence,
    ) -> Self {
        let changes = Self {
            platform,
            ask,
            known,
            rows: vec![],
            wrong: vec![],
        };
        let (refusing, sentence) = changes.refusal(honest);
        assert!(
            refusing.is_empty(),
            "not changed, but {refusing:?} {sentence}"
        );
        changes
    }

    /// Changes each byte of a field by a bit; each bit, if it has few of them.
    pub fn flip(&mut self, field: &Field, bytes: &[u8], with: impl Fn(Vec<u8>) -> Evidence) {
        let few = field.places.len() <= 8;
        let flipped = |(place, bit): (usize, usize)| {
            let mut bytes = bytes.to_vec();
            bytes[place] ^= 1 << bit;
            with(bytes)
        };
        let bits = |&place: &usize| match few {
            true => (0..8).map(|bit| (place, bit)).collect(),
            false => vec![(place, place % 8)],
        };
        let all: Vec<Evidence> = field.places.iter().flat_map(bits).map(flipped).collect();
        let change = if few { "each bit" } else { "each byte" };
        self.row(&field.name, &field.place(), change, &all, "");
    }

    /// Changes that are refused; or not, for a reason.
    pub fn change(&mut self, field: &str, change: &str, all: &[Evidence], reason: &str) {
        self.row(field, "", change, all, reason);
    }

    fn row(&mut self, field: &str, place: &str, change: &str, all: &[Evidence], reason: &str) {
        let said = self.refusals(all);
        let accepted = said
            .iter()
            .filter(|(refusing, _)| refusing.is_empty())
            .count();
        let right = match reason {
            "" => accepted == 0 && !said.is_empty(),
            _ => accepted == said.len(),
        };
        if !right {
            let wrong = said.iter().map(|(refusing, _)| refusing.join(" + "));
            let wrong: Vec<_> = wrong.collect();
            self.wrong.push(format!("{field}, {change}: {wrong:?}"));
        }
        let (refused, sentence) = match reason {
            "" => (checks(&said), sentence(&said)),
            reason => ("accepted".into(), reason.into()),
        };
        let cells = [self.platform, field, place, change, &refused, &sentence];
        self.rows.push(cells.map(str::to_owned));
    }

    /// The different things that are said of them; on all processors, since they are many.
    fn refusals(&self, all: &[Evidence]) -> Vec<Refusal> {
        let threads = std::thread::available_parallelism().map_or(1, Into::into);
        let part = all.len().div_ceil(threads).max(1);
        let one = |part: &[Evidence]| part.iter().map(|e| self.refusal(e)).collect::<Vec<_>>();
        let mut said: Vec<Refusal> = std::thread::scope(|scope| {
            let running = all.chunks(part).map(|part| scope.spawn(move || one(part)));
            let running: Vec<_> = running.collect();
            running
                .into_iter()
                .flat_map(|thread| thread.join().unwrap())
                .collect()
        });
        said.sort();
        said.dedup();
        said
    }

    fn refusal(&self, evidence: &Evidence) -> Refusal {
        let verdict = (self.ask)(evidence);
        let new = |name: &str| !self.known.contains(&name);
        let refusing: Vec<_> = verdict.failed().filter(|c| new(&c.check)).collect();
        let unanswered = verdict.checks.iter().any(|c| !c.ok && new(&c.check));
        assert_eq!(
            unanswered,
            !refusing.is_empty(),
            "nobody said no: {verdict:#?}"
        );
        let spoken = refusing.iter().find(|c| SPOKEN.contains(&c.check.as_str()));
        let sentence = spoken.map_or(String::new(), |c| c.got.clone());
        let names = refusing.iter().map(|c| c.check.clone()).collect();
        (names, sentence)
    }

    /// Those that were changed before they were signed.
    pub fn cases<T>(&mut self, all: Vec<Case<T>>, with: impl Fn(&T) -> Evidence) {
        for case in all {
            let changed: Vec<Evidence> = case.all.iter().map(&with).collect();
            self.change(case.field, case.change, &changed, case.reason);
        }
    }

    pub fn close(self, expect: &Expect) {
        let text = text(&self.rows);
        assert!(self.wrong.is_empty(), "{text}{:#?}", self.wrong);
        expect.assert_eq(&text);
    }
}

/// Checks that say what is wrong in words.
const SPOKEN: [&str; 4] = [REPORT, ROOT, CHAIN, SIGNATURE];

/// The one sentence for all of them, if it is one.
fn sentence(said: &[Refusal]) -> String {
    let mut all: Vec<&str> = said.iter().map(|(_, sentence)| sentence.as_str()).collect();
    all.sort_unstable();
    all.dedup();
    match all.as_slice() {
        [one] => (*one).to_owned(),
        _ => String::new(),
    }
}

/// One of the smallest sets of checks refuses each of the changes; of some of them more do.
fn checks(said: &[Refusal]) -> String {
    let within = |a: &[String], b: &[String]| a.iter().all(|check| b.contains(check));
    let smallest = |set: &&Vec<String>| {
        said.iter()
            .all(|(other, _)| !within(other, set) || within(set, other))
    };
    let mut least: Vec<&Vec<String>> = said.iter().map(|(set, _)| set).filter(smallest).collect();
    least.sort();
    least.dedup();
    let known: Vec<String> = least.iter().copied().flatten().cloned().collect();
    let mut more: Vec<&str> = said
        .iter()
        .flat_map(|(set, _)| set.iter().map(String::as_str))
        .collect();
    more.retain(|check| !known.iter().any(|k| k == check));
    more.sort_unstable();
    more.dedup();
    let sets: Vec<String> = least.iter().map(|set| set.join(" + ")).collect();
    match more.is_empty() {
        true => sets.join(" or "),
        false => format!("{} (some: {} too)", sets.join(" or "), more.join(", ")),
    }
}

/// In columns.
fn text(rows: &[[String; 6]]) -> String {
    let head = [
        "platform",
        "field",
        "place",
        "change",
        "refused by",
        "because",
    ]
    .map(str::to_owned);
    let all: Vec<_> = std::iter::once(&head).chain(rows).collect();
    let width = |column: usize| all.iter().map(|row| row[column].chars().count()).max();
    let widths: [usize; 6] = std::array::from_fn(|column| width(column).unwrap_or(0));
    let line = |row: &[String; 6]| {
        let cells = row.iter().zip(widths);
        let padded: Vec<_> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        let line = padded.join(" | ");
        format!("{}\n", line.trim_end_matches([' ', '|']))
    };
    all.into_iter().map(line).collect()
}
