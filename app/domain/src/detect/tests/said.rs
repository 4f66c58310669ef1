//! What the file says, and every "no".

use super::*;

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
