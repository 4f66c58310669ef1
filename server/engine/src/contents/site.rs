//! Files of what the data plane serves; links are not followed.

use super::{File, Found, Limits, Taken, Wanted};
use std::io;
use std::path::{Path, PathBuf};

/// Those whose path is wanted, within the limits.
pub async fn files_of(root: PathBuf, wanted: Wanted, limits: Limits) -> Result<Found, String> {
    let walked = tokio::task::spawn_blocking(move || walk(&root, wanted, limits)).await;
    walked
        .map_err(|e| e.to_string())?
        .map_err(|e| format!("The site's files can't be read: {e}."))
}

fn walk(root: &Path, wanted: Wanted, limits: Limits) -> io::Result<Found> {
    let (mut files, mut taken) = (vec![], Taken::default());
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let (path, meta) = (entry.path(), entry.metadata()?);
            let name = relative(&path, root);
            if meta.is_dir() {
                folders.push(path);
            } else if meta.is_file() && wanted(&name) && taken.take(meta.len(), limits) {
                files.push(File {
                    path: name,
                    bytes: std::fs::read(path)?,
                });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Found {
        files,
        left_out: taken.left_out,
    })
}

fn relative(path: &Path, root: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .display()
        .to_string()
}
