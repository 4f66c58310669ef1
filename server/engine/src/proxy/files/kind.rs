//! What a file is by its name: its type, whether it compresses, whether it can ever change.

use std::path::Path;

/// The content type, with the charset that bundles are written in.
pub fn content_type(file: &Path) -> String {
    let guess = mime_guess::from_path(file).first_or_octet_stream();
    match is_text(guess.essence_str()) {
        true => format!("{guess}; charset=utf-8"),
        false => guess.to_string(),
    }
}

fn is_text(essence: &str) -> bool {
    essence.starts_with("text/")
        || matches!(
            essence,
            "application/javascript" | "application/json" | "application/xml" | "image/svg+xml"
        )
}

/// Whether a precompressed sibling is worth looking for.
pub fn compresses(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or("");
    is_text(essence)
        || matches!(
            essence,
            "application/wasm" | "application/manifest+json" | "font/ttf" | "font/otf"
        )
}

/// Folders in which the usual bundlers put nothing but hashed names.
const BUNDLER_FOLDERS: [&str; 6] = [
    "assets",
    "_astro",
    "_nuxt",
    "_app/immutable",
    "_next/static",
    "static",
];

/// Whether the name changes with the content, so that it may be cached for ever.
///
/// Anywhere: a last part of eight or more hex digits with letters and digits in it
/// (`app.3f2a9c1b.js`). In a bundler's folder also eight characters of base64url
/// (`index-BqT3x9Za.js`): elsewhere those could be somebody's own words.
pub fn is_hashed(file: &Path) -> bool {
    let Some(stem) = file.file_stem().and_then(|stem| stem.to_str()) else {
        return false;
    };
    let stem = stem.strip_suffix("_bg").unwrap_or(stem);
    let last_part = stem.rsplit(['.', '-']).next().unwrap_or("");
    let is_hex = last_part.len() < stem.len()
        && last_part.len() >= 8
        && is_mixed(last_part, |byte| byte.is_ascii_hexdigit());
    is_hex || (is_in_bundler_folder(file) && ends_in_base64(stem))
}

fn is_mixed(word: &str, allowed: impl Fn(&u8) -> bool) -> bool {
    let bytes = word.as_bytes();
    bytes.iter().all(allowed)
        && bytes.iter().any(u8::is_ascii_digit)
        && bytes.iter().any(u8::is_ascii_alphabetic)
}

fn is_in_bundler_folder(file: &Path) -> bool {
    BUNDLER_FOLDERS
        .iter()
        .any(|folder| file.starts_with(folder))
}

/// Vite's eight characters may themselves contain the dash that sets them off.
fn ends_in_base64(stem: &str) -> bool {
    let Some((before, hash)) = stem
        .len()
        .checked_sub(8)
        .and_then(|at| stem.split_at_checked(at))
    else {
        return false;
    };
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let looks_random = hash
        .bytes()
        .any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase() || byte == b'_');
    before.ends_with(['.', '-']) && hash.bytes().all(|byte| allowed(&byte)) && looks_random
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p16_types_are_right_and_text_says_its_charset() {
        for (file, kind) in [
            ("a.html", "text/html; charset=utf-8"),
            ("a.css", "text/css; charset=utf-8"),
            ("a.js", "text/javascript; charset=utf-8"),
            ("a.mjs", "application/javascript; charset=utf-8"),
            ("a.json", "application/json; charset=utf-8"),
            ("a.svg", "image/svg+xml; charset=utf-8"),
            ("a.wasm", "application/wasm"),
            ("a.woff2", "font/woff2"),
            ("a.png", "image/png"),
            ("a.webp", "image/webp"),
            ("a.pdf", "application/pdf"),
            ("a", "application/octet-stream"),
        ] {
            assert_eq!(content_type(Path::new(file)), kind, "{file}");
        }
    }

    #[test]
    fn p16_only_names_that_carry_a_hash_are_immutable() {
        for hashed in [
            "app.3f2a9c1b.js",
            "assets/index-BqT3x9Za.js",
            "assets/index-D-x3_aZ1.css",
            "static/js/main.8a7b6c5d.js",
            "_next/static/chunks/main-0123456789abcdef.js",
            "pkg/app-1f2e3d4c5b6a7988_bg.wasm",
        ] {
            assert!(is_hashed(Path::new(hashed)), "{hashed}");
        }
        for plain in [
            "index.html",
            "jquery-3.7.1.min.js",
            "report-20240131.pdf",
            "photo-IMG12345.jpg",
            "assets/my-document.js",
            "deadbeef.js",
            "assets/logo.svg",
            "a-facadeed.css",
        ] {
            assert!(!is_hashed(Path::new(plain)), "{plain}");
        }
    }
}
