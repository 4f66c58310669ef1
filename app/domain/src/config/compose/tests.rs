//! Whole files, and what becomes of them.

use super::*;
use crate::config::to_yaml;
use expect_test::{Expect, expect};

fn values(pairs: &[(&str, &str)]) -> Values {
    let own = |(n, v): &(&str, &str)| ((*n).to_owned(), (*v).to_owned());
    pairs.iter().map(own).collect()
}

fn said(text: &str, given: &[(&str, &str)]) -> String {
    let composed = match read(text.as_bytes(), &values(given)) {
        Ok(composed) => composed,
        Err(errors) => return format!("refused\n{errors}"),
    };
    let service = |s: &Service| {
        let from = match &s.made_from {
            MadeFrom::Repository => "repository".to_owned(),
            MadeFrom::Image { reference, local } => {
                format!("{reference}{}", if *local { " (here)" } else { "" })
            }
        };
        let notes: String = s.notes.iter().map(|n| format!("  # {n}\n")).collect();
        let yaml = to_yaml(&s.config);
        let yaml: String = yaml.lines().map(|l| format!("  {l}\n")).collect();
        format!("{} at line {}: {from}\n{yaml}{notes}", s.name, s.line)
    };
    let services: String = composed.services.iter().map(service).collect();
    let left = composed.left_out.iter();
    let left: String = left
        .map(|l| format!("{}: {}\n", l.place(), l.sentence))
        .collect();
    format!("{services}--\n{left}")
}

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&said(text, &[]));
}

#[test]
fn p20_what_sealdock_has_is_taken_over() {
    check(
        r#"
name: shop
services:
  web:
    build:
      context: ./web
      dockerfile: deploy/Dockerfile
      args: [NODE_ENV=production]
    ports: ["8080:3000", "9229:9229"]
    environment:
      API_URL: http://api.example
      RETRIES: 3
      PORT: 3000
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost:3000/health"]
      timeout: 5s
      interval: 10s
    deploy:
      replicas: 2
      resources:
        limits: { cpus: "0.5", memory: 256M }
        reservations: { memory: 64M }
  api:
    image: registry.example/api:1.4
    pull_policy: never
    expose: ["8000"]
    command: python -m "my app" --port 8000
    environment: [MODE=fast, TOKEN]
    healthcheck:
      test: wget -qO- http://127.0.0.1:8001/ready || exit 1
"#,
        expect![[r#"
            web at line 4: repository
              build:
                dockerfile: deploy/Dockerfile
                root: web
                args:
                  NODE_ENV: production
              port: 3000
              env:
                API_URL: "http://api.example"
                RETRIES: "3"
              replicas: 2
              resources:
                cpus: 0.5
                memory: 256MiB
              health:
                path: /health
                probe_timeout_ms: 5000
            api at line 23: registry.example/api:1.4 (here)
              port: 8000
              command: [python, "-m", "my app", "--port", "8000"]
              env:
                MODE: fast
              health:
                path: /ready
                port: 8001
            --
            line 9, column 13: services.web.ports[0]: No port of the machine is opened: the app is reached by its host name, through the proxy.
            line 9, column 26: services.web.ports[1]: No port of the machine is opened: the app is reached by its host name, through the proxy.
            line 9, column 26: services.web.ports[1]: An app is asked at one port; this one is not reached from outside.
            line 13, column 7: services.web.environment.PORT: Sealdock sets PORT to the port that the app is asked at.
            line 17, column 7: services.web.healthcheck.interval: Sealdock asks at its own pace: after 2 good answers in a row an instance is healthy, within 60 s.
            line 22, column 9: services.web.deploy.resources.reservations: Nothing is reserved: only limits hold.
            line 28, column 30: services.api.environment.TOKEN: Its value would come from the shell of whoever starts Compose. Write `NAME: ${NAME}` and give the value here, or set it in the project.
        "#]],
    );
}

#[test]
fn p20_everything_else_is_named_with_its_place() {
    check(
        r#"version: "3.8"
services:
  db:
    image: postgres:17
    restart: always
    volumes: [data:/var/lib/postgresql/data]
    networks: [back]
    depends_on: [web]
    environmnt: {A: 1}
    privileged: false
    network_mode: bridge
    healthcheck:
      test: ["CMD-SHELL", "pg_isready"]
  web:
    build: .
    entrypoint: /start.sh
    ports:
      - { target: 80, published: 8080 }
      - 53:53/udp
      - 3000-3005
volumes: { data: {} }
networks: { back: {} }
"#,
        expect![[r#"
            db at line 3: postgres:17
              # It names no port, so it is expected to listen on 8080, which it gets as PORT.
              # It has no HTTP health check, so `GET /` has to answer 2xx.
              # `postgres` speaks no HTTP and keeps data, so it would never become healthy as a project, and would lose its data with its container. A service that is linked to the project is the better home: leave this one out.
            web at line 14: repository
              build:
                root: "."
              port: 80
              entrypoint: [/start.sh]
              # It has no HTTP health check, so `GET /` has to answer 2xx.
            --
            line 1, column 1: version: Nothing reads it any more, Compose included.
            line 5, column 5: services.db.restart: Sealdock starts again what ends by itself, and says so.
            line 6, column 5: services.db.volumes: Nothing is mounted: what it writes goes with its container at the next deployment. Keep data in a service that is made for it.
            line 7, column 5: services.db.networks: Each project has a network of its own: give one service the address of another as a variable.
            line 8, column 5: services.db.depends_on: Projects start by themselves, in no order: let the app try again until what it needs answers.
            line 9, column 5: services.db.environmnt: There is no such key here. Did you mean `environment`?
            line 11, column 5: services.db.network_mode: Each project has a network and namespaces of its own.
            line 13, column 7: services.db.healthcheck.test: Only a check that asks over HTTP can be taken over, such as `curl -f http://localhost:8080/health`: Sealdock asks from outside.
            line 18, column 23: services.web.ports[0].published: No port of the machine is opened: the app is reached by its host name, through the proxy.
            line 19, column 9: services.web.ports[1]: Only HTTP over TCP is forwarded to an app.
            line 20, column 9: services.web.ports[2]: An app is asked at one port; this one is not reached from outside.
            line 21, column 1: volumes: No volumes are made: keep data in a service that is made for it.
            line 22, column 1: networks: Each project has a network of its own: give one service the address of another as a variable.
        "#]],
    );
}

#[test]
fn p20_what_would_take_the_machine_is_refused_with_its_place() {
    check(
        "services:
  a:
    image: a:1
    privileged: true
  b:
    image: b:1
    network_mode: host
    pid: host
  c:
    image: c:1
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock:ro
  d:
    image: d:1
    volumes: [{type: bind, source: /run/docker.sock, target: /s}]
  e:
    restart: always
  f:
    build: ../outside
  g:
    image: '-rf'
    environment: {SEALDOCK_X: 1}
    deploy: {replicas: many}
",
        expect![[r#"
            refused
            `services.a.privileged` asks for the whole machine at line 4, column 17; leave it out: no app here runs with more than Docker's usual capabilities
            `services.b.network_mode` asks for the host's own at line 7, column 19; leave it out: each app here has namespaces of its own
            `services.b.pid` asks for the host's own at line 8, column 10; leave it out: each app here has namespaces of its own
            `services.c.volumes` mounts the docker.sock of the machine at line 12, column 7; leave it out: with it the service could do everything that Sealdock can, to every app
            `services.d.volumes` mounts the docker.sock of the machine at line 15, column 14; leave it out: with it the service could do everything that Sealdock can, to every app
            `services.e` has neither `image` nor `build` at line 16, column 3; say which image it runs, or what builds it
            `services.f.build` leads out of the repository at line 19, column 12; name a directory of the repository, as `./api`
            `-rf` is not the name of an image at line 21, column 12; write it like `registry.example.org/team/node:22`
            `services.g.deploy.replicas` is not a whole number at line 23, column 24; write it like `2`"#]],
    );
}

#[test]
fn p20_variables_get_their_values_and_those_without_are_named() {
    let text = r#"services:
  web:
    image: "web:${TAG:-1}"
    environment:
      A: ${GIVEN}
      B: $GIVEN-b
      C: ${EMPTY-default}
      D: ${EMPTY:-default}
      E: $${GIVEN}
      F: ${GIVEN:+there}
      G: "${MISSING}!"
"#;
    let given = [("GIVEN", "x"), ("EMPTY", "")];
    expect![[r#"
        web at line 2: web:1
          env:
            A: x
            B: x-b
            C: ""
            D: default
            E: "${GIVEN}"
            F: there
            G: "!"
          # It names no port, so it is expected to listen on 8080, which it gets as PORT.
          # It has no HTTP health check, so `GET /` has to answer 2xx.
        --
        line 11, column 10: services.web.environment.G: `${MISSING}` has no value here, so it is empty. Give it one among the variables.
    "#]].assert_eq(&said(text, &given));
    check(
        "services: {web: {image: 'a:${TAG:?say which}', command: '${A', environment: {B: '${C:-${D}}'}}}",
        expect![[r#"
            refused
            `TAG` has no value: say which at line 1, column 25; give it one among the variables
            `${A` is no variable at line 1, column 57; write `${NAME}`, `${NAME:-default}`, or `$$` for a dollar sign
            `` can't be taken apart into words at line 1, column 57; write it as a list: `[npm, start]`
            `${C:-${D}` is no variable at line 1, column 81; write `${NAME}`, `${NAME:-default}`, or `$$` for a dollar sign"#]],
    );
}

#[test]
fn p20_anchors_and_merges_are_followed_within_limits() {
    check(
        "x-common: &common
  environment: &env {MODE: fast}
  restart: always
services:
  a:
    <<: *common
    image: a:1
  b:
    <<: [*common, {expose: [9000]}]
    image: b:1
    environment: {<<: *env, MODE: slow, MORE: 1}
",
        expect![[r#"
            a at line 5: a:1
              env:
                MODE: fast
              # It names no port, so it is expected to listen on 8080, which it gets as PORT.
              # It has no HTTP health check, so `GET /` has to answer 2xx.
            b at line 8: b:1
              port: 9000
              env:
                MODE: slow
                MORE: "1"
              # It has no HTTP health check, so `GET /` has to answer 2xx.
            --
            line 3, column 3: services.a.restart: Sealdock starts again what ends by itself, and says so.
            line 3, column 3: services.b.restart: Sealdock starts again what ends by itself, and says so.
        "#]],
    );
    let mut bomb = String::from("x-a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for n in 1..10 {
        let all = vec![format!("*a{}", n - 1); 10].join(", ");
        bomb += &format!("x-a{n}: &a{n} [{all}]\n");
    }
    bomb += "services: {a: {image: a}}\n";
    check(
        &bomb,
        expect![[r#"
            refused
            the file holds more than 10,000 values at line 4, column 47; move data out of the configuration"#]],
    );
    check(
        "services: &s {a: *s}",
        expect![[r#"
            refused
            an alias (`*name`) is used here at line 1, column 18; write the value out in full"#]],
    );
}

#[test]
fn p20_a_file_that_is_none_is_refused() {
    for text in [
        "",
        "a: 1",
        "services: {}",
        "- a",
        "services:\n  a: 1",
        "a: [",
        "services: {a: !x {image: b}}",
    ] {
        assert!(said(text, &[]).starts_with("refused"), "{text}");
    }
    let long = format!("#{}\nservices: {{a: {{image: a}}}}", "x".repeat(MAX_BYTES));
    assert!(said(&long, &[]).contains("longer than 256 KiB"));
    let many: String = (0..=MAX_SERVICES)
        .map(|n| format!("  s{n}: {{image: a}}\n"))
        .collect();
    assert!(said(&format!("services:\n{many}"), &[]).contains("at most 20"));
}
