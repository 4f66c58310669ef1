//! A command inside a service, with files at both ends: nothing of it is held in memory.

use crate::driver::DriverError;
use crate::driver::docker::{Room, exec, name};
use crate::driver::services::{Errand, Errands};
use bollard::container::LogOutput;
use bollard::exec::{StartExecOptions, StartExecResults};
use bollard::models::ExecConfig;
use domain::id::ServiceId;
use futures_util::{Stream, StreamExt};
use sha2::{Digest, Sha256};
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;
use tokio::fs::File;
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// The Engine's own time to start it and to say how it ended.
const ANSWER: Duration = Duration::from_secs(30);
/// Of what it says on its standard error, the end.
const SAID_BYTES: usize = 4096;
const FRAME_BYTES: usize = 64 * 1024;

pub async fn run(room: &Room, id: &ServiceId, errand: &Errand<'_>) -> Result<Errands, DriverError> {
    let env = errand
        .env
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    let config = ExecConfig {
        attach_stdin: Some(errand.input.is_some()),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        env: Some(env.collect()),
        cmd: Some(errand.argv.to_vec()),
        ..ExecConfig::default()
    };
    let begun = exec::begin(room, &name::service(id), config).await?;
    let mut kept = Kept::open(errand).await?;
    let in_time = tokio::time::timeout(errand.limit, talk(room, &begun, errand, &mut kept)).await;
    match in_time {
        Ok(talked) => {
            talked?;
            let code = if kept.over {
                None
            } else {
                exec::code(room, &begun).await?
            };
            if kept.over {
                exec::end(room, &begun).await;
            }
            kept.close(code).await
        }
        Err(_) => {
            exec::end(room, &begun).await;
            kept.close(None).await
        }
    }
}

async fn talk(
    room: &Room,
    begun: &str,
    errand: &Errand<'_>,
    kept: &mut Kept,
) -> Result<(), DriverError> {
    let engine = room.client.patient(errand.limit + ANSWER).await?;
    let options = StartExecOptions {
        output_capacity: Some(FRAME_BYTES),
        ..StartExecOptions::default()
    };
    let started = engine.start_exec(begun, Some(options)).await;
    let started = started.map_err(|e| exec::not_started(room, &e))?;
    let StartExecResults::Attached { output, input } = started else {
        return Ok(());
    };
    // Both at once: a command that is not read from stops reading.
    let (fed, heard) = tokio::join!(feed(errand.input, input), hear(room, output, kept));
    heard?;
    // A command that ended early says why; that it did not read everything follows from it.
    if let Err(e) = fed {
        tracing::debug!(error = %e, "a command did not read its input to the end");
    }
    Ok(())
}

async fn feed(from: Option<&Path>, mut into: Pin<Box<dyn AsyncWrite + Send>>) -> io::Result<()> {
    if let Some(path) = from {
        let mut file = File::open(path).await?;
        tokio::io::copy(&mut file, &mut into).await?;
        into.shutdown().await?;
    }
    Ok(())
}

type Frames = Pin<Box<dyn Stream<Item = Result<LogOutput, bollard::errors::Error>> + Send>>;

async fn hear(room: &Room, mut frames: Frames, kept: &mut Kept) -> Result<(), DriverError> {
    while let Some(frame) = frames.next().await {
        let frame = frame.map_err(|e| room.client.failed("follow a command's output", &e))?;
        match frame {
            LogOutput::StdErr { message } => kept.hear(&message),
            LogOutput::StdOut { message } | LogOutput::Console { message } => {
                kept.take(&message).await?;
            }
            LogOutput::StdIn { .. } => {}
        }
        if kept.over {
            break;
        }
    }
    Ok(())
}

/// What it printed so far.
struct Kept {
    file: Option<File>,
    hash: Sha256,
    written: u64,
    most: u64,
    over: bool,
    said: Vec<u8>,
}

impl Kept {
    async fn open(errand: &Errand<'_>) -> Result<Kept, DriverError> {
        let file = match errand.output {
            Some(path) => Some(File::create(path).await.map_err(|e| full(&e))?),
            None => None,
        };
        Ok(Kept {
            file,
            hash: Sha256::new(),
            written: 0,
            most: errand.most_bytes,
            over: false,
            said: vec![],
        })
    }

    fn hear(&mut self, bytes: &[u8]) {
        self.said.extend_from_slice(bytes);
        let over = self.said.len().saturating_sub(SAID_BYTES);
        self.said.drain(..over);
    }

    async fn take(&mut self, bytes: &[u8]) -> Result<(), DriverError> {
        let Some(file) = &mut self.file else {
            self.hear(bytes);
            return Ok(());
        };
        self.written += bytes.len() as u64;
        if self.written > self.most {
            self.over = true;
            return Ok(());
        }
        self.hash.update(bytes);
        file.write_all(bytes).await.map_err(|e| full(&e))
    }

    async fn close(mut self, code: Option<i64>) -> Result<Errands, DriverError> {
        if let Some(file) = &mut self.file {
            file.flush().await.map_err(|e| full(&e))?;
            file.sync_all().await.map_err(|e| full(&e))?;
        }
        Ok(Errands {
            code,
            said: String::from_utf8_lossy(&self.said).trim().to_owned(),
            written_bytes: self.written,
            sha256: self
                .hash
                .finalize()
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect(),
            over: self.over,
        })
    }
}

fn full(error: &io::Error) -> DriverError {
    DriverError::Refused(format!(
        "The backup can't be written on this machine: {error}."
    ))
}
