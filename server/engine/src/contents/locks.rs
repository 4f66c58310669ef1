//! What the languages' own package managers wrote down: lock files, and the metadata that they
//! leave beside what they installed.

use super::{Component, File, Inventory};
use serde_json::Value;

const NAMES: [&str; 7] = [
    "package-lock.json",
    // What npm leaves in `node_modules`: exactly what is there.
    ".package-lock.json",
    "composer.lock",
    "Cargo.lock",
    "poetry.lock",
    "uv.lock",
    "requirements.txt",
];

pub fn is_wanted(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    NAMES.contains(&name) || is_installed_python(path)
}

/// `…/site-packages/flask-3.1.dist-info/METADATA`
fn is_installed_python(path: &str) -> bool {
    path.ends_with(".dist-info/METADATA")
}

pub fn read(file: &File, into: &mut Inventory) {
    let path = file.path.as_str();
    let text = String::from_utf8_lossy(&file.bytes);
    match path.rsplit('/').next().unwrap_or(path) {
        "package-lock.json" | ".package-lock.json" => npm(&text, path, into),
        "composer.lock" => composer(&text, path, into),
        "Cargo.lock" => tables("cargo", &text, path, into),
        "poetry.lock" | "uv.lock" => tables("pypi", &text, path, into),
        "requirements.txt" => requirements(&text, path, into),
        _ if is_installed_python(path) => metadata(&text, path, into),
        _ => {}
    }
}

fn plain(kind: &'static str, name: &str, version: &str) -> Component {
    let (namespace, name) = match name.rsplit_once('/') {
        Some((namespace, name)) => (Some(namespace.to_owned()), name),
        None => (None, name),
    };
    Component {
        kind,
        namespace,
        name: name.to_owned(),
        version: version.to_owned(),
        qualifiers: vec![],
    }
}

/// Version 2 and 3 list by place, version 1 by name.
fn npm(text: &str, path: &str, into: &mut Inventory) {
    let Ok(lock) = serde_json::from_str::<Value>(text) else {
        return;
    };
    if let Some(packages) = lock["packages"].as_object() {
        for (place, package) in packages {
            let by_place = place.rsplit_once("node_modules/").map(|(_, name)| name);
            let name = package["name"].as_str().or(by_place);
            if let (Some(name), Some(version), false) =
                (name, package["version"].as_str(), place.is_empty())
            {
                into.add(plain("npm", name, version), path);
            }
        }
    } else {
        npm_by_name(&lock["dependencies"], path, into, 0);
    }
}

fn npm_by_name(all: &Value, path: &str, into: &mut Inventory, depth: usize) {
    // A file that is deeper is none that npm wrote.
    if depth > 64 {
        return;
    }
    for (name, package) in all.as_object().into_iter().flatten() {
        if let Some(version) = package["version"].as_str() {
            into.add(plain("npm", name, version), path);
        }
        npm_by_name(&package["dependencies"], path, into, depth + 1);
    }
}

fn composer(text: &str, path: &str, into: &mut Inventory) {
    let lock: Value = serde_json::from_str(text).unwrap_or_default();
    for package in lock["packages"].as_array().into_iter().flatten() {
        if let (Some(name), Some(version)) = (package["name"].as_str(), package["version"].as_str())
        {
            into.add(plain("composer", name, version), path);
        }
    }
}

/// `[[package]]` tables of TOML, of which only two lines matter.
fn tables(kind: &'static str, text: &str, path: &str, into: &mut Inventory) {
    for table in text.split("[[package]]").skip(1) {
        let own = table.split("\n[").next().unwrap_or(table);
        let value = |name: &str| {
            let line = own
                .lines()
                .find_map(|l| l.strip_prefix(name)?.trim_start().strip_prefix('='));
            line.unwrap_or_default().trim().trim_matches('"')
        };
        into.add(plain(kind, value("name"), value("version")), path);
    }
}

/// Only what is pinned: `flask==3.1.0`.
fn requirements(text: &str, path: &str, into: &mut Inventory) {
    for line in text.lines() {
        let line = line.split(['#', ';']).next().unwrap_or_default();
        let Some((name, version)) = line.split_once("==") else {
            continue;
        };
        let name = name.split('[').next().unwrap_or(name).trim();
        let version = version.split_whitespace().next().unwrap_or_default();
        into.add(plain("pypi", &name.to_lowercase(), version), path);
    }
}

fn metadata(text: &str, path: &str, into: &mut Inventory) {
    let head = text.split("\n\n").next().unwrap_or(text);
    let value = |name: &str| {
        head.lines()
            .find_map(|l| l.strip_prefix(name))
            .unwrap_or_default()
            .trim()
    };
    into.add(
        plain("pypi", &value("Name:").to_lowercase(), value("Version:")),
        path,
    );
}
