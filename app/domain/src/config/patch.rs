//! What a file or a person said, and how several of them add up.

use super::{
    Build, Config, Exclusive, Health, PresetChoice, Resources, SourceConfig, field::fields,
    kind::Value,
};
use crate::cron::Cron;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Names and values to lay over others; `None` removes the name.
pub type EnvPatch = BTreeMap<String, Option<String>>;

/// What somebody set; `None` means that they did not say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ConfigPatch {
    /// See [`SourceConfig`].
    pub source: SourcePatch,
    /// See [`Build`].
    pub build: BuildPatch,
    /// See [`Config::port`].
    pub port: Option<u16>,
    /// An empty list goes back to the image's own entrypoint.
    pub entrypoint: Option<Vec<String>>,
    /// An empty list goes back to the image's own command.
    pub command: Option<Vec<String>>,
    /// See [`Config::env`].
    pub env: EnvPatch,
    /// See [`Config::secrets`].
    pub secrets: Option<Vec<String>>,
    /// See [`Config::replicas`].
    pub replicas: Option<u32>,
    /// See [`Resources`].
    pub resources: ResourcesPatch,
    /// See [`Health`].
    pub health: HealthPatch,
    /// See [`Config::drain_s`].
    pub drain_s: Option<u32>,
    /// See [`Config::max_hold_s`].
    pub max_hold_s: Option<u32>,
    /// See [`Config::exclusive`].
    #[cfg_attr(feature = "schema", schema(value_type = Option<Vec<String>>))]
    pub exclusive: Option<Vec<Exclusive>>,
    /// See [`Config::spa`].
    pub spa: Option<bool>,
    /// See [`Config::crons`]; they replace those below, all together.
    pub crons: Option<Vec<Cron>>,
}

/// What somebody set of [`SourceConfig`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct SourcePatch {
    /// See [`SourceConfig::submodules`].
    pub submodules: Option<bool>,
    /// See [`SourceConfig::lfs`].
    pub lfs: Option<bool>,
}

/// What somebody set of [`Build`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct BuildPatch {
    /// See [`Build::preset`].
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>))]
    pub preset: Option<PresetChoice>,
    /// See [`Build::image`].
    pub image: Option<String>,
    /// See [`Build::dockerfile`].
    pub dockerfile: Option<String>,
    /// See [`Build::root`].
    pub root: Option<String>,
    /// See [`Build::install`].
    pub install: Option<String>,
    /// See [`Build::command`].
    pub command: Option<String>,
    /// See [`Build::start`].
    pub start: Option<String>,
    /// See [`Build::output`].
    pub output: Option<String>,
    /// See [`Build::images`]; `null` goes back to the usual one.
    pub images: EnvPatch,
    /// See [`Build::args`].
    pub args: EnvPatch,
    /// See [`Build::timeout_s`].
    pub timeout_s: Option<u32>,
    /// See [`Build::memory_mib`].
    pub memory_mib: Option<u32>,
    /// See [`Build::cpus_milli`].
    pub cpus_milli: Option<u32>,
    /// See [`Build::pids`].
    pub pids: Option<u32>,
    /// See [`Build::secrets`].
    pub secrets: Option<Vec<String>>,
}

/// What somebody set of [`Resources`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ResourcesPatch {
    /// See [`Resources::cpus_milli`].
    pub cpus_milli: Option<u32>,
    /// See [`Resources::memory_mib`].
    pub memory_mib: Option<u32>,
}

/// What somebody set of [`Health`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct HealthPatch {
    /// See [`Health::path`].
    pub path: Option<String>,
    /// See [`Health::port`].
    pub port: Option<u16>,
    /// See [`Health::successes`].
    pub successes: Option<u32>,
    /// See [`Health::timeout_s`].
    pub timeout_s: Option<u32>,
    /// See [`Health::probe_timeout_ms`].
    pub probe_timeout_ms: Option<u32>,
    /// See [`Health::statuses`].
    pub statuses: Option<Vec<u16>>,
}

impl ConfigPatch {
    /// Lays `over` on top: what it says wins, and environments merge by name.
    pub fn lay(&mut self, over: &ConfigPatch) {
        for field in fields() {
            match (field.get(self), field.get(over)) {
                (_, None) => {}
                (Some(Value::Map(mut below)), Some(Value::Map(above))) => {
                    below.extend(above);
                    field.set(self, Value::Map(below));
                }
                (_, Some(above)) => field.set(self, above),
            }
        }
    }
}

impl Config {
    /// Lays patches over the defaults; the later one wins.
    pub fn resolve(patches: &[&ConfigPatch]) -> Config {
        let mut said = ConfigPatch::default();
        patches.iter().for_each(|patch| said.lay(patch));
        let default = Config::default();
        Config {
            source: SourceConfig {
                submodules: said.source.submodules.unwrap_or_default(),
                lfs: said.source.lfs.unwrap_or_default(),
            },
            build: build(said.build, default.build),
            port: said.port.unwrap_or(default.port),
            entrypoint: said.entrypoint.filter(|words| !words.is_empty()),
            command: said.command.filter(|words| !words.is_empty()),
            env: present(said.env),
            secrets: said.secrets.unwrap_or(default.secrets),
            replicas: said.replicas.unwrap_or(default.replicas),
            resources: resources(said.resources, default.resources),
            health: health(said.health, default.health),
            drain_s: said.drain_s.unwrap_or(default.drain_s),
            max_hold_s: said.max_hold_s.unwrap_or(default.max_hold_s),
            exclusive: said.exclusive.unwrap_or(default.exclusive),
            spa: said.spa.unwrap_or(default.spa),
            crons: said.crons.unwrap_or(default.crons),
        }
    }
}

fn build(said: BuildPatch, default: Build) -> Build {
    Build {
        preset: said.preset.unwrap_or(default.preset),
        image: said.image,
        dockerfile: said.dockerfile.unwrap_or(default.dockerfile),
        root: said.root.unwrap_or(default.root),
        install: said.install,
        command: said.command,
        start: said.start,
        output: said.output,
        images: present(said.images),
        args: present(said.args),
        timeout_s: said.timeout_s.unwrap_or(default.timeout_s),
        memory_mib: said.memory_mib.unwrap_or(default.memory_mib),
        cpus_milli: said.cpus_milli.unwrap_or(default.cpus_milli),
        pids: said.pids.unwrap_or(default.pids),
        secrets: said.secrets.unwrap_or(default.secrets),
    }
}

fn resources(said: ResourcesPatch, default: Resources) -> Resources {
    Resources {
        cpus_milli: said.cpus_milli.unwrap_or(default.cpus_milli),
        memory_mib: said.memory_mib.unwrap_or(default.memory_mib),
    }
}

fn health(said: HealthPatch, default: Health) -> Health {
    Health {
        path: said.path.unwrap_or(default.path),
        port: said.port.or(default.port),
        successes: said.successes.unwrap_or(default.successes),
        timeout_s: said.timeout_s.unwrap_or(default.timeout_s),
        probe_timeout_ms: said.probe_timeout_ms.unwrap_or(default.probe_timeout_ms),
        statuses: said.statuses.unwrap_or(default.statuses),
    }
}

fn present(patch: EnvPatch) -> BTreeMap<String, String> {
    let pairs = patch.into_iter();
    pairs
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

/// A patch that says everything: what a form is filled with, and what gets compared.
impl From<&Config> for ConfigPatch {
    fn from(config: &Config) -> ConfigPatch {
        let Config {
            build,
            resources,
            health,
            ..
        } = config;
        ConfigPatch {
            source: SourcePatch {
                submodules: Some(config.source.submodules),
                lfs: Some(config.source.lfs),
            },
            build: BuildPatch {
                preset: Some(build.preset),
                image: build.image.clone(),
                dockerfile: Some(build.dockerfile.clone()),
                root: Some(build.root.clone()),
                install: build.install.clone(),
                command: build.command.clone(),
                start: build.start.clone(),
                output: build.output.clone(),
                images: set(&build.images),
                args: set(&build.args),
                timeout_s: Some(build.timeout_s),
                memory_mib: Some(build.memory_mib),
                cpus_milli: Some(build.cpus_milli),
                pids: Some(build.pids),
                secrets: Some(build.secrets.clone()),
            },
            port: Some(config.port),
            entrypoint: Some(config.entrypoint.clone().unwrap_or_default()),
            command: Some(config.command.clone().unwrap_or_default()),
            env: set(&config.env),
            secrets: Some(config.secrets.clone()),
            replicas: Some(config.replicas),
            resources: ResourcesPatch {
                cpus_milli: Some(resources.cpus_milli),
                memory_mib: Some(resources.memory_mib),
            },
            health: HealthPatch {
                path: Some(health.path.clone()),
                port: health.port,
                successes: Some(health.successes),
                timeout_s: Some(health.timeout_s),
                probe_timeout_ms: Some(health.probe_timeout_ms),
                statuses: Some(health.statuses.clone()),
            },
            drain_s: Some(config.drain_s),
            max_hold_s: Some(config.max_hold_s),
            exclusive: Some(config.exclusive.clone()),
            spa: Some(config.spa),
            crons: Some(config.crons.clone()),
        }
    }
}

fn set(pairs: &BTreeMap<String, String>) -> EnvPatch {
    pairs
        .iter()
        .map(|(name, value)| (name.clone(), Some(value.clone())))
        .collect()
}
