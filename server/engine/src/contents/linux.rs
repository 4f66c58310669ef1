//! What a distribution's package manager installed: dpkg and apk.

use super::{Component, File, Inventory};

/// Of `os-release`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct System {
    /// `debian`, `alpine`.
    pub id: String,
    /// `13`, `3.22.1`.
    pub version: String,
}

const DPKG: &str = "var/lib/dpkg/status";
/// Images without dpkg itself keep one file for each package here.
const DPKG_PARTS: &str = "var/lib/dpkg/status.d/";
const APK: [&str; 2] = ["lib/apk/db/installed", "usr/lib/apk/db/installed"];
const RELEASE: [&str; 2] = ["etc/os-release", "usr/lib/os-release"];

pub fn is_wanted(path: &str) -> bool {
    path == DPKG || is_part(path) || APK.contains(&path) || RELEASE.contains(&path)
}

fn is_part(path: &str) -> bool {
    path.starts_with(DPKG_PARTS) && !path.ends_with(".md5sums")
}

pub fn system(files: &[File]) -> System {
    let file = RELEASE
        .iter()
        .find_map(|path| files.iter().find(|f| f.path == *path));
    let text = file.map(|f| String::from_utf8_lossy(&f.bytes).into_owned());
    let text = text.unwrap_or_default();
    let value = |name: &str| {
        let line = text
            .lines()
            .find_map(|l| l.strip_prefix(name)?.strip_prefix('='));
        line.unwrap_or_default()
            .trim_matches(['"', '\''])
            .to_owned()
    };
    System {
        id: value("ID"),
        version: value("VERSION_ID"),
    }
}

pub fn read(file: &File, system: &System, into: &mut Inventory) {
    let text = || String::from_utf8_lossy(&file.bytes).into_owned();
    match file.path.as_str() {
        path if path == DPKG || is_part(path) => dpkg(&text(), system, path, into),
        path if APK.contains(&path) => apk(&text(), system, path, into),
        _ => {}
    }
}

/// Paragraphs of `Name: value`.
fn dpkg(text: &str, system: &System, path: &str, into: &mut Inventory) {
    for paragraph in text.split("\n\n") {
        let value = |name: &str| {
            let found = paragraph
                .lines()
                .find_map(|l| l.strip_prefix(name)?.strip_prefix(':'));
            found.unwrap_or_default().trim().to_owned()
        };
        // Removed, but its configuration stayed: what is not there can't hurt.
        let status = value("Status");
        if !status.is_empty() && !status.ends_with(" installed") {
            continue;
        }
        let found = component(
            "deb",
            "debian",
            system,
            value("Package"),
            value("Version"),
            value("Architecture"),
        );
        into.add(found, path);
    }
}

/// Paragraphs of `P:name`, `V:version`, `A:architecture`.
fn apk(text: &str, system: &System, path: &str, into: &mut Inventory) {
    for paragraph in text.split("\n\n") {
        let value = |letter: &str| {
            let found = paragraph.lines().find_map(|l| l.strip_prefix(letter));
            found.unwrap_or_default().trim().to_owned()
        };
        let found = component(
            "apk",
            "alpine",
            system,
            value("P:"),
            value("V:"),
            value("A:"),
        );
        into.add(found, path);
    }
}

fn component(
    kind: &'static str,
    usual: &str,
    system: &System,
    name: String,
    version: String,
    architecture: String,
) -> Component {
    let distribution = match system.id.as_str() {
        "" => usual.to_owned(),
        id => id.to_owned(),
    };
    let mut qualifiers = vec![];
    if !architecture.is_empty() {
        qualifiers.push(("arch", architecture));
    }
    if !system.version.is_empty() {
        qualifiers.push(("distro", format!("{distribution}-{}", system.version)));
    }
    Component {
        kind,
        namespace: Some(distribution),
        name,
        version,
        qualifiers,
    }
}
