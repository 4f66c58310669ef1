//! What only this driver does: restarts, exclusive resources, sentences of the Engine.

use super::builds::tag;
use super::engine::{Here, options};
use crate::driver::contract::{Behaviour, Harness, environment, eventually, see, spec};
use crate::driver::docker::{Docker, Options};
use crate::driver::{Driver, DriverError, Images, Printed, Scope};
use domain::config::Exclusive;
use domain::instance::{InstanceSpec, State};
use domain::view::Stream;
use std::time::Duration;
use tokio::sync::mpsc;

fn made(here: &Here, behaviour: Behaviour) -> InstanceSpec {
    spec(here.app(behaviour), &environment())
}

async fn cleared(docker: &Docker, spec: &InstanceSpec) {
    docker.remove(&spec.id, 0).await.expect("removal begins");
    eventually("it is gone", async || {
        see(docker, &spec.environment)
            .await
            .is_empty()
            .then_some(())
    })
    .await;
    docker
        .forget(&spec.environment)
        .await
        .expect("the network goes");
}

async fn refused(here: &Here, spec: &InstanceSpec, words: &[&str]) {
    let docker = here.docker();
    let refused = docker.ensure(spec).await;
    let Err(DriverError::Refused(said)) = refused else {
        panic!("{refused:?}")
    };
    assert!(words.iter().all(|word| said.contains(word)), "{said}");
    assert_eq!(
        see(&docker, &spec.environment).await,
        [],
        "what can't start is left behind"
    );
    docker
        .forget(&spec.environment)
        .await
        .expect("the network goes");
}

#[tokio::test]
async fn an_engine_that_is_not_there_is_unreachable() {
    let docker = Docker::connect(Options {
        host: "unix:///nowhere/docker.sock".into(),
        ..options("nobody")
    });
    let error = docker.observe(Scope::Everything).await;
    let Err(DriverError::Unreachable(said)) = error else {
        panic!("{error:?}")
    };
    assert!(
        said.starts_with("Docker Engine at unix:///nowhere/docker.sock does not answer: ")
            && said.ends_with("Start it with `systemctl start docker`."),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_is_described() {
    let Some(here) = Here::new("described").await else {
        return;
    };
    let found = here.docker().fingerprint().await.expect("it answers");
    assert!(
        !found.version.is_empty() && found.cpus > 0 && found.memory_bytes > 1 << 28,
        "{found:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_command_is_refused() {
    let Some(here) = Here::new("command").await else {
        return;
    };
    let mut spec = made(&here, Behaviour::Serves);
    spec.image = here.bare().await;
    spec.command = Some(vec!["/nope".into()]);
    refused(&here, &spec, &["/nope", "`command`"]).await;
    here.docker()
        .discard(&tag("bare"))
        .await
        .expect("the image goes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_device_is_refused() {
    let Some(here) = Here::new("device").await else {
        return;
    };
    let mut spec = made(&here, Behaviour::Serves);
    spec.config.exclusive = vec![Exclusive::Device("/dev/nope".into())];
    refused(&here, &spec, &["/dev/nope", "sealdock.yml"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_port_in_use_is_refused() {
    let Some(here) = Here::new("port").await else {
        return;
    };
    let taken = std::net::TcpListener::bind("0.0.0.0:0").expect("a free port");
    let port = taken.local_addr().expect("its number").port();
    let mut spec = made(&here, Behaviour::Serves);
    spec.config.exclusive = vec![Exclusive::Port(port)];
    refused(&here, &spec, &["in use", &port.to_string()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_settled_instance_is_restarted_by_the_engine_and_seen_at_its_new_port() {
    let Some(here) = Here::new("settled").await else {
        return;
    };
    let (docker, spec) = (here.docker(), made(&here, Behaviour::Serves));
    docker.ensure(&spec).await.expect("it is made");
    let before = see(&docker, &spec.environment).await.remove(0);
    eventually("the Engine takes over", async || {
        here.is_settled(&spec.id).await.then_some(())
    })
    .await;
    here.kill(&spec.id).await;
    let after = eventually("it is back", async || {
        see(&docker, &spec.environment)
            .await
            .into_iter()
            .find(|seen| seen.state == State::Running && seen.started_at != before.started_at)
    })
    .await;
    assert!(
        after.address.is_some() && after.address != before.address,
        "{before:?} {after:?}"
    );
    cleared(&docker, &spec).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_was_removed_behind_our_back_is_made_again() {
    let Some(here) = Here::new("network").await else {
        return;
    };
    let (docker, mut spec) = (here.docker(), made(&here, Behaviour::Serves));
    docker.ensure(&spec).await.expect("it is made");
    docker.remove(&spec.id, 0).await.expect("removal begins");
    eventually("it is gone", async || {
        see(&docker, &spec.environment)
            .await
            .is_empty()
            .then_some(())
    })
    .await;
    here.docker()
        .forget(&spec.environment)
        .await
        .expect("another driver removes the network");
    spec.id.replica = 1;
    docker
        .ensure(&spec)
        .await
        .expect("the network is made again");
    cleared(&docker, &spec).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_over_the_cap_arrives_cut_and_joined() {
    let Some(here) = Here::new("long").await else {
        return;
    };
    let (docker, mut spec) = (here.docker(), made(&here, Behaviour::Serves));
    spec.command = Some(vec!["prints-long".into()]);
    docker.ensure(&spec).await.expect("it is made");
    let (send, mut receive) = mpsc::channel(4);
    let (followed, line) = tokio::join!(docker.logs(&spec.id, 0, send), async {
        let line = tokio::time::timeout(Duration::from_secs(20), receive.recv()).await;
        drop(receive);
        line
    });
    let line = line.expect("in time").expect("a line").text;
    assert_eq!(followed, Ok(()));
    assert!(
        line.starts_with("xxx") && line.ends_with("16 KiB]") && line.len() < 17_000,
        "{} bytes",
        line.len()
    );
    cleared(&docker, &spec).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn q6_a_slow_reader_is_told_what_it_missed_and_reads_nothing_twice() {
    let Some(here) = Here::new("slow").await else {
        return;
    };
    let (docker, mut spec) = (here.docker(), made(&here, Behaviour::Serves));
    spec.command = Some(vec!["prints-much".into()]);
    docker.ensure(&spec).await.expect("it is made");
    let (send, mut receive) = mpsc::channel(64);
    let reading = async {
        let (mut numbers, mut notes) = (vec![0_u32], vec![]);
        while numbers.last() != Some(&500_000) {
            let line = tokio::time::timeout(Duration::from_secs(60), receive.recv()).await;
            let line: Printed = line.expect("in time").expect("a line");
            match line.stream {
                Stream::Note => notes.push((numbers.len(), line.text)),
                _ => numbers.extend(
                    line.text
                        .split(' ')
                        .next()
                        .and_then(|n| n.parse::<u32>().ok()),
                ),
            }
            if numbers.len() % 200 == 0 && numbers.len() < 40_000 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        drop(receive);
        (numbers, notes)
    };
    let (followed, (numbers, notes)) = tokio::join!(docker.logs(&spec.id, 0, send), reading);
    assert_eq!(followed, Ok(()));
    let gaps: Vec<usize> = (1..numbers.len())
        .filter(|at| numbers[*at] != numbers[at - 1] + 1)
        .collect();
    assert!(!gaps.is_empty(), "it was slow enough to miss some");
    assert!(numbers.is_sorted(), "a line came twice: {gaps:?}");
    let told: Vec<usize> = notes.iter().map(|(at, _)| *at).collect();
    assert_eq!(told, gaps, "{notes:?}");
    cleared(&docker, &spec).await;
}
