//! Files in, plans and sentences out.

mod said;

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
