//! One service: key by key to what Sealdock has, or to a sentence.

use super::sizes::memory_mib;
use super::words::words;
use super::{MadeFrom, Reader, Service, known};
use crate::config::error::{Fault, Position};
use crate::config::node::{Body, Entry, Node, join};
use crate::config::units::{brief, cpus_milli};
use crate::config::{ConfigPatch, check, validate};

/// The Engine's own door: whoever has it has the machine.
const SOCKETS: [&str; 3] = ["docker.sock", "containerd.sock", "podman.sock"];
const NO_VOLUMES: &str = "Nothing is mounted: what it writes goes with its container at the next deployment. Keep data in a service that is made for it.";

/// What was read of a service so far.
#[derive(Default)]
pub(super) struct Draft {
    pub image: Option<String>,
    /// It says what it is made from, right or wrong.
    pub is_made: bool,
    pub is_built: bool,
    pub local: bool,
    pub config: ConfigPatch,
    /// `PORT` among its variables, where no port is declared.
    pub port_variable: Option<u16>,
    /// What the health check asks, where it names a port.
    pub health_port: Option<u16>,
    pub notes: Vec<String>,
}

impl Reader {
    pub(super) fn service(&mut self, entry: &Entry) -> Option<Service> {
        let path = join("services", &entry.name);
        let mut draft = Draft::default();
        for key in self.group(&entry.value, &path) {
            self.key(key, &join(&path, &key.name), &mut draft);
        }
        let made_from = self.made_from(entry, &path, &draft)?;
        settle_ports(&mut draft);
        draft.notes.extend(known::image(
            draft.image.as_deref().filter(|_| !draft.is_built),
        ));
        self.checked(entry.at, &path, &draft.config);
        Some(Service {
            name: entry.name.clone(),
            line: entry.at.line,
            made_from,
            config: draft.config,
            notes: draft.notes,
        })
    }

    fn made_from(&mut self, entry: &Entry, path: &str, draft: &Draft) -> Option<MadeFrom> {
        match (&draft.image, draft.is_built) {
            (_, true) => Some(MadeFrom::Repository),
            (Some(reference), false) => Some(MadeFrom::Image {
                reference: reference.clone(),
                local: draft.local,
            }),
            (None, false) if draft.is_made || entry.value.body == Body::Refused => None,
            (None, false) => {
                let problem = format!("`{path}` has neither `image` nor `build`");
                self.fault(
                    entry.at,
                    path,
                    problem,
                    "say which image it runs, or what builds it",
                );
                None
            }
        }
    }

    /// By the very rules of `sealdock.yml`.
    fn checked(&mut self, at: Position, path: &str, config: &ConfigPatch) {
        for error in validate(config).err().into_iter().flat_map(|e| e.0) {
            let fault = Fault::new(error.problem, error.way_out);
            self.faults.add(at, path, fault);
        }
    }

    fn key(&mut self, key: &Entry, path: &str, draft: &mut Draft) {
        let node = &key.value;
        match key.name.as_str() {
            "image" => {
                draft.is_made = true;
                draft.image = self.checked_text(node, path, check::image);
            }
            "build" => self.build(node, path, draft),
            "pull_policy" => self.pull_policy(key, path, draft),
            "environment" => self.environment(node, path, draft),
            "ports" => self.ports(node, path, draft),
            "expose" => self.expose(node, path, draft),
            "healthcheck" => self.health(node, path, draft),
            "entrypoint" => draft.config.entrypoint = self.words_of(node, path),
            "command" => draft.config.command = self.words_of(node, path),
            "scale" => draft.config.replicas = self.number(node, path),
            "mem_limit" => draft.config.resources.memory_mib = self.memory(node, path),
            "cpus" => draft.config.resources.cpus_milli = self.cpus(node, path),
            "deploy" => self.deploy(node, path, draft),
            "volumes" => self.volumes(key, path),
            "privileged" => self.privileged(node, path),
            "network_mode" | "pid" | "ipc" | "uts" | "userns_mode" | "cgroup" => {
                self.namespace(key, path);
            }
            name if name.starts_with("x-") => {}
            name => self.leave_out(key.at, path, known::of_service(name)),
        }
    }

    /// `replicas` and `resources.limits`; the rest is for a swarm.
    fn deploy(&mut self, node: &Node, path: &str, draft: &mut Draft) {
        for key in self.group(node, path) {
            let path = join(path, &key.name);
            match key.name.as_str() {
                "replicas" => draft.config.replicas = self.number(&key.value, &path),
                "resources" => self.resources(&key.value, &path, draft),
                name => self.leave_out(key.at, &path, known::of_deploy(name)),
            }
        }
    }

    fn resources(&mut self, node: &Node, path: &str, draft: &mut Draft) {
        for key in self.group(node, path) {
            let path = join(path, &key.name);
            if key.name != "limits" {
                self.leave_out(key.at, &path, "Nothing is reserved: only limits hold.");
                continue;
            }
            for limit in self.group(&key.value, &path) {
                let path = join(&path, &limit.name);
                let resources = &mut draft.config.resources;
                match limit.name.as_str() {
                    "cpus" => resources.cpus_milli = self.cpus(&limit.value, &path),
                    "memory" => resources.memory_mib = self.memory(&limit.value, &path),
                    _ => self.leave_out(limit.at, &path, "Only `cpus` and `memory` are limited."),
                }
            }
        }
    }

    fn pull_policy(&mut self, key: &Entry, path: &str, draft: &mut Draft) {
        match self.text(&key.value, path).as_deref() {
            Some("never") => draft.local = true,
            Some(_) => self.leave_out(
                key.at,
                path,
                "An image is pulled when a deployment begins, and its digest is kept.",
            ),
            None => {}
        }
    }

    fn volumes(&mut self, key: &Entry, path: &str) {
        let Some(socket) = SOCKETS.iter().find(|s| mentions(&key.value, s)) else {
            return self.leave_out(key.at, path, NO_VOLUMES);
        };
        self.fault(
            key.value.at,
            path,
            format!("`{path}` mounts the {socket} of the machine"),
            "leave it out: with it the service could do everything that Sealdock can, to every app",
        );
    }

    fn privileged(&mut self, node: &Node, path: &str) {
        match self.text(node, path).as_deref() {
            None | Some("false") => {}
            Some(_) => self.fault(
                node.at,
                path,
                format!("`{path}` asks for the whole machine"),
                "leave it out: no app here runs with more than Docker's usual capabilities",
            ),
        }
    }

    fn namespace(&mut self, key: &Entry, path: &str) {
        match self.text(&key.value, path).as_deref() {
            Some("host") => self.fault(
                key.value.at,
                path,
                format!("`{path}` asks for the host's own"),
                "leave it out: each app here has namespaces of its own",
            ),
            Some(_) => self.leave_out(
                key.at,
                path,
                "Each project has a network and namespaces of its own.",
            ),
            None => {}
        }
    }

    /// A list as it is; a line taken apart as Compose does.
    fn words_of(&mut self, node: &Node, path: &str) -> Option<Vec<String>> {
        if let Body::List(items) = &node.body {
            let words = items.iter().filter_map(|i| self.text(i, path));
            return Some(words.collect());
        }
        let line = self.text(node, path)?;
        let words = words(&line).filter(|words| !words.is_empty());
        if words.is_none() {
            let problem = format!("`{}` can't be taken apart into words", brief(&line));
            self.fault(node.at, path, problem, "write it as a list: `[npm, start]`");
        }
        words
    }

    pub(super) fn checked_text(
        &mut self,
        node: &Node,
        path: &str,
        check: impl Fn(&str) -> Result<(), Fault>,
    ) -> Option<String> {
        let text = self.text(node, path)?;
        match check(&text) {
            Ok(()) => Some(text),
            Err(fault) => {
                self.faults.add(node.at, path, fault);
                None
            }
        }
    }

    fn number(&mut self, node: &Node, path: &str) -> Option<u32> {
        let text = self.text(node, path)?;
        self.or_fault(
            node,
            path,
            text.parse().ok(),
            "a whole number",
            "write it like `2`",
        )
    }

    fn memory(&mut self, node: &Node, path: &str) -> Option<u32> {
        let text = self.text(node, path)?;
        let mib = memory_mib(&text);
        self.or_fault(
            node,
            path,
            mib,
            "an amount of memory",
            "write it like `512M` or `1.5G`",
        )
    }

    fn cpus(&mut self, node: &Node, path: &str) -> Option<u32> {
        let text = self.text(node, path)?;
        let milli = cpus_milli(&text).ok().and_then(|m| u32::try_from(m).ok());
        self.or_fault(node, path, milli, "a number of CPUs", "write it like `0.5`")
    }
}

/// What is declared wins over a variable; a health check of another port is said so.
fn settle_ports(draft: &mut Draft) {
    let config = &mut draft.config;
    config.port = config.port.or(draft.port_variable).or(draft.health_port);
    config.health.port = draft.health_port.filter(|p| Some(*p) != config.port);
    if config.port.is_none() {
        let note = "It names no port, so it is expected to listen on 8080, which it gets as PORT.";
        draft.notes.push(note.to_owned());
    }
    if config.health.path.is_none() {
        let note = "It has no HTTP health check, so `GET /` has to answer 2xx.";
        draft.notes.push(note.to_owned());
    }
}

/// In any of the texts below.
fn mentions(node: &Node, word: &str) -> bool {
    match &node.body {
        Body::Scalar { text, .. } => text.contains(word),
        Body::List(items) => items.iter().any(|i| mentions(i, word)),
        Body::Map(entries) => entries.iter().any(|e| mentions(&e.value, word)),
        Body::Refused => false,
    }
}
