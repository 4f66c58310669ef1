//! The whole of it: files in, sentences and configurations out.

mod crons;
mod properties;
mod sentences;

use super::*;
use expect_test::expect;

fn resolved(file: &str) -> Config {
    let patch = parse(file.as_bytes()).expect("the file is right");
    Config::resolve(&[&patch])
}

const EVERYTHING: &str = "\
# all of it
source: { submodules: true, lfs: false }
build:
  preset: node
  image: ghcr.io/acme/shop@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
  dockerfile: deploy/Dockerfile
  root: services/web
  install: npm ci
  command: npm run build && npm test
  start: node server.js --port '80'
  output: dist/web
  images: { node: 'node:22-slim', run: null }
  args: { NODE_ENV: production }
  timeout_s: 900
  memory: 4GiB
  cpus: 3
  pids: 512
  secrets: [NPM_TOKEN]
port: 3000
entrypoint: [tini, --]
command: [npm, start, --port, '3000']
env:
  LOG_LEVEL: info
  VERSION: 1.10
  EMPTY: \"\"
  GONE: null
secrets: [DATABASE_PASSWORD]
replicas: 3
resources:
  cpus: 0.5
  memory: 1.5GiB
health: { path: /healthz, port: 3001, successes: 3, timeout_s: 120, probe_timeout_ms: 500, statuses: [401, 403] }
drain_s: 0
max_hold_s: 20
exclusive: [gpu, \"port:25565\", 'volume:data', device:/dev/ttyUSB0]
spa: true
crons:
  - name: cleanup
    schedule: '30 3 * * mon-fri'
    timezone: Europe/Berlin
    command: [rake, \"db:cleanup\"]
    overlap: queue
    timeout_s: 60
  - { name: beat, schedule: '@hourly', http: /beat }
";

#[test]
fn reads_every_field() {
    expect![[r#"
        source:
          submodules: true
          lfs: false
        build:
          preset: node
          image: "ghcr.io/acme/shop@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
          dockerfile: deploy/Dockerfile
          root: services/web
          install: "npm ci"
          command: "npm run build && npm test"
          start: "node server.js --port '80'"
          output: dist/web
          images:
            node: "node:22-slim"
            run: null
          args:
            NODE_ENV: production
          timeout_s: 900
          memory: 4GiB
          cpus: 3
          pids: 512
          secrets: [NPM_TOKEN]
        port: 3000
        entrypoint: [tini, "--"]
        command: [npm, start, "--port", "3000"]
        env:
          EMPTY: ""
          GONE: null
          LOG_LEVEL: info
          VERSION: "1.10"
        secrets: [DATABASE_PASSWORD]
        replicas: 3
        resources:
          cpus: 0.5
          memory: 1536MiB
        health:
          path: /healthz
          port: 3001
          successes: 3
          timeout_s: 120
          probe_timeout_ms: 500
          statuses: [401, 403]
        drain_s: 0
        max_hold_s: 20
        exclusive: [gpu, "port:25565", "volume:data", "device:/dev/ttyUSB0"]
        spa: true
        crons: [{name: cleanup, schedule: "30 3 * * mon-fri", timezone: Europe/Berlin, command: [rake, "db:cleanup"], overlap: queue, timeout_s: 60}, {name: beat, schedule: "@hourly", http: /beat}]
    "#]]
    .assert_eq(&to_yaml(
        &parse(EVERYTHING.as_bytes()).expect("it is right"),
    ));
}

#[test]
fn every_field_of_the_table_is_in_that_file() {
    let patch = parse(EVERYTHING.as_bytes()).expect("it is right");
    for field in fields() {
        assert!(
            field.get(&patch).is_some(),
            "{} has no place in the structs, or no line in the test",
            field.path
        );
    }
}

#[test]
fn every_example_of_the_table_is_accepted() {
    for field in fields() {
        let file = match field.path.split_once('.') {
            None => format!("{}: {}", field.path, field.example),
            Some((group, name)) => format!("{group}:\n  {name}: {}", field.example),
        };
        let patch = parse(file.as_bytes()).unwrap_or_else(|e| panic!("{file}: {e}"));
        assert!(field.get(&patch).is_some(), "{file}");
    }
}

#[test]
fn nothing_said_means_the_defaults() {
    for file in [
        "",
        "\n\n",
        "# only a comment\n",
        "---\n",
        "\u{feff}",
        "---\n...\n",
    ] {
        assert_eq!(resolved(file), Config::default(), "{file:?}");
    }
    assert_eq!(validate(&ConfigPatch::from(&Config::default())), Ok(()));
}

#[test]
fn an_error_names_its_field() {
    let errors = parse(b"health: {path: x}\nenv: {PORT: 1}\n").expect_err("two wrong");
    let paths: Vec<&str> = errors.0.iter().map(|e| e.path.as_str()).collect();
    assert_eq!(paths, ["health.path", "env.PORT"]);
}

#[test]
fn a_request_is_held_to_the_rules_of_the_file() {
    let patch: ConfigPatch =
        serde_json::from_str(r#"{"port": 0, "health": {"path": "x"}, "env": {"PORT": "1"}}"#)
            .expect("it is a patch");
    expect![[r#"
        `port` cannot be 0; choose a value from 1 to 65535
        in `env`, `PORT` is reserved: Sealdock sets it to the port to listen on; remove it, and set the field `port` instead
        in `health.path`, `x` does not start with `/`; write it like `/healthz`, with `%20` for a space"#]].assert_eq(&validate(&patch).expect_err("all wrong").to_string());
}

#[test]
fn later_patches_win_and_names_merge() {
    let file = parse(b"port: 3000\ncommand: [a]\nenv: {A: file, B: file}\nhealth: {path: /up}\n")
        .expect("right");
    let person =
        parse(b"port: 4000\ncommand: []\nenv: {B: null, C: person}\nhealth: {successes: 5}\n")
            .expect("right");
    let config = Config::resolve(&[&file, &person]);
    assert_eq!((config.port, config.command), (4000, None));
    assert_eq!(
        config.env,
        [("A", "file"), ("C", "person")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into()
    );
    assert_eq!(
        (config.health.path.as_str(), config.health.successes),
        ("/up", 5)
    );
}

#[test]
fn a_difference_reads_like_the_file() {
    let from = resolved("env: {A: old, B: same, C: gone}\nresources: {memory: 1GiB}\n");
    let to = resolved(
        "command: [npm, start]\nenv: {A: new, B: same, D: added}\nresources: {cpus: 0.5}\nhealth: {port: 81}\nexclusive: [gpu]\n",
    );
    let lines: Vec<String> = diff(&from, &to)
        .iter()
        .map(|c| format!("{} {:?} → {:?}\n", c.path, c.from, c.to))
        .collect();
    expect![[r#"
        command None → Some("[npm, start]")
        env.A Some("old") → Some("new")
        env.C Some("gone") → None
        env.D None → Some("added")
        resources.cpus Some("1") → Some("0.5")
        resources.memory Some("1GiB") → Some("512MiB")
        health.port None → Some("81")
        exclusive Some("[]") → Some("[gpu]")
    "#]]
    .assert_eq(&lines.concat());
    assert_eq!(diff(&to, &to), []);
}

#[test]
fn an_older_snapshot_reads_with_the_defaults_of_today() {
    let config: Config =
        serde_json::from_str(r#"{"port": 3000, "health": {"path": "/up"}}"#).expect("a snapshot");
    assert_eq!(
        (config.port, config.health.successes, config.replicas),
        (3000, 2, 1)
    );
}

#[test]
fn the_schema_knows_every_field_and_no_other() {
    let schema = schema();
    for field in fields() {
        let pointer = format!("/properties/{}", field.path.replace('.', "/properties/"));
        let of_field = schema
            .pointer(&pointer)
            .unwrap_or_else(|| panic!("{} is missing", field.path));
        assert_eq!(of_field["description"], field.sentence);
    }
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(
        schema["properties"]["health"]["additionalProperties"],
        false
    );
    assert_eq!(
        schema["properties"]["resources"]["properties"]["memory"]["default"],
        "512MiB"
    );
}
