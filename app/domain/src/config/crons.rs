//! The list of crons: groups of fields inside a list, read as strictly as the file around them.

use super::cell::{Cell, whole_number};
use super::error::Fault;
use super::kind::Value;
use super::node::{Body, Entry, Node};
use super::units::brief;
use super::{check, nearest::nearest};
use crate::cron::{self, Cron, Overlap, Schedule};
use std::collections::BTreeSet;

/// What an entry may say, in the order of the documentation.
pub(super) const NAMES: [&str; 7] = [
    "name",
    "schedule",
    "timezone",
    "command",
    "http",
    "overlap",
    "timeout_s",
];

impl Cell<'_> {
    pub fn crons(&mut self, node: &Node) -> Option<Value> {
        let mut at = 0;
        let Body::List(items) = &node.body else {
            return self.wrong_type(node, "a list");
        };
        if items.len() > cron::MAX_CRONS {
            let fault = Fault::new(
                format!("{} crons are listed", items.len()),
                format!("list at most {}", cron::MAX_CRONS),
            );
            return self.fault(node.at, fault);
        }
        let read: Vec<Option<Cron>> = items
            .iter()
            .map(|item| {
                at += 1;
                self.inner(format!("crons[{}]", at - 1)).cron(item)
            })
            .collect();
        let crons: Vec<Cron> = read.into_iter().collect::<Option<_>>()?;
        self.named_once(node, &crons)?;
        Some(Value::Crons(crons))
    }

    fn inner(&mut self, path: String) -> Cell<'_> {
        Cell {
            faults: self.faults,
            field: self.field,
            path,
        }
    }

    fn named_once(&mut self, node: &Node, crons: &[Cron]) -> Option<()> {
        let mut seen = BTreeSet::new();
        match crons.iter().find(|cron| !seen.insert(&cron.name)) {
            None => Some(()),
            Some(twice) => {
                let problem = format!("two crons are called `{}`", twice.name);
                self.fault(node.at, Fault::new(problem, "rename one of them"))
            }
        }
    }

    fn cron(mut self, node: &Node) -> Option<Cron> {
        let Body::Map(entries) = &node.body else {
            return self.wrong_type(node, "a list of crons, each with its fields");
        };
        let mut known = true;
        for entry in entries.iter().filter(|e| !NAMES.contains(&e.name.as_str())) {
            known = self.unknown(entry);
        }
        let said = |name: &str| entries.iter().find(|e| e.name == name).map(|e| &e.value);
        let name = self.part(node, said("name"), "name", |cell, value| {
            cell.text(value, name)
        });
        let schedule = self.part(node, said("schedule"), "schedule", |cell, value| {
            Some((cell.text(value, |_| Ok(()))?, value.at))
        });
        let zone = match said("timezone") {
            Some(value) => self.inner_of("timezone").text(value, |_| Ok(())),
            None => Some("UTC".to_owned()),
        };
        let call = self.call(node, said("command"), said("http"));
        let overlap = said("overlap").map_or(Some(Overlap::default()), |v| self.overlap(v));
        let timeout_s =
            said("timeout_s").map_or(Some(cron::usual_timeout_s()), |v| self.seconds(v));
        let ((schedule, at), zone) = (schedule?, zone?);
        if let Err(no) = Schedule::parse(&schedule, &zone) {
            let at = match (no.problem.ends_with("is no time zone"), said("timezone")) {
                (true, Some(zone)) => zone.at,
                _ => at,
            };
            return self.fault(at, Fault::new(no.problem, no.way_out));
        }
        let (command, http) = call?;
        known.then_some(Cron {
            name: name?,
            schedule,
            timezone: zone,
            command,
            http,
            overlap: overlap?,
            timeout_s: timeout_s?,
        })
    }

    fn inner_of(&mut self, name: &str) -> Cell<'_> {
        let path = format!("{}.{name}", self.path);
        self.inner(path)
    }

    /// A field that has to be there.
    fn part<T>(
        &mut self,
        whole: &Node,
        value: Option<&Node>,
        name: &str,
        read: impl Fn(&mut Cell<'_>, &Node) -> Option<T>,
    ) -> Option<T> {
        match value {
            Some(value) => read(&mut self.inner_of(name), value),
            None => {
                let problem = format!("a cron has no `{name}`");
                self.fault(
                    whole.at,
                    Fault::new(problem, format!("add `{name}: …` to it")),
                )
            }
        }
    }

    fn unknown(&mut self, entry: &Entry) -> bool {
        let way_out = match nearest(&entry.name, NAMES) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("a cron has {}", NAMES.map(|n| format!("`{n}`")).join(", ")),
        };
        let problem = format!("unknown field `{}`", brief(&entry.name));
        let name = brief(&entry.name);
        self.inner_of(&name)
            .fault::<()>(entry.at, Fault::new(problem, way_out))
            .is_some()
    }

    /// Exactly one of the two.
    #[allow(clippy::type_complexity)] // the two fields as they stand in a `Cron`
    fn call(
        &mut self,
        whole: &Node,
        command: Option<&Node>,
        http: Option<&Node>,
    ) -> Option<(Option<Vec<String>>, Option<String>)> {
        match (command, http) {
            (Some(words), None) => Some((Some(self.words(words)?), None)),
            (None, Some(path)) => {
                let path = self.inner_of("http").text(path, check::url_path)?;
                Some((None, Some(path)))
            }
            (Some(_), Some(both)) => self.fault(
                both.at,
                Fault::new(
                    "a cron has both `command` and `http`",
                    "keep one of them, and make the other a cron of its own",
                ),
            ),
            (None, None) => self.fault(
                whole.at,
                Fault::new(
                    "a cron does nothing",
                    "add `command: [word, word]` or `http: /path` to it",
                ),
            ),
        }
    }

    fn words(&mut self, node: &Node) -> Option<Vec<String>> {
        let mut cell = self.inner_of("command");
        let words = cell.list(node, |cell, item| cell.text(item, check::word))?;
        match words.is_empty() {
            false => Some(words),
            true => cell.fault(
                node.at,
                Fault::new("a command has no word", "write it like `[rake, cleanup]`"),
            ),
        }
    }

    fn overlap(&mut self, node: &Node) -> Option<Overlap> {
        let mut cell = self.inner_of("overlap");
        let word = cell.text(node, |_| Ok(()))?;
        Overlap::parse(&word).or_else(|| {
            let problem = format!("`{}` is no rule for overlapping runs", brief(&word));
            cell.fault(
                node.at,
                Fault::new(problem, "write `skip`, `queue` or `allow`"),
            )
        })
    }

    fn seconds(&mut self, node: &Node) -> Option<u32> {
        let number = whole_number(node).and_then(|n| u32::try_from(n).ok());
        let fine = number.filter(|n| (1..=cron::MAX_TIMEOUT_S).contains(n));
        fine.or_else(|| {
            let problem = format!("`timeout_s` cannot be {}", node.noun());
            let way_out = format!("write seconds from 1 to {}", cron::MAX_TIMEOUT_S);
            self.inner_of("timeout_s")
                .fault(node.at, Fault::new(problem, way_out))
        })
    }
}

/// As a host name's part: it stands in headers, addresses and sentences.
fn name(text: &str) -> Result<(), Fault> {
    let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    match !text.is_empty() && text.len() <= cron::MAX_NAME_BYTES && text.bytes().all(fine) {
        true => Ok(()),
        false => Err(Fault::new(
            format!("`{}` is not a name for a cron", brief(text)),
            "use at most 64 lower-case letters, digits, `-` and `_`",
        )),
    }
}
