//! Replacing the master key while everything runs. Values are not touched: only the data keys are
//! sealed anew, in one transaction, which also says which key counts from then on. Before it the
//! old file counts, after it the new one, and both are there until the new one has its place.

use super::seal::{Key, about_key};
use super::{MasterError, MasterFile, SETTING, VaultError};
use crate::store::Store;

/// How many organizations' keys were sealed anew. An attempt that broke off goes on where it was.
pub async fn rotate(store: &Store, file: &MasterFile) -> Result<usize, VaultError> {
    let missing = || MasterError::Missing { path: file.path() };
    let another = || MasterError::Another { path: file.path() };
    let old = file.read()?.ok_or_else(missing)?;
    let next = file.make_next()?;
    let anew = |org: &_, master: &str, sealed: &str| {
        let key = [&old, &next].into_iter().find(|k| k.id() == master)?;
        let opened = key.open(&about_key(org), sealed).ok()?;
        next.seal(&about_key(org), Key::of(&opened)?.bytes()).ok()
    };
    let done = store.reseal_org_keys(SETTING, &next.id(), &anew).await?;
    let count = done.ok_or_else(another)?;
    file.adopt_next()?;
    Ok(count)
}
