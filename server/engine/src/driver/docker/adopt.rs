//! An image that is pulled for a deployment stays by a tag of ours and by nothing else (P-19). So it
//! goes with that tag, like one that was built here, unless somebody else has a name for it.

use super::{Room, error, images, pull};
use crate::driver::{DriverError, Lines, Login};
use bollard::query_parameters::RemoveImageOptionsBuilder;
use domain::source::Artifact;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Mutex as Turn;

/// Who pulls under a name: two at once would take it away from each other.
#[derive(Default)]
pub struct Turns(Mutex<HashMap<String, Arc<Turn<()>>>>);

impl Turns {
    fn of(&self, name: &str) -> Arc<Turn<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        turns.entry(name.to_owned()).or_default().clone()
    }
}

pub async fn adopt(
    room: &Room,
    reference: &str,
    tag: &str,
    login: Option<&Login>,
    lines: &dyn Lines,
) -> Result<Artifact, DriverError> {
    let name = pull::tagged(reference);
    let turn = room.pulls.of(&name);
    let _turn = turn.lock().await;
    let was_here = images::artifact(room, &name).await?.is_some();
    let artifact = pull::pull(room, &name, login, lines).await?;
    images::keep(room, artifact.digest(), tag).await?;
    if !was_here {
        unname(room, &name).await;
    }
    Ok(artifact)
}

/// The last tag of a repository takes the digests of that repository along. A name that stays keeps
/// the image for longer than it should be, and harms nothing.
async fn unname(room: &Room, name: &str) {
    let Ok(engine) = room.client.engine().await else {
        return;
    };
    let options = RemoveImageOptionsBuilder::new().noprune(true).build();
    match engine.remove_image(name, Some(options), None).await {
        Err(e) if error::status(&e) != Some(404) => {
            tracing::warn!("the name {name}, which a pull brought along, stays: {e}");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn p19_pulls_under_one_name_wait_for_each_other_and_others_do_not() {
        let turns = Turns::default();
        let first = turns.of("app:7");
        let held = first.lock().await;
        assert!(turns.of("app:7").try_lock().is_err());
        assert!(turns.of("app:8").try_lock().is_ok());
        drop(held);
        assert!(turns.of("app:7").try_lock().is_ok());
        drop(first);
        drop(turns.of("app:9"));
        assert_eq!(
            turns.0.lock().unwrap().len(),
            1,
            "what nobody waits for is forgotten"
        );
    }
}
