//! What the documentation of Tinfoil's file says, row by row: taken over, named, or refused.

use super::*;
use crate::config::Config;

/// Every field that its documentation names.
const WHOLE: &str = r#"cvm-version: 0.7.5
shim-version: v0.3.4@sha256:0000
cpus: 4
memory: 16384
gpus: 1
models:
  - name: weights
containers:
  - name: web
    image: "ghcr.io/acme/shop:v1@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    command: ["--port", 8001]
    entrypoint: [/usr/bin/shop]
    env:
      - LOG_LEVEL: "info"
      - EMPTY:
      - DOMAIN
      - PORT: 8001
    secrets: [API_KEY]
    runtime: nvidia
    gpus: all
    ipc: host
    ports: ["8001:8001"]
    volumes: [/mnt/ramdisk/data:/data]
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost:8001/health"]
      interval: 10s
      timeout: 3s
      retries: 5
      start_period: 60s
shim:
  upstream-port: 8001
  upstream-container: web
  paths:
    - /*
  origins: ["https://shop.example"]
  authenticated: false
"#;

fn said(text: &str) -> Vec<String> {
    let refused = read(text.as_bytes()).expect_err("a fault");
    refused.0.iter().map(ToString::to_string).collect()
}

/// The file with one piece of it written otherwise.
fn with(from: &str, to: &str) -> String {
    assert!(WHOLE.contains(from), "{from}");
    WHOLE.replacen(from, to, 1)
}

#[test]
fn i2_every_documented_field_is_taken_over_or_named() {
    let adopted = read(WHOLE.as_bytes()).expect("a file as documented");
    let config = Config::resolve(&[&adopted.patch]);
    let image = config.build.image.unwrap_or_default();
    assert!(
        image.starts_with("ghcr.io/acme/shop:v1@sha256:aaaa"),
        "{image}"
    );
    assert_eq!(config.entrypoint, Some(vec!["/usr/bin/shop".to_owned()]));
    assert_eq!(
        config.command,
        Some(vec!["--port".to_owned(), "8001".to_owned()])
    );
    let env: Vec<_> = config
        .env
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    assert_eq!(env, [("EMPTY", ""), ("LOG_LEVEL", "info")]);
    assert_eq!(config.secrets, ["API_KEY"]);
    assert_eq!((config.port, config.health.port), (8001, Some(8001)));
    assert_eq!(
        (config.health.path.as_str(), config.health.probe_timeout_ms),
        ("/health", 3000)
    );
    let size = (config.resources.cpus_milli, config.resources.memory_mib);
    assert_eq!(
        (size, config.exclusive),
        ((4000, 16_384), vec![Exclusive::Gpu])
    );
    let left: Vec<_> = adopted.left_out.iter().map(|l| l.path.as_str()).collect();
    assert_eq!(
        left,
        [
            "cvm-version",
            "shim-version",
            "models",
            "containers[0].env.DOMAIN",
            "containers[0].env.PORT",
            "containers[0].ipc",
            "containers[0].ports",
            "containers[0].volumes",
            "containers[0].healthcheck.interval",
            "containers[0].healthcheck.retries",
            "containers[0].healthcheck.start_period",
            "shim.origins",
        ]
    );
}

/// What is refused, and where: once for each rule of the documentation.
#[test]
fn i2_each_documented_violation_is_refused_with_its_place() {
    let digest = format!("@sha256:{}", "a".repeat(64));
    let rows: [(&str, &str, &str); 27] = [
        (
            "cvm-version: 0.7.5\n",
            "",
            "`cvm-version` is missing at line 1",
        ),
        ("cpus: 4\n", "", "`cpus` is missing"),
        ("memory: 16384\n", "", "`memory` is missing"),
        (
            "cpus: 4",
            "cpus: 3",
            "`cpus` is not a size that Tinfoil has at line 3",
        ),
        ("cpus: 4", "cpus: \"4\"", "`cpus` is not a size"),
        ("memory: 16384", "memory: 16GB", "`memory` is not a size"),
        (
            "gpus: 1",
            "gpus: 2",
            "`gpus` is not a size that Tinfoil has at line 5, column 7; write one of 1, 8",
        ),
        ("cpus: 4", "cpus: 4\ncpus: 8", "cpus"),
        ("cpus: 4", "cpsu: 4", "did you mean `cpus`?"),
        ("cpus: 4", "cpus: &n 4", "an anchor"),
        (
            "  - name: web\n    image",
            "  - image",
            "`containers[0].name` is missing",
        ),
        ("name: web", "name: -web", "that is no name of a container"),
        (&digest, "", "has no digest"),
        (&digest, "@sha256:abcd", "has no digest"),
        (
            "entrypoint: [/usr/bin/shop]",
            "entrypoint: /usr/bin/shop",
            "`containers[0].entrypoint` must be a list",
        ),
        ("- DOMAIN", "- 1DOMAIN", "1DOMAIN"),
        (
            "- DOMAIN",
            "- LOG_LEVEL",
            "`LOG_LEVEL` stands in `containers[0].env` twice",
        ),
        ("[API_KEY]", "[API-KEY]", "API-KEY"),
        (
            "[API_KEY]",
            "[API_KEY, API_KEY]",
            "stands in `containers[0].secrets` twice",
        ),
        ("runtime: nvidia", "runtime: runc", "is not a way to a GPU"),
        ("    ipc: host", "    ipcs: host", "did you mean `ipc`?"),
        ("timeout: 3s", "timeout: soon", "is not a time"),
        (
            "  upstream-port: 8001\n",
            "",
            "`shim.upstream-port` is missing",
        ),
        (
            "upstream-port: 8001",
            "upstream-port: 70000",
            "is not a port",
        ),
        ("- /*", "- /v1/chat/completions", "closes paths"),
        (
            "authenticated: false",
            "authenticated: true",
            "asks for keys",
        ),
        (
            "shim:\n",
            "  - name: other\n    image: b\nshim:\n",
            "the file has 2 containers",
        ),
    ];
    for (from, to, sentence) in rows {
        let all = said(&with(from, to));
        assert!(
            all.iter().any(|said| said.contains(sentence)),
            "{to:?}: {all:#?}"
        );
    }
}

#[test]
fn i2_what_is_no_such_file_at_all_is_refused() {
    let two = format!("{WHOLE}---\n{WHOLE}");
    let long = format!("{WHOLE}#{}\n", "x".repeat(1 << 20));
    for (text, sentence) in [
        ("", "is missing"),
        ("[]", "is missing"),
        ("cpus: [", ""),
        (two.as_str(), "document"),
        (long.as_str(), "1 MiB"),
    ] {
        let all = said(text);
        assert!(all.iter().any(|said| said.contains(sentence)), "{all:#?}");
    }
}

proptest::proptest! {
    #[test]
    fn q26_arbitrary_bytes_never_panic(at in 0..WHOLE.len(), bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..9)) {
        let mut text = WHOLE.as_bytes().to_vec();
        text.splice(at..(at + bytes.len()).min(WHOLE.len()), bytes);
        let _ = read(&text);
    }
}
