//! The table of fields: everything that `sealdock.yml` can say.

use super::kind::{Kind, Place, Value};
use super::preset::CHOICES;
use super::{Config, ConfigPatch};
use crate::route::MOST_HELD_S;
use std::sync::LazyLock;

/// One row: how a field is called, what it may hold, and what it is for.
pub struct Field {
    /// As written in the file, with dots between the levels.
    pub path: &'static str,
    /// Which values it takes.
    pub kind: Kind,
    /// A value as one would write it, for sentences and for editors.
    pub example: &'static str,
    /// What it is for, in one sentence.
    pub sentence: &'static str,
    get: fn(&ConfigPatch) -> Option<Value>,
    set: fn(&mut ConfigPatch, Value),
}

impl Field {
    pub(super) fn get(&self, patch: &ConfigPatch) -> Option<Value> {
        (self.get)(patch)
    }

    pub(super) fn set(&self, patch: &mut ConfigPatch, value: Value) {
        (self.set)(patch, value);
    }

    /// The value that holds when nobody says anything; `None` where that depends on others.
    pub(super) fn default(&self) -> Option<Value> {
        static DEFAULTS: LazyLock<ConfigPatch> =
            LazyLock::new(|| ConfigPatch::from(&Config::default()));
        self.get(&DEFAULTS)
    }

    /// The last part of the path.
    pub fn name(&self) -> &'static str {
        self.path.rsplit('.').next().unwrap_or(self.path)
    }
}

/// Every field, in the order of the documentation.
pub fn fields() -> &'static [Field] {
    &FIELDS
}

/// A row; the last part is its place in [`ConfigPatch`].
macro_rules! row {
    ($path:literal, $kind:expr, $example:literal, $sentence:literal, $($place:ident).+) => {
        Field {
            path: $path,
            kind: $kind,
            example: $example,
            sentence: $sentence,
            get: |patch| patch.$($place).+.said(),
            set: |patch, value| patch.$($place).+.put(value),
        }
    };
}

#[rustfmt::skip] // a table is read by its columns
static FIELDS: [Field; 36] = [
    row!("source.submodules", Kind::Flag, "true",
        "Also clone the repositories inside the repository, and those inside them.", source.submodules),
    row!("source.lfs", Kind::Flag, "true",
        "Also fetch the files that Git LFS keeps outside the repository.", source.lfs),
    row!("build.preset", Kind::OneOf(&CHOICES), "auto",
        "What builds the repository; `auto` goes by its files.", build.preset),
    row!("build.image", Kind::Pinned, "ghcr.io/acme/shop@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "An image, with its digest, that runs as it is: nothing is built.", build.image),
    row!("build.dockerfile", Kind::File, "Dockerfile",
        "The Dockerfile to build, relative to `build.root`.", build.dockerfile),
    row!("build.root", Kind::File, "services/web",
        "The project's directory inside the repository, for monorepos.", build.root),
    row!("build.install", Kind::Command, "npm ci",
        "Fetches what the build needs, instead of the preset's own command; `\"\"` for nothing.", build.install),
    row!("build.command", Kind::Command, "npm run build",
        "Builds, instead of the preset's own command; `\"\"` for nothing. Go and Rust: programs go to `/out/bin`.", build.command),
    row!("build.start", Kind::Command, "node server.js",
        "Starts what was built, instead of what was detected.", build.start),
    row!("build.output", Kind::Folder, "dist",
        "The directory that the build leaves, relative to `build.root`: served as static files, without a container.", build.output),
    row!("build.images", Kind::Images, "{node: 'node:22-slim'}",
        "Base images of the presets: `node`, `bun`, `python`, `go`, `rust`, and `run` for programs of Go and Rust.", build.images),
    row!("build.args", Kind::Args, "{NODE_ENV: production}",
        "Public build arguments. They can be read from the image: never put a secret here.", build.args),
    row!("build.timeout_s", Kind::Number { min: 10, max: 86_400 }, "1800",
        "Seconds after which a build is stopped.", build.timeout_s),
    row!("build.memory", Kind::Memory { min_mib: 64, max_mib: TIB }, "2GiB",
        "Memory that a build may use.", build.memory_mib),
    row!("build.cpus", Kind::Cpus { min_milli: 100, max_milli: 256_000 }, "2",
        "CPUs that a build may use; of a busy machine it gets what the apps leave.", build.cpus_milli),
    row!("build.pids", Kind::Number { min: 16, max: 65_536 }, "2048",
        "Processes and threads that a build may have at a time.", build.pids),
    row!("build.secrets", Kind::Names, "[NPM_TOKEN]",
        "Secrets of the organization that the build's steps can mount: `RUN --mount=type=secret,id=NPM_TOKEN …`. They are in no layer.", build.secrets),
    row!("port", Kind::Number { min: 1, max: 65_535 }, "8080",
        "The port that the container listens on; injected as `PORT`.", port),
    row!("entrypoint", Kind::Words, "[/usr/bin/app]",
        "What is run instead of the image's own entrypoint, word by word; `command` follows it, the image's own command does not.", entrypoint),
    row!("command", Kind::Words, "[npm, start]",
        "The command to run instead of the image's own, word by word: no shell is involved.", command),
    row!("env", Kind::Env, "{LOG_LEVEL: info}",
        "Environment variables. Secrets do not belong here: name them under `secrets`.", env),
    row!("secrets", Kind::Names, "[DATABASE_PASSWORD]",
        "Secrets of the organization, given to every instance as variables of the same names; they win over `env`.", secrets),
    row!("replicas", Kind::Number { min: 1, max: 16 }, "1",
        "How many instances run side by side.", replicas),
    row!("resources.cpus", Kind::Cpus { min_milli: 10, max_milli: 256_000 }, "0.5",
        "CPUs that one instance may use.", resources.cpus_milli),
    row!("resources.memory", Kind::Memory { min_mib: 16, max_mib: TIB }, "512MiB",
        "Memory that one instance may use.", resources.memory_mib),
    row!("health.path", Kind::UrlPath, "/healthz",
        "The path that is asked with GET; a 2xx answer is a success.", health.path),
    row!("health.port", Kind::Number { min: 1, max: 65_535 }, "8081",
        "The port that is asked, where it differs from `port`.", health.port),
    row!("health.successes", Kind::Number { min: 1, max: 10 }, "2",
        "Consecutive successes after which an instance is healthy.", health.successes),
    row!("health.timeout_s", Kind::Number { min: 1, max: 3600 }, "60",
        "Seconds within which an instance has to become healthy.", health.timeout_s),
    row!("health.probe_timeout_ms", Kind::Number { min: 100, max: 60_000 }, "2000",
        "Milliseconds that one probe may take.", health.probe_timeout_ms),
    row!("health.statuses", Kind::Statuses, "[401]",
        "Status codes that count as success besides 2xx.", health.statuses),
    row!("drain_s", Kind::Number { min: 0, max: 300 }, "30",
        "Seconds that requests in flight get to finish after the switch.", drain_s),
    row!("max_hold_s", Kind::Number { min: 0, max: MOST_HELD_S as u64 }, "20",
        "Seconds that a request waits for the new version when an update has to stop the old one first; then it is answered 503.", max_hold_s),
    row!("exclusive", Kind::Exclusives, "[gpu, port:25565]",
        "What only one deployment can hold at a time; an update then stops the old one first.", exclusive),
    row!("spa", Kind::Flag, "true",
        "For static sites: paths that do not exist answer with `index.html`.", spa),
    row!("crons", Kind::Crons, "[{name: cleanup, schedule: \"0 3 * * *\", command: [rake, cleanup]}]",
        "What happens at set times: a command inside an instance, or a signed POST to one.", crons),
];

const TIB: u64 = 1024 * 1024;
