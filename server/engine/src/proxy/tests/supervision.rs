//! A data plane as a process: adopted, outliving us, started again.

use super::PATIENCE;
use super::app::App;
use super::ask::get;
use super::eventually;
use super::house::route;
use crate::proxy::client::Client;
use crate::proxy::protocol::Hello;
use crate::proxy::supervise::{Event, Launch, SuperviseError, Upgrade, ensure, keep};
use crate::proxy::{ProxyOptions, run};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const FOLDER: &str = "SEALDOCK_TEST_PROXY_FOLDER";
const TAKE_OVER: &str = "SEALDOCK_TEST_PROXY_TAKES_OVER";

/// Not a test: the process that the tests below start. It is this very executable, told to
/// run this one function.
#[test]
#[ignore = "started as a child process by the tests in this file"]
fn as_child_process() {
    let folder = PathBuf::from(std::env::var_os(FOLDER).expect("a folder"));
    let options = ProxyOptions::new(
        vec![([127, 0, 0, 1], 0).into()],
        folder.join("control"),
        folder.join("routes"),
    );
    let take_over = std::env::var_os(TAKE_OVER).is_some();
    let options = ProxyOptions {
        listen_tls: vec![([127, 0, 0, 1], 0).into()],
        take_over,
        ..options
    };
    run(options).expect("the data plane ran");
}

fn launch(folder: &Path) -> Launch {
    let this = std::env::current_exe().expect("own path");
    let name = "proxy::tests::supervision::as_child_process";
    let arguments = [
        format!("{FOLDER}={}", folder.display()),
        this.display().to_string(),
        name.into(),
        "--exact".into(),
        "--ignored".into(),
    ];
    Launch {
        executable: "/usr/bin/env".into(),
        arguments: arguments.into_iter().map(Into::into).collect(),
        control_socket: folder.join("control"),
        log: folder.join("log"),
        wants_tls: false,
        upgrade: None,
    }
}

/// The next build of the same.
fn newer(folder: &Path) -> Launch {
    let launch = launch(folder);
    let take_over = std::iter::once(format!("{TAKE_OVER}=1").into());
    let arguments = take_over.chain(launch.arguments.iter().cloned()).collect();
    Launch {
        upgrade: Some(Upgrade {
            build: "newer".into(),
            arguments,
        }),
        ..launch
    }
}

fn kill(hello: &Hello) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(hello.pid).expect("pid")).expect("pid");
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("killed");
}

async fn up(events: &mut mpsc::Receiver<Event>) -> Hello {
    let heard = async {
        loop {
            if let Event::Up(hello) = events.recv().await.expect("an event") {
                return hello;
            }
        }
    };
    tokio::time::timeout(PATIENCE, heard)
        .await
        .expect("up in time")
}

#[tokio::test]
async fn x5_a_running_data_plane_is_adopted_and_not_started_twice() {
    let folder = tempfile::tempdir().expect("folder");
    let (first, started) = ensure(&launch(folder.path())).await.expect("started");
    drop(first);
    let (mut again, adopted) = ensure(&launch(folder.path())).await.expect("adopted");
    assert_eq!(started, adopted);
    again.shutdown(0).await.expect("told");
}

#[tokio::test]
async fn x5_it_has_a_session_of_its_own_so_that_our_end_is_not_its_end() {
    let folder = tempfile::tempdir().expect("folder");
    let (mut client, hello) = ensure(&launch(folder.path())).await.expect("started");
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", hello.pid)).expect("stat");
    let fields: Vec<_> = stat
        .rsplit(") ")
        .next()
        .expect("fields")
        .split(' ')
        .collect();
    let (group, session) = (fields[2], fields[3]);
    assert_eq!(
        (group, session),
        (
            hello.pid.to_string().as_str(),
            hello.pid.to_string().as_str()
        )
    );
    client.shutdown(0).await.expect("told");
}

#[tokio::test]
async fn q23_a_killed_data_plane_is_back_with_its_routes() {
    let (folder, app) = (
        tempfile::tempdir().expect("folder"),
        App::start("app").await,
    );
    let (sender, mut events) = mpsc::channel(64);
    let keeping = tokio::spawn(keep(launch(folder.path()), sender));
    let first = up(&mut events).await;
    let (mut client, _) = Client::connect(&folder.path().join("control"))
        .await
        .expect("connected");
    client
        .put(1, route("a.example", &[("app", app.address)]))
        .await
        .expect("published");
    eventually("the snapshot is written", async || {
        client.status().await.expect("status").snapshot_generation == 1
    })
    .await;
    kill(&first);
    let second = up(&mut events).await;
    assert_ne!(first.pid, second.pid);
    assert_eq!(second.generation, 1, "from its snapshot");
    assert_eq!(get(second.listen[0], "a.example", "/").await.body, "app");
    drop(events);
    keeping.await.expect("it ends when nobody listens");
    let (mut client, _) = Client::connect(&folder.path().join("control"))
        .await
        .expect("it outlives its supervisor");
    client.shutdown(0).await.expect("told");
}

#[tokio::test]
async fn a_data_plane_that_cannot_start_is_an_error_that_names_its_log() {
    let folder = tempfile::tempdir().expect("folder");
    let failing = Launch {
        executable: "/bin/false".into(),
        arguments: vec![],
        ..launch(folder.path())
    };
    let error = ensure(&failing).await.expect_err("it ended");
    assert!(matches!(error, SuperviseError::Ended { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains(&*folder.path().join("log").to_string_lossy()),
        "{error}"
    );
    let missing = Launch {
        executable: "/nonexistent".into(),
        ..launch(folder.path())
    };
    assert!(matches!(
        ensure(&missing).await,
        Err(SuperviseError::Start { .. })
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x5_an_upgrade_hands_the_listeners_over_and_fails_no_request() {
    let (folder, app) = (
        tempfile::tempdir().expect("folder"),
        App::start("app").await,
    );
    let (mut old, before) = ensure(&launch(folder.path())).await.expect("started");
    old.put(1, route("a.example", &[("app", app.address)]))
        .await
        .expect("published");
    let address = before.listen[0];
    let stop = CancellationToken::new();
    let asking: Vec<_> = (0..8)
        .map(|_| tokio::spawn(ask_until(address, stop.clone())))
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    // It takes 300 ms: longer than the upgrade.
    let late = tokio::spawn(async move { get(address, "a.example", "/late").await.body });
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;

    let (mut new, after) = ensure(&newer(folder.path())).await.expect("upgraded");
    assert_ne!(before.pid, after.pid);
    assert_eq!(
        (before.listen, before.listen_tls, 1),
        (after.listen, after.listen_tls, after.generation)
    );
    assert!(
        old.status().await.is_err(),
        "nobody speaks with the old one any more"
    );
    new.put(2, route("a.example", &[("app", app.address)]))
        .await
        .expect("the new one is spoken with");
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    stop.cancel();
    for one in asking {
        assert!(one.await.expect("asked") > 10, "it asked all the while");
    }
    assert_eq!(
        late.await.expect("answered"),
        "app",
        "what was under way was finished"
    );
    let pid = rustix::process::Pid::from_raw(i32::try_from(before.pid).expect("pid")).expect("pid");
    eventually("the old one ends", async || {
        rustix::process::test_kill_process(pid).is_err()
    })
    .await;
    new.shutdown(0).await.expect("told");
}

async fn ask_until(address: std::net::SocketAddr, stop: CancellationToken) -> u32 {
    let mut answers = 0;
    while !stop.is_cancelled() {
        assert_eq!(get(address, "a.example", "/").await.body, "app");
        answers += 1;
    }
    answers
}

#[tokio::test]
async fn x5_a_successor_that_can_not_start_changes_nothing() {
    let folder = tempfile::tempdir().expect("folder");
    let (_client, before) = ensure(&launch(folder.path())).await.expect("started");
    let broken = Launch {
        upgrade: Some(Upgrade {
            build: "newer".into(),
            arguments: vec!["false".into()],
        }),
        ..launch(folder.path())
    };
    let (mut client, after) = ensure(&broken).await.expect("the old one serves on");
    assert_eq!(before, after);
    client.shutdown(0).await.expect("told");
}
