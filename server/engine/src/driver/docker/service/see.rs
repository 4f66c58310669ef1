//! What is there of a service.

use super::{is_of, ours};
use crate::driver::DriverError;
use crate::driver::docker::{Room, name, observe, stamp};
use crate::driver::services::ServiceSpec;
use bollard::models::{ContainerInspectResponse, ContainerState, ContainerStateStatusEnum as Word};
use domain::id::ServiceId;
use domain::service::{Container, Seen};
use domain::time::Time;
use std::collections::{BTreeSet, HashMap};

pub async fn see(room: &Room, spec: &ServiceSpec) -> Result<Option<Seen>, DriverError> {
    let Some(found) = ours(room, &spec.id).await? else {
        return Ok(None);
    };
    Ok(Some(Seen {
        container: container(room, &spec.id, &found).await,
        current: is_of(&found, spec),
        joined: joined(&found),
    }))
}

fn joined(found: &ContainerInspectResponse) -> BTreeSet<domain::id::EnvironmentId> {
    let networks = found
        .network_settings
        .as_ref()
        .and_then(|s| s.networks.as_ref());
    let names = networks.into_iter().flat_map(HashMap::keys);
    names
        .filter_map(|network| name::environment_of(network))
        .collect()
}

async fn container(room: &Room, id: &ServiceId, found: &ContainerInspectResponse) -> Container {
    let state = found.state.clone().unwrap_or_default();
    match state.status {
        Some(Word::RUNNING | Word::PAUSED) => {
            let since = state.started_at.as_deref().and_then(stamp::time);
            Container::Running(since.unwrap_or(Time(0)))
        }
        Some(Word::RESTARTING) => Container::Restarting(last_words(room, id, &state).await),
        _ => Container::Ended(last_words(room, id, &state).await),
    }
}

async fn last_words(room: &Room, id: &ServiceId, state: &ContainerState) -> String {
    let own = state.error.clone().filter(|error| !error.is_empty());
    let lines = observe::last_lines(room, &name::service(id)).await;
    let last = lines.into_iter().rev().find(|line| !line.trim().is_empty());
    own.or(last).unwrap_or_default()
}
