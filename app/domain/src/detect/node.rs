//! Next.js, Vite, and whatever else `package.json` starts.

use super::{Detected, NEXT, Start, Tree, VITE, base, chosen, refuse, start, step, text};
use crate::config::{Config, Preset};
use crate::refusal::Refusal;
use serde_json::Value;

const MANIFEST: &str = "package.json";
/// Installing runs these, and they may need any file.
const AT_INSTALL: [&str; 5] = [
    "preinstall",
    "install",
    "postinstall",
    "prepare",
    "prepublish",
];
/// So does an install that works on more than one package, or patches some.
const MANY: [&str; 5] = [
    "pnpm-workspace.yaml",
    "lerna.json",
    "patches/",
    ".yarn/",
    ".pnp.cjs",
];
/// Dependencies that are part of the repository.
const LOCAL: [&str; 5] = ["file:", "link:", "portal:", "patch:", "workspace:"];
const DEPENDENCIES: [&str; 4] = [
    "dependencies",
    "devDependencies",
    "optionalDependencies",
    "peerDependencies",
];

/// Who installs, by the lock file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manager {
    Npm,
    Pnpm,
    Yarn,
    Bun,
}

impl Manager {
    fn of(tree: &Tree) -> (Manager, Option<&'static str>) {
        let locks = [
            ("pnpm-lock.yaml", Manager::Pnpm),
            ("yarn.lock", Manager::Yarn),
            ("bun.lock", Manager::Bun),
            ("bun.lockb", Manager::Bun),
            ("package-lock.json", Manager::Npm),
            ("npm-shrinkwrap.json", Manager::Npm),
        ];
        let found = locks.into_iter().find(|(lock, _)| tree.has(lock));
        found.map_or((Manager::Npm, None), |(lock, who)| (who, Some(lock)))
    }

    const fn word(self) -> &'static str {
        match self {
            Manager::Npm => "npm",
            Manager::Pnpm => "pnpm",
            Manager::Yarn => "yarn",
            Manager::Bun => "bun",
        }
    }

    const fn base(self) -> &'static str {
        match self {
            Manager::Bun => "bun",
            _ => "node",
        }
    }

    fn install(self, locked: bool, package: &Package<'_>, tree: &Tree) -> String {
        // What `package.json` names, and every newer Yarn, is fetched by Node's own corepack.
        let modern = package.0.get("packageManager").is_some() || tree.has(".yarnrc.yml");
        match self {
            Manager::Npm if locked => "npm ci",
            Manager::Npm => "npm install",
            Manager::Pnpm => "corepack enable && pnpm install --frozen-lockfile",
            Manager::Yarn if modern => "corepack enable && yarn install --immutable",
            Manager::Yarn => "yarn install --frozen-lockfile",
            Manager::Bun => "bun install --frozen-lockfile",
        }
        .to_owned()
    }

    const fn prune(self) -> Option<&'static str> {
        match self {
            Manager::Npm => Some("npm prune --omit=dev"),
            Manager::Pnpm => Some("pnpm prune --prod"),
            Manager::Yarn | Manager::Bun => None,
        }
    }
}

/// `package.json`, read.
struct Package<'t>(&'t serde_json::Map<String, Value>);

impl Package<'_> {
    fn script(&self, name: &str) -> Option<&str> {
        let script = self.0.get("scripts")?.get(name)?.as_str()?;
        (!script.trim().is_empty()).then_some(script)
    }

    fn has(&self, group: &str) -> bool {
        self.0.get(group).is_some_and(|v| match v {
            Value::Object(all) => !all.is_empty(),
            Value::Array(all) => !all.is_empty(),
            _ => false,
        })
    }

    /// What an install reads is in the manifests alone.
    fn installs_alone(&self, tree: &Tree) -> bool {
        let hooks = AT_INSTALL.iter().any(|hook| self.script(hook).is_some());
        let versions = DEPENDENCIES
            .iter()
            .filter_map(|group| self.0.get(*group)?.as_object())
            .flat_map(|all| all.values().filter_map(Value::as_str));
        let local = |version: &str| LOCAL.iter().any(|sign| version.starts_with(sign));
        let mut versions = versions;
        !hooks && !self.has("workspaces") && tree.first(&MANY).is_none() && !versions.any(local)
    }
}

/// Whether there is something to start here, or to serve.
pub(super) fn starts(tree: &Tree, config: &Config) -> Result<bool, Refusal> {
    let Some(json) = json(tree, config)? else {
        return Ok(false);
    };
    let start = start(tree, config, || {
        Package(&json).script("start").map(Start::read)
    });
    Ok(config.build.output.is_some() || start.is_some())
}

pub(super) fn detect(preset: Preset, tree: &Tree, config: &Config) -> Result<Detected, Refusal> {
    let json = json(tree, config)?.ok_or_else(|| refuse::missing(preset, MANIFEST, tree))?;
    let package = Package(&json);
    let (manager, lock) = Manager::of(tree);
    let output = output(preset, tree, config);
    let start = match &output {
        Some(_) => None,
        None => Some(starting(preset, tree, config, &package, manager)?),
    };
    let image = base(config, manager.base());
    Ok(Detected {
        preset,
        why: chosen(config, why(preset, tree, &package)),
        manifests: manifests(tree, config, &package, lock),
        install: step(
            &config.build.install,
            Some(manager.install(lock.is_some(), &package, tree)),
        ),
        build: step(&config.build.command, build(preset, &package, manager)),
        prune: prune(config, &package, manager, start.as_ref()),
        start,
        output,
        build_image: image.clone(),
        run_image: image,
    })
}

fn why(preset: Preset, tree: &Tree, package: &Package<'_>) -> String {
    match preset {
        Preset::Nextjs => format!(
            "the repository has `{}`",
            tree.first(&NEXT).unwrap_or(NEXT[0])
        ),
        Preset::Vite => format!(
            "the repository has `{}`",
            tree.first(&VITE).unwrap_or(VITE[0])
        ),
        _ if package.script("start").is_some() => format!("{MANIFEST} has a start script"),
        _ => format!("the repository has `{MANIFEST}`"),
    }
}

/// Copied first when that is enough; a person's own install may need anything.
fn manifests(
    tree: &Tree,
    config: &Config,
    package: &Package<'_>,
    lock: Option<&str>,
) -> Vec<String> {
    if config.build.install.is_some() || !package.installs_alone(tree) {
        return vec![];
    }
    let mut names = vec![MANIFEST.to_owned()];
    names.extend(lock.map(str::to_owned));
    names.extend(tree.present(&[".npmrc", ".yarnrc", ".yarnrc.yml"]));
    names
}

fn build(preset: Preset, package: &Package<'_>, manager: Manager) -> Option<String> {
    match (package.script("build"), preset) {
        (Some(_), _) => Some(format!("{} run build", manager.word())),
        (None, Preset::Nextjs) => Some("next build".into()),
        (None, Preset::Vite) => Some("vite build".into()),
        _ => None,
    }
}

/// What is served instead of started.
fn output(preset: Preset, tree: &Tree, config: &Config) -> Option<String> {
    if config.build.output.is_some() {
        return config.build.output.clone();
    }
    let file = |names| tree.first(names).and_then(|name| tree.text(name));
    match preset {
        Preset::Vite if config.build.start.is_none() => {
            let set = file(&VITE).and_then(|text| text::quoted_after(text, "outDir"));
            let inside = set.filter(|dir| crate::config::is_folder(dir));
            Some(inside.unwrap_or("dist").to_owned())
        }
        Preset::Nextjs => {
            let exports = file(&NEXT).and_then(|text| text::quoted_after(text, "output"));
            (exports == Some("export")).then(|| "out".to_owned())
        }
        _ => None,
    }
}

fn starting(
    preset: Preset,
    tree: &Tree,
    config: &Config,
    package: &Package<'_>,
    manager: Manager,
) -> Result<Start, Refusal> {
    let own = || match preset {
        Preset::Nextjs => Some(Start::of(&["next", "start"])),
        _ => None,
    };
    let script = || {
        package
            .script("start")
            .map(|script| run(script, package, tree, manager))
            .or_else(own)
    };
    start(tree, config, script)
        .ok_or_else(|| refuse::no_start(preset, "start script in package.json and no `Procfile`"))
}

/// The script itself where it stands alone: then the app and not its package manager gets the
/// signal to end.
fn run(script: &str, package: &Package<'_>, tree: &Tree, manager: Manager) -> Start {
    let hooked = package.script("prestart").is_some() || package.script("poststart").is_some();
    let needs_manager = hooked
        || script.contains("npm_")
        || script.chars().any(char::is_control)
        || tree.has(".pnp.cjs");
    match needs_manager {
        true => Start::of(&[manager.word(), "run", "start"]),
        false => Start::read(script),
    }
}

/// Only for a plain `node file`: anything else may start by a tool that only development has.
fn prune(
    config: &Config,
    package: &Package<'_>,
    manager: Manager,
    start: Option<&Start>,
) -> Option<String> {
    let plain =
        matches!(start, Some(Start::Words(words)) if words.len() == 2 && words[0] == "node");
    let wanted = plain && package.has("devDependencies") && config.build.install.is_none();
    manager.prune().filter(|_| wanted).map(str::to_owned)
}

fn json(tree: &Tree, config: &Config) -> Result<Option<serde_json::Map<String, Value>>, Refusal> {
    let Some(text) = tree.text(MANIFEST) else {
        return Ok(None);
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let wrong = |sentence: String, place: String| {
        Refusal {
            code: "package_json_invalid".into(),
            ..Refusal::invalid(&place, sentence)
        }
        .way_out("Correct it, or choose another `build.preset`.")
    };
    let file = match config.build.root.as_str() {
        "." => MANIFEST.to_owned(),
        root => format!("{}/{MANIFEST}", root.trim_end_matches('/')),
    };
    match serde_json::from_str(text) {
        Ok(Value::Object(all)) => Ok(Some(all)),
        Ok(_) => Err(wrong(
            format!("`{file}` at {} is not an object.", tree.commit),
            file,
        )),
        Err(error) => {
            let place = format!(
                "{file} at {}, line {}, column {}",
                tree.commit,
                error.line(),
                error.column()
            );
            let said = error.to_string();
            let said = said.split(" at line ").next().unwrap_or_default();
            Err(wrong(format!("`{file}` is not valid JSON: {said}."), place))
        }
    }
}
