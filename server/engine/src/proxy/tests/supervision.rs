//! A data plane as a process: adopted, outliving us, started again.

use super::PATIENCE;
use super::app::App;
use super::ask::get;
use super::eventually;
use super::house::route;
use crate::proxy::client::Client;
use crate::proxy::protocol::Hello;
use crate::proxy::supervise::{Event, Launch, SuperviseError, ensure, keep};
use crate::proxy::{ProxyOptions, run};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;

const FOLDER: &str = "SEALDOCK_TEST_PROXY_FOLDER";

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
