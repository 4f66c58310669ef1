//! A `tinfoil-config.yml`, read as what Sealdock has for it (I-2): one container by its digest, the
//! port that the world reaches, and the size of the machine.
//!
//! Fields and bounds are those of <https://docs.tinfoil.sh/containers/configuration> in November 2026.
//! Reading is as strict as there. What Sealdock does by itself, or has nothing for, is named with its
//! place; what would protect less than the file says is refused.

mod container;
mod known;
mod shim;
#[cfg(test)]
mod tests;

use super::cell::whole_number;
use super::error::{ConfigErrors, Position};
use super::exclusive::Exclusive;
use super::foreign::{LeftOut, Reader};
use super::node::{Body, Entry, Node};
use super::{ConfigPatch, yaml};

/// The file's name, at the root of the repository.
pub const FILE_NAME: &str = "tinfoil-config.yml";

const CPUS: [u64; 5] = [2, 4, 8, 16, 32];
const MEMORY_MB: [u64; 5] = [8_192, 16_384, 32_768, 65_536, 131_072];
const GPUS: [u64; 2] = [1, 8];
const REQUIRED: [&str; 5] = ["cvm-version", "cpus", "memory", "containers", "shim"];

/// What the file comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adopted {
    /// What Sealdock has.
    pub patch: ConfigPatch,
    /// In the order of the file.
    pub left_out: Vec<LeftOut>,
}

/// Reads a `tinfoil-config.yml`.
pub fn read(text: &[u8]) -> Result<Adopted, ConfigErrors> {
    let mut reader = Reader::default();
    let root = yaml::read(text, &mut reader.faults);
    let patch = reader.tinfoil(root.as_ref());
    let mut left_out = reader.left_out;
    left_out.sort_by_key(|l| (l.line, l.column));
    reader.faults.or(Adopted { patch, left_out })
}

impl Reader {
    fn tinfoil(&mut self, root: Option<&Node>) -> ConfigPatch {
        let mut patch = ConfigPatch::default();
        let entries: &[Entry] = match root.map(|root| &root.body) {
            Some(Body::Map(entries)) => entries,
            // The parser has said why.
            Some(Body::Refused) => return patch,
            None if self.faults.any() => return patch,
            _ => &[],
        };
        let at = root.map_or(Position { line: 1, column: 1 }, |root| root.at);
        self.required(at, "", entries, &REQUIRED);
        for entry in entries {
            self.at_top(entry, &mut patch);
        }
        patch
    }

    fn at_top(&mut self, entry: &Entry, patch: &mut ConfigPatch) {
        let (path, value) = (entry.name.as_str(), &entry.value);
        match path {
            "cpus" => {
                let cpus = self.one_of(value, path, &CPUS);
                patch.resources.cpus_milli = cpus.map(|cpus| cpus * 1000);
            }
            "memory" => patch.resources.memory_mib = self.one_of(value, path, &MEMORY_MB),
            "gpus" => {
                if self.one_of(value, path, &GPUS).is_some() {
                    patch.exclusive = Some(vec![Exclusive::Gpu]);
                }
            }
            "containers" => self.containers(value, patch),
            "shim" => self.shim(value, patch),
            "cvm-version" | "shim-version" => {
                self.text(value, path);
                self.aside(entry, path, &known::TOP);
            }
            _ => self.aside(entry, path, &known::TOP),
        }
    }

    /// Numbers as Tinfoil sells them.
    fn one_of(&mut self, node: &Node, path: &str, sizes: &[u64]) -> Option<u32> {
        let number = whole_number(node).filter(|number| sizes.contains(number));
        let all: Vec<_> = sizes.iter().map(u64::to_string).collect();
        let way_out = format!("write one of {}", all.join(", "));
        let number = self.or_fault(node, path, number, "a size that Tinfoil has", &way_out)?;
        u32::try_from(number).ok()
    }

    fn required(&mut self, at: Position, path: &str, entries: &[Entry], names: &[&str]) {
        for name in names {
            if !entries.iter().any(|entry| entry.name == *name) {
                let path = super::node::join(path, name);
                self.fault(at, &path, format!("`{path}` is missing"), "say it");
            }
        }
    }

    /// Left out with its reason, or refused: nothing is passed over in silence.
    fn aside(&mut self, entry: &Entry, path: &str, known: &known::Known) {
        match known.of(&entry.name) {
            Ok(sentence) => self.leave_out(entry.at, path, sentence),
            Err(way_out) => self.fault(entry.at, path, format!("unknown field `{path}`"), &way_out),
        }
    }
}
