//! The Engine's events, as hints where to look again. They save waiting and decide nothing.

use super::{Room, name, observe};
use crate::clock::{Clock, SystemClock};
use crate::driver::DriverError;
use bollard::models::EventMessage;
use bollard::query_parameters::{EventsOptions, EventsOptionsBuilder};
use domain::id::EnvironmentId;
use futures_util::StreamExt;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// What changes what an instance is observed as.
const EVENTS: [&str; 6] = ["start", "die", "oom", "pause", "unpause", "destroy"];
/// A remote Engine's clock may be behind ours by this much.
const OVERLAP_S: i64 = 2;
/// The Engine tells of an exit before its own list shows it, measured 50 to 550 ms before: who
/// looks at once may see it running still. So the hint is given again, this long after.
const LIST_LAGS: [Duration; 3] = [
    Duration::from_millis(100),
    Duration::from_millis(400),
    Duration::from_millis(1_500),
];
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// An Engine that is up again is noticed within this long.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// For as long as the driver lives.
pub async fn listen(room: Arc<Room>) {
    let mut wait = FIRST_WAIT;
    loop {
        match until_lost(&room).await {
            Ok(()) => wait = FIRST_WAIT,
            Err(e) => {
                tracing::debug!(error = %e, "no events from the Engine");
                wait = (wait * 2).min(LONGEST_WAIT);
            }
        }
        tokio::time::sleep(wait).await;
    }
}

/// Ends when the Engine closes the stream, as it does when it stops. The stream begins before
/// the look at everything, so that nothing happens between the two unseen.
async fn until_lost(room: &Arc<Room>) -> Result<(), DriverError> {
    let since_s = SystemClock.now().0 / 1000 - OVERLAP_S;
    hint_everything(room).await?;
    let engine = room.client.engine().await?;
    let mut events = std::pin::pin!(engine.events(Some(wanted(room, since_s))));
    while let Some(event) = events.next().await {
        let event = event.map_err(|e| room.client.failed("tell what happens", &e))?;
        let Some(environment) = hinted(&event) else {
            continue;
        };
        room.hint(environment.clone());
        if event.action.as_deref() == Some("die") {
            hint_again(room, environment);
        }
    }
    Ok(())
}

fn hint_again(room: &Arc<Room>, environment: EnvironmentId) {
    let later = room.clone();
    room.spawn(async move {
        for lag in LIST_LAGS {
            tokio::time::sleep(lag).await;
            later.hint(environment.clone());
        }
    });
}

fn wanted(room: &Room, since_s: i64) -> EventsOptions {
    let label = name::filter(name::INSTALLATION, &room.options.installation);
    let filters = HashMap::from([
        ("type", vec!["container".to_owned()]),
        ("label", vec![label]),
        ("event", EVENTS.map(str::to_owned).to_vec()),
    ]);
    EventsOptionsBuilder::new()
        .since(&since_s.to_string())
        .filters(&filters)
        .build()
}

/// Whatever happened while nobody listened.
async fn hint_everything(room: &Room) -> Result<(), DriverError> {
    room.starts.clear();
    for environment in observe::environments(room).await? {
        room.hint(environment);
    }
    Ok(())
}

fn hinted(event: &EventMessage) -> Option<EnvironmentId> {
    event
        .actor
        .as_ref()?
        .attributes
        .as_ref()?
        .get(name::ENVIRONMENT)?
        .parse()
        .ok()
}
