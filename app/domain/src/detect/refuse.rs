//! The "no"s of detection, each with its place and its way out.

use super::Tree;
use crate::config::{Build, Preset};
use crate::refusal::Refusal;

const FILE: &str = "sealdock.yml";

/// Nothing that we know.
pub(super) fn nothing(tree: &Tree, root: &str) -> Refusal {
    let sentence = format!(
        "The repository at {}{} has nothing that says how to build it. Looked for, in this order: `Dockerfile`, `next.config.*`, `vite.config.*`, \
         `package.json` with a start script, `requirements.txt` or `pyproject.toml`, `go.mod`, `Cargo.toml`, `index.html`.{}",
        tree.commit,
        inside(root),
        half_found(tree)
    );
    Refusal {
        code: "nothing_to_build".into(),
        ..Refusal::invalid("build.preset", sentence)
    }
    .way_out(format!(
        "Add one of them, name the project's directory with `build.root`, or choose with `build.preset` in {FILE}."
    ))
}

/// The nearest thing to a match is worth saying.
fn half_found(tree: &Tree) -> &'static str {
    match tree.has("package.json") {
        true => " `package.json` is there, but has no start script.",
        false => "",
    }
}

fn inside(root: &str) -> String {
    match root {
        "." => String::new(),
        root => format!(", in `{root}`,"),
    }
}

pub(super) fn no_dockerfile(tree: &Tree, build: &Build) -> Refusal {
    let sentence = format!(
        "The repository has no `{}`{} at {}.",
        build.dockerfile,
        inside(&build.root).trim_end_matches(','),
        tree.commit
    );
    Refusal::invalid("build.dockerfile", sentence).way_out(format!(
        "Add one, choose another revision, or name yours with `build.dockerfile` in {FILE}."
    ))
}

/// A file that the preset can't do without.
pub(super) fn missing(preset: Preset, file: &str, tree: &Tree) -> Refusal {
    let sentence = format!(
        "{} needs `{file}`, and the repository has none at {}.",
        preset.title(),
        tree.commit
    );
    Refusal::invalid("build.preset", sentence).way_out(
        "Add it, name the project's directory with `build.root`, or choose another `build.preset`.",
    )
}

/// An image it is to be, and nobody knows which.
pub(super) fn no_image() -> Refusal {
    let sentence = "`build.preset` says `image`, but `build.image` does not say which.";
    Refusal::invalid("build.image", sentence).way_out(format!(
        "Set `build.image` in {FILE}, with its digest: ghcr.io/acme/shop@sha256:…."
    ))
}

/// It can be built, but nobody knows what runs.
pub(super) fn no_start(preset: Preset, looked_for: &str) -> Refusal {
    let sentence = format!(
        "{} it is, but nothing says what to start: there is no {looked_for}.",
        preset.title()
    );
    Refusal::invalid("build.start", sentence)
        .way_out(format!("Add one, or set `build.start` in {FILE}."))
}

/// Several things could be built.
pub(super) fn which_one(place: &str, sentence: String, way_out: &str) -> Refusal {
    Refusal::invalid(place, sentence).way_out(way_out)
}

/// What has no effect under a preset is refused: it would be a setting that nobody follows.
pub(super) fn idle(preset: Preset, build: &Build) -> Result<(), Refusal> {
    let steps = [
        ("build.install", &build.install),
        ("build.command", &build.command),
        ("build.start", &build.start),
    ];
    let set = steps.iter().find(|(_, said)| said.is_some());
    match (preset, set) {
        (Preset::Image, Some((field, _))) => Err(unused(field, IMAGE)),
        (Preset::Image, None) if build.output.is_some() => Err(unused("build.output", IMAGE)),
        (Preset::Image, None) => Ok(()),
        _ if build.image.is_some() => Err(unused("build.image", OTHERWISE)),
        (Preset::Dockerfile, Some((field, _))) => Err(unused(field, DOCKERFILE)),
        (Preset::Dockerfile, None) if build.output.is_some() => {
            Err(unused("build.output", DOCKERFILE))
        }
        (Preset::Static, Some((field, _))) => Err(unused(field, STATIC)),
        _ if build.output.is_some() && build.start.is_some() => Err(unused("build.start", SERVED)),
        _ => Ok(()),
    }
}

const IMAGE: (&str, &str) = (
    "`build.image` runs as it is, and nothing is built",
    "Remove it, or remove `build.image`.",
);
const OTHERWISE: (&str, &str) = ("`build.preset` says how to build", "Remove one of the two.");
const DOCKERFILE: (&str, &str) = (
    "the repository's Dockerfile is what builds",
    "Remove it, or choose another `build.preset`.",
);
const STATIC: (&str, &str) = (
    "static files are served as they are",
    "Remove it, or choose the `build.preset` that builds them, with `build.output`.",
);
const SERVED: (&str, &str) = (
    "`build.output` is served as static files, without a container",
    "Remove one of the two.",
);

fn unused(field: &str, (why, way_out): (&str, &str)) -> Refusal {
    Refusal::invalid(field, format!("`{field}` has no effect: {why}.")).way_out(way_out)
}
