//! A generated Dockerfile. Two stages: one that builds, and one that holds what the start needs,
//! run by somebody who is not root. What installs is copied before the rest, so that a change of
//! the code alone finds it in the cache. `CMD` is always in its exec form.
//!
//! A person's command is the container's business, and nothing else's: whatever a Dockerfile
//! could read into it (a continued line, a flag, a here-document) is kept out by the exec form.

mod line;
#[cfg(test)]
mod tests;

use crate::config::{Config, Preset};
use crate::detect::Detected;
use line::{cmd, copy, own, run};

/// Where a static build's files lie in the image that they are taken out of.
pub const SITE: &str = "/site";
/// Who the official images of Node and Bun know as their user.
const NODE_USER: &str = "1000:1000";
const NOBODY: &str = "65532:65532";

/// The text for what was detected. Not for [`Preset::Image`], [`Preset::Dockerfile`] and [`Preset::Static`], which have none.
pub fn dockerfile(detected: &Detected, config: &Config) -> String {
    let mut lines = vec![
        format!("# {}: {}.", detected.preset.title(), detected.why),
        "# Written by Sealdock. A Dockerfile in the repository takes its place.".to_owned(),
    ];
    lines.extend(build_stage(detected, config));
    lines.push(String::new());
    lines.extend(match &detected.output {
        Some(output) => site_stage(output),
        None => run_stage(detected, config),
    });
    lines.join("\n") + "\n"
}

fn build_stage(detected: &Detected, config: &Config) -> Vec<String> {
    let mut lines = vec![
        format!("FROM {} AS build", detected.build_image),
        // What stays of this stage as a cache is ours, and can be told from what is not.
        "LABEL sealdock.stage=build".to_owned(),
        "WORKDIR /app".to_owned(),
    ];
    lines.extend(building(detected.preset).map(str::to_owned));
    lines.extend(config.build.args.keys().map(|name| format!("ARG {name}")));
    if detected.preset == Preset::Python {
        lines.push("RUN python -m venv /venv".to_owned());
    }
    if !detected.manifests.is_empty() {
        lines.push(copy(&detected.manifests));
        lines.extend(install_first(detected));
    }
    lines.push("COPY . .".to_owned());
    if detected.manifests.is_empty() {
        lines.extend(detected.install.as_deref().map(run));
    }
    lines.extend(detected.build.as_deref().map(run));
    lines.extend(detected.prune.as_deref().map(run));
    lines
}

/// Cargo wants to see a target before it fetches: one stands in for the code until that comes.
fn install_first(detected: &Detected) -> Vec<String> {
    let install = detected.install.iter();
    match detected.preset {
        Preset::Rust => install
            .map(|fetch| {
                own(&format!(
                    "mkdir src && touch src/main.rs src/lib.rs && {fetch} && rm -r src"
                ))
            })
            .collect(),
        _ => install.map(|line| run(line)).collect(),
    }
}

const fn building(preset: Preset) -> Option<&'static str> {
    match preset {
        Preset::Nextjs => Some("ENV PATH=/app/node_modules/.bin:$PATH NEXT_TELEMETRY_DISABLED=1"),
        Preset::Vite | Preset::Node => Some("ENV PATH=/app/node_modules/.bin:$PATH"),
        Preset::Python => Some("ENV PATH=/venv/bin:$PATH"),
        // Then the program needs no C library of its own.
        Preset::Go => Some("ENV CGO_ENABLED=0"),
        // Outside of what the last stage copies.
        Preset::Rust => Some("ENV CARGO_TARGET_DIR=/target"),
        Preset::Image | Preset::Dockerfile | Preset::Static => None,
    }
}

/// Nothing but the files: they are taken out and served by the data plane.
fn site_stage(output: &str) -> Vec<String> {
    let clean: Vec<_> = output
        .split('/')
        .filter(|p| !matches!(*p, "" | "."))
        .collect();
    let from = format!("/app/{}/", clean.join("/")).replace("//", "/");
    let pair = serde_json::json!([from, format!("{SITE}/")]);
    vec![
        "FROM scratch".to_owned(),
        format!("COPY --from=build {pair}"),
    ]
}

fn run_stage(detected: &Detected, config: &Config) -> Vec<String> {
    let (env, user) = running(detected.preset);
    let mut lines = vec![format!("FROM {}", detected.run_image)];
    lines.extend(env.map(str::to_owned));
    match detected.preset {
        Preset::Python => lines.push("COPY --from=build /venv /venv".to_owned()),
        Preset::Go | Preset::Rust => {
            lines.push("COPY --from=build /out/bin/ /usr/local/bin/".to_owned());
        }
        _ => {}
    }
    lines.extend([
        // Programs read templates and the like at run time, so all of it goes along.
        format!("COPY --from=build --chown={user} /app /app"),
        "WORKDIR /app".to_owned(),
        format!("USER {user}"),
        format!("EXPOSE {}", config.port),
    ]);
    lines.extend(detected.start.as_ref().map(cmd));
    lines
}

const fn running(preset: Preset) -> (Option<&'static str>, &'static str) {
    match preset {
        Preset::Python => (Some("ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1"), NOBODY),
        Preset::Go | Preset::Rust => (None, NOBODY),
        _ => (
            Some("ENV PATH=/app/node_modules/.bin:$PATH NODE_ENV=production"),
            NODE_USER,
        ),
    }
}
