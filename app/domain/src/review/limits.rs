//! What a preview runs with: how the project's first environment is built and started, and
//! nothing of what it knows.

use super::Rules;
use crate::config::{self, Config, ConfigPatch};
use crate::refusal::Refusal;
use std::collections::BTreeMap;

const MOST_VARIABLES: usize = 256;

/// Over the file at the head: `base`'s way to build, start and probe, without any of its variables,
/// build arguments, crons or exclusive hardware; one instance; and the variables of previews, which
/// a fork does not get.
pub fn over(base: &ConfigPatch, rules: &Rules, fork: bool) -> ConfigPatch {
    let mut patch = base.clone();
    patch.build.args.clear();
    patch.replicas = Some(1);
    patch.crons = Some(vec![]);
    patch.exclusive = Some(vec![]);
    patch.env = match fork {
        true => BTreeMap::new(),
        false => given(&rules.variables),
    };
    patch
}

/// The same with the ceiling on memory, where `config` is above it.
pub fn capped(patch: &ConfigPatch, config: &Config, rules: &Rules) -> Option<ConfigPatch> {
    let mut lower = patch.clone();
    lower.resources.memory_mib = Some(rules.memory_mib);
    (config.resources.memory_mib > rules.memory_mib).then_some(lower)
}

/// By the rules of a configuration's variables.
pub(super) fn variables(all: &BTreeMap<String, String>) -> Result<(), Refusal> {
    if all.len() > MOST_VARIABLES {
        let sentence = format!(
            "There are {} variables; at most {MOST_VARIABLES} are taken.",
            all.len()
        );
        return Err(Refusal::invalid("variables", sentence));
    }
    let patch = ConfigPatch {
        env: given(all),
        ..ConfigPatch::default()
    };
    config::validate(&patch).map_err(|errors| Refusal::invalid("variables", errors.to_string()))
}

fn given(all: &BTreeMap<String, String>) -> config::EnvPatch {
    let pairs = all.iter();
    pairs
        .map(|(name, value)| (name.clone(), Some(value.clone())))
        .collect()
}
