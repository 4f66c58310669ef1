//! The changes bus: hints that something is to be read anew. Nothing is lost with a hint, since
//! every receiver also polls; so the bus is bounded and never waits.

use domain::hint::{Hint, Topic};
use domain::id::OrgId;
use tokio::sync::broadcast;

const HELD: usize = 1024;

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Bus {
    sender: broadcast::Sender<Hint>,
}

impl Default for Bus {
    fn default() -> Self {
        Self {
            sender: broadcast::channel(HELD).0,
        }
    }
}

impl Bus {
    pub fn hint(&self, org: &OrgId, topic: Topic) {
        // Nobody listening is fine.
        let _ = self.sender.send(Hint {
            org: org.clone(),
            topic,
        });
    }

    pub fn subscribe(&self) -> broadcast::Receiver<Hint> {
        self.sender.subscribe()
    }
}
