//! What a person asks for becomes what a deployment is made from: the revision pinned to a
//! commit, the file read at that commit, an image or an upload that is really there. Everything
//! that can be wrong is refused here, before anything is written.

use super::{Control, broken, found};
use crate::source::image_archive;
use crate::store::runtime::Runtime;
use crate::store::upload::Upload;
use domain::access::Caller;
use domain::api::Reply;
use domain::config::compose::LeftOut;
use domain::config::{self, Config, ConfigPatch, tinfoil};
use domain::detect::BuildPlan;
use domain::id::OrgId;
use domain::preview::{Proposal, preview};
use domain::refusal::Refusal;
use domain::source::{Origin, Revision, Source, Wanted};
use domain::view::{Preview, UploadView};

const LONGEST_REFERENCE: usize = 512;

/// Pinned, with what the repository says about itself.
pub(super) struct Resolved {
    pub source: Source,
    /// `None` where nothing is built.
    pub build: Option<BuildPlan>,
    pub config: Config,
    pub notes: Vec<String>,
}

impl Resolved {
    /// The plan of a new project that begins with it.
    pub fn first(&self) -> Preview {
        preview(Proposal::of_new_project(
            &self.source,
            &self.config,
            self.build.as_ref(),
            self.notes.clone(),
        ))
    }
}

impl Control {
    /// Pins `wanted` and lays `overrides` over what the file at that commit says.
    pub(super) async fn resolve(
        &self,
        caller: &Caller,
        runtime: &Runtime,
        wanted: &Wanted,
        overrides: &ConfigPatch,
    ) -> Reply<Resolved> {
        let source = match wanted {
            Wanted::Git { url, revision } => self.pin(&caller.org, url, revision).await?,
            Wanted::Image { reference, local } => self.image(runtime, reference, *local).await?,
            Wanted::Bundle { upload } => {
                sent(found(
                    self.store.upload(&caller.org, upload).await,
                    "upload",
                )?)
                .await?
            }
        };
        self.configure(&caller.org, source, overrides).await
    }

    /// The configuration that a pinned source would run with.
    pub(super) async fn configure(
        &self,
        org: &OrgId,
        source: Source,
        overrides: &ConfigPatch,
    ) -> Reply<Resolved> {
        let nothing = ConfigPatch::default();
        let said = self.layered(org, source, overrides, &nothing).await?;
        let Some(plan) = self.build_plan(org, &said.source, &said.config).await? else {
            return Ok(said);
        };
        let beneath = plan.defaults();
        let layered = match beneath == nothing {
            true => said,
            false => self.layered(org, said.source, overrides, &beneath).await?,
        };
        Ok(Resolved {
            build: Some(plan),
            ..layered
        })
    }

    /// The same without a look at how it would be built; what a preset sets lies `beneath`.
    pub(super) async fn layered(
        &self,
        org: &OrgId,
        source: Source,
        overrides: &ConfigPatch,
        beneath: &ConfigPatch,
    ) -> Reply<Resolved> {
        config::validate(overrides).map_err(|errors| errors.refusal("config"))?;
        let (file, notes) = self.file(org, &source).await?;
        let config = Config::resolve(&[beneath, &file, overrides]);
        Ok(Resolved {
            source,
            build: None,
            config,
            notes,
        })
    }

    pub(super) async fn pin(&self, org: &OrgId, url: &str, revision: &Revision) -> Reply<Source> {
        let commit = self.git.resolve(org, url, revision).await?;
        Ok(Source::Git {
            url: url.to_owned(),
            revision: revision.clone(),
            commit,
        })
    }

    async fn image(&self, runtime: &Runtime, reference: &str, local: bool) -> Reply<Source> {
        let fine = !reference.is_empty()
            && reference.len() <= LONGEST_REFERENCE
            && !reference.starts_with('-')
            && reference.bytes().all(|b| b.is_ascii_graphic());
        if !fine {
            return Err(
                Refusal::invalid("reference", "That is not the name of an image.")
                    .way_out("Write it like registry.example.org/team/app:1.4 or app@sha256:…."),
            );
        }
        if local {
            let place = self.runtimes.of(&runtime.id).await.map_err(broken)?;
            let here = place
                .images
                .find(reference)
                .await
                .map_err(|e| Refusal::unavailable("runtime_unreachable", e.to_string()))?;
            if here.is_none() {
                return Err(Refusal::invalid(
                    "reference",
                    format!("There is no image `{reference}` on this machine."),
                )
                .way_out("Build or load it there, or let Sealdock pull it from its registry."));
            }
        }
        Ok(Source::Image {
            reference: reference.to_owned(),
            local,
        })
    }

    /// What the repository's file says at that commit (I-2): `sealdock.yml`, or Tinfoil's where that
    /// is not there.
    async fn file(&self, org: &OrgId, source: &Source) -> Reply<(ConfigPatch, Vec<String>)> {
        let Source::Git { url, commit, .. } = source else {
            return Ok((ConfigPatch::default(), vec![]));
        };
        let at = |name: &str| format!("{name} at {}", source.label());
        let read = |name| self.git.read_file(org, url, &commit.sha, name);
        if let Some(text) = read(config::FILE_NAME).await? {
            let patch = config::parse(&text);
            let patch = patch.map_err(|errors| errors.refusal(&at(config::FILE_NAME)))?;
            return Ok((patch, vec![]));
        }
        if let Some(text) = read(tinfoil::FILE_NAME).await? {
            let file = at(tinfoil::FILE_NAME);
            let adopted = tinfoil::read(&text).map_err(|errors| errors.refusal(&file))?;
            let note = |left: LeftOut| {
                let LeftOut { line, path, .. } = left;
                format!("{file}, line {line}, `{path}`: {}", left.sentence)
            };
            let notes = adopted.left_out.into_iter().map(note);
            return Ok((adopted.patch, notes.collect()));
        }
        let there = at(config::FILE_NAME);
        let note = format!("There is no {there}; what you set and the defaults apply.");
        Ok((ConfigPatch::default(), vec![note]))
    }

    /// The runtime by name, or the first one.
    pub(super) async fn runtime(&self, caller: &Caller, name: Option<&str>) -> Reply<Runtime> {
        let all = self.store.runtimes(&caller.org).await.map_err(broken)?;
        let started = |r: &&Runtime| self.runtimes.places.contains_key(&r.driver);
        match name {
            None => all.iter().find(started).cloned().ok_or_else(|| {
                Refusal::unavailable("no_runtime", "This server was started without a runtime.")
                    .way_out("Start it with `--runtime docker`.")
            }),
            Some(name) => all.iter().find(|r| r.name == name).cloned().ok_or_else(|| {
                let names: Vec<_> = all.iter().map(|r| r.name.as_str()).collect();
                Refusal::invalid("runtime", format!("There is no runtime `{name}`."))
                    .way_out(format!("Choose one of: {}.", names.join(", ")))
            }),
        }
    }
}

/// A site, or an image: the file says which.
async fn sent(upload: Upload) -> Reply<Source> {
    let is_image = image_archive::is_image(upload.path.into()).await;
    let UploadView {
        id,
        name,
        size_bytes,
        digest,
    } = upload.view;
    Ok(if is_image.map_err(broken)? {
        Source::ImageArchive {
            name,
            upload: id,
            digest,
            size_bytes,
        }
    } else {
        Source::Bundle {
            name,
            upload: id,
            digest,
            size_bytes,
        }
    })
}

/// Where versions of a project come from, as its first source says.
pub(super) fn origin(source: &Source) -> Origin {
    match source {
        Source::Git { url, .. } => Origin::Git { url: url.clone() },
        Source::Image { reference, .. } => Origin::Image {
            repository: repository(reference).to_owned(),
        },
        Source::Bundle { .. } | Source::ImageArchive { .. } => Origin::Bundle,
    }
}

/// `registry:5000/team/app:1.4` without tag and digest.
fn repository(reference: &str) -> &str {
    let name = reference.split('@').next().unwrap_or(reference);
    match name.rfind(':') {
        Some(colon) if !name[colon..].contains('/') => &name[..colon],
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_s_repository_keeps_its_registry_s_port() {
        assert_eq!(
            repository("registry:5000/team/app:1.4"),
            "registry:5000/team/app"
        );
        assert_eq!(repository("app@sha256:00"), "app");
        assert_eq!(repository("registry:5000/app"), "registry:5000/app");
    }
}
