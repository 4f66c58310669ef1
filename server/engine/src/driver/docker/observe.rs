//! What runs, from one list call. Only what ended, or was never seen before, is looked at
//! more closely.

use super::settle::Started;
use super::{Room, error, lines, name, settle};
use crate::driver::{DriverError, Scope};
use bollard::models::{ContainerState, ContainerSummary, ContainerSummaryStateEnum as Word};
use bollard::query_parameters::{
    InspectContainerOptions, ListContainersOptionsBuilder, LogsOptionsBuilder,
};
use domain::id::{EnvironmentId, InstanceId};
use domain::instance::{Observed, State};
use futures_util::StreamExt;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

/// How many last lines an instance that ended is shown with.
const LAST_LINES: usize = 20;

pub async fn observe(room: &Arc<Room>, scope: Scope<'_>) -> Result<Vec<Observed>, DriverError> {
    let everything = scope == Scope::Everything;
    let found: Vec<_> = list(room, scope).await?.iter().filter_map(read).collect();
    if everything {
        room.starts.keep_only(&found);
    }
    let mut seen = Vec::new();
    for found in found {
        seen.extend(look(room, found).await?);
    }
    seen.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(seen)
}

/// The environments that have instances: whom to hint after the Engine was away.
pub async fn environments(room: &Room) -> Result<Vec<EnvironmentId>, DriverError> {
    let mut all: Vec<_> = list(room, Scope::Everything)
        .await?
        .iter()
        .filter_map(read)
        .map(|found| found.environment)
        .collect();
    all.sort();
    all.dedup();
    Ok(all)
}

async fn list(room: &Room, scope: Scope<'_>) -> Result<Vec<ContainerSummary>, DriverError> {
    let mut labels = vec![
        name::filter(name::INSTALLATION, &room.options.installation),
        name::INSTANCE.to_owned(),
    ];
    if let Scope::Environment(environment) = scope {
        labels.push(name::filter(name::ENVIRONMENT, environment.as_str()));
    }
    containers(
        room,
        HashMap::from([("label", labels)]),
        "list the instances",
    )
    .await
}

/// Running or not; `doing` completes the sentence "It was asked to …".
pub async fn containers(
    room: &Room,
    filters: HashMap<&str, Vec<String>>,
    doing: &str,
) -> Result<Vec<ContainerSummary>, DriverError> {
    let options = ListContainersOptionsBuilder::new()
        .all(true)
        .filters(&filters)
        .build();
    let listed = room
        .client
        .engine()
        .await?
        .list_containers(Some(options))
        .await;
    listed.map_err(|e| room.client.failed(doing, &e))
}

/// One container of the list, as far as the list tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub container: String,
    pub id: InstanceId,
    pub environment: EnvironmentId,
    pub word: Word,
    pub address: Option<SocketAddr>,
}

fn read(container: &ContainerSummary) -> Option<Found> {
    let labels = container.labels.as_ref()?;
    Some(Found {
        container: container.id.clone()?,
        id: labels.get(name::INSTANCE)?.parse().ok()?,
        environment: labels.get(name::ENVIRONMENT)?.parse().ok()?,
        word: container.state.unwrap_or(Word::EMPTY),
        address: address(container),
    })
}

/// The loopback mapping; an exclusive port is published on every address instead.
fn address(container: &ContainerSummary) -> Option<SocketAddr> {
    let ports = container.ports.as_deref().unwrap_or_default();
    let ours = ports
        .iter()
        .find(|port| port.ip.as_deref() == Some("127.0.0.1"))?;
    Some(SocketAddr::from(([127, 0, 0, 1], ours.public_port?)))
}

/// `None` when it vanished between the list and the closer look.
async fn look(room: &Arc<Room>, found: Found) -> Result<Option<Observed>, DriverError> {
    if room.leaving().contains(&found.id) {
        return Ok(Some(observed(found, State::Leaving, None)));
    }
    match found.word {
        Word::RUNNING | Word::PAUSED => running(room, found).await,
        Word::EXITED | Word::DEAD | Word::RESTARTING => ended(room, found).await,
        Word::REMOVING | Word::STOPPING => Ok(Some(observed(found, State::Leaving, None))),
        Word::CREATED | Word::EMPTY => Ok(Some(observed(found, State::Starting, None))),
    }
}

async fn running(room: &Arc<Room>, found: Found) -> Result<Option<Observed>, DriverError> {
    if let Some(started) = room.starts.of(&found) {
        return Ok(Some(observed(found, State::Running, Some(started))));
    }
    let Some(started) = inspect(room, &found.container)
        .await?
        .and_then(|(state, policy)| Started::read(&state, policy))
    else {
        return Ok(None);
    };
    settle::remember(room, &found, started);
    Ok(Some(observed(found, State::Running, Some(started))))
}

async fn ended(room: &Room, found: Found) -> Result<Option<Observed>, DriverError> {
    let Some((state, _)) = inspect(room, &found.container).await? else {
        return Ok(None);
    };
    let lines = last_lines(room, &found.container).await;
    Ok(Some(observed(
        Found {
            address: None,
            ..found
        },
        exited(&state, lines),
        Started::read(&state, false),
    )))
}

/// A program that never started says why in `error`, not in its lines.
fn exited(state: &ContainerState, mut lines: Vec<String>) -> State {
    lines.extend(state.error.clone().filter(|error| !error.is_empty()));
    State::Exited {
        code: state.exit_code.unwrap_or_default(),
        out_of_memory: state.oom_killed.unwrap_or_default(),
        lines,
    }
}

fn observed(found: Found, state: State, started: Option<Started>) -> Observed {
    Observed {
        address: found
            .address
            .filter(|_| matches!(state, State::Running | State::Leaving)),
        sealed: None,
        started_at: started.map(|started| started.at),
        id: found.id,
        environment: found.environment,
        state,
    }
}

/// Its state, and whether the Engine restarts it.
pub async fn inspect(
    room: &Room,
    container: &str,
) -> Result<Option<(ContainerState, bool)>, DriverError> {
    match room
        .client
        .engine()
        .await?
        .inspect_container(container, None::<InspectContainerOptions>)
        .await
    {
        Ok(found) => Ok(found
            .state
            .map(|state| (state, settle::is_settled(found.host_config.as_ref())))),
        Err(e) if error::status(&e) == Some(404) => Ok(None),
        Err(e) => Err(room.client.failed("look at an instance", &e)),
    }
}

/// Best effort: an exit is worth reporting without them too.
pub async fn last_lines(room: &Room, container: &str) -> Vec<String> {
    let Ok(engine) = room.client.engine().await else {
        return Vec::new();
    };
    let options = LogsOptionsBuilder::new()
        .stdout(true)
        .stderr(true)
        .timestamps(true)
        .tail(&LAST_LINES.to_string())
        .build();
    let mut frames = std::pin::pin!(engine.logs(container, Some(options)));
    let (mut joined, mut last) = (lines::Joiner::default(), Vec::new());
    while let Some(Ok(frame)) = frames.next().await {
        last.extend(joined.push(frame).map(|line| line.text));
    }
    last.split_off(last.len().saturating_sub(LAST_LINES))
}
