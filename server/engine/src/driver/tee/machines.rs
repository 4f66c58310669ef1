//! What is known of machines beside what lies in their folders; losing it costs an attestation.

use super::forward::Forward;
use domain::id::InstanceId;
use domain::secret::Secrets;
use std::collections::{BTreeMap, HashSet};
use tokio_util::sync::CancellationToken;

#[derive(Default)]
pub struct Machines {
    /// Being made.
    pub making: HashSet<InstanceId>,
    pub leaving: HashSet<InstanceId>,
    /// Ends the watch over it.
    watched: BTreeMap<InstanceId, CancellationToken>,
    /// For when its evidence was verified.
    secrets: BTreeMap<InstanceId, Secrets>,
    /// Verified, and reached there.
    pub open: BTreeMap<InstanceId, Forward>,
}

impl Machines {
    /// `None`: somebody watches it already.
    pub fn watch(&mut self, id: &InstanceId) -> Option<CancellationToken> {
        (!self.is_watched(id)).then(|| {
            let watch = CancellationToken::new();
            self.watched.insert(id.clone(), watch.clone());
            watch
        })
    }

    pub fn is_watched(&self, id: &InstanceId) -> bool {
        self.watched.get(id).is_some_and(|w| !w.is_cancelled())
    }

    /// Nobody reaches what was there under this id, and nobody watches it.
    pub fn forget(&mut self, id: &InstanceId) {
        if let Some(watch) = self.watched.remove(id) {
            watch.cancel();
        }
        self.open.remove(id);
    }

    /// Nobody reaches it any more.
    pub fn close(&mut self, id: &InstanceId, watch: &CancellationToken) {
        if !watch.is_cancelled() {
            self.open.remove(id);
        }
    }

    /// Its watch ended by itself. One that was replaced has nothing to say any more.
    pub fn ended(&mut self, id: &InstanceId, watch: &CancellationToken) {
        if !watch.is_cancelled() {
            self.forget(id);
        }
    }

    /// Opened, unless another one took its place meanwhile.
    pub fn opened(&mut self, id: &InstanceId, watch: &CancellationToken, forward: Forward) {
        if !watch.is_cancelled() {
            self.open.insert(id.clone(), forward);
        }
    }

    pub fn bring(&mut self, id: &InstanceId, secrets: &Secrets) {
        self.secrets.insert(id.clone(), secrets.clone());
    }

    pub fn secrets(&self, id: &InstanceId) -> Option<Secrets> {
        self.secrets.get(id).cloned()
    }

    /// It has them, or is gone.
    pub fn drop_secrets(&mut self, id: &InstanceId) {
        self.secrets.remove(id);
    }
}
