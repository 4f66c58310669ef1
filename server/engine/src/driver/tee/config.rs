//! The config disk: what a guest runs, in one canonical spelling, measured through its hash in the
//! command line. Names of secrets only.

use super::image::{Built, Program};
use domain::attest::{Digest, Hex, sha256};
use domain::instance::InstanceSpec;
use serde::Serialize;
use std::collections::BTreeMap;

const BLOCK: usize = 4096;

/// The fields in the order of their names, and so are the variables.
#[derive(Debug, Serialize)]
pub struct Config<'a> {
    argv: Vec<&'a str>,
    /// The key that secrets are signed with.
    control: Hex<32>,
    cwd: &'a str,
    env: BTreeMap<&'a str, &'a str>,
    gid: u32,
    image: &'a str,
    port: u16,
    secrets: Vec<&'a str>,
    uid: u32,
    v: u32,
}

impl<'a> Config<'a> {
    pub fn new(spec: &'a InstanceSpec, built: &'a Built, control: Hex<32>) -> Self {
        let program = &built.program;
        let mut env = BTreeMap::from([("HOME", built.user.home.as_str())]);
        env.extend(program.env.iter().filter_map(|pair| pair.split_once('=')));
        env.extend(
            spec.env
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );
        Self {
            argv: argv(spec, program),
            control,
            cwd: if program.cwd.is_empty() {
                "/"
            } else {
                &program.cwd
            },
            env,
            gid: built.user.gid,
            image: &spec.image,
            port: spec.port,
            secrets: spec.secrets.iter().map(|(name, _)| name).collect(),
            uid: built.user.uid,
            v: 1,
        }
    }

    /// As it is attached, with the hash that the command line names.
    pub fn disk(&self) -> serde_json::Result<(Vec<u8>, Digest)> {
        let mut bytes = serde_json::to_vec(self)?;
        bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
        let digest = Hex(sha256(&bytes));
        Ok((bytes, digest))
    }
}

/// As the Engine has it: another entrypoint knows nothing of the image's command.
fn argv<'a>(spec: &'a InstanceSpec, program: &'a Program) -> Vec<&'a str> {
    let (entrypoint, cmd): (&[String], &[String]) = match &spec.entrypoint {
        Some(own) => (own, &[]),
        None => (&program.entrypoint, &program.cmd),
    };
    let command = spec.command.as_deref().unwrap_or(cmd);
    entrypoint
        .iter()
        .chain(command)
        .map(String::as_str)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::contract::{self, App};

    #[test]
    fn i2_another_entrypoint_takes_the_images_command_along_as_the_engine_does() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let program = Program {
            entrypoint: words("/bin/app serve"),
            cmd: words("--port 80"),
            ..Program::default()
        };
        let ran = |entrypoint: Option<&str>, command: Option<&str>| {
            let app = App {
                image: "sha256:1f".into(),
                command: command.map(words),
            };
            let mut spec = contract::spec(app, &contract::environment());
            spec.entrypoint = entrypoint.map(words);
            argv(&spec, &program).join(" ")
        };
        assert_eq!(ran(None, None), "/bin/app serve --port 80");
        assert_eq!(ran(None, Some("--fast")), "/bin/app serve --fast");
        assert_eq!(ran(Some("/bin/sh"), None), "/bin/sh");
        assert_eq!(ran(Some("/bin/sh"), Some("-c x")), "/bin/sh -c x");
    }
}
