//! Go and Rust: one program in the end. It is left in `/out/bin`, which the last stage takes.

use super::{COMMANDS, Detected, Start, Tree, base, chosen, refuse, start, step, text};
use crate::config::{Config, Preset};
use crate::refusal::Refusal;

const CARGO: &str = "Cargo.toml";

pub(super) fn go(tree: &Tree, config: &Config) -> Result<Detected, Refusal> {
    let own = match config.build.command {
        Some(_) => None,
        None => Some(format!(
            "go build -trimpath -o /out/bin/app {}",
            go_package(tree)?
        )),
    };
    let alone = config.build.install.is_none() && !tree.has("vendor/");
    let modules = tree.present(&["go.mod", "go.sum"]);
    Ok(Detected {
        preset: Preset::Go,
        why: chosen(config, "the repository has `go.mod`".into()),
        manifests: if alone { modules } else { vec![] },
        install: step(
            &config.build.install,
            alone.then(|| "go mod download".to_owned()),
        ),
        build: step(&config.build.command, own),
        prune: None,
        start: start(tree, config, || Some(Start::of(&["app"])))
            .filter(|_| config.build.output.is_none()),
        output: config.build.output.clone(),
        build_image: base(config, "go"),
        run_image: base(config, "run"),
    })
}

/// The directory of the one program.
fn go_package(tree: &Tree) -> Result<String, Refusal> {
    let source = |name: &&String| name.ends_with(".go") && !name.ends_with("_test.go");
    let at_top = |name: &&String| !name.contains('/');
    if tree.names.iter().any(|n| source(&n) && at_top(&n)) {
        return Ok(".".into());
    }
    let programs = tree.names.iter().filter_map(|name| {
        let inside = name.strip_prefix(COMMANDS)?.strip_suffix('/')?;
        text::is_word(inside).then_some(inside)
    });
    let programs: Vec<_> = programs.collect();
    let way_out =
        "Set `build.command` in sealdock.yml, as `go build -o /out/bin/app ./cmd/server`.";
    match programs.as_slice() {
        [one] => Ok(format!("./{COMMANDS}{one}")),
        [] => Err(refuse::which_one(
            "build.command",
            "There is `go.mod`, but no Go program beside it and none in `cmd/`.".into(),
            way_out,
        )),
        many => Err(refuse::which_one(
            "build.command",
            format!("`cmd/` has several programs: {}.", many.join(", ")),
            way_out,
        )),
    }
}

pub(super) fn rust(tree: &Tree, config: &Config) -> Result<Detected, Refusal> {
    let manifest = tree
        .text(CARGO)
        .ok_or_else(|| refuse::missing(Preset::Rust, CARGO, tree))?;
    let program = program(manifest);
    if program.is_none() && (config.build.command.is_none() || config.build.start.is_none()) {
        return Err(refuse::which_one(
            "build.root",
            "`Cargo.toml` is of a workspace, and does not say which package runs.".into(),
            "Name the package's directory with `build.root`, or set `build.command` (programs go to `/out/bin`) and `build.start`.",
        ));
    }
    let locked = tree.has("Cargo.lock");
    let lock = if locked { " --locked" } else { "" };
    let staged = locked && config.build.install.is_none() && fetches_alone(manifest, tree);
    Ok(Detected {
        preset: Preset::Rust,
        why: chosen(config, "the repository has `Cargo.toml`".into()),
        manifests: match staged {
            true => tree.present(&[CARGO, "Cargo.lock", "rust-toolchain.toml", "rust-toolchain"]),
            false => vec![],
        },
        install: step(&config.build.install, Some(format!("cargo fetch{lock}"))),
        build: step(
            &config.build.command,
            Some(format!("cargo install{lock} --path . --root /out")),
        ),
        prune: None,
        start: start(tree, config, || program.map(|name| Start::of(&[name])))
            .filter(|_| config.build.output.is_none()),
        output: config.build.output.clone(),
        build_image: base(config, "rust"),
        run_image: base(config, "run"),
    })
}

/// What the package says that it runs.
fn program(manifest: &str) -> Option<&str> {
    let value = |table: &str, name: &str| {
        let found = text::toml(manifest).find(|e| e.table == table && e.name == name)?;
        text::is_word(found.value).then_some(found.value)
    };
    value("[package]", "default-run")
        .or_else(|| value("[[bin]]", "name"))
        .or_else(|| value("[package]", "name"))
}

/// The manifests are enough to fetch by: no other package, and no file that must be there.
fn fetches_alone(manifest: &str, tree: &Tree) -> bool {
    let needs_files = text::toml(manifest).any(|e| {
        let inline_path = e.value.contains("path =") || e.value.contains("path=");
        let tables = ["[workspace", "[[", "[patch", "[lib"];
        tables.iter().any(|table| e.table.starts_with(table))
            || matches!(e.name, "path" | "build")
            || inline_path
    });
    !needs_files && !tree.has(".cargo/")
}
