//! Which executable a process is: a control plane of another build upgrades the data plane.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::OnceLock;

/// By size and time: reading 30 MB for a digest would hold up every start.
pub fn build_of(executable: &Path) -> io::Result<String> {
    let file = fs::metadata(executable)?;
    let (version, length) = (env!("CARGO_PKG_VERSION"), file.len());
    Ok(format!(
        "{version}-{length}-{}.{}",
        file.mtime(),
        file.mtime_nsec()
    ))
}

/// Of this process, as it was when it was first asked for: the file may be another by now.
pub fn own_build() -> &'static str {
    static OWN: OnceLock<String> = OnceLock::new();
    OWN.get_or_init(|| {
        let own = std::env::current_exe().and_then(|path| build_of(&path));
        own.unwrap_or_default()
    })
}
