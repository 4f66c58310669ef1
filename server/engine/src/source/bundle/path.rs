//! Names in an archive: only what stays inside and can be shown.

use super::BundleError;

const LONGEST: usize = 1024;
const DEEPEST: usize = 32;

/// The name as a relative path of plain parts.
pub(super) fn clean(name: &str) -> Result<String, BundleError> {
    let no = |why| {
        Err(BundleError::Forbidden {
            name: name.chars().filter(|c| !c.is_control()).take(120).collect(),
            why,
        })
    };
    if name.contains(char::is_control) {
        return no("has a control character in its name");
    }
    if name.contains('\\') || name.as_bytes().get(1) == Some(&b':') {
        return no("is not a plain path");
    }
    if name.starts_with('/') {
        return no("is an absolute path");
    }
    let parts: Vec<_> = name
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    if parts.contains(&"..") {
        return no("climbs out of the archive");
    }
    if name.len() > LONGEST || parts.len() > DEEPEST || parts.iter().any(|p| p.len() > 255) {
        return no("has too long a path");
    }
    if parts.is_empty() {
        no("has no name")
    } else {
        Ok(parts.join("/"))
    }
}
