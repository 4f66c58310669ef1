//! What was seen of each service last. Kept in memory: after a restart it is seen again.

use domain::id::ServiceId;
use domain::plan::world::Trouble;
use domain::service::{Checked, ServiceState};
use domain::time::Time;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// How a service is, in a word and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct How {
    pub state: ServiceState,
    pub sentence: String,
}

/// Of one service.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub how: Option<How>,
    pub checked: Option<Checked>,
    pub trouble: Option<Trouble>,
    /// Not looked at before then.
    look_at: Option<Time>,
    is_busy: bool,
    /// Somebody asked for a look while one was under way.
    is_woken: bool,
}

#[derive(Default)]
pub struct Standing {
    known: Mutex<HashMap<ServiceId, Known>>,
    news: Notify,
}

impl Standing {
    /// Look at it soon.
    pub fn wake(&self, id: &ServiceId) {
        self.with(id, |known| {
            known.look_at = None;
            known.is_woken = known.is_busy;
        });
        self.news.notify_one();
    }

    pub async fn news(&self) {
        self.news.notified().await;
    }

    pub fn how(&self, id: &ServiceId) -> How {
        let how = self.all().get(id).and_then(|known| known.how.clone());
        how.unwrap_or_else(|| How {
            state: ServiceState::Starting,
            sentence: "It was not looked at yet.".into(),
        })
    }

    pub fn with<T>(&self, id: &ServiceId, change: impl FnOnce(&mut Known) -> T) -> T {
        change(self.all().entry(id.clone()).or_default())
    }

    pub fn forget(&self, id: &ServiceId) {
        self.all().remove(id);
    }

    /// The right to look at it, unless that is not due or somebody does.
    pub fn begin(self: &Arc<Self>, id: &ServiceId, now: Time) -> Option<Turn> {
        let begun = self.with(id, |known| {
            let due = known.look_at.is_none_or(|at| at <= now);
            let begun = due && !known.is_busy;
            known.is_busy |= begun;
            begun
        });
        begun.then(|| Turn {
            standing: self.clone(),
            id: id.clone(),
        })
    }

    fn all(&self) -> MutexGuard<'_, HashMap<ServiceId, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    pub fn look_at(&mut self, at: Time) {
        self.look_at = Some(at);
    }
}

/// Held while one looks.
pub struct Turn {
    standing: Arc<Standing>,
    id: ServiceId,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut all = self.standing.all();
        let Some(known) = all.get_mut(&self.id) else {
            return;
        };
        known.is_busy = false;
        if std::mem::take(&mut known.is_woken) {
            known.look_at = None;
        }
    }
}
