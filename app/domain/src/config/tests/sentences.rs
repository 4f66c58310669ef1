//! Every "no" that a file can get, word for word.

use super::*;
use expect_test::Expect;

/// Reads each file and prints what a person would be told.
fn check(files: &[&str], expected: Expect) {
    let told: String = files
        .iter()
        .map(|file| format!("{}\n{}\n", abridged(file), told(file)))
        .collect();
    expected.assert_eq(&told);
}

fn abridged(file: &str) -> String {
    let shown: String = file.chars().take(80).collect();
    format!("{shown:?}{}", if file.len() > 80 { "…" } else { "" })
}

fn told(file: &str) -> String {
    let said = match parse(file.as_bytes()) {
        Ok(patch) => to_yaml(&patch),
        Err(errors) => errors.to_string(),
    };
    said.lines().map(|line| format!("    {line}\n")).collect()
}

#[test]
fn unknown_fields_name_the_nearest_one() {
    check(
        &[
            "spa: true\nreplicas: 2\nprot: 80\n",
            "health:\n  pth: /\n  statuses: []\n",
            "cpus: 2\n",
            "image: nginx\n",
            "<<: {port: 1}\n",
        ],
        expect![[r#"
            "spa: true\nreplicas: 2\nprot: 80\n"
                unknown field `prot` at line 3, column 1; did you mean `port`?

            "health:\n  pth: /\n  statuses: []\n"
                unknown field `health.pth` at line 2, column 3; did you mean `health.path`?

            "cpus: 2\n"
                unknown field `cpus` at line 1, column 1; did you mean `resources.cpus`?

            "image: nginx\n"
                unknown field `image` at line 1, column 1; did you mean `build.image`?

            "<<: {port: 1}\n"
                unknown field `<<` at line 1, column 1; known here are `source`, `build`, `port`, `entrypoint`, `command`, `env`, `secrets`, `replicas`, `resources`, `health`, `drain_s`, `max_hold_s`, `exclusive`, `spa`, `crons`

        "#]],
    );
}

#[test]
fn what_means_two_things_is_refused() {
    check(
        &[
            "port: 1\nspa: true\nport: 2\n",
            "env:\n  A: 1\n  A: 2\n",
            "env: &e {A: x}\nbuild:\n  args: *e\n",
            "build:\n  args: *nowhere\n",
            "port: !!str 80\n",
            "port: 80\n---\nport: 81\n",
            "? [a, b]\n: 1\n",
        ],
        expect![[r#"
            "port: 1\nspa: true\nport: 2\n"
                `port` is set a second time at line 3, column 1; keep one of them: the first is at line 1

            "env:\n  A: 1\n  A: 2\n"
                `env.A` is set a second time at line 3, column 3; keep one of them: the first is at line 2

            "env: &e {A: x}\nbuild:\n  args: *e\n"
                an anchor (`&name`) is set here at line 1, column 6; leave it out, and write repeated values out in full
                an alias (`*name`) is used here at line 3, column 9; write the value out in full

            "build:\n  args: *nowhere\n"
                an alias (`*name`) is used here at line 2, column 9; write the value out in full

            "port: !!str 80\n"
                a tag (`!name`) is used here at line 1, column 7; leave it out: every field knows its own type

            "port: 80\n---\nport: 81\n"
                a second document starts at line 2, column 1; keep one document: remove the `---` and what follows

            "? [a, b]\n: 1\n"
                a name cannot be a list or a group at line 1, column 3; write it as `name: value`

        "#]],
    );
}

#[test]
fn what_is_not_yaml_has_a_place() {
    check(
        &[
            "- port: 80\n",
            "just words\n",
            "port: [80\n",
            "port: 80\n spa: true\n",
            "port: \"80\n",
            "env:\n\tA: b\n",
        ],
        expect![[r#"
            "- port: 80\n"
                the file must consist of fields, not of a list at line 1, column 1; start with a line like `port: 8080`

            "just words\n"
                the file must consist of fields, not of `just words` at line 1, column 1; start with a line like `port: 8080`

            "port: [80\n"
                the file is not valid YAML (while parsing a flow sequence, expected ',' or ']') at line 2, column 1; check indentation, quotes and brackets there

            "port: 80\n spa: true\n"
                the file is not valid YAML (mapping values are not allowed in this context) at line 2, column 5; check indentation, quotes and brackets there

            "port: \"80\n"
                the file is not valid YAML (while scanning a quoted scalar, found unexpected end of stream) at line 1, column 7; check indentation, quotes and brackets there

            "env:\n\tA: b\n"
                the file is not valid YAML (tabs disallowed within this context (block indentation)) at line 2, column 2; check indentation, quotes and brackets there

        "#]],
    );
}

#[test]
fn numbers_and_flags_say_what_is_right() {
    check(
        &[
            "port: eighty\n",
            "port: \"80\"\n",
            "port: 080\n",
            "port: -1\n",
            "port: 70000\n",
            "port:\n",
            "port: null\n",
            "replicas: 17\n",
            "replicas: 99999999999999999999\n",
            "drain_s: 301\n",
            "max_hold_s: 61\n",
            "spa: yes\n",
            "spa: \"true\"\n",
        ],
        expect![[r#"
            "port: eighty\n"
                `port` must be a whole number, not `eighty` at line 1, column 7; write it like `port: 8080`

            "port: \"80\"\n"
                `port` must be a whole number, not text in quotes at line 1, column 7; write it like `port: 8080`

            "port: 080\n"
                `port` must be a whole number, not `080` at line 1, column 7; write it like `port: 8080`

            "port: -1\n"
                `port` must be a whole number, not `-1` at line 1, column 7; write it like `port: 8080`

            "port: 70000\n"
                `port` cannot be 70000 at line 1, column 7; choose a value from 1 to 65535

            "port:\n"
                `port` must be a whole number, not empty at line 1, column 1; write it like `port: 8080`

            "port: null\n"
                `port` must be a whole number, not `null` at line 1, column 7; write it like `port: 8080`

            "replicas: 17\n"
                `replicas` cannot be 17 at line 1, column 11; choose a value from 1 to 16

            "replicas: 99999999999999999999\n"
                `replicas` must be a whole number, not `99999999999999999999` at line 1, column 11; write it like `replicas: 1`

            "drain_s: 301\n"
                `drain_s` cannot be 301 at line 1, column 10; choose a value from 0 to 300

            "max_hold_s: 61\n"
                `max_hold_s` cannot be 61 at line 1, column 13; choose a value from 0 to 60

            "spa: yes\n"
                `spa` must be `true` or `false`, not `yes` at line 1, column 6; write it like `spa: true`

            "spa: \"true\"\n"
                `spa` must be `true` or `false`, not text in quotes at line 1, column 6; write it like `spa: true`

        "#]],
    );
}

#[test]
fn sizes_say_what_is_right() {
    check(
        &[
            "resources: 2\n",
            "resources: {cpus: 300, memory: 512}\n",
            "resources: {cpus: half, memory: 2TiB}\n",
            "resources: {cpus: [1], memory: {MiB: 5}}\n",
        ],
        expect![[r#"
            "resources: 2\n"
                `resources` must be a group of fields, not `2` at line 1, column 12; put fields below it: `cpus`, `memory`

            "resources: {cpus: 300, memory: 512}\n"
                `resources.cpus` cannot be 300 at line 1, column 19; choose a value from 0.01 to 256
                in `resources.memory`, `512` is a size without a unit at line 1, column 32; name the unit: `512MiB` (MiB, GiB and TiB are known)

            "resources: {cpus: half, memory: 2TiB}\n"
                in `resources.cpus`, `half` is not a number of CPUs at line 1, column 19; write it like `0.5` or `2`, with at most three decimals
                `resources.memory` cannot be 2TiB at line 1, column 33; choose a value from 16MiB to 1TiB

            "resources: {cpus: [1], memory: {MiB: 5}}\n"
                `resources.cpus` must be a number of CPUs, not a list at line 1, column 19; write it like `cpus: 0.5`
                `resources.memory` must be an amount of memory, not a group of fields at line 1, column 32; write it like `memory: 512MiB`

        "#]],
    );
}

#[test]
fn texts_and_lists_say_what_is_right() {
    check(
        &[
            "command: npm start\n",
            "command: [npm, [start]]\n",
            "build: {dockerfile: ../Dockerfile, root: /srv}\n",
            "health: {path: healthz, statuses: [204, 99, x], timeout_s: 0}\n",
            "health: {statuses: [401, 401]}\n",
            "exclusive: [gpus, port:0, gpu]\n",
            "exclusive: [gpu, gpu]\n",
        ],
        expect![[r#"
            "command: npm start\n"
                `command` must be a list, not `npm start` at line 1, column 10; write it like `command: [npm, start]`

            "command: [npm, [start]]\n"
                `command` must be text, not a list at line 1, column 16; write it like `command: [npm, start]`

            "build: {dockerfile: ../Dockerfile, root: /srv}\n"
                in `build.dockerfile`, `../Dockerfile` leads out of the repository at line 1, column 21; write a path relative to the repository, as `services/web`
                in `build.root`, `/srv` starts at the root of the machine at line 1, column 42; write a path relative to the repository, as `services/web`

            "health: {path: healthz, statuses: [204, 99, x], timeout_s: 0}\n"
                in `health.path`, `healthz` does not start with `/` at line 1, column 16; write it like `/healthz`, with `%20` for a space
                in `health.statuses`, 204 counts as success anyway at line 1, column 36; leave it out: 2xx is always accepted
                in `health.statuses`, 99 is not a final HTTP status at line 1, column 41; choose codes from 300 to 599
                `health.statuses` must be a list of status codes, not `x` at line 1, column 45; write it like `statuses: [401]`
                `health.timeout_s` cannot be 0 at line 1, column 60; choose a value from 1 to 3600

            "health: {statuses: [401, 401]}\n"
                in `health.statuses`, `401` is listed twice at line 1, column 20; keep one of them

            "exclusive: [gpus, port:0, gpu]\n"
                in `exclusive`, `gpus` is not an exclusive resource at line 1, column 13; write `gpu`, `device:/dev/…`, `port:…` or `volume:…`
                in `exclusive`, `port:0` is not an exclusive resource at line 1, column 19; name a port from 1 to 65535, as `port:25565`

            "exclusive: [gpu, gpu]\n"
                in `exclusive`, `gpu` is listed twice at line 1, column 12; keep one of them

        "#]],
    );
}

#[test]
fn environments_are_checked_name_by_name() {
    let long = format!("env: {{A: {}}}\n", "x".repeat(32 * 1024 + 1));
    check(
        &[
            "env: {PORT: 80, HOST: x, SEALDOCK_ID: 1, 1A: x, A-B: y, OK: fine}\n",
            "env: {A: [1], B: , C: {}}\n",
            "env: [A=1]\n",
            "build: {args: {PORT: 80}}\n",
            &long,
        ],
        expect![[r#"
            "env: {PORT: 80, HOST: x, SEALDOCK_ID: 1, 1A: x, A-B: y, OK: fine}\n"
                in `env`, `PORT` is reserved: Sealdock sets it to the port to listen on at line 1, column 7; remove it, and set the field `port` instead
                in `env`, `HOST` is reserved: Sealdock sets it to the address to listen on at line 1, column 17; remove it
                in `env`, `SEALDOCK_ID` is reserved: Sealdock sets names that start with `SEALDOCK_` at line 1, column 26; choose another name
                in `env`, `1A` is not a name for a variable at line 1, column 42; use letters, digits and `_`, and do not start with a digit
                in `env`, `A-B` is not a name for a variable at line 1, column 49; use letters, digits and `_`, and do not start with a digit

            "env: {A: [1], B: , C: {}}\n"
                in `env`, `A` must be text, not a list at line 1, column 10; write one line of text; put structure into JSON in quotes
                in `env`, `B` has no value at line 1, column 15; write `""` for an empty one, or `null` to remove the name
                in `env`, `C` must be text, not a group of fields at line 1, column 23; write one line of text; put structure into JSON in quotes

            "env: [A=1]\n"
                `env` must be names with values, not a list at line 1, column 6; write it like `env: {LOG_LEVEL: info}`

            "build: {args: {PORT: 80}}\n"
                build:
                  args:
                    PORT: "80"

            "env: {A: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"…
                in `env`, a value is longer than 32 KiB at line 1, column 10; put it into a file of the image or into a volume

        "#]],
    );
}

#[test]
fn limits_hold() {
    let names: String = (0..257).map(|i| format!("  N{i}: x\n")).collect();
    check(
        &[
            &format!("env:\n{names}"),
            &format!("spa: true\n{}", "#".repeat(MAX_FILE_BYTES)),
            &"[".repeat(100_000),
            &format!("command: [{}]", "x,".repeat(20_000)),
        ],
        expect![[r#"
            "env:\n  N0: x\n  N1: x\n  N2: x\n  N3: x\n  N4: x\n  N5: x\n  N6: x\n  N7: x\n  N8: x\n  N"…
                in `env`, 257 names are set at line 2, column 3; set at most 256

            "spa: true\n######################################################################"…
                the file is longer than 1 MiB at line 2, column 1048567; move data out of the configuration

            "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["…
                the file is nested too deeply at line 1, column 256; no field needs more than three levels

            "command: [x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,"…
                the file holds more than 10,000 values at line 1, column 20005; move data out of the configuration

        "#]],
    );
    let wrong: String = (0..100).map(|i| format!("unknown{i}: 1\n")).collect();
    let errors = parse(wrong.as_bytes()).expect_err("all unknown");
    assert_eq!(errors.0.len(), MAX_ERRORS);
}

#[test]
fn bytes_that_are_not_text_have_a_place() {
    let error = |bytes: &[u8]| parse(bytes).expect_err("not text").to_string();
    expect!["the file is not UTF-8 text at line 2, column 10; save it as UTF-8"]
        .assert_eq(&error(b"port: 80\nenv: {\xc3\xa9: \xff}\n"));
    check(
        &["port: 80\n\0prot: 1\n"],
        expect![[r#"
        "port: 80\n\0prot: 1\n"
            the file holds the control character U+0000 at line 2, column 1; remove it, or write it as an escape in double quotes

    "#]],
    );
}
