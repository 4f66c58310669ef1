//! The house's edges: which package uses which, and what none of them may ever reach.
//!
//! `deny.toml` says who may use a crate directly. This says the rest: the exact list of edges
//! between our own packages, and what must not be reached even through somebody else's crate.
//! Cargo is asked for each package alone, because in one build of all of them every feature of
//! every package would be on.

// The lint knows `#[test]` functions, and not the helpers beside them.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::process::Command;

const OURS: [&str; 5] = ["app", "domain", "engine", "frontend", "server"];
const BROWSER: [&str; 4] = [
    "--features",
    "hydrate",
    "--target",
    "wasm32-unknown-unknown",
];
/// The wasm entry switches hydration on by itself.
const ENTRY: [&str; 2] = ["--target", "wasm32-unknown-unknown"];

/// Package names that `package` reaches, itself left out.
fn reached(package: &str, depth: &str, options: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree", "--quiet", "--locked", "--edges", "normal", "--prefix", "none", "--format",
            "{p}",
        ])
        .args(["--package", package, "--depth", depth])
        .args(options)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let lines = String::from_utf8(output.stdout).unwrap();
    let names = lines.lines().filter_map(|line| line.split(' ').next());
    names
        .filter(|name| !name.is_empty() && *name != package)
        .map(str::to_owned)
        .collect()
}

fn ours(package: &str) -> Vec<String> {
    let direct = reached(package, "1", &[]);
    direct
        .into_iter()
        .filter(|name| OURS.contains(&name.as_str()))
        .collect()
}

fn assert_never_reaches(package: &str, options: &[&str], forbidden: &[&str]) {
    let all = reached(package, "99", options);
    let found: Vec<_> = forbidden
        .iter()
        .filter(|name| all.contains(**name))
        .collect();
    assert!(
        found.is_empty(),
        "{package} {options:?} reaches {found:?}; find out how with `cargo tree -i`"
    );
}

#[test]
fn packages_use_each_other_as_the_readme_draws_it() {
    assert_eq!(ours("domain"), Vec::<String>::new());
    assert_eq!(ours("app"), ["domain"]);
    assert_eq!(ours("engine"), ["domain"]);
    assert_eq!(ours("frontend"), ["app"]);
    assert_eq!(ours("server"), ["app", "domain", "engine"]);
}

#[test]
fn the_domain_is_pure() {
    let effects = [
        "tokio",
        "sqlx",
        "hyper",
        "reqwest",
        "axum",
        "leptos",
        "bollard",
        "rand",
        "getrandom",
        "tempfile",
    ];
    assert_never_reaches("domain", &[], &effects);
}

#[test]
fn the_engine_knows_no_web_framework() {
    // tonic routes BuildKit's calls back to us by axum; nothing else in the engine may know it.
    assert_never_reaches(
        "engine",
        &["--prune", "tonic"],
        &["axum", "leptos", "leptos_axum", "tower-sessions", "clap"],
    );
}

#[test]
fn the_browser_gets_no_server() {
    let server = [
        "engine", "tokio", "sqlx", "hyper", "axum", "bollard", "reqwest", "argon2",
    ];
    assert_never_reaches("app", &BROWSER, &server);
    assert_never_reaches("frontend", &ENTRY, &server);
}
