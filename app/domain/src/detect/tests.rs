//! Files in, plans and sentences out.

use super::*;
use crate::config::parse;
use expect_test::{Expect, expect};

/// What was looked at, as the engine would have looked: only what is wanted has a text.
pub(crate) fn looked(files: &[(&str, &str)], file: &str) -> (Tree, Config) {
    let config = Config::resolve(&[&parse(file.as_bytes()).expect("the file is right")]);
    let mut tree = Tree {
        commit: "3f2a91c".into(),
        names: files.iter().map(|(name, _)| (*name).to_owned()).collect(),
        texts: BTreeMap::new(),
    };
    let wanted = tree.wanted(&config);
    let read = files.iter().filter(|(name, _)| wanted.contains(name));
    tree.texts = read
        .map(|(n, t)| ((*n).to_owned(), (*t).to_owned()))
        .collect();
    (tree, config)
}

fn planned(files: &[(&str, &str)], file: &str) -> Result<BuildPlan, Refusal> {
    let (tree, config) = looked(files, file);
    plan(&tree, &config)
}

/// One case in a few lines: the title, the steps, or the refusal with its place.
fn told(files: &[(&str, &str)], file: &str) -> String {
    match planned(files, file) {
        Ok(plan) => {
            let steps = plan.steps();
            let steps = steps
                .iter()
                .map(|(name, step)| format!("    {name}: {step}\n"));
            format!("{}\n{}", plan.title(), steps.collect::<String>())
        }
        Err(no) => format!("[{}] {no}\n", no.place.as_deref().unwrap_or_default()),
    }
}

fn check(cases: &[(&[(&str, &str)], &str)], expected: Expect) {
    let all: Vec<_> = cases
        .iter()
        .map(|(files, file)| told(files, file))
        .collect();
    expected.assert_eq(&all.concat());
}

const START: &str = r#"{"scripts": {"start": "node server.js"}}"#;
const BUILT: &str = r#"{"scripts": {"start": "next start", "build": "next build"}, "dependencies": {"next": "15"}}"#;

#[test]
fn p6_the_order_is_that_of_the_table() {
    let everything = [
        ("Dockerfile", "FROM scratch"),
        ("next.config.mjs", ""),
        ("vite.config.ts", ""),
        ("package.json", START),
        ("requirements.txt", ""),
        ("main.py", ""),
        ("go.mod", ""),
        ("main.go", ""),
        ("Cargo.toml", "[package]\nname = \"app\"\n"),
        ("index.html", ""),
    ];
    // Each time without what decided before: package.json goes with Node, main.py with Python.
    let from = [0, 1, 2, 3, 4, 6, 8, 9];
    let titles: Vec<_> = from
        .into_iter()
        .map(|from| {
            let manifest = [("package.json", START)];
            let rest = &everything[from..];
            let beside = if from < 3 { &manifest[..] } else { &[] };
            planned(&[rest, beside].concat(), "")
                .expect("a plan")
                .title()
        })
        .collect();
    expect![[r#"
        Dockerfile: the repository has `Dockerfile`
        Next.js: the repository has `next.config.mjs`
        Vite: the repository has `vite.config.ts`
        Node.js: package.json has a start script
        Python: the repository has `requirements.txt`
        Go: the repository has `go.mod`
        Rust: the repository has `Cargo.toml`
        Static files: index.html, and nothing to build"#]]
    .assert_eq(&titles.join("\n"));
}

#[test]
fn p6_each_package_manager_is_known_by_its_lock_file() {
    let locks = [
        "package-lock.json",
        "pnpm-lock.yaml",
        "yarn.lock",
        "bun.lock",
    ];
    let plans = locks.map(|lock| {
        told(
            &[("package.json", BUILT), ("next.config.js", ""), (lock, "")],
            "",
        )
    });
    let berry = told(
        &[
            ("package.json", START),
            ("yarn.lock", ""),
            (".yarnrc.yml", ""),
        ],
        "",
    );
    let none = told(&[("package.json", START)], "");
    expect![[r#"
        Next.js: the repository has `next.config.js`
            Install: npm ci
            Build: npm run build
            Start: next start
        Next.js: the repository has `next.config.js`
            Install: corepack enable && pnpm install --frozen-lockfile
            Build: pnpm run build
            Start: next start
        Next.js: the repository has `next.config.js`
            Install: yarn install --frozen-lockfile
            Build: yarn run build
            Start: next start
        Next.js: the repository has `next.config.js`
            Install: bun install --frozen-lockfile
            Build: bun run build
            Start: next start
        Node.js: package.json has a start script
            Install: corepack enable && yarn install --immutable
            Start: node server.js
        Node.js: package.json has a start script
            Install: npm install
            Start: node server.js
    "#]]
    .assert_eq(&(plans.concat() + &berry + &none));
}

#[test]
fn p6_vite_and_a_next_export_are_served_from_where_they_are_left() {
    check(
        &[
            (
                &[
                    ("package.json", "{}"),
                    ("vite.config.ts", "export default {}"),
                ],
                "",
            ),
            (
                &[
                    ("package.json", "{}"),
                    ("vite.config.js", "build: {\n outDir: 'build/web',\n}"),
                ],
                "",
            ),
            (
                &[
                    ("package.json", "{}"),
                    ("vite.config.js", "outDir: '../elsewhere'"),
                ],
                "",
            ),
            (
                &[
                    ("package.json", BUILT),
                    ("next.config.js", "output: 'export'"),
                ],
                "",
            ),
            (
                &[("package.json", r#"{"scripts": {"build": "eleventy"}}"#)],
                "build: {output: _site}",
            ),
        ],
        expect![[r#"
            Vite: the repository has `vite.config.ts`
                Install: npm install
                Build: vite build
                Serve: dist
            Vite: the repository has `vite.config.js`
                Install: npm install
                Build: vite build
                Serve: build/web
            Vite: the repository has `vite.config.js`
                Install: npm install
                Build: vite build
                Serve: dist
            Next.js: the repository has `next.config.js`
                Install: npm install
                Build: npm run build
                Serve: out
            Node.js: the repository has `package.json`
                Install: npm install
                Build: npm run build
                Serve: _site
        "#]],
    );
}

#[test]
fn p6_python_starts_by_what_it_is_made_with() {
    let fastapi = "from fastapi import FastAPI\napi: FastAPI = FastAPI()\n";
    let manage = "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')";
    check(
        &[
            (&[("requirements.txt", ""), ("app.py", "print(1)")], ""),
            (
                &[
                    ("requirements.txt", "fastapi\nuvicorn[standard]>=0.30\n"),
                    ("main.py", fastapi),
                ],
                "",
            ),
            (
                &[
                    ("requirements.txt", "Flask\ngunicorn==23\n"),
                    ("wsgi.py", "app = Flask(__name__)"),
                ],
                "",
            ),
            (
                &[
                    ("requirements.txt", "django\ngunicorn\n"),
                    ("manage.py", manage),
                ],
                "",
            ),
            (
                &[("requirements.txt", "django\n"), ("manage.py", manage)],
                "",
            ),
            (
                &[
                    ("pyproject.toml", "[project]\nname='a'\n"),
                    ("Procfile", "web: serve --all\n"),
                ],
                "",
            ),
            (&[("pyproject.toml", "[tool.ruff]\n"), ("main.py", "")], ""),
            (&[("requirements.txt", "")], ""),
        ],
        expect![[r#"
            Python: the repository has `requirements.txt`
                Install: pip install --no-cache-dir -r requirements.txt
                Start: python app.py
            Python: the repository has `requirements.txt`
                Install: pip install --no-cache-dir -r requirements.txt
                Start: exec uvicorn main:api --host 0.0.0.0 --port ${PORT}
            Python: the repository has `requirements.txt`
                Install: pip install --no-cache-dir -r requirements.txt
                Start: gunicorn wsgi:app
            Python: the repository has `requirements.txt`
                Install: pip install --no-cache-dir -r requirements.txt
                Start: gunicorn shop.wsgi
            Python: the repository has `requirements.txt`
                Install: pip install --no-cache-dir -r requirements.txt
                Start: exec python manage.py runserver 0.0.0.0:${PORT}
            Python: the repository has `pyproject.toml`
                Install: pip install --no-cache-dir .
                Start: serve --all
            Python: the repository has `pyproject.toml`
                Start: python main.py
            [build.start] Python it is, but nothing says what to start: there is no `Procfile`, `manage.py`, `main.py`, `app.py`, `server.py` or `wsgi.py`. Add one, or set `build.start` in sealdock.yml.
        "#]],
    );
}

#[test]
fn p6_go_and_rust_are_one_program() {
    check(
        &[
            (&[("go.mod", ""), ("go.sum", ""), ("main.go", "")], ""),
            (
                &[
                    ("go.mod", ""),
                    ("cmd/", ""),
                    ("cmd/shop/", ""),
                    ("cmd/README.md", ""),
                ],
                "",
            ),
            (
                &[("go.mod", ""), ("cmd/", ""), ("cmd/a/", ""), ("cmd/b/", "")],
                "",
            ),
            (&[("go.mod", ""), ("a_test.go", "")], ""),
            (
                &[("go.mod", ""), ("vendor/", ""), ("a.go", "")],
                "build: {start: app --web}",
            ),
            (
                &[
                    ("Cargo.toml", "[package]\nname = \"shop\"\n"),
                    ("Cargo.lock", ""),
                ],
                "",
            ),
            (
                &[(
                    "Cargo.toml",
                    "[package]\nname='shop'\ndefault-run='web'\n[[bin]]\nname='job'\n",
                )],
                "",
            ),
            (&[("Cargo.toml", "[workspace]\nmembers=['a']\n")], ""),
        ],
        expect![[r#"
            Go: the repository has `go.mod`
                Install: go mod download
                Build: go build -trimpath -o /out/bin/app .
                Start: app
            Go: the repository has `go.mod`
                Install: go mod download
                Build: go build -trimpath -o /out/bin/app ./cmd/shop
                Start: app
            [build.command] `cmd/` has several programs: a, b. Set `build.command` in sealdock.yml, as `go build -o /out/bin/app ./cmd/server`.
            [build.command] There is `go.mod`, but no Go program beside it and none in `cmd/`. Set `build.command` in sealdock.yml, as `go build -o /out/bin/app ./cmd/server`.
            Go: the repository has `go.mod`
                Build: go build -trimpath -o /out/bin/app .
                Start: app --web
            Rust: the repository has `Cargo.toml`
                Install: cargo fetch --locked
                Build: cargo install --locked --path . --root /out
                Start: shop
            Rust: the repository has `Cargo.toml`
                Install: cargo fetch
                Build: cargo install --path . --root /out
                Start: web
            [build.root] `Cargo.toml` is of a workspace, and does not say which package runs. Name the package's directory with `build.root`, or set `build.command` (programs go to `/out/bin`) and `build.start`.
        "#]],
    );
}

#[test]
fn p6_a_start_that_needs_a_shell_or_a_manager_gets_one() {
    let package = |scripts: &str| format!(r#"{{"scripts": {{{scripts}}}}}"#);
    let cases = [
        r#""start": "NODE_ENV=production node a.js""#,
        r#""start": "node a.js", "prestart": "node b.js""#,
        r#""start": "node $npm_package_main""#,
        r#""start": "a\nb""#,
    ];
    let told: Vec<_> = cases
        .iter()
        .map(|scripts| told(&[("package.json", &package(scripts))], ""))
        .collect();
    expect![[r#"
        Node.js: package.json has a start script
            Install: npm install
            Start: NODE_ENV=production node a.js
        Node.js: package.json has a start script
            Install: npm install
            Start: npm run start
        Node.js: package.json has a start script
            Install: npm install
            Start: npm run start
        Node.js: package.json has a start script
            Install: npm install
            Start: npm run start
    "#]]
    .assert_eq(&told.concat());
}

#[test]
fn p6_what_the_file_says_wins() {
    check(
        &[
            (
                &[("package.json", START), ("Procfile", "web: node web.js")],
                "build: {install: npm install --force, command: make, start: node x.js}",
            ),
            (
                &[("package.json", START), ("Procfile", "web: node web.js")],
                "",
            ),
            (
                &[("package.json", START)],
                "build: {install: '', command: ''}",
            ),
            (
                &[("Dockerfile", ""), ("package.json", START)],
                "build: {preset: node}",
            ),
            (
                &[("index.html", ""), ("package.json", START)],
                "build: {preset: static, output: public}",
            ),
            (
                &[("package.json", START), ("index.html", "")],
                "build: {preset: python, start: python x.py}",
            ),
        ],
        expect![[r#"
            Node.js: package.json has a start script
                Install: npm install --force
                Build: make
                Start: node x.js
            Node.js: package.json has a start script
                Install: npm install
                Start: node web.js
            Node.js: package.json has a start script
                Start: node server.js
            Node.js: `build.preset` says `node`
                Install: npm install
                Start: node server.js
            Static files: `build.preset` says `static`
                Serve: public
            Python: `build.preset` says `python`
                Start: python x.py
        "#]],
    );
}

#[test]
fn p6_every_no_has_its_place_and_its_way_out() {
    let odd = r#"{"scripts": {"test": "x"}}"#;
    check(
        &[
            (&[("README.md", "")], ""),
            (&[("package.json", odd)], "build: {root: web}"),
            (&[("package.json", "{\n  \"scripts\": {,\n}")], ""),
            (&[("package.json", "[]")], "build: {root: web}"),
            (&[("vite.config.ts", "")], ""),
            (&[("index.html", "")], "build: {preset: dockerfile}"),
            (
                &[("index.html", "")],
                "build: {dockerfile: deploy/Dockerfile}",
            ),
            (&[("package.json", odd)], "build: {preset: node}"),
            (&[("Dockerfile", "")], "build: {install: npm ci}"),
            (&[("Dockerfile", "")], "build: {output: dist}"),
            (
                &[("index.html", "")],
                "build: {preset: static, command: make}",
            ),
            (
                &[("package.json", START)],
                "build: {output: dist, start: node a.js}",
            ),
            (&[("a.txt", "")], "build: {preset: rust}"),
        ],
        expect![[r#"
            [build.preset] The repository at 3f2a91c has nothing that says how to build it. Looked for, in this order: `Dockerfile`, `next.config.*`, `vite.config.*`, `package.json` with a start script, `requirements.txt` or `pyproject.toml`, `go.mod`, `Cargo.toml`, `index.html`. Add one of them, name the project's directory with `build.root`, or choose with `build.preset` in sealdock.yml.
            [build.preset] The repository at 3f2a91c, in `web`, has nothing that says how to build it. Looked for, in this order: `Dockerfile`, `next.config.*`, `vite.config.*`, `package.json` with a start script, `requirements.txt` or `pyproject.toml`, `go.mod`, `Cargo.toml`, `index.html`. `package.json` is there, but has no start script. Add one of them, name the project's directory with `build.root`, or choose with `build.preset` in sealdock.yml.
            [package.json at 3f2a91c, line 2, column 15] `package.json` is not valid JSON: key must be a string. Correct it, or choose another `build.preset`.
            [web/package.json] `web/package.json` at 3f2a91c is not an object. Correct it, or choose another `build.preset`.
            [build.preset] Vite needs `package.json`, and the repository has none at 3f2a91c. Add it, name the project's directory with `build.root`, or choose another `build.preset`.
            [build.dockerfile] The repository has no `Dockerfile` at 3f2a91c. Add one, choose another revision, or name yours with `build.dockerfile` in sealdock.yml.
            [build.dockerfile] The repository has no `deploy/Dockerfile` at 3f2a91c. Add one, choose another revision, or name yours with `build.dockerfile` in sealdock.yml.
            [build.start] Node.js it is, but nothing says what to start: there is no start script in package.json and no `Procfile`. Add one, or set `build.start` in sealdock.yml.
            [build.install] `build.install` has no effect: the repository's Dockerfile is what builds. Remove it, or choose another `build.preset`.
            [build.output] `build.output` has no effect: the repository's Dockerfile is what builds. Remove it, or choose another `build.preset`.
            [build.command] `build.command` has no effect: static files are served as they are. Remove it, or choose the `build.preset` that builds them, with `build.output`.
            [build.start] `build.start` has no effect: `build.output` is served as static files, without a container. Remove one of the two.
            [build.preset] Rust needs `Cargo.toml`, and the repository has none at 3f2a91c. Add it, name the project's directory with `build.root`, or choose another `build.preset`.
        "#]],
    );
}

#[test]
fn p6_only_what_decides_is_read() {
    let wanted = |names: &[&str], file: &str| {
        let files: Vec<_> = names.iter().map(|n| (*n, "")).collect();
        let (tree, config) = looked(&files, file);
        (tree.wanted(&config), tree.wanted_directory(&config))
    };
    assert_eq!(wanted(&["Dockerfile", "package.json"], ""), (vec![], None));
    assert_eq!(
        wanted(&["package.json", "a.js", "go.mod", "cmd/"], ""),
        (vec!["package.json"], Some("cmd/"))
    );
    assert_eq!(
        wanted(&["Dockerfile", "package.json"], "build: {preset: node}").0,
        ["package.json"]
    );
}

#[test]
fn p16_a_vite_page_gets_its_shell_under_every_path_unless_somebody_says_no() {
    let plan = planned(&[("vite.config.ts", ""), ("package.json", "{}")], "").expect("a plan");
    let said = parse(b"spa: false\n").expect("right");
    let config = |over: &[&ConfigPatch]| Config::resolve(&[&[&plan.defaults()], over].concat());
    assert_eq!((config(&[]).spa, config(&[&said]).spa), (true, false));
}
