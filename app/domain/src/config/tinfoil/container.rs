//! The one container of the file.

use super::known;
use crate::config::ConfigPatch;
use crate::config::check;
use crate::config::compose::health::{NOT_HTTP, OWN_PACE};
use crate::config::compose::sizes::probe_ms;
use crate::config::error::{Fault, Position};
use crate::config::exclusive::Exclusive;
use crate::config::foreign::Reader;
use crate::config::node::{Body, Entry, Node, join};
use std::collections::BTreeSet;

const REQUIRED: [&str; 2] = ["name", "image"];
const BY_HAND: &str = "Its value is not in the file: give it under Edit config, as a variable.";

impl Reader {
    pub(super) fn containers(&mut self, node: &Node, patch: &mut ConfigPatch) {
        let all = self.list(node, "containers");
        if let Some(second) = all.get(1) {
            let problem = format!(
                "the file has {} containers, and an instance here is one",
                all.len()
            );
            let way_out = "keep the one that answers at shim.upstream-port, and make a project of each other one";
            self.fault(second.at, "containers[1]", problem, way_out);
        }
        match (all.first(), &node.body) {
            (Some(first), _) => self.container(first, "containers[0]", patch),
            (None, Body::List(_)) => {
                let way_out = "name the one that answers at shim.upstream-port";
                self.fault(node.at, "containers", "`containers` is empty", way_out);
            }
            // Something else, and reported.
            (None, _) => {}
        }
    }

    fn container(&mut self, node: &Node, path: &str, patch: &mut ConfigPatch) {
        let keys = self.group(node, path);
        self.required(node.at, path, keys, &REQUIRED);
        for key in keys {
            self.of_container(key, &join(path, &key.name), patch);
        }
    }

    fn of_container(&mut self, key: &Entry, path: &str, patch: &mut ConfigPatch) {
        let value = &key.value;
        match key.name.as_str() {
            "name" => drop(self.ruled(value, path, name)),
            "image" => patch.build.image = self.ruled(value, path, check::pinned),
            "entrypoint" => patch.entrypoint = Some(self.words(value, path)),
            "command" => patch.command = Some(self.words(value, path)),
            "env" => self.env(value, path, patch),
            "secrets" => patch.secrets = Some(self.names(value, path)),
            "runtime" | "gpus" => self.gpu(key, path, patch),
            "healthcheck" => self.check(value, path, patch),
            _ => self.aside(key, path, &known::CONTAINER),
        }
    }

    /// Text that a rule of `sealdock.yml` takes.
    pub(super) fn ruled(
        &mut self,
        node: &Node,
        path: &str,
        rule: impl Fn(&str) -> Result<(), Fault>,
    ) -> Option<String> {
        let text = self.text(node, path)?;
        match rule(&text) {
            Ok(()) => Some(text),
            Err(fault) => {
                self.faults.add(node.at, path, fault);
                None
            }
        }
    }

    fn words(&mut self, node: &Node, path: &str) -> Vec<String> {
        let items = self.list(node, path).iter();
        let words = items.map(|item| self.ruled(item, path, check::word));
        words.collect::<Vec<_>>().into_iter().flatten().collect()
    }

    fn names(&mut self, node: &Node, path: &str) -> Vec<String> {
        let mut names = vec![];
        for item in self.list(node, path) {
            let Some(name) = self.ruled(item, path, check::own_variable) else {
                continue;
            };
            match names.contains(&name) {
                true => self.twice(item.at, path, &name),
                false => names.push(name),
            }
        }
        names
    }

    /// `- NAME: value` is measured; `- NAME` has its value elsewhere.
    fn env(&mut self, node: &Node, path: &str, patch: &mut ConfigPatch) {
        let mut seen = BTreeSet::new();
        for item in self.list(node, path) {
            for (at, name, value) in self.pairs_of(item, path) {
                if !seen.insert(name.clone()) {
                    self.twice(at, path, &name);
                }
                self.variable(at, &join(path, &name), name, value, patch);
            }
        }
    }

    fn pairs_of<'n>(
        &mut self,
        item: &'n Node,
        path: &str,
    ) -> Vec<(Position, String, Option<&'n Node>)> {
        match &item.body {
            Body::Map(entries) => {
                let each = entries.iter();
                each.map(|e| (e.at, e.name.clone(), Some(&e.value)))
                    .collect()
            }
            _ => {
                let name = self.text(item, path);
                name.map(|name| (item.at, name, None)).into_iter().collect()
            }
        }
    }

    fn variable(
        &mut self,
        at: Position,
        path: &str,
        name: String,
        value: Option<&Node>,
        patch: &mut ConfigPatch,
    ) {
        if let Some(sentence) = known::set_here(&name) {
            return self.leave_out(at, path, sentence);
        }
        if let Err(fault) = check::own_variable(&name) {
            return self.faults.add(at, path, fault);
        }
        match value {
            None => self.leave_out(at, path, BY_HAND),
            Some(node) if node.is_blank() => drop(patch.env.insert(name, Some(String::new()))),
            Some(node) => {
                let value = self.ruled(node, path, check::variable_value);
                patch.env.extend(value.map(|value| (name, Some(value))));
            }
        }
    }

    fn twice(&mut self, at: Position, path: &str, name: &str) {
        let problem = format!("`{name}` stands in `{path}` twice");
        self.fault(at, path, problem, "keep the one that counts");
    }

    /// The GPUs of a machine are given to it whole.
    fn gpu(&mut self, key: &Entry, path: &str, patch: &mut ConfigPatch) {
        let Some(said) = self.text(&key.value, path) else {
            return;
        };
        let fine = match key.name.as_str() {
            "runtime" => said == "nvidia",
            _ => said == "all" || said.parse::<u32>().is_ok_and(|n| n > 0),
        };
        let wanted = "a way to a GPU that Tinfoil has";
        let way_out = "write `runtime: nvidia` and `gpus: all`, or neither";
        if self
            .or_fault(&key.value, path, fine.then_some(()), wanted, way_out)
            .is_some()
        {
            patch.exclusive = Some(vec![Exclusive::Gpu]);
        }
    }

    fn check(&mut self, node: &Node, path: &str, patch: &mut ConfigPatch) {
        for key in self.group(node, path) {
            let path = join(path, &key.name);
            match key.name.as_str() {
                "test" => match self.asked(&key.value, &path) {
                    Some((port, at)) => {
                        patch.health.port = Some(port);
                        patch.health.path = Some(at);
                    }
                    None => self.leave_out(key.at, &path, NOT_HTTP),
                },
                "timeout" => {
                    let ms = self.text(&key.value, &path).and_then(|t| probe_ms(&t));
                    let ms = self.or_fault(&key.value, &path, ms, "a time", "write it like `5s`");
                    patch.health.probe_timeout_ms = ms;
                }
                "interval" | "retries" | "start_period" | "start_interval" => {
                    self.leave_out(key.at, &path, OWN_PACE);
                }
                _ => self.aside(key, &path, &known::CHECK),
            }
        }
    }
}

fn name(name: &str) -> Result<(), Fault> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    match begins && name.len() <= 128 && name.chars().all(plain) {
        true => Ok(()),
        false => Err(Fault::new(
            "that is no name of a container",
            "write letters, digits, `-`, `_` and `.`",
        )),
    }
}
