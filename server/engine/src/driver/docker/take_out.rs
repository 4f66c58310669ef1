//! Files out of an image: a container is created and never started, its directory is read as a
//! tar, and it is removed. The archive goes to disk as it comes, up to a limit.

use super::{Room, error, name};
use crate::driver::DriverError;
use bollard::models::ContainerCreateBody;
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, DownloadFromContainerOptionsBuilder, InspectContainerOptions,
    RemoveContainerOptionsBuilder,
};
use futures_util::StreamExt;
use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// For as many bytes as a bundle may have, on a slow disk.
const LONGEST: Duration = Duration::from_secs(30 * 60);
/// A tar has a header for each file, and padding: some more than the files themselves.
const HEADERS: u64 = 2;

pub async fn take_out(
    room: &Arc<Room>,
    tag: &str,
    directory: &str,
    into: &Path,
    most_bytes: u64,
) -> Result<(), DriverError> {
    // What an earlier try left.
    remove(room, tag).await?;
    let mut left = Left(Some((room.clone(), tag.to_owned())));
    create(room, tag).await?;
    copy(room, tag, directory, into, most_bytes).await?;
    remove(room, tag).await?;
    left.0 = None;
    Ok(())
}

/// Removed also when it fails, or when the job is dropped half-way.
struct Left(Option<(Arc<Room>, String)>);

impl Drop for Left {
    fn drop(&mut self) {
        let Some((room, tag)) = self.0.take() else {
            return;
        };
        room.clone().spawn(async move {
            if let Err(error) = remove(&room, &tag).await {
                tracing::warn!(tag, %error, "the container of an image's files was not removed");
            }
        });
    }
}

async fn create(room: &Room, tag: &str) -> Result<(), DriverError> {
    let options = CreateContainerOptionsBuilder::new()
        .name(&name::taken_out(tag))
        .build();
    let installation = room.options.installation.clone();
    let body = ContainerCreateBody {
        image: Some(tag.to_owned()),
        // The image has no command, and this one is never run.
        cmd: Some(vec!["none".into()]),
        labels: Some(HashMap::from([(name::INSTALLATION.into(), installation)])),
        ..Default::default()
    };
    let engine = room.client.engine().await?;
    match engine.create_container(Some(options), body).await {
        Ok(_) => Ok(()),
        Err(e) if error::status(&e) == Some(404) => Err(DriverError::Refused(format!(
            "The image {tag} is gone from Docker Engine at {}. Deploy again, which builds it.",
            room.client.host()
        ))),
        Err(e) => Err(room.client.failed("hold the image's files", &e)),
    }
}

async fn copy(
    room: &Room,
    tag: &str,
    directory: &str,
    into: &Path,
    most_bytes: u64,
) -> Result<(), DriverError> {
    let options = DownloadFromContainerOptionsBuilder::new()
        .path(directory)
        .build();
    let engine = room.client.patient(LONGEST).await?;
    let container = name::taken_out(tag);
    let mut chunks = std::pin::pin!(engine.download_from_container(&container, Some(options)));
    let written = |e: io::Error| disk(into, &e);
    let mut file = tokio::fs::File::create(into).await.map_err(written)?;
    let mut bytes = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|e| room.client.failed("hand the image's files over", &e))?;
        bytes += chunk.len() as u64;
        if bytes > most_bytes.saturating_mul(HEADERS) {
            return Err(too_large(most_bytes));
        }
        file.write_all(&chunk).await.map_err(written)?;
    }
    file.flush().await.map_err(written)
}

/// One that is not there is gone already, and one that is not ours is not touched.
pub async fn remove(room: &Room, tag: &str) -> Result<(), DriverError> {
    if !is_there(room, tag).await? {
        return Ok(());
    }
    let options = RemoveContainerOptionsBuilder::new()
        .force(true)
        .v(true)
        .build();
    let engine = room.client.engine().await?;
    match engine
        .remove_container(&name::taken_out(tag), Some(options))
        .await
    {
        Err(e) if !matches!(error::status(&e), Some(404 | 409)) => {
            Err(room.client.failed("remove the container of the files", &e))
        }
        _ => Ok(()),
    }
}

async fn is_there(room: &Room, tag: &str) -> Result<bool, DriverError> {
    let engine = room.client.engine().await?;
    let found = engine
        .inspect_container(&name::taken_out(tag), None::<InspectContainerOptions>)
        .await;
    match found {
        Ok(found) => {
            let labels = found.config.and_then(|config| config.labels);
            Ok(name::is_ours(labels.as_ref(), &room.options.installation))
        }
        Err(e) if error::status(&e) == Some(404) => Ok(false),
        Err(e) => Err(room
            .client
            .failed("look for the container of the files", &e)),
    }
}

fn too_large(most_bytes: u64) -> DriverError {
    DriverError::Refused(format!(
        "The build left more than {} MiB of files, which is the most that is served. Leave out what visitors don't need.",
        most_bytes >> 20
    ))
}

fn disk(path: &Path, error: &io::Error) -> DriverError {
    DriverError::Refused(format!(
        "{} can't be written: {error}. Free some space on the disk that holds the data directory.",
        path.display()
    ))
}
