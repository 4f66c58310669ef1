//! The keys in memory, for as long as the process runs: master keys by their id, and data keys by
//! their owner and number. A number never stands for another key, so what is known stays true.

use super::seal::Key;
use super::{MasterError, MasterFile};
use futures_util::future::BoxFuture;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Every copy holds the same ones.
#[derive(Clone, Default)]
pub struct Keys(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// Where master keys come from; a simulation has none.
    file: OnceLock<MasterFile>,
    /// While the master key is replaced there are two.
    masters: Mutex<HashMap<String, Key>>,
    data: Mutex<HashMap<(String, u32), Key>>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

impl Keys {
    /// Of one that nothing is kept for; its id.
    pub fn hold(&self, master: Key) -> String {
        let id = master.id();
        held(&self.0.masters).insert(id.clone(), master);
        id
    }

    /// From where master keys are read from now on; the id of the one in its place.
    pub async fn read_from(&self, file: &MasterFile) -> Result<String, MasterError> {
        let file = self.0.file.get_or_init(|| file.clone());
        self.reload(file).await
    }

    /// By its id; the files are read again when they may have changed.
    pub async fn master(&self, id: &str) -> Result<Key, MasterError> {
        if let Some(key) = self.known_master(id) {
            return Ok(key);
        }
        let file = self.0.file.get().ok_or(MasterError::NotGiven)?;
        self.reload(file).await?;
        let another = || MasterError::Another { path: file.path() };
        self.known_master(id).ok_or_else(another)
    }

    /// What a data key's row that does not open means.
    pub fn another(&self) -> MasterError {
        match self.0.file.get() {
            Some(file) => MasterError::Another { path: file.path() },
            None => MasterError::NotGiven,
        }
    }

    pub fn data(&self, owner: &str, number: u32) -> Option<Key> {
        let known = (owner.to_owned(), number);
        held(&self.0.data).get(&known).cloned()
    }

    /// Only of a row that is written for good.
    pub fn hold_data(&self, owner: &str, number: u32, key: Key) {
        held(&self.0.data).insert((owner.to_owned(), number), key);
    }

    /// Boxed: it is rare, and a part of every future that opens anything.
    fn reload<'a>(&'a self, file: &'a MasterFile) -> BoxFuture<'a, Result<String, MasterError>> {
        Box::pin(async move {
            let missing = || MasterError::Missing { path: file.path() };
            let own = file.read().await?.ok_or_else(missing)?;
            let next = file.read_next().await?;
            next.into_iter().for_each(|key| drop(self.hold(key)));
            Ok(self.hold(own))
        })
    }

    fn known_master(&self, id: &str) -> Option<Key> {
        held(&self.0.masters).get(id).cloned()
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
