//! A version, or other configuration: what an update is told.

use super::{Fields, Read, bundle, said};
use domain::refusal::Refusal;
use domain::reuse::{Reuse, Settings};
use domain::source::{Origin, Revision, Wanted};
use serde::{Deserialize, Serialize};

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
    /// A deployment, to be started once more.
    pub of: Option<String>,
    /// `own` or `current`: whose configuration it then runs with.
    pub settings: Option<String>,
    pub config: Option<Fields>,
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
        let fields = [
            &self.tag,
            &self.revision,
            &self.reference,
            &self.upload,
            &self.of,
        ];
        self.config.is_none() && fields.into_iter().all(|f| said(f).is_none())
    }

    /// The repository's address is needed to say what is wanted.
    pub fn names_git(&self) -> bool {
        said(&self.tag).is_some() || said(&self.revision).is_some()
    }

    /// An artifact once more, instead of a source.
    pub fn reuse(&self) -> Read<Option<Reuse>> {
        let Some(of) = said(&self.of) else {
            return Ok(None);
        };
        let config = match said(&self.settings) {
            Some("current") => Settings::Current,
            _ => Settings::Own,
        };
        let deployment = of.parse().map_err(|_| Refusal::not_found("deployment"))?;
        Ok(Some(Reuse { deployment, config }))
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
            ("choice[of]", &self.of),
            ("choice[settings]", &self.settings),
        ];
        pairs.extend(
            own.into_iter()
                .filter_map(|(name, value)| Some((name, said(value)?.to_owned()))),
        );
        pairs.extend(self.config.iter().flat_map(Fields::pairs));
        pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
