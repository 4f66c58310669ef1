//! How a repository is built, told by its files before anything is cloned (P-6).
//!
//! [`Tree`] is what was looked at: the names in the project's directory and the text of a few.
//! [`plan`] chooses a [`Preset`] in the order of [`Preset::ALL`] and fills in its commands; what
//! `sealdock.yml` says wins over what was found. The result is a [`BuildPlan`], which a person
//! sees before it runs and which is kept with the deployment, generated Dockerfile included: what
//! was shown is what is built, also after a restart with a newer Sealdock.

mod compiled;
mod node;
mod python;
mod refuse;
mod start;
#[cfg(test)]
pub(crate) mod tests;
mod text;

pub use start::Start;

use crate::attest::ReleasedImage;
use crate::config::{Config, ConfigPatch, Preset, PresetChoice};
use crate::preset;
use crate::refusal::Refusal;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What base images are for, and which ones are usual.
pub const BASES: [(&str, &str); 6] = [
    ("node", "node:22-slim"),
    ("bun", "oven/bun:1-slim"),
    ("python", "python:3.13-slim"),
    ("go", "golang:1.25-bookworm"),
    ("rust", "rust:1-bookworm"),
    // Programs of Go and Rust: a C library of the same Debian, certificates, and no shell.
    ("run", "gcr.io/distroless/cc-debian12"),
];

/// Names of files whose text decides; the rest of the repository is never read here.
const READ: [&str; 10] = [
    "package.json",
    "Procfile",
    "requirements.txt",
    "pyproject.toml",
    "manage.py",
    "main.py",
    "app.py",
    "server.py",
    "wsgi.py",
    "Cargo.toml",
];
const NEXT: [&str; 4] = [
    "next.config.js",
    "next.config.mjs",
    "next.config.cjs",
    "next.config.ts",
];
const VITE: [&str; 6] = [
    "vite.config.js",
    "vite.config.mjs",
    "vite.config.cjs",
    "vite.config.ts",
    "vite.config.mts",
    "vite.config.cts",
];
/// Go keeps one directory for each program in it.
const COMMANDS: &str = "cmd/";
const INDEX: &str = "index.html";

/// A project's directory, as far as it was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// Of the commit, for sentences.
    pub commit: String,
    /// Files and directories in it; a directory's name ends with `/`. Those in `cmd/` have that in front.
    pub names: BTreeSet<String>,
    /// Of the files that [`Tree::wanted`] names.
    pub texts: BTreeMap<String, String>,
}

impl Tree {
    /// Which files are worth reading: none where a Dockerfile says it all.
    pub fn wanted(&self, config: &Config) -> Vec<&'static str> {
        if self.is_dockerfile(config) {
            return vec![];
        }
        let all = READ.iter().chain(&NEXT).chain(&VITE);
        all.filter(|name| self.has(name)).copied().collect()
    }

    /// A directory whose names are wanted too.
    pub fn wanted_directory(&self, config: &Config) -> Option<&'static str> {
        let wanted = self.has(COMMANDS) && self.has("go.mod") && !self.is_dockerfile(config);
        wanted.then_some(COMMANDS)
    }

    fn is_dockerfile(&self, config: &Config) -> bool {
        let dockerfile = &config.build.dockerfile;
        match config.build.preset {
            PresetChoice::Is(preset) => preset == Preset::Dockerfile,
            PresetChoice::Auto => self.has(dockerfile) || *dockerfile != "Dockerfile",
        }
    }

    fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str)
    }

    fn first<'n>(&self, names: &[&'n str]) -> Option<&'n str> {
        names.iter().find(|name| self.has(name)).copied()
    }

    fn present(&self, names: &[&str]) -> Vec<String> {
        let found = names.iter().filter(|name| self.has(name));
        found.map(|name| (*name).to_owned()).collect()
    }
}

/// Everything that a generated Dockerfile is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detected {
    /// Which one.
    pub preset: Preset,
    /// The file that decided, as a half sentence: `package.json has a start script`.
    pub why: String,
    /// What an install needs, copied before the rest so that it is cached; none: it may need anything.
    pub manifests: Vec<String>,
    /// Fetches what the build needs.
    pub install: Option<String>,
    /// Makes what runs.
    pub build: Option<String>,
    /// Takes away what only the build needed.
    pub prune: Option<String>,
    /// `None` where nothing runs.
    pub start: Option<Start>,
    /// The directory that is served, where nothing runs.
    pub output: Option<String>,
    /// Where it is built.
    pub build_image: String,
    /// Where it runs.
    pub run_image: String,
}

/// How a deployment from a repository is built: shown before it runs, and kept with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct BuildPlan {
    /// Which one.
    pub preset: Preset,
    /// The file that decided, as a half sentence: `package.json has a start script`.
    pub why: String,
    /// What runs as it is: nothing is built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// What must come of it, where the project takes signed releases alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<ReleasedImage>,
    /// Fetches what the build needs; `None`: nothing, or the Dockerfile's business.
    pub install: Option<String>,
    /// Makes what runs; `None` like `install`.
    pub build: Option<String>,
    /// Starts it; `None` where nothing runs, or the Dockerfile says it.
    pub start: Option<String>,
    /// The directory that is served as static files, without a container.
    pub output: Option<String>,
    /// The generated Dockerfile; `None` where the repository has one, or nothing is built.
    pub dockerfile: Option<String>,
}

impl BuildPlan {
    /// Without a step.
    pub const fn of(preset: Preset, why: String) -> Self {
        Self {
            preset,
            why,
            image: None,
            released: None,
            install: None,
            build: None,
            start: None,
            output: None,
            dockerfile: None,
        }
    }

    /// It comes to what is released: pulled where the release says from where and the file does not.
    pub fn only(self, released: ReleasedImage, tag: &str) -> Self {
        let plan = match &released.reference {
            Some(reference) if self.image.is_none() => Self {
                image: Some(reference.clone()),
                ..Self::of(
                    Preset::Image,
                    format!("the signed release of {tag} says what runs"),
                )
            },
            _ => self,
        };
        Self {
            released: Some(released),
            ..plan
        }
    }

    /// `Node.js: package.json has a start script`.
    pub fn title(&self) -> String {
        format!("{}: {}", self.preset.title(), self.why)
    }

    /// The steps that a person should know, each with its name.
    pub fn steps(&self) -> Vec<(&'static str, &str)> {
        let released = self.released.as_ref();
        let all = [
            ("Image", self.image.as_deref()),
            ("Install", self.install.as_deref()),
            ("Build", self.build.as_deref()),
            ("Start", self.start.as_deref()),
            ("Serve", self.output.as_deref()),
            ("Released", released.map(|r| r.image.as_str())),
        ];
        all.into_iter()
            .filter_map(|(name, step)| Some((name, step?)))
            .collect()
    }

    /// An image is built on the way, by whichever Dockerfile.
    pub fn builds(&self) -> bool {
        self.preset == Preset::Dockerfile || self.dockerfile.is_some()
    }

    /// The image is only what its files come in: nothing of it runs.
    pub fn carries_files(&self) -> bool {
        self.builds() && self.output.is_some()
    }

    /// What the preset sets where nobody else says anything: a router in the page needs its shell
    /// under every path.
    pub fn defaults(&self) -> ConfigPatch {
        ConfigPatch {
            spa: (self.preset == Preset::Vite && self.carries_files()).then_some(true),
            ..ConfigPatch::default()
        }
    }
}

/// What would be done with this directory, or the refusal that names the way out.
pub fn plan(tree: &Tree, config: &Config) -> Result<BuildPlan, Refusal> {
    let preset = choose(tree, config)?;
    refuse::idle(preset, &config.build)?;
    match preset {
        Preset::Image => image(config),
        Preset::Dockerfile => dockerfile(tree, config),
        Preset::Static => Ok(files(tree, config)),
        _ => Ok(generated(&detect(preset, tree, config)?, config)),
    }
}

fn choose(tree: &Tree, config: &Config) -> Result<Preset, Refusal> {
    if let PresetChoice::Is(preset) = config.build.preset {
        return Ok(preset);
    }
    for preset in Preset::ALL {
        if found(preset, tree, config)? {
            return Ok(preset);
        }
    }
    Err(refuse::nothing(tree, &config.build.root))
}

fn found(preset: Preset, tree: &Tree, config: &Config) -> Result<bool, Refusal> {
    Ok(match preset {
        Preset::Image => config.build.image.is_some(),
        Preset::Dockerfile => tree.is_dockerfile(config),
        Preset::Nextjs => tree.first(&NEXT).is_some(),
        Preset::Vite => tree.first(&VITE).is_some(),
        Preset::Node => node::starts(tree, config)?,
        Preset::Python => tree.first(&python::MANIFESTS).is_some(),
        Preset::Go => tree.has("go.mod"),
        Preset::Rust => tree.has("Cargo.toml"),
        Preset::Static => tree.has(INDEX),
    })
}

fn detect(preset: Preset, tree: &Tree, config: &Config) -> Result<Detected, Refusal> {
    match preset {
        Preset::Python => python::detect(tree, config),
        Preset::Go => compiled::go(tree, config),
        Preset::Rust => compiled::rust(tree, config),
        _ => node::detect(preset, tree, config),
    }
}

fn image(config: &Config) -> Result<BuildPlan, Refusal> {
    let image = config.build.image.clone().ok_or_else(refuse::no_image)?;
    let why = chosen(config, "`build.image` says what runs".into());
    Ok(BuildPlan {
        image: Some(image),
        ..BuildPlan::of(Preset::Image, why)
    })
}

fn dockerfile(tree: &Tree, config: &Config) -> Result<BuildPlan, Refusal> {
    let name = &config.build.dockerfile;
    match tree.has(name) {
        true => {
            let why = chosen(config, format!("the repository has `{name}`"));
            Ok(BuildPlan::of(Preset::Dockerfile, why))
        }
        false => Err(refuse::no_dockerfile(tree, &config.build)),
    }
}

fn files(tree: &Tree, config: &Config) -> BuildPlan {
    let output = config.build.output.clone();
    let found = match tree.has(INDEX) {
        true => "index.html, and nothing to build",
        false => "nothing to build",
    };
    BuildPlan {
        output: Some(output.unwrap_or_else(|| ".".into())),
        ..BuildPlan::of(Preset::Static, chosen(config, found.into()))
    }
}

fn generated(detected: &Detected, config: &Config) -> BuildPlan {
    BuildPlan {
        install: detected.install.clone(),
        build: detected.build.clone(),
        start: detected.start.as_ref().map(ToString::to_string),
        output: detected.output.clone(),
        dockerfile: Some(preset::dockerfile(detected, config)),
        ..BuildPlan::of(detected.preset, detected.why.clone())
    }
}

/// `found`, unless the person chose it.
fn chosen(config: &Config, found: String) -> String {
    match config.build.preset {
        PresetChoice::Auto => found,
        PresetChoice::Is(preset) => format!("`build.preset` says `{}`", preset.word()),
    }
}

/// What the person said of a step, else the preset's own; an empty one leaves the step out.
fn step(said: &Option<String>, own: Option<String>) -> Option<String> {
    let step = said.clone().or(own);
    step.filter(|line| !line.trim().is_empty())
}

fn base(config: &Config, name: &str) -> String {
    let usual = || BASES.iter().find(|(n, _)| *n == name).map(|(_, i)| *i);
    let set = config.build.images.get(name).map(String::as_str);
    set.or_else(usual).unwrap_or_default().to_owned()
}

/// What starts it: the person's word, the line `web:` of a Procfile, else what the language says.
fn start(tree: &Tree, config: &Config, own: impl FnOnce() -> Option<Start>) -> Option<Start> {
    let said = config
        .build
        .start
        .as_deref()
        .filter(|s| !s.trim().is_empty());
    let procfile = || tree.text("Procfile").and_then(text::web_line);
    said.or_else(procfile).map(Start::read).or_else(own)
}
