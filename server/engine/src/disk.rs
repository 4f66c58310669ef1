//! Refuses work that a full disk would break half-way.

use std::path::Path;

/// A build that begins with less than this would end in the middle.
const LEAST_FREE_MIB: u64 = 256;

pub fn enough(dir: &Path) -> Result<(), String> {
    // Where the system does not say, the work itself will.
    let Some(free) = free_mib(dir) else {
        return Ok(());
    };
    if free >= LEAST_FREE_MIB {
        return Ok(());
    }
    Err(format!(
        "The disk that holds {} has {free} MiB left; at least {LEAST_FREE_MIB} MiB are needed to begin. Free some space and deploy again; what is live is not affected.",
        dir.display()
    ))
}

pub fn free_mib(dir: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(dir).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize) / (1024 * 1024))
}
