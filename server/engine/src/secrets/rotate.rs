//! Replacing the master key while everything runs. Values are not touched: only the data keys are
//! sealed anew, in one transaction, which also says which key counts from then on. Before it the
//! old file counts, after it the new one, and both are there until the new one has its place.

use super::seal::{Key, about_key};
use super::{MasterError, MasterFile, VaultError};
use crate::store::Store;

/// How many data keys were sealed anew. An attempt that broke off goes on where it was.
pub async fn rotate(store: &Store, file: &MasterFile) -> Result<usize, VaultError> {
    let missing = || MasterError::Missing { path: file.path() };
    let another = || MasterError::Another { path: file.path() };
    let old = file.read().await?.ok_or_else(missing)?;
    let next = file.make_next().await?;
    let anew = |owner: &str, number: u32, master: &str, sealed: &str| {
        let key = [&old, &next].into_iter().find(|k| k.id() == master)?;
        let about = about_key(owner, number);
        let opened = key.open(&about, sealed).ok()?;
        next.seal(&about, Key::of(&opened)?.bytes()).ok()
    };
    let done = store.reseal_data_keys(&next.id(), &anew).await?;
    let count = done.ok_or_else(another)?;
    file.adopt_next()?;
    Ok(count)
}
