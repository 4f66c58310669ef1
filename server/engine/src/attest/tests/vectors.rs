//! The real reports that the crates ship: they lie where cargo has unpacked them.

use std::path::PathBuf;
use std::process::Command;

/// Where a package's files are.
fn package(name: &str) -> PathBuf {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(
        metadata.status.success(),
        "{}",
        String::from_utf8_lossy(&metadata.stderr)
    );
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let found = packages
        .iter()
        .find(|package| package["name"] == name)
        .unwrap();
    PathBuf::from(found["manifest_path"].as_str().unwrap())
        .parent()
        .unwrap()
        .into()
}

pub fn file(package_name: &str, path: &str) -> Vec<u8> {
    std::fs::read(package(package_name).join(path)).unwrap()
}

pub fn hex(text: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(text).unwrap().trim();
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(byte).collect()
}
