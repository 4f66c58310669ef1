//! A terminal inside an instance, by the Engine's exec: a task of its own carries what is typed and
//! said, and ends the command when either side is gone.

use super::exec::{begin, code, end, not_started};
use super::{Room, name};
use crate::driver::DriverError;
use crate::driver::terminal::{HELD, NewTerminal, Opened, Said};
use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::exec::{ResizeExecOptions, StartExecOptions, StartExecResults};
use bollard::models::ExecConfig;
use domain::terminal::{LONGEST_S, Screen, Typed};
use futures_util::{Stream, StreamExt};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

type Output = Pin<Box<dyn Stream<Item = Result<LogOutput, Error>> + Send>>;
type Input = Pin<Box<dyn AsyncWrite + Send>>;

pub async fn open(room: &Arc<Room>, new: NewTerminal<'_>) -> Result<Opened, DriverError> {
    let tty = new.screen.is_some();
    let config = ExecConfig {
        attach_stdin: Some(true),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        tty: Some(tty),
        env: tty.then(|| vec!["TERM=xterm-256color".to_owned()]),
        cmd: Some(new.argv.to_vec()),
        ..ExecConfig::default()
    };
    let id = begin(room, &name::container(new.instance), config).await?;
    let (output, input) = start(room, &id, tty).await?;
    if let Some(screen) = new.screen {
        resize(room, &id, screen).await;
    }
    let (typed, keys) = mpsc::channel(HELD);
    let (says, said) = mpsc::channel(HELD);
    let carry = Carry {
        room: room.clone(),
        id,
        input,
        says,
    };
    room.spawn(carry.on(output, keys));
    Ok(Opened { typed, said })
}

async fn start(room: &Room, id: &str, tty: bool) -> Result<(Output, Input), DriverError> {
    let options = StartExecOptions {
        tty,
        ..StartExecOptions::default()
    };
    let engine = room.client.patient(Duration::from_secs(LONGEST_S)).await?;
    let started = engine.start_exec(id, Some(options)).await;
    match started.map_err(|e| not_started(room, &e))? {
        StartExecResults::Attached { output, input } => Ok((output, input)),
        StartExecResults::Detached => Err(DriverError::Refused(
            "The Engine began the command without its terminal.".into(),
        )),
    }
}

/// One that could not be told keeps the size it has.
async fn resize(room: &Room, id: &str, screen: Screen) {
    let Ok(engine) = room.client.engine().await else {
        return;
    };
    let size = ResizeExecOptions {
        height: screen.rows,
        width: screen.columns,
    };
    if let Err(error) = engine.resize_exec(id, size).await {
        tracing::debug!("a terminal keeps its size: {error}");
    }
}

struct Carry {
    room: Arc<Room>,
    id: String,
    input: Input,
    says: mpsc::Sender<Said>,
}

impl Carry {
    /// Both ways at once: a command that prints while nobody reads takes no keys either.
    async fn on(self, output: Output, keys: mpsc::Receiver<Typed>) {
        let Carry {
            room,
            id,
            input,
            says,
        } = self;
        let by_itself = tokio::select! {
            ended = print(output, &says) => ended,
            () = type_in(&room, &id, input, keys) => false,
        };
        let code = match by_itself {
            true => code(&room, &id).await.ok().flatten(),
            false => None,
        };
        if !by_itself {
            end(&room, &id).await;
        }
        // Whoever is gone needs no last word.
        let _ = says.send(Said::Ended(code)).await;
    }
}

/// Whether it ended by itself; else nobody reads any more.
async fn print(mut output: Output, says: &mpsc::Sender<Said>) -> bool {
    while let Some(Ok(said)) = output.next().await {
        let bytes = Said::Bytes(said.into_bytes().to_vec());
        if says.send(bytes).await.is_err() {
            return false;
        }
    }
    true
}

/// Until nobody types any more. A command that reads no more is no fault: it is heard when it ends.
async fn type_in(room: &Room, id: &str, mut input: Input, mut keys: mpsc::Receiver<Typed>) {
    while let Some(typed) = keys.recv().await {
        let written = match typed {
            Typed::Bytes(bytes) => match input.write_all(&bytes).await {
                Ok(()) => input.flush().await,
                other => other,
            },
            Typed::End => input.shutdown().await,
            Typed::Screen(screen) => {
                resize(room, id, screen).await;
                Ok(())
            }
        };
        if let Err(error) = written {
            tracing::debug!("a terminal takes no more: {error}");
        }
    }
}
