//! placeholder types until the parser lands
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    pub build: Build,
    pub port: u16,
    pub command: Option<Vec<String>>,
    pub env: BTreeMap<String, String>,
    pub replicas: u32,
    pub resources: Resources,
    pub health: Health,
    pub drain_s: u32,
    pub exclusive: Vec<String>,
    pub spa: bool,
}
impl Default for Config {
    fn default() -> Self {
        Config {
            build: Build {
                dockerfile: "Dockerfile".into(),
                root: ".".into(),
                args: BTreeMap::new(),
                timeout_s: 1800,
                memory_mib: 2048,
            },
            port: 8080,
            command: None,
            env: BTreeMap::new(),
            replicas: 1,
            resources: Resources {
                cpus_milli: 1000,
                memory_mib: 512,
            },
            health: Health {
                path: "/".into(),
                port: None,
                successes: 2,
                timeout_s: 60,
                probe_timeout_ms: 2000,
                statuses: vec![],
            },
            drain_s: 30,
            exclusive: vec![],
            spa: false,
        }
    }
}
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    pub dockerfile: String,
    pub root: String,
    pub args: BTreeMap<String, String>,
    pub timeout_s: u32,
    pub memory_mib: u32,
}
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resources {
    pub cpus_milli: u32,
    pub memory_mib: u32,
}
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    pub path: String,
    pub port: Option<u16>,
    pub successes: u32,
    pub timeout_s: u32,
    pub probe_timeout_ms: u32,
    pub statuses: Vec<u16>,
}
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigPatch {
    pub port: Option<u16>,
    pub env: BTreeMap<String, Option<String>>,
    pub replicas: Option<u32>,
}
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub path: String,
    pub from: Option<String>,
    pub to: Option<String>,
}
pub fn diff(_: &Config, _: &Config) -> Vec<Change> {
    vec![]
}
