//! What a reader may expect of every file, and a reviewer should not have to say twice.

// The lint knows `#[test]` functions, and not the helpers beside them.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// Long before this, a file is about two things.
const MAX_LINES: usize = 400;
const PACKAGES: [&str; 3] = ["app", "frontend", "server"];
/// A shell turns data into commands. Everything is started by argv or over the Engine's API.
const SHELLS: [&str; 5] = ["sh", "bash", "/bin/sh", "/bin/bash", "zsh"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.file_name().and_then(|name| name.to_str()) {
            Some("target" | "node_modules") => {}
            _ if path.is_dir() => collect(&path, found),
            Some(name) if name.ends_with(".rs") => found.push(path),
            _ => {}
        }
    }
}

/// The files for which `offends` says something, with what it says.
fn offenders(offends: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut sources = Vec::new();
    for package in PACKAGES {
        collect(&root().join(package), &mut sources);
    }
    assert!(sources.len() > 20, "the sources were not found");
    sources.sort();
    let said = |path: &PathBuf| {
        let told = offends(&fs::read_to_string(path).unwrap())?;
        Some(format!(
            "{}: {told}",
            path.strip_prefix(root()).unwrap().display()
        ))
    };
    sources.iter().filter_map(said).collect()
}

#[test]
fn every_file_says_first_what_it_is_for() {
    let silent = |text: &str| (!text.starts_with("//!")).then(|| "starts without //!".to_owned());
    assert_eq!(offenders(silent), Vec::<String>::new());
}

#[test]
fn no_file_is_about_two_things() {
    let long = |text: &str| {
        let lines = text.lines().count();
        (lines > MAX_LINES).then(|| format!("{lines} lines, more than {MAX_LINES}"))
    };
    assert_eq!(offenders(long), Vec::<String>::new());
}

#[test]
fn nothing_starts_a_shell() {
    let starts = |text: &str| {
        let shell = SHELLS
            .iter()
            .find(|shell| text.contains(&format!("Command::new(\"{shell}\")")))?;
        Some(format!("starts {shell}"))
    };
    assert_eq!(offenders(starts), Vec::<String>::new());
}
