//! The release binary embeds the site that cargo-leptos built just before.
//!
//! The folder must exist for any build, so that a fresh clone can be checked before the site was
//! ever built. A debug build reads the site from disk at run time: nothing to watch there, and
//! watching would compile the server anew after every edit of a page.

use std::fs;

const SITE: &str = "../target/site";

fn main() {
    if let Err(error) = fs::create_dir_all(SITE) {
        panic!("{SITE} could not be made: {error}");
    }
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let watched = if is_release { SITE } else { "build.rs" };
    println!("cargo:rerun-if-changed={watched}");
}
