//! Python: what installs, and which program serves.

use super::{Detected, Start, Tree, base, chosen, refuse, start, step, text};
use crate::config::{Config, Preset};
use crate::refusal::Refusal;

pub(super) const MANIFESTS: [&str; 2] = ["requirements.txt", "pyproject.toml"];
const PROGRAMS: [&str; 4] = ["main.py", "app.py", "server.py", "wsgi.py"];

pub(super) fn detect(tree: &Tree, config: &Config) -> Result<Detected, Refusal> {
    let found = tree.first(&MANIFESTS);
    let start = match &config.build.output {
        Some(_) => None,
        None => Some(starting(tree, config)?),
    };
    let image = base(config, "python");
    Ok(Detected {
        preset: Preset::Python,
        why: chosen(
            config,
            format!("the repository has `{}`", found.unwrap_or(MANIFESTS[0])),
        ),
        manifests: manifests(tree, config),
        install: step(&config.build.install, install(tree)),
        build: step(&config.build.command, None),
        prune: None,
        start,
        output: config.build.output.clone(),
        build_image: image.clone(),
        run_image: image,
    })
}

fn install(tree: &Tree) -> Option<String> {
    let packages = tree.text(MANIFESTS[1]).is_some_and(is_package);
    match () {
        () if tree.has(MANIFESTS[0]) => {
            Some("pip install --no-cache-dir -r requirements.txt".into())
        }
        () if packages => Some("pip install --no-cache-dir .".into()),
        () => None,
    }
}

/// One that only configures tools has nothing to install.
fn is_package(pyproject: &str) -> bool {
    let known = ["[project]", "[build-system]", "[tool.poetry]"];
    text::toml(pyproject).any(|entry| known.contains(&entry.table))
}

/// Requirements may name files beside them, and a project is installed from all of it.
fn manifests(tree: &Tree, config: &Config) -> Vec<String> {
    let alone = |line: &str| {
        let line = line.trim_start();
        !line.starts_with('-') && !line.starts_with('.') && !line.contains("file:")
    };
    match tree.text(MANIFESTS[0]) {
        Some(text) if config.build.install.is_none() && text.lines().all(alone) => {
            vec![MANIFESTS[0].to_owned()]
        }
        _ => vec![],
    }
}

fn starting(tree: &Tree, config: &Config) -> Result<Start, Refusal> {
    let own = || django(tree).or_else(|| program(tree));
    start(tree, config, own).ok_or_else(|| {
        refuse::no_start(
            Preset::Python,
            "`Procfile`, `manage.py`, `main.py`, `app.py`, `server.py` or `wsgi.py`",
        )
    })
}

fn django(tree: &Tree) -> Option<Start> {
    let manage = tree.text("manage.py")?;
    let settings = manage.lines().find_map(|line| {
        let (_, rest) = line.split_once("DJANGO_SETTINGS_MODULE")?;
        rest.split(['\'', '"'])
            .find(|part| part.ends_with(".settings"))
    });
    let site = settings?.strip_suffix(".settings")?;
    let fine = text::is_word(site) && requires(tree, "gunicorn");
    Some(match fine {
        true => Start::of(&["gunicorn", &format!("{site}.wsgi")]),
        false => on_port("python manage.py runserver 0.0.0.0:"),
    })
}

fn program(tree: &Tree) -> Option<Start> {
    let file = tree.first(&PROGRAMS)?;
    let module = file.trim_end_matches(".py");
    let text = tree.text(file).unwrap_or_default();
    let asgi = ["FastAPI(", "Starlette("]
        .iter()
        .find_map(|c| name_of(text, c));
    let wsgi = name_of(text, "Flask(");
    Some(match (asgi, wsgi) {
        (Some(name), _) if requires(tree, "uvicorn") || requires(tree, "fastapi[standard]") => {
            on_port(&format!("uvicorn {module}:{name} --host 0.0.0.0 --port "))
        }
        (_, Some(name)) if requires(tree, "gunicorn") => {
            Start::of(&["gunicorn", &format!("{module}:{name}")])
        }
        _ => Start::of(&["python", file]),
    })
}

/// The shell hands over to the server itself, so that the signal to end reaches it.
fn on_port(line: &str) -> Start {
    Start::Line(format!("exec {line}${{PORT}}"))
}

/// `app` of `app = FastAPI(`, at the beginning of a line.
fn name_of<'t>(text: &'t str, call: &str) -> Option<&'t str> {
    text.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        let name = name.split(':').next().unwrap_or(name).trim_end();
        (value.trim_start().starts_with(call) && text::is_word(name)).then_some(name)
    })
}

/// Named in what is installed; extras and versions may follow.
fn requires(tree: &Tree, package: &str) -> bool {
    let named = |text: &str| {
        text.lines().any(|line| {
            let line = line.trim().trim_start_matches(['"', '\'']).to_lowercase();
            let rest = line.strip_prefix(package);
            rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-'))
        })
    };
    MANIFESTS.iter().filter_map(|f| tree.text(f)).any(named)
}
