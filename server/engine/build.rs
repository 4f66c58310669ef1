//! Compiles the sample app into a static executable, so that its image is `FROM scratch`.
//!
//! A bare `rustc`, not a package: the sample has no dependencies, and a package would need an
//! artifact dependency, which stable cargo does not have.

use std::env;
use std::path::Path;
use std::process::Command;

/// Relative, so that the bytes are the same wherever the tree lies: commit ids depend on them.
const SOURCE: &str = "sample/hello/main.rs";
const FLAGS: [&str; 6] = [
    "--edition=2024",
    "--crate-name=hello",
    "-Ctarget-feature=+crt-static",
    "-Copt-level=2",
    "-Cpanic=abort",
    "-Cstrip=symbols",
];

fn main() {
    println!("cargo:rerun-if-changed=sample/hello");
    let told = |name: &str| env::var(name).unwrap_or_else(|_| panic!("cargo did not set {name}"));
    let out = Path::new(&told("OUT_DIR")).join("hello");
    let status = Command::new(told("RUSTC"))
        .args(FLAGS)
        .args(["--target", &told("TARGET"), "-o"])
        .arg(out)
        .arg(SOURCE)
        .status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "rustc could not compile {SOURCE}"
    );
}
