//! Images, where the Engine keeps them.

use super::{Docker, Room, adopt, build, error, files, load, name, pull, take_out};
use crate::contents::{Found, Limits, Wanted};
use crate::driver::{Build, DriverError, Images, Lines, Login};
use async_trait::async_trait;
use bollard::query_parameters::{RemoveImageOptionsBuilder, TagImageOptionsBuilder};
use domain::source::Artifact;
use std::path::Path;

#[async_trait]
impl Images for Docker {
    async fn build(&self, build: Build<'_>, lines: &dyn Lines) -> Result<Artifact, DriverError> {
        build::build(&self.room, build, lines).await
    }

    async fn pull(
        &self,
        reference: &str,
        login: Option<&Login>,
        lines: &dyn Lines,
    ) -> Result<Artifact, DriverError> {
        pull::pull(&self.room, reference, login, lines).await
    }

    async fn adopt(
        &self,
        reference: &str,
        tag: &str,
        login: Option<&Login>,
        lines: &dyn Lines,
    ) -> Result<Artifact, DriverError> {
        adopt::adopt(&self.room, reference, tag, login, lines).await
    }

    async fn load(&self, archive: &Path, lines: &dyn Lines) -> Result<Artifact, DriverError> {
        load::load(&self.room, archive, lines).await
    }

    async fn find(&self, reference: &str) -> Result<Option<Artifact>, DriverError> {
        artifact(&self.room, reference).await
    }

    async fn keep(&self, image: &str, tag: &str) -> Result<(), DriverError> {
        keep(&self.room, image, tag).await
    }

    async fn files(
        &self,
        image: &str,
        wanted: Wanted,
        limits: Limits,
    ) -> Result<Found, DriverError> {
        files::files(&self.room, image, wanted, limits).await
    }

    async fn take_out(
        &self,
        tag: &str,
        directory: &str,
        into: &Path,
        most_bytes: u64,
    ) -> Result<(), DriverError> {
        take_out::take_out(&self.room, tag, directory, into, most_bytes).await
    }

    async fn discard(&self, tag: &str) -> Result<bool, DriverError> {
        discard(&self.room, tag).await
    }
}

/// The image under that name or id, by its id and size.
pub async fn artifact(room: &Room, reference: &str) -> Result<Option<Artifact>, DriverError> {
    match room.client.engine().await?.inspect_image(reference).await {
        Ok(image) => Ok(image.id.map(|id| Artifact::Image {
            image: id,
            pulled_as: None,
            size_bytes: size(image.size),
        })),
        Err(e) if error::status(&e) == Some(404) => Ok(None),
        Err(e) => Err(room.client.failed("look for the image", &e)),
    }
}

fn size(bytes: Option<i64>) -> u64 {
    bytes
        .and_then(|bytes| u64::try_from(bytes).ok())
        .unwrap_or_default()
}

pub async fn keep(room: &Room, image: &str, tag: &str) -> Result<(), DriverError> {
    let (repository, version) = tag.rsplit_once(':').unwrap_or((tag, "latest"));
    let options = TagImageOptionsBuilder::new()
        .repo(repository)
        .tag(version)
        .build();
    let engine = room.client.engine().await?;
    match engine.tag_image(image, Some(options)).await {
        Ok(()) => Ok(()),
        Err(e) if error::status(&e) == Some(404) => Err(DriverError::Refused(format!(
            "The image {image} is not on this machine."
        ))),
        Err(e) => Err(room.client.failed("keep the image", &e)),
    }
}

/// 404: gone already. 409: something still uses it, and it stays.
async fn discard(room: &Room, tag: &str) -> Result<bool, DriverError> {
    if !tag.starts_with(name::IMAGES) {
        return Err(DriverError::Refused(format!(
            "The image {tag} was not made by Sealdock, so it is not removed. Remove it with `docker rmi {tag}` if nothing needs it."
        )));
    }
    // One that a crash left would keep the image.
    take_out::remove(room, tag).await?;
    let options = RemoveImageOptionsBuilder::new().build();
    match room
        .client
        .engine()
        .await?
        .remove_image(tag, Some(options), None)
        .await
    {
        Ok(_) => Ok(true),
        Err(e) => match error::status(&e) {
            Some(404) => Ok(true),
            Some(409) => Ok(false),
            _ => Err(room.client.failed("remove the image", &e)),
        },
    }
}
