//! The form of *Edit config*, and the overrides it leads to.

use super::Read;
use super::env::{env, env_patch, env_text};
use super::number::{milli, number};
use domain::config::{Config, ConfigPatch, PresetChoice};
use domain::refusal::Refusal;
use serde::{Deserialize, Serialize};

/// The fields of *Edit config*, as they stand in the form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fields {
    /// `NAME=value` on each line.
    pub env: String,
    /// Names of secrets, apart by spaces, commas or lines; `None`: the form did not ask.
    pub secrets: Option<String>,
    pub replicas: String,
    pub cpus: String,
    pub memory_mib: String,
    pub port: String,
    pub health_path: String,
    pub drain_s: String,
    /// Empty where the form did not ask: it stays as it is.
    pub max_hold_s: String,
    /// A word of `build.preset`; empty where there is no repository.
    pub preset: String,
}

impl Fields {
    pub fn of(config: &Config) -> Fields {
        Fields {
            env: env_text(&config.env),
            secrets: Some(config.secrets.join(" ")),
            replicas: config.replicas.to_string(),
            cpus: (f64::from(config.resources.cpus_milli) / 1000.0).to_string(),
            memory_mib: config.resources.memory_mib.to_string(),
            port: config.port.to_string(),
            health_path: config.health.path.clone(),
            drain_s: config.drain_s.to_string(),
            max_hold_s: config.max_hold_s.to_string(),
            preset: config.build.preset.to_string(),
        }
    }

    pub(super) fn pairs(&self) -> [(&'static str, String); 10] {
        [
            ("choice[config][env]", self.env.clone()),
            (
                "choice[config][secrets]",
                self.secrets.clone().unwrap_or_default(),
            ),
            ("choice[config][replicas]", self.replicas.clone()),
            ("choice[config][cpus]", self.cpus.clone()),
            ("choice[config][memory_mib]", self.memory_mib.clone()),
            ("choice[config][port]", self.port.clone()),
            ("choice[config][health_path]", self.health_path.clone()),
            ("choice[config][drain_s]", self.drain_s.clone()),
            ("choice[config][max_hold_s]", self.max_hold_s.clone()),
            ("choice[config][preset]", self.preset.clone()),
        ]
    }

    /// From a form that was posted to the page itself.
    pub fn posted(form: &std::collections::HashMap<String, String>) -> Option<Fields> {
        let get = |name: &str| form.get(&format!("choice[config][{name}]")).cloned();
        Some(Fields {
            env: get("env")?,
            secrets: get("secrets"),
            replicas: get("replicas")?,
            cpus: get("cpus")?,
            memory_mib: get("memory_mib")?,
            port: get("port")?,
            health_path: get("health_path")?,
            drain_s: get("drain_s")?,
            max_hold_s: get("max_hold_s").unwrap_or_default(),
            preset: get("preset").unwrap_or_default(),
        })
    }

    /// The overrides that lead from what runs to what the form says. What the form leaves as it is
    /// stays the repository's: only what differs, or was set by hand before, becomes an override.
    pub fn patch(&self, config: &Config, overrides: &ConfigPatch) -> Read<ConfigPatch> {
        let mut patch = overrides.clone();
        let differs = |now: u32, new: Option<u32>| new.filter(|n| *n != now);
        patch.replicas =
            differs(config.replicas, number("replicas", Some(&self.replicas))?).or(patch.replicas);
        patch.drain_s =
            differs(config.drain_s, number("drain_s", Some(&self.drain_s))?).or(patch.drain_s);
        let held = number("max_hold_s", Some(&self.max_hold_s))?;
        patch.max_hold_s = differs(config.max_hold_s, held).or(patch.max_hold_s);
        patch.port = number("port", Some(&self.port))?
            .filter(|p| *p != config.port)
            .or(patch.port);
        let resources = &mut patch.resources;
        resources.cpus_milli =
            differs(config.resources.cpus_milli, milli(&self.cpus)?).or(resources.cpus_milli);
        let memory = number("memory_mib", Some(&self.memory_mib))?;
        resources.memory_mib =
            differs(config.resources.memory_mib, memory).or(resources.memory_mib);
        let path =
            Some(self.health_path.trim()).filter(|p| !p.is_empty() && *p != config.health.path);
        patch.health.path = path.map(str::to_owned).or(patch.health.path);
        patch.build.preset = preset(Some(&self.preset))?
            .filter(|p| *p != config.build.preset)
            .or(patch.build.preset);
        patch.secrets = names(self.secrets.as_deref())
            .filter(|names| *names != config.secrets)
            .or(patch.secrets);
        patch.env = env_patch(&env(&self.env)?, &config.env, patch.env);
        Ok(patch)
    }
}

fn names(text: Option<&str>) -> Option<Vec<String>> {
    let apart = |c: char| c.is_whitespace() || c == ',';
    let said = text?.split(apart).filter(|name| !name.is_empty());
    Some(said.map(str::to_owned).collect())
}

/// Nothing where nothing is said.
pub(super) fn preset(word: Option<&str>) -> Read<Option<PresetChoice>> {
    let word = word.map(str::trim).filter(|word| !word.is_empty());
    let wrong = |_| Refusal::invalid("preset", "That is no way to build a repository.");
    word.map(|word| word.parse().map_err(wrong)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::Choice;
    use domain::config::{EnvPatch, Preset, diff};

    fn config() -> Config {
        let env = [
            ("A".to_owned(), "1".to_owned()),
            ("B".to_owned(), "2".to_owned()),
        ]
        .into();
        Config {
            env,
            ..Config::default()
        }
    }

    #[test]
    fn an_untouched_form_changes_nothing() {
        let overrides = ConfigPatch {
            replicas: Some(1),
            ..ConfigPatch::default()
        };
        assert_eq!(
            Fields::of(&config()).patch(&config(), &overrides),
            Ok(overrides)
        );
    }

    #[test]
    fn i4_names_of_secrets_are_set_and_taken_away() {
        let patched = |text: Option<&str>, config: &Config| {
            let form = Fields {
                secrets: text.map(str::to_owned),
                ..Fields::of(config)
            };
            form.patch(config, &ConfigPatch::default()).unwrap().secrets
        };
        let two = Config {
            secrets: vec!["A".into(), "B".into()],
            ..config()
        };
        let is = |names: &[&str]| Some(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
        assert_eq!(patched(Some(" A,B\r\nC "), &config()), is(&["A", "B", "C"]));
        assert_eq!(patched(Some("A B"), &two), None);
        assert_eq!(patched(Some(""), &two), is(&[]));
        assert_eq!(patched(None, &two), None);
    }

    #[test]
    fn only_what_differs_becomes_an_override() {
        let form = Fields {
            env: "A=9\nC=3\n".into(),
            cpus: "0.5".into(),
            ..Fields::of(&config())
        };
        let patch = form.patch(&config(), &ConfigPatch::default()).unwrap();
        let set = |v: &str| Some(v.to_owned());
        let env: EnvPatch = [
            ("A".into(), set("9")),
            ("B".into(), None),
            ("C".into(), set("3")),
        ]
        .into();
        assert_eq!(
            (patch.env, patch.resources.cpus_milli, patch.replicas),
            (env, Some(500), None)
        );
    }

    #[test]
    fn i9_how_long_requests_are_held_is_an_override_once_it_differs() {
        let held = |text: &str, config: &Config| {
            let form = Fields {
                max_hold_s: text.into(),
                ..Fields::of(config)
            };
            form.patch(config, &ConfigPatch::default())
                .map(|patch| patch.max_hold_s)
        };
        let twenty = Config {
            max_hold_s: 20,
            ..config()
        };
        assert_eq!(Fields::of(&twenty).max_hold_s, "20");
        assert_eq!(held("20", &config()), Ok(Some(20)));
        assert_eq!(held("0", &twenty), Ok(Some(0)));
        let [change] = &diff(&config(), &twenty)[..] else {
            panic!("the plan shows one change")
        };
        let values = (change.from.as_deref(), change.to.as_deref());
        assert_eq!(
            (change.path.as_str(), values),
            ("max_hold_s", (Some("0"), Some("20")))
        );
        assert_eq!(
            (held("20", &twenty), held("", &twenty)),
            (Ok(None), Ok(None))
        );
        let refused = held("soon", &config()).unwrap_err();
        assert_eq!(refused.place.as_deref(), Some("max_hold_s"));
    }

    #[test]
    fn p6_another_preset_is_an_override_and_none_says_nothing() {
        let patched = |word: &str| {
            let form = Fields {
                preset: word.into(),
                ..Fields::of(&config())
            };
            form.patch(&config(), &ConfigPatch::default())
                .map(|patch| patch.build.preset)
        };
        let static_files = PresetChoice::Is(Preset::Static);
        assert_eq!(patched("static"), Ok(Some(static_files)));
        assert_eq!((patched("auto"), patched("")), (Ok(None), Ok(None)));
        assert!(patched("magic").is_err());
    }

    #[test]
    fn what_is_carried_on_reads_back() {
        let choice = Choice {
            config: Some(Fields::of(&config())),
            ..Choice::default()
        };
        let form = choice
            .pairs()
            .into_iter()
            .map(|(k, v)| (k.to_owned(), v))
            .collect();
        assert_eq!(Fields::posted(&form), choice.config);
    }
}
