//! Source maps of what serves: kept with their deployment under the digest of their bytes, and read
//! when somebody has a stack trace (P-11).

mod decode;

pub use decode::decode;

use crate::contents::{File, Limits};
use domain::view::SourceMapView;
use sha2::{Digest, Sha256};
use std::io;
use std::path::{Path, PathBuf};

/// Of one artifact.
pub const LIMITS: Limits = Limits {
    read_bytes: 16 << 30,
    file_bytes: 16 << 20,
    files: 1_000,
    kept_bytes: 64 << 20,
};

const ENDINGS: [&str; 4] = [".js.map", ".mjs.map", ".cjs.map", ".css.map"];
/// What others wrote: their maps come by the thousand, and their lines are nobody's here.
const FOREIGN: &str = "node_modules";

/// Whether a file of that path is a source map of the app's own.
pub fn is_wanted(path: &str) -> bool {
    let own = !path.split('/').any(|part| part == FOREIGN);
    own && ENDINGS.iter().any(|ending| path.ends_with(ending))
}

/// What came of keeping them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    pub maps: Vec<SourceMapView>,
    /// Called like a source map, and none.
    pub others: Vec<String>,
}

/// Writes those that are source maps to `into`, which holds these and nothing else afterwards.
pub fn keep(files: &[File], into: &Path) -> io::Result<Kept> {
    match std::fs::remove_dir_all(into) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => std::fs::create_dir_all(into)?,
    }
    let mut kept = Kept::default();
    for file in files {
        if !sourcemap::is_sourcemap_slice(&file.bytes) {
            kept.others.push(file.path.clone());
            continue;
        }
        let digest = digest(&file.bytes);
        std::fs::write(place(into, &digest), &file.bytes)?;
        kept.maps.push(SourceMapView {
            path: file.path.clone(),
            digest,
            size_bytes: file.bytes.len() as u64,
        });
    }
    Ok(kept)
}

fn digest(bytes: &[u8]) -> String {
    let digits = Sha256::digest(bytes);
    digits.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where the map of that digest lies.
fn place(dir: &Path, digest: &str) -> PathBuf {
    dir.join(format!("{digest}.map"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p11_source_maps_of_the_app_are_wanted_and_those_of_others_are_not() {
        for path in ["assets/a-1.js.map", "app/dist/server.mjs.map", "s.css.map"] {
            assert!(is_wanted(path), "{path}");
        }
        for path in ["a.js", "map", "a.map", "app/node_modules/x/a.js.map"] {
            assert!(!is_wanted(path), "{path}");
        }
    }

    #[test]
    fn p11_maps_are_kept_once_by_their_bytes_and_what_is_none_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let into = dir.path().join("maps");
        let file = |path: &str, text: &str| File {
            path: path.into(),
            bytes: text.into(),
        };
        let map = r#"{"version":3,"sources":["a.ts"],"names":[],"mappings":"AAAA"}"#;
        let files = [
            file("a.js.map", map),
            file("b.js.map", map),
            file("c.js.map", "no"),
        ];
        for _ in 0..2 {
            let kept = keep(&files, &into).unwrap();
            assert_eq!(
                (kept.maps.len(), &kept.others[..]),
                (2, &["c.js.map".to_owned()][..])
            );
            assert_eq!(std::fs::read_dir(&into).unwrap().count(), 1);
        }
    }
}
