//! What a person filled in, as text, and what it means. Nothing is sent before it reads back.

use domain::api::NewProject;
use domain::config::{Config, ConfigPatch, EnvPatch};
use domain::refusal::Refusal;
use domain::source::{Origin, Revision, Wanted};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::str::FromStr;

type Read<T> = Result<T, Refusal>;

/// What the update page's form holds: a version, or other configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Choice {
    pub tag: Option<String>,
    /// `branch` or `commit`: what `revision` names.
    pub kind: Option<String>,
    pub revision: Option<String>,
    pub reference: Option<String>,
    pub upload: Option<String>,
    pub config: Option<Fields>,
}

/// The fields of *Edit config*, as they stand in the form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fields {
    /// `NAME=value` on each line.
    pub env: String,
    pub replicas: String,
    pub cpus: String,
    pub memory_mib: String,
    pub port: String,
    pub health_path: String,
    pub drain_s: String,
}

/// Everything a new-project form can hold; each of the three forms fills its own part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NewDraft {
    pub name: String,
    pub runtime: Option<String>,
    pub url: Option<String>,
    /// `tag:v1.2.0`, `branch:main`, `commit:3f2a91c`; empty is the default branch.
    pub revision: Option<String>,
    pub reference: Option<String>,
    pub local: Option<String>,
    pub upload: Option<String>,
    pub port: Option<String>,
    pub env: Option<String>,
}

impl Choice {
    pub fn tag(name: &str) -> Choice {
        Choice {
            tag: Some(name.to_owned()),
            ..Choice::default()
        }
    }

    /// Nothing is chosen yet: there is no plan to show.
    pub fn is_empty(&self) -> bool {
        let fields = [&self.tag, &self.revision, &self.reference, &self.upload];
        self.config.is_none() && fields.into_iter().all(|f| said(f).is_none())
    }

    /// The repository's address is needed to say what is wanted.
    pub fn names_git(&self) -> bool {
        said(&self.tag).is_some() || said(&self.revision).is_some()
    }

    /// `None`: the same source again.
    pub fn wanted(&self, origin: Option<&Origin>) -> Read<Option<Wanted>> {
        if let Some(upload) = said(&self.upload) {
            return bundle(upload).map(Some);
        }
        if let Some(reference) = said(&self.reference) {
            return Ok(Some(Wanted::Image {
                reference: reference.to_owned(),
                local: false,
            }));
        }
        let Some(revision) = self.git_revision() else {
            return Ok(None);
        };
        match origin {
            Some(Origin::Git { url }) => Ok(Some(Wanted::Git {
                url: url.clone(),
                revision,
            })),
            _ => Err(Refusal::invalid(
                "tag",
                "This project has no repository to take a tag from.",
            )),
        }
    }

    fn git_revision(&self) -> Option<Revision> {
        if let Some(tag) = said(&self.tag) {
            return Some(Revision::Tag(tag.to_owned()));
        }
        let name = said(&self.revision)?.to_owned();
        Some(if self.kind.as_deref() == Some("commit") {
            Revision::Commit(name)
        } else {
            Revision::Branch(name)
        })
    }

    /// The pairs that a form carries on, hidden, so that the confirmation names the same choice.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        let own = [
            ("choice[tag]", &self.tag),
            ("choice[kind]", &self.kind),
            ("choice[revision]", &self.revision),
            ("choice[reference]", &self.reference),
            ("choice[upload]", &self.upload),
        ];
        pairs.extend(
            own.into_iter()
                .filter_map(|(name, value)| Some((name, said(value)?.to_owned()))),
        );
        pairs.extend(self.config.iter().flat_map(Fields::pairs));
        pairs
    }
}

impl Fields {
    pub fn of(config: &Config) -> Fields {
        Fields {
            env: env_text(&config.env),
            replicas: config.replicas.to_string(),
            cpus: (f64::from(config.resources.cpus_milli) / 1000.0).to_string(),
            memory_mib: config.resources.memory_mib.to_string(),
            port: config.port.to_string(),
            health_path: config.health.path.clone(),
            drain_s: config.drain_s.to_string(),
        }
    }

    fn pairs(&self) -> [(&'static str, String); 7] {
        [
            ("choice[config][env]", self.env.clone()),
            ("choice[config][replicas]", self.replicas.clone()),
            ("choice[config][cpus]", self.cpus.clone()),
            ("choice[config][memory_mib]", self.memory_mib.clone()),
            ("choice[config][port]", self.port.clone()),
            ("choice[config][health_path]", self.health_path.clone()),
            ("choice[config][drain_s]", self.drain_s.clone()),
        ]
    }

    /// From a form that was posted to the page itself.
    pub fn posted(form: &std::collections::HashMap<String, String>) -> Option<Fields> {
        let get = |name: &str| form.get(&format!("choice[config][{name}]")).cloned();
        Some(Fields {
            env: get("env")?,
            replicas: get("replicas")?,
            cpus: get("cpus")?,
            memory_mib: get("memory_mib")?,
            port: get("port")?,
            health_path: get("health_path")?,
            drain_s: get("drain_s")?,
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
        patch.env = env_patch(&env(&self.env)?, &config.env, patch.env);
        Ok(patch)
    }
}

fn env_patch(
    form: &BTreeMap<String, String>,
    now: &BTreeMap<String, String>,
    overrides: EnvPatch,
) -> EnvPatch {
    let mut patch = overrides;
    let set = form
        .iter()
        .filter(|(name, value)| now.get(*name) != Some(*value));
    patch.extend(set.map(|(name, value)| (name.clone(), Some(value.clone()))));
    let gone = now.keys().filter(|name| !form.contains_key(*name));
    patch.extend(gone.map(|name| (name.clone(), None)));
    patch
}

impl NewDraft {
    pub fn project(&self) -> Read<NewProject> {
        Ok(NewProject {
            name: self.name.trim().to_owned(),
            source: self.wanted()?,
            environment: None,
            config: first_config(self.port.as_deref(), self.env.as_deref())?,
            runtime: said(&self.runtime).map(str::to_owned),
        })
    }

    fn wanted(&self) -> Read<Wanted> {
        if let Some(upload) = said(&self.upload) {
            return bundle(upload);
        }
        if let Some(reference) = said(&self.reference) {
            return Ok(Wanted::Image {
                reference: reference.to_owned(),
                local: said(&self.local).is_some(),
            });
        }
        match said(&self.url) {
            Some(url) => Ok(Wanted::Git {
                url: url.to_owned(),
                revision: revision(said(&self.revision)),
            }),
            None => Err(Refusal::invalid("url", "No source is given.")
                .way_out("Enter a Git URL, an image, or choose a file.")),
        }
    }
}

fn revision(text: Option<&str>) -> Revision {
    match text.and_then(|t| t.split_once(':')) {
        Some(("tag", name)) => Revision::Tag(name.to_owned()),
        Some(("commit", name)) => Revision::Commit(name.to_owned()),
        Some(("branch", name)) => Revision::Branch(name.to_owned()),
        _ => text.map_or(Revision::Head, |name| Revision::Branch(name.to_owned())),
    }
}

/// What a new project is told besides its source.
fn first_config(port: Option<&str>, env_lines: Option<&str>) -> Read<ConfigPatch> {
    let set = env(env_lines.unwrap_or_default())?;
    let env: EnvPatch = set
        .into_iter()
        .map(|(name, value)| (name, Some(value)))
        .collect();
    Ok(ConfigPatch {
        port: number("port", port)?,
        env,
        ..ConfigPatch::default()
    })
}

/// `NAME=value` on each line; empty lines and lines that begin with `#` say nothing.
pub fn env(text: &str) -> Read<BTreeMap<String, String>> {
    let lines = text
        .lines()
        .enumerate()
        .map(|(i, line)| (i + 1, line.trim()));
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(n, line)| pair(n, line))
        .collect()
}

fn pair(number: usize, line: &str) -> Read<(String, String)> {
    match line.split_once('=') {
        Some((name, value)) if is_name(name.trim()) => {
            Ok((name.trim().to_owned(), unquoted(value.trim()).to_owned()))
        }
        _ => Err(Refusal::invalid(
            &format!("env, line {number}"),
            format!("Line {number} of the environment is not `NAME=value`."),
        )
        .way_out("Names begin with a letter or `_` and hold letters, digits and `_`.")),
    }
}

fn is_name(name: &str) -> bool {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts_well && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn unquoted(value: &str) -> &str {
    value
        .strip_prefix('"')
        .and_then(|v| v.strip_suffix('"'))
        .unwrap_or(value)
}

pub fn env_text(env: &BTreeMap<String, String>) -> String {
    env.iter()
        .map(|(name, value)| format!("{name}={value}\n"))
        .collect()
}

/// A whole number, or nothing where the field is empty.
pub fn number<T: FromStr>(field: &str, text: Option<&str>) -> Read<Option<T>> {
    let Some(text) = text.map(str::trim).filter(|t| !t.is_empty()) else {
        return Ok(None);
    };
    let wrong = |_| Refusal::invalid(field, format!("`{text}` is not a whole number in range."));
    text.parse().map(Some).map_err(wrong)
}

/// `1.5` CPUs are 1500 thousandths.
fn milli(text: &str) -> Read<Option<u32>> {
    let Some(cpus) = Some(text.trim()).filter(|t| !t.is_empty()) else {
        return Ok(None);
    };
    match cpus.parse::<f64>() {
        Ok(n) if (0.001..=1024.0).contains(&n) => Ok(Some((n * 1000.0).round() as u32)),
        _ => Err(
            Refusal::invalid("cpus", format!("`{cpus}` is not a number of CPUs."))
                .way_out("Write it like 0.5 or 2."),
        ),
    }
}

fn bundle(upload: &str) -> Read<Wanted> {
    let wrong =
        |_| Refusal::invalid("upload", "That file is not here.").way_out("Choose it again.");
    Ok(Wanted::Bundle {
        upload: upload.parse().map_err(wrong)?,
    })
}

fn said(field: &Option<String>) -> Option<&str> {
    field.as_deref().map(str::trim).filter(|f| !f.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_wrong_line_is_named() {
        let said = env("A=1\n\nnot a pair").unwrap_err();
        assert_eq!(said.place.as_deref(), Some("env, line 3"));
        assert_eq!(
            env("# note\nA=\"x y\"")
                .unwrap()
                .get("A")
                .map(String::as_str),
            Some("x y")
        );
    }

    #[test]
    fn a_choice_names_its_source() {
        let origin = Origin::Git { url: "/r".into() };
        let wanted = Choice::tag("v2").wanted(Some(&origin)).unwrap();
        assert_eq!(
            wanted,
            Some(Wanted::Git {
                url: "/r".into(),
                revision: Revision::Tag("v2".into())
            })
        );
        assert_eq!(Choice::default().wanted(None), Ok(None));
        assert!(Choice::tag("v2").wanted(Some(&Origin::Bundle)).is_err());
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

    #[test]
    fn numbers_are_read_or_named() {
        assert_eq!(number::<u16>("port", Some(" 80 ")), Ok(Some(80)));
        assert_eq!(number::<u16>("port", Some("")), Ok(None));
        assert_eq!(
            number::<u16>("port", Some("x"))
                .unwrap_err()
                .place
                .as_deref(),
            Some("port")
        );
    }
}
