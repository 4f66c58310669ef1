//! The config disk: what a guest runs, in one canonical spelling, measured through its hash in the
//! command line. Names of secrets only.

use super::image::Built;
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
        // As the Engine has it: another entrypoint knows nothing of the image's command.
        let (entrypoint, cmd): (&[String], &[String]) = match &spec.entrypoint {
            Some(own) => (own, &[]),
            None => (&program.entrypoint, &program.cmd),
        };
        let command = spec.command.as_deref().unwrap_or(cmd);
        let mut env = BTreeMap::from([("HOME", built.user.home.as_str())]);
        env.extend(program.env.iter().filter_map(|pair| pair.split_once('=')));
        env.extend(
            spec.env
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );
        Self {
            argv: entrypoint
                .iter()
                .chain(command)
                .map(String::as_str)
                .collect(),
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
