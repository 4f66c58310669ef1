//! The forms of a new project.

use super::env::env;
use super::fields::preset;
use super::number::number;
use super::{Read, bundle, said};
use domain::api::NewProject;
use domain::config::{BuildPatch, ConfigPatch, EnvPatch, PresetChoice};
use domain::refusal::Refusal;
use domain::source::{Revision, Wanted};
use serde::{Deserialize, Serialize};

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
    /// A word of `build.preset`.
    pub preset: Option<String>,
}

impl NewDraft {
    pub fn project(&self) -> Read<NewProject> {
        Ok(NewProject {
            name: self.name.trim().to_owned(),
            source: self.wanted()?,
            environment: None,
            config: self.config()?,
            runtime: said(&self.runtime).map(str::to_owned),
        })
    }

    /// What a new project is told besides its source.
    fn config(&self) -> Read<ConfigPatch> {
        let set = env(self.env.as_deref().unwrap_or_default())?;
        let env: EnvPatch = set
            .into_iter()
            .map(|(name, value)| (name, Some(value)))
            .collect();
        Ok(ConfigPatch {
            build: BuildPatch {
                preset: preset(self.preset.as_deref())?.filter(|p| *p != PresetChoice::Auto),
                ..BuildPatch::default()
            },
            port: number("port", self.port.as_deref())?,
            env,
            ..ConfigPatch::default()
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

pub(super) fn revision(text: Option<&str>) -> Revision {
    match text.and_then(|t| t.split_once(':')) {
        Some(("tag", name)) => Revision::Tag(name.to_owned()),
        Some(("commit", name)) => Revision::Commit(name.to_owned()),
        Some(("branch", name)) => Revision::Branch(name.to_owned()),
        _ => text.map_or(Revision::Head, |name| Revision::Branch(name.to_owned())),
    }
}
