//! What an environment leaves besides rows: images by our tag, sites, uploads, mirrors.

use crate::dirs::Dirs;
use crate::image;
use crate::reconciler::Stumble;
use crate::runtimes::Runtimes;
use crate::source::git::Git;
use crate::store::Store;
use crate::store::artifact::Kept;
use crate::store::deployment::{Filter, Listed};
use crate::store::environment::Environment;
use domain::detect::BuildPlan;
use domain::id::{DeploymentId, RuntimeId};
use domain::source::{Artifact, Origin, Source};
use std::path::Path;
use std::sync::Arc;

const PAGE: u32 = 500;

#[derive(Clone)]
pub struct Leftovers {
    pub store: Store,
    pub runtimes: Arc<Runtimes>,
    pub git: Arc<Git>,
    pub dirs: Dirs,
}

impl Leftovers {
    pub async fn discard(&self, environment: &Environment) -> Result<(), Stumble> {
        let mut before: Option<DeploymentId> = None;
        loop {
            let filter = Filter {
                environment: Some(environment.id.clone()),
                before,
                limit: PAGE,
                ..Filter::default()
            };
            let page = self.store.deployments(&environment.org, &filter).await?;
            for listed in &page {
                self.discard_one(listed).await?;
            }
            match page.last() {
                Some(last) => before = Some(last.deployment.id.clone()),
                None => break,
            }
        }
        self.discard_mirror(environment).await
    }

    async fn discard_one(&self, listed: &Listed) -> Result<(), Stumble> {
        let deployment = &listed.deployment;
        if let Some(artifact) = &deployment.artifact {
            let foreign = deployment.reuses.is_none()
                && matches!(deployment.source, Source::Image { local: true, .. });
            self.untag(&deployment.id, &deployment.runtime, artifact, foreign)
                .await?;
        }
        if deployment
            .build
            .as_ref()
            .is_some_and(BuildPlan::carries_files)
        {
            // One whose files were never published still has its image.
            let place = self.runtimes.of(&deployment.runtime).await?;
            place.images.discard(&image::tag(&deployment.id)).await?;
        }
        if let Source::Bundle { upload, .. } | Source::ImageArchive { upload, .. } =
            &deployment.source
            && let Some(stored) = self.store.take_upload(&deployment.org, upload).await?
        {
            remove(stored.path.as_ref()).await?;
        }
        remove(&self.dirs.site(&deployment.id)).await?;
        remove(&self.dirs.screenshot(&deployment.id)).await?;
        remove(&self.dirs.sbom(&deployment.id)).await?;
        remove(&self.dirs.source_maps(&deployment.id)).await?;
        remove(&self.dirs.work(&deployment.id)).await
    }

    /// The artifact alone: the deployment and what it was made from stay.
    /// False: something still runs from it.
    pub async fn discard_artifact(&self, kept: &Kept) -> Result<bool, Stumble> {
        let id = &kept.held.id;
        let gone = self.untag(id, &kept.runtime, &kept.artifact, false).await?;
        remove(&self.dirs.site(id)).await?;
        remove(&self.dirs.source_maps(id)).await?;
        Ok(gone)
    }

    /// An image goes with the last tag of ours; one that a person brought here has none.
    async fn untag(
        &self,
        id: &DeploymentId,
        runtime: &RuntimeId,
        artifact: &Artifact,
        foreign: bool,
    ) -> Result<bool, Stumble> {
        if foreign || !matches!(artifact, Artifact::Image { .. }) {
            return Ok(true);
        }
        let place = self.runtimes.of(runtime).await?;
        Ok(place.images.discard(&image::tag(id)).await?)
    }

    /// The mirror goes with the last project that is made from its repository.
    async fn discard_mirror(&self, environment: &Environment) -> Result<(), Stumble> {
        let projects = self.store.projects(&environment.org).await?;
        let mine = projects.iter().find(|p| p.id == environment.project);
        let Some(Origin::Git { url }) = mine.map(|p| &p.origin) else {
            return Ok(());
        };
        let rows = self
            .store
            .environments(&environment.org, Some(&environment.project));
        let last = rows.await?.iter().all(|e| e.id == environment.id);
        let shared = projects
            .iter()
            .any(|p| p.id != environment.project && p.origin == Origin::Git { url: url.clone() });
        if last && !shared {
            self.git
                .forget(&environment.org, url)
                .await
                .map_err(|e| Stumble::Leftovers(e.to_string()))?;
        }
        Ok(())
    }
}

async fn remove(path: &Path) -> Result<(), Stumble> {
    let gone = match tokio::fs::symlink_metadata(path).await {
        Ok(meta) if meta.is_dir() => tokio::fs::remove_dir_all(path).await,
        Ok(_) => tokio::fs::remove_file(path).await,
        Err(error) => Err(error),
    };
    match gone {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Stumble::Leftovers(
            format!("{} can't be removed: {error}", path.display()),
        )),
        _ => Ok(()),
    }
}
