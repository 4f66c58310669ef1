//! One control plane per data directory: two would fight over one database.

use crate::boot::BootError;
use crate::dirs::Dirs;
use std::fs::{File, TryLockError};

/// Held for as long as the file is; a process that dies lets go of it.
pub fn take(dirs: &Dirs) -> Result<File, BootError> {
    let path = dirs.lock();
    let file = File::create(&path).map_err(|source| BootError::Dir {
        path: path.clone(),
        source,
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(BootError::Busy {
            path: dirs.data().to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(BootError::Dir { path, source }),
    }
}
