//! From a request's path to a name below the site's root, or to nothing.

use std::path::PathBuf;

/// A path that stays below the root by its spelling alone. Links are the opening's business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SitePath {
    /// Relative; empty for the root itself.
    pub file: PathBuf,
    /// The request names a folder.
    pub is_folder: bool,
}

impl SitePath {
    /// None for anything that no site has: climbing up, hidden names, bytes that are no text.
    pub fn parse(path: &str) -> Option<Self> {
        let text = String::from_utf8(percent_decoded(path)?).ok()?;
        if text.contains(['\0', '\\']) {
            return None;
        }
        let mut file = PathBuf::new();
        for (depth, name) in text.split('/').filter(|name| !name.is_empty()).enumerate() {
            if name.starts_with('.') && !(depth == 0 && name == ".well-known") {
                return None;
            }
            file.push(name);
        }
        Some(Self {
            file,
            is_folder: text.ends_with('/'),
        })
    }

    pub fn index(&self) -> PathBuf {
        self.file.join("index.html")
    }

    /// Whether it may be a place inside a single-page application rather than a missing file.
    pub fn may_be_a_view(&self) -> bool {
        self.file.extension().is_none()
    }
}

/// Decoded once and never again; a broken escape is no path.
fn percent_decoded(path: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => decoded.push(hex(bytes.next()?)? << 4 | hex(bytes.next()?)?),
            other => decoded.push(other),
        }
    }
    Some(decoded)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p16_a_path_stays_below_the_root_or_is_none() {
        for (path, file, is_folder) in [
            ("/", "", true),
            ("/a/b.txt", "a/b.txt", false),
            ("/a//b/", "a/b", true),
            ("/a%20b", "a b", false),
            ("/%C3%A4", "ä", false),
            (
                "/.well-known/security.txt",
                ".well-known/security.txt",
                false,
            ),
            ("/%252e%252e/x", "%2e%2e/x", false),
        ] {
            assert_eq!(
                SitePath::parse(path),
                Some(SitePath {
                    file: file.into(),
                    is_folder
                }),
                "{path}"
            );
        }
    }

    #[test]
    fn p16_traversal_hidden_and_broken_paths_are_none() {
        for path in [
            "/..",
            "/../etc/passwd",
            "/a/../../b",
            "/%2e%2e/x",
            "/%2E%2e%2fx",
            "/..%2fx",
            "/a/./b",
            "/.env",
            "/a/.git/config",
            "/a/.well-known/x",
            "/a%00b",
            "/a\\b",
            "/..%5cx",
            "/%",
            "/%2",
            "/%zz",
            "/%ff",
        ] {
            assert_eq!(SitePath::parse(path), None, "{path}");
        }
    }
}
