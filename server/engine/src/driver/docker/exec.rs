//! A command inside an instance, by the Engine's exec.

use super::{Room, end, error, name};
use crate::driver::{Command, DriverError, Executed};
use bollard::exec::{StartExecOptions, StartExecResults};
use bollard::models::ExecConfig;
use futures_util::StreamExt;
use std::time::Duration;

/// The Engine's own time to start it and to say how it ended.
const ANSWER: Duration = Duration::from_secs(30);

pub async fn exec(room: &Room, command: Command<'_>) -> Result<Executed, DriverError> {
    let id = create(room, &command).await?;
    let mut done = Executed::default();
    let in_time = tokio::time::timeout(command.limit, follow(room, &id, &command, &mut done)).await;
    done.trim(command.keep_bytes);
    match in_time {
        Ok(followed) => {
            followed?;
            done.code = code(room, &id).await?;
            done.ended = true;
        }
        Err(_) => done.ended = end(room, &id).await,
    }
    Ok(done)
}

async fn create(room: &Room, command: &Command<'_>) -> Result<String, DriverError> {
    let config = ExecConfig {
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        cmd: Some(command.argv.to_vec()),
        ..ExecConfig::default()
    };
    begin(room, &name::container(command.instance), config).await
}

pub(super) async fn begin(
    room: &Room,
    container: &str,
    config: ExecConfig,
) -> Result<String, DriverError> {
    let made = room
        .client
        .engine()
        .await?
        .create_exec(container, config)
        .await;
    match made {
        Ok(made) => Ok(made.id),
        Err(e) if matches!(error::status(&e), Some(404 | 409)) => Err(DriverError::Refused(
            format!("It does not run just now: {}.", error::message(&e)),
        )),
        Err(e) => Err(room.client.failed("run a command in the instance", &e)),
    }
}

async fn follow(
    room: &Room,
    id: &str,
    command: &Command<'_>,
    done: &mut Executed,
) -> Result<(), DriverError> {
    let engine = room.client.patient(command.limit + ANSWER).await?;
    let started = engine
        .start_exec(id, Some(StartExecOptions::default()))
        .await
        .map_err(|e| not_started(room, &e))?;
    let StartExecResults::Attached { mut output, .. } = started else {
        return Ok(());
    };
    while let Some(frame) = output.next().await {
        let frame = frame.map_err(|e| room.client.failed("follow a command's output", &e))?;
        done.print(&frame.into_bytes(), command.keep_bytes);
    }
    Ok(())
}

/// No such program in the image: 400 with the runtime's own words.
pub(super) fn not_started(room: &Room, e: &bollard::errors::Error) -> DriverError {
    match error::status(e) {
        Some(400 | 409) => DriverError::Refused(format!(
            "The command could not be started: {}.",
            error::ended(&error::message(e))
        )),
        _ => room.client.failed("start a command in the instance", e),
    }
}

pub(super) async fn code(room: &Room, id: &str) -> Result<Option<i64>, DriverError> {
    let seen = room.client.engine().await?.inspect_exec(id).await;
    let seen = seen.map_err(|e| room.client.failed("say how a command ended", &e))?;
    Ok(seen.exit_code)
}

/// The Engine has no verb for this: its process is ended from outside, where that is possible.
pub(super) async fn end(room: &Room, id: &str) -> bool {
    let Ok(engine) = room.client.engine().await else {
        return false;
    };
    let Ok(seen) = engine.inspect_exec(id).await else {
        return false;
    };
    let (Some(true), Some(pid), Some(container)) = (seen.running, seen.pid, seen.container_id)
    else {
        return seen.running == Some(false);
    };
    end::tree(pid, &container)
}
