//! Files that a service finds before it starts for the first time, sent as a tar that is written
//! while it is sent.

use crate::driver::DriverError;
use crate::driver::docker::{Room, context};
use crate::driver::services::{Content, Seed, ServiceSpec};
use bollard::query_parameters::UploadToContainerOptionsBuilder;
use std::fs::File;
use std::io::{self, Write};
use std::time::Duration;
use tokio_stream::wrappers::ReceiverStream;

/// For 20 GiB on a slow disk.
const LONGEST: Duration = Duration::from_secs(60 * 60);

pub async fn lay_down(
    room: &Room,
    container: &str,
    spec: &ServiceSpec,
    seeds: &[Seed],
) -> Result<(), DriverError> {
    let own = spec.files.iter().map(|(path, text)| Seed {
        path: path.clone(),
        content: Content::Text(text.clone()),
    });
    let own: Vec<_> = own.collect();
    send(room, container, "/", own).await?;
    send(room, container, &spec.data, seeds.to_vec()).await
}

async fn send(
    room: &Room,
    container: &str,
    below: &str,
    files: Vec<Seed>,
) -> Result<(), DriverError> {
    if files.is_empty() {
        return Ok(());
    }
    let options = UploadToContainerOptionsBuilder::new().path(below).build();
    let written = context::written(move |into| write(&files, into));
    let body = bollard::body_try_stream(ReceiverStream::new(written));
    let engine = room.client.patient(LONGEST).await?;
    let sent = engine.upload_to_container(container, Some(options), body);
    sent.await
        .map_err(|e| room.client.failed("take a service's files", &e))
}

fn write(files: &[Seed], into: impl Write) -> io::Result<()> {
    let mut tar = tar::Builder::new(into);
    for seed in files {
        folders(&mut tar, &seed.path)?;
        match &seed.content {
            Content::Text(text) => {
                let size = text.len() as u64;
                tar.append_data(&mut header(size), relative(&seed.path), text.as_bytes())?;
            }
            Content::File(path) => {
                let file = File::open(path)?;
                let size = file.metadata()?.len();
                tar.append_data(&mut header(size), relative(&seed.path), file)?;
            }
        }
    }
    tar.into_inner()?.flush()
}

fn folders<W: Write>(tar: &mut tar::Builder<W>, path: &str) -> io::Result<()> {
    let Some((folder, _)) = relative(path).rsplit_once('/') else {
        return Ok(());
    };
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Directory);
    // The service's own user, whoever that is, keeps its data in there.
    header.set_mode(0o777);
    header.set_size(0);
    tar.append_data(&mut header, format!("{folder}/"), io::empty())
}

fn header(size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o644);
    header.set_size(size);
    header
}

fn relative(path: &str) -> &str {
    path.trim_start_matches('/')
}
