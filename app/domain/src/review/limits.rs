//! What a preview runs with: how the project's first environment is built and started, and
//! nothing of what it knows.

use super::Rules;
use crate::config::{self, Config, ConfigPatch};
use crate::refusal::Refusal;
use std::collections::BTreeMap;

const MOST_VARIABLES: usize = 256;

/// Over the file at the head: `base`'s way to build, start and probe, without any of its variables,
/// build arguments, secrets, crons or exclusive hardware; one instance; and what is for previews,
/// which a fork does not get. What the file itself asks for of these counts for nothing.
pub fn over(base: &ConfigPatch, rules: &Rules, fork: bool) -> ConfigPatch {
    let mut patch = base.clone();
    patch.build.args.clear();
    patch.replicas = Some(1);
    patch.crons = Some(vec![]);
    patch.exclusive = Some(vec![]);
    let (env, secrets) = match fork {
        true => Default::default(),
        false => (set(&rules.variables), rules.secrets.clone()),
    };
    patch.env = env;
    patch.build.secrets = Some(secrets.clone());
    patch.secrets = Some(secrets);
    patch
}

/// The same with ceilings, where `config` is above them: on memory for every preview, and on what a
/// fork's own file asks for.
pub fn capped(
    patch: &ConfigPatch,
    config: &Config,
    rules: &Rules,
    fork: bool,
) -> Option<ConfigPatch> {
    let mut lower = patch.clone();
    if config.resources.memory_mib > rules.memory_mib {
        lower.resources.memory_mib = Some(rules.memory_mib);
    }
    if fork {
        usual(&mut lower, config);
    }
    (lower != *patch).then_some(lower)
}

/// What was not set here is at most what is usual.
fn usual(patch: &mut ConfigPatch, config: &Config) {
    let most = Config::default();
    let (build, usual) = (&config.build, &most.build);
    for (said, wanted, most) in [
        (
            &mut patch.build.memory_mib,
            build.memory_mib,
            usual.memory_mib,
        ),
        (
            &mut patch.build.cpus_milli,
            build.cpus_milli,
            usual.cpus_milli,
        ),
        (&mut patch.build.pids, build.pids, usual.pids),
        (&mut patch.build.timeout_s, build.timeout_s, usual.timeout_s),
        (
            &mut patch.resources.cpus_milli,
            config.resources.cpus_milli,
            most.resources.cpus_milli,
        ),
    ] {
        if said.is_none() && wanted > most {
            *said = Some(most);
        }
    }
}

/// By the rules of a configuration.
pub(super) fn given(rules: &Rules) -> Result<(), Refusal> {
    let n = rules.variables.len();
    if n > MOST_VARIABLES {
        let sentence = format!("There are {n} variables; at most {MOST_VARIABLES} are taken.");
        return Err(Refusal::invalid("variables", sentence));
    }
    let check = |place: &str, patch: ConfigPatch| {
        let read = config::validate(&patch);
        read.map_err(|errors| Refusal::invalid(place, errors.to_string()))
    };
    check(
        "variables",
        ConfigPatch {
            env: set(&rules.variables),
            ..ConfigPatch::default()
        },
    )?;
    check(
        "secrets",
        ConfigPatch {
            secrets: Some(rules.secrets.clone()),
            ..ConfigPatch::default()
        },
    )
}

fn set(all: &BTreeMap<String, String>) -> config::EnvPatch {
    let pairs = all.iter();
    pairs
        .map(|(name, value)| (name.clone(), Some(value.clone())))
        .collect()
}
