//! A file on its way in: streamed to the upload directory, never in memory, within a limit. What is
//! not finished is removed, whatever ended it.

use crate::app::App;
use crate::clock;
use crate::limits::ms;
use crate::problem::internal;
use axum::body::Bytes;
use domain::access::Caller;
use domain::api::Reply;
use domain::refusal::{Kind, Refusal};
use domain::view::UploadView;
use futures_util::{Stream, StreamExt};
use std::fmt::Display;
use std::path::{Path, PathBuf};
use tokio::fs::File;
use tokio::io::{AsyncWriteExt, BufWriter};

pub async fn receive<E: Display>(
    app: &App,
    caller: &Caller,
    name: &str,
    declared_bytes: Option<u64>,
    pieces: impl Stream<Item = Result<Bytes, E>>,
) -> Reply<UploadView> {
    let limit_bytes = app.limits.upload_bytes;
    if declared_bytes.is_some_and(|bytes| bytes > limit_bytes) {
        return Err(too_large(limit_bytes));
    }
    let partial = Partial::in_directory(Path::new(&app.api.upload_dir()));
    write(
        partial.path(),
        pieces,
        limit_bytes,
        app.limits.upload_idle_ms,
    )
    .await?;
    let view = app
        .api
        .register_upload(caller, name, &partial.path().to_string_lossy())
        .await?;
    partial.keep();
    Ok(view)
}

async fn write<E: Display>(
    path: &Path,
    pieces: impl Stream<Item = Result<Bytes, E>>,
    limit_bytes: u64,
    idle_ms: u64,
) -> Reply<()> {
    if let Some(directory) = path.parent() {
        tokio::fs::create_dir_all(directory)
            .await
            .map_err(on_disk)?;
    }
    let mut file =
        BufWriter::with_capacity(256 << 10, File::create_new(path).await.map_err(on_disk)?);
    let mut pieces = std::pin::pin!(pieces);
    let mut written: u64 = 0;
    while let Some(piece) = tokio::time::timeout(ms(idle_ms), pieces.next())
        .await
        .map_err(|_| stalled(idle_ms))?
    {
        let piece = piece.map_err(|error| cut_off(&error))?;
        written += piece.len() as u64;
        if written > limit_bytes {
            return Err(too_large(limit_bytes));
        }
        file.write_all(&piece).await.map_err(on_disk)?;
    }
    file.flush().await.map_err(on_disk)
}

/// A file that is removed unless it is kept.
struct Partial(Option<PathBuf>);

impl Partial {
    fn in_directory(directory: &Path) -> Self {
        Self(Some(directory.join(format!(
            "partial-{}{}",
            clock::random_word(),
            clock::random_word()
        ))))
    }

    fn path(&self) -> &Path {
        self.0.as_deref().unwrap_or(Path::new(""))
    }

    /// It was taken over.
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if let Some(path) = &self.0
            && let Err(error) = std::fs::remove_file(path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, path = %path.display(), "removing an unfinished upload");
        }
    }
}

fn too_large(limit_bytes: u64) -> Refusal {
    let sentence = format!("The file is over the limit of {} MiB.", limit_bytes >> 20);
    Refusal::new(Kind::TooLarge, "too_large", sentence)
        .way_out("Leave out what the site does not need, then send it again.")
}

fn stalled(idle_ms: u64) -> Refusal {
    Refusal::invalid(
        "body",
        format!("Nothing of the file came for {} s.", idle_ms / 1000),
    )
    .way_out("Send it again.")
}

fn cut_off(error: &impl Display) -> Refusal {
    Refusal::invalid("body", format!("The file ended too early: {error}."))
        .way_out("Send it again.")
}

fn on_disk(error: std::io::Error) -> Refusal {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            Refusal::unavailable(
                "disk_full",
                "The server's disk is full, so the file was not kept.",
            )
            .way_out("Free space in the data directory, then send it again.")
        }
        _ => internal("writing an upload", error),
    }
}
