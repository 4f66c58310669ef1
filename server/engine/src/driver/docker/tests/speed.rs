//! what this driver adds to the bare Engine API. A measurement, run by hand:
//! `cargo test -p engine --release speed -- --ignored --nocapture`.

use super::engine::Here;
use crate::driver::contract::{Behaviour, Harness, environment, see, spec};
use crate::driver::docker::Docker;
use crate::driver::{Driver, Scope};
use crate::probe::{HttpProber, Prober};
use bollard::models::{ContainerCreateBody, HostConfig, PortBinding};
use bollard::query_parameters::{
    CreateContainerOptions, InspectContainerOptions, RemoveContainerOptionsBuilder,
    StartContainerOptions,
};
use domain::id::InstanceId;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

const ROUNDS: usize = 15;

async fn first_answer(id: &InstanceId, address: SocketAddr) {
    while HttpProber.probe(id, address, "/", 1000, &[]).await.is_err() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn ours(docker: &Docker, here: &Here, environment: &domain::id::EnvironmentId) -> Duration {
    let spec = spec(here.app(Behaviour::Serves), environment);
    let begun = Instant::now();
    docker.ensure(&spec).await.expect("it is made");
    let seen = see(docker, environment).await;
    first_answer(&spec.id, seen[0].address.expect("an address")).await;
    let took = begun.elapsed();
    docker.remove(&spec.id, 0).await.expect("removal begins");
    while !docker
        .observe(Scope::Everything)
        .await
        .expect("the Engine")
        .is_empty()
    {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    took
}

async fn bare(docker: &Docker, here: &Here, id: &InstanceId) -> Duration {
    let engine = docker.room.client.engine().await.expect("the Engine");
    let app = here.app(Behaviour::Serves);
    let binding = PortBinding {
        host_ip: Some("127.0.0.1".into()),
        host_port: Some(String::new()),
    };
    let ports = HashMap::from([("8080/tcp".to_owned(), Some(vec![binding]))]);
    let host_config = Some(HostConfig {
        port_bindings: Some(ports),
        ..Default::default()
    });
    let exposed_ports = Some(vec!["8080/tcp".into()]);
    let body = ContainerCreateBody {
        exposed_ports,
        image: Some(app.image),
        cmd: app.command,
        host_config,
        ..Default::default()
    };
    let begun = Instant::now();
    let made = engine
        .create_container(None::<CreateContainerOptions>, body)
        .await
        .expect("create");
    engine
        .start_container(&made.id, None::<StartContainerOptions>)
        .await
        .expect("start");
    let found = engine
        .inspect_container(&made.id, None::<InspectContainerOptions>)
        .await
        .expect("inspect");
    let ports = found
        .network_settings
        .and_then(|settings| settings.ports)
        .expect("ports");
    let port = ports["8080/tcp"]
        .as_ref()
        .and_then(|all| all[0].host_port.clone())
        .expect("a port");
    first_answer(id, format!("127.0.0.1:{port}").parse().expect("an address")).await;
    let took = begun.elapsed();
    let options = RemoveContainerOptionsBuilder::new()
        .force(true)
        .v(true)
        .build();
    engine
        .remove_container(&made.id, Some(options))
        .await
        .expect("remove");
    took
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort();
    all[all.len() / 2]
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn speed_of_ensure_against_the_bare_engine() {
    let Some(here) = Here::new("speed").await else {
        return;
    };
    let (docker, environment) = (here.docker(), environment());
    let id = spec(here.app(Behaviour::Serves), &environment).id;
    let first = ours(&docker, &here, &environment).await;
    let (mut mine, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        theirs.push(bare(&docker, &here, &id).await);
        mine.push(ours(&docker, &here, &environment).await);
    }
    docker.forget(&environment).await.expect("the network goes");
    let (mine, theirs) = (median(mine), median(theirs));
    let ratio = mine.as_secs_f64() / theirs.as_secs_f64();
    println!(
        "bare create+start+200 {theirs:?}, ours {mine:?}, ratio {ratio:.2}; first in a new environment {first:?}"
    );
    assert!(ratio < 1.3, "{ratio}");
}
