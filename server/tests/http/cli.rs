//! The command line as scripts use it: the real executable against a real socket.

use crate::support::client::Server;
use crate::support::views::deployment_id;
use domain::deployment::Phase;
use server::limits::Limits;
use server::serve;
use std::net::SocketAddr;
use std::process::Output;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::process::Command;

struct World {
    server: Server,
    address: SocketAddr,
    home: TempDir,
}

/// What a command did: exit code, standard output, standard error.
struct Did(i32, String, String);

impl World {
    async fn start() -> Self {
        let server = Server::start().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (router, stop) = (server.router.clone(), server.stop.clone());
        tokio::spawn(async move { serve::serve(listener, router, &Limits::default(), stop).await });
        Self {
            server,
            address,
            home: tempfile::tempdir().unwrap(),
        }
    }

    async fn run(&self, who: &str, arguments: &[&str]) -> Did {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sealdock"));
        command
            .args(arguments)
            .env_clear()
            .current_dir(self.home.path());
        command
            .env("HOME", self.home.path())
            .env("PATH", "/usr/bin:/bin");
        if !who.is_empty() {
            command
                .env("SEALDOCK_URL", format!("http://{}", self.address))
                .env("SEALDOCK_TOKEN", format!("sd_{who}"));
        }
        let Output {
            status,
            stdout,
            stderr,
        } = command
            .stdin(std::process::Stdio::null())
            .output()
            .await
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Did(status.code().unwrap(), text(stdout), text(stderr))
    }

    async fn developer(&self, line: &str) -> Did {
        self.run("developer", &line.split(' ').collect::<Vec<_>>())
            .await
    }
}

#[tokio::test]
async fn x22_login_remembers_and_every_later_command_knows() {
    let world = World::start().await;
    let url = format!("http://{}/", world.address);
    let Did(code, _, said) = world.run("", &["list"]).await;
    assert_eq!(code, 5, "{said}");
    let Did(code, _, said) = world
        .run("", &["login", &url, "--token", "sd_nobody"])
        .await;
    assert_eq!(code, 5, "{said}");
    let Did(code, _, said) = world.run("", &["login", &url]).await;
    assert!(
        code == 2 && said.contains("--token or SEALDOCK_TOKEN"),
        "{said}"
    );
    let Did(code, out, _) = world
        .run("", &["login", &url, "--token", "sd_viewer"])
        .await;
    assert!(code == 0 && out.contains("viewer@example.com"), "{out}");
    let Did(code, out, _) = world.run("", &["list"]).await;
    assert!(
        code == 0 && out.contains("web") && out.contains("http://web.localhost:8080"),
        "{out}"
    );
    assert_eq!(world.run("", &["logout"]).await.0, 0);
    assert_eq!(world.run("", &["list"]).await.0, 5);
}

#[tokio::test]
async fn x22_exit_codes_are_what_help_says() {
    let world = World::start().await;
    assert_eq!(world.developer("deploy --nonsense").await.0, 2);
    let Did(code, _, said) = world.developer("delete web --confirm web").await;
    assert!(code == 5 && said.contains("owner"), "{said}");
    let Did(code, _, said) = world
        .developer("deploy --image a:1 --name taken --yes")
        .await;
    assert!(code == 3 && said.contains("`taken`"), "{said}");
    world.server.stop.cancel();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let Did(code, _, said) = world.developer("list").await;
    assert!(code == 4 && said.contains("can't be reached"), "{said}");
}

#[tokio::test]
async fn x22_deploy_shows_the_plan_follows_the_build_and_prints_the_url() {
    let world = World::start().await;
    world.server.product.print(&["Step 1/2", "Step 2/2"], false);
    let Did(code, _, said) = world.developer("deploy --image a:1 --name new").await;
    assert!(code == 2 && said.contains("--yes"), "{said}");
    let Did(code, out, said) = world
        .developer("deploy --image a:1 --name new --yes --wait")
        .await;
    assert_eq!(
        (code, out.as_str()),
        (0, "http://web.localhost:8080\n"),
        "{said}"
    );
    assert!(
        said.contains("blue-green, without downtime") && said.contains("Step 2/2"),
        "{said}"
    );
    let Did(code, out, said) = world
        .developer("-o json deploy --image a:1 --name web --env A=1 --yes")
        .await;
    let json: serde_json::Value =
        serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{said}"));
    assert_eq!((code, &json["summary"]["number"]), (0, &1.into()));
}

#[tokio::test]
async fn x22_waiting_ends_at_once_when_it_fails() {
    let world = World::start().await;
    *world.server.product.phase.lock().unwrap() = Phase::Failed;
    let began = std::time::Instant::now();
    let Did(code, _, said) = world
        .developer("deploy --image a:1 --name new --yes --wait")
        .await;
    assert!(
        code == 1
            && said.contains("The build ended with 1.")
            && said.contains("RUN make: exit code 1"),
        "{said}"
    );
    assert!(began.elapsed().as_secs() < 5);
}

#[tokio::test]
async fn x22_a_directory_is_packed_sent_and_deployed() {
    let world = World::start().await;
    let site = world.home.path().join("Site");
    std::fs::create_dir(&site).unwrap();
    std::fs::write(site.join("index.html"), "<h1>hello</h1>").unwrap();
    let Did(code, _, said) = world
        .developer("deploy --bundle Site --yes --no-wait")
        .await;
    assert_eq!(code, 0, "{said}");
    let sent = std::fs::read(world.server.directory.path().join("kept")).unwrap();
    assert!(sent.starts_with(&[0x1f, 0x8b]));
}

#[tokio::test]
async fn x22_update_keeps_what_it_does_not_name() {
    let world = World::start().await;
    assert_eq!(
        world.developer("update web --tag v2 --yes --wait").await.0,
        0
    );
    let Did(code, out, _) = world.developer("update web --replicas 2 --plan").await;
    assert!(code == 0 && out.contains("blue-green"), "{out}");
    let Did(code, _, said) = world.developer("update web --unset NOT_SET --yes").await;
    assert!(code == 2 && said.contains("`NOT_SET` is not set"), "{said}");
    let Did(code, _, said) = world.developer("update nothing --tag v2").await;
    assert!(code == 3 && said.contains("sealdock list"), "{said}");
}

#[tokio::test]
async fn x22_logs_follow_to_the_end() {
    let world = World::start().await;
    world.server.product.print(&["one", "two"], false);
    let product = world.server.product.clone();
    tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        product.print(&["three"], true);
        product.log.lock().unwrap().ended = true;
    });
    let id = deployment_id().to_string();
    let Did(code, out, said) = world
        .run("viewer", &["logs", &id, "-f", "--job", "build"])
        .await;
    assert_eq!((code, out.as_str()), (0, "one\ntwo\nthree\n"), "{said}");
    let Did(_, out, _) = world.run("viewer", &["logs", &id, "-n", "1"]).await;
    assert_eq!(out, "three\n");
    let Did(code, _, said) = world
        .run("viewer", &["logs", &id, "--job", "nothing"])
        .await;
    assert!(code == 3 && said.contains("BuildImageJob"), "{said}");
}

#[tokio::test]
async fn p21_logs_are_filtered_by_the_server() {
    let world = World::start().await;
    let lines: Vec<_> = (1..=6_000)
        .map(|n| match n % 1000 {
            0 => format!("ERROR line {n}"),
            500 => format!("WARN line {n}"),
            _ => format!("line {n}"),
        })
        .collect();
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    world.server.product.print(&lines, false);
    let id = deployment_id().to_string();
    let logs = async |more: &str| {
        let line = format!("logs {id} --job build {more}");
        let Did(code, out, said) = world.developer(&line).await;
        assert_eq!(code, 0, "{said}");
        out
    };
    let errors: String = (1..=6).map(|n| format!("ERROR line {n}000\n")).collect();
    assert_eq!(logs("--level error").await, errors);
    assert_eq!(logs("--stream stderr -n 0").await, errors);
    assert_eq!(
        logs("--level warn -n 3").await,
        "ERROR line 5000\nWARN line 5500\nERROR line 6000\n"
    );
    assert_eq!(
        logs("--search line --stream stdout -n 5500")
            .await
            .lines()
            .count(),
        5_500
    );
    assert_eq!(logs("--search nowhere").await, "");
    let product = world.server.product.clone();
    tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        product.print(&["line", "ERROR at last"], true);
        product.log.lock().unwrap().ended = true;
    });
    assert_eq!(
        logs("-f -n 1 --level error").await,
        "ERROR line 6000\nERROR at last\n"
    );
    let Did(code, _, said) = world.developer(&format!("logs {id} --level loud")).await;
    assert!(
        code == 2 && said.contains("error, warning, info, debug"),
        "{said}"
    );
}

#[tokio::test]
async fn x22_delete_wants_the_name() {
    let world = World::start().await;
    let delete = |name: &'static str| {
        world.run(
            "owner",
            if name.is_empty() {
                &["delete", "web"]
            } else {
                &["delete", "web", "--confirm", "other"]
            },
        )
    };
    assert_eq!((delete("").await.0, delete("other").await.0), (2, 2));
    assert_eq!(
        world
            .run("owner", &["delete", "web", "--confirm", "web"])
            .await
            .0,
        0
    );
}

#[tokio::test]
async fn x22_init_never_overwrites() {
    let world = World::start().await;
    assert_eq!(world.run("", &["init", "--port", "3000"]).await.0, 0);
    let path = world.home.path().join("sealdock.yml");
    assert!(
        std::fs::read_to_string(&path)
            .unwrap()
            .contains("port: 3000")
    );
    let Did(code, _, said) = world.run("", &["init"]).await;
    assert!(code == 2 && said.contains("stays as it is"), "{said}");
}

#[tokio::test]
async fn x22_doctor_speaks_line_by_line() {
    let world = World::start().await;
    let Did(code, out, said) = world.run("viewer", &["doctor", "--remote"]).await;
    assert!(
        code == 0 && out.contains("OK    server:") && out.contains("OK    token:"),
        "{out}{said}"
    );
    assert!(out.contains("WARN  version: The server is 0"), "{out}");
    let Did(_, out, _) = world
        .run(
            "",
            &["-o", "json", "doctor", "--local", "--data", "/proc/none"],
        )
        .await;
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let data = json
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["check"] == "data directory")
        .unwrap();
    assert_eq!(
        (&data["verdict"], data["way_out"].is_string()),
        (&"FAIL".into(), true),
        "{out}"
    );
}

#[tokio::test]
async fn x22_completions_for_the_usual_shells() {
    let world = World::start().await;
    for shell in ["bash", "zsh", "fish"] {
        let Did(code, out, _) = world.run("", &["completions", shell]).await;
        assert!(code == 0 && out.contains("deploy"), "{shell}");
    }
}
