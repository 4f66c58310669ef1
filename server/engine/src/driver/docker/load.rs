//! Taking in an image that somebody saved.

use super::{Room, context, images};
use crate::driver::{DriverError, Lines};
use crate::source::image_archive;
use bollard::query_parameters::ImportImageOptionsBuilder;
use domain::source::Artifact;
use domain::view::Stream;
use futures_util::StreamExt;
use std::path::Path;
use std::time::Duration;
use tokio_stream::wrappers::ReceiverStream;

/// For 2 GiB on a slow disk.
const LONGEST: Duration = Duration::from_secs(20 * 60);
/// What the Engine says of an image that came without a name.
const LOADED: &str = "Loaded image ID: ";

pub async fn load(room: &Room, archive: &Path, lines: &dyn Lines) -> Result<Artifact, DriverError> {
    let archive = archive.to_owned();
    let body = context::written(move |into| image_archive::nameless(&archive, into));
    let options = ImportImageOptionsBuilder::new().quiet(true).build();
    let engine = room.client.patient(LONGEST).await?;
    let sent = engine.import_image_stream(options, ReceiverStream::new(body), None);
    let mut answers = std::pin::pin!(sent);
    let mut id = None;
    while let Some(answer) = answers.next().await {
        let info = answer.map_err(|e| refused(&e))?;
        let said = info.stream.unwrap_or_default();
        let said = said.trim();
        if !said.is_empty() {
            lines.line(Stream::Out, said);
        }
        id = said.strip_prefix(LOADED).map(str::to_owned).or(id);
    }
    let found = match &id {
        Some(id) => images::artifact(room, id).await?,
        None => None,
    };
    found.ok_or_else(|| {
        DriverError::Refused("The Engine took the archive, but named no image in it. Save it again with `docker save`.".into())
    })
}

fn refused(error: &bollard::errors::Error) -> DriverError {
    DriverError::Refused(format!(
        "The Engine can't load the archive: {error}. Save it again with `docker save IMAGE -o FILE`."
    ))
}
