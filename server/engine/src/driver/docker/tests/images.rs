//! Images on a real Engine: built, failed, cancelled, found, discarded.

use super::engine::{Here, Kept, build, context};
use crate::driver::{Build, DriverError, Images};
use bollard::query_parameters::ListContainersOptionsBuilder;
use domain::source::Artifact;
use domain::view::Stream;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

const STEPS: &str = "FROM scratch\nARG WHO\nLABEL who=$WHO\nCOPY app /app\n";

/// Containers that run `word` as the last argument of `/app`: intermediate ones have no name.
async fn building(word: &str) -> usize {
    let engine = bollard::Docker::connect_with_unix(
        "unix:///var/run/docker.sock",
        30,
        &bollard::ClientVersion {
            major_version: 1,
            minor_version: 41,
        },
    );
    let options = ListContainersOptionsBuilder::new()
        .all(true)
        .filters(&HashMap::<String, Vec<String>>::new())
        .build();
    let all = engine
        .expect("the Engine")
        .list_containers(Some(options))
        .await
        .expect("a list");
    all.iter()
        .filter(|container| {
            container
                .command
                .as_deref()
                .is_some_and(|command| command.contains(word))
        })
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_says_its_steps_and_makes_an_image_that_is_found_and_discarded() {
    let Some(here) = Here::new("build").await else {
        return;
    };
    let (docker, kept, tag) = (here.docker(), Kept::default(), "sealdock/contract:built");
    let dir = context(&format!("{STEPS}RUN [\"/app\", \"prints\", \"stop\"]\n"));
    let built = build(&docker, dir.path(), tag, &kept)
        .await
        .expect("it builds");
    assert!(
        matches!(&built, Artifact::Image { image, size_bytes } if image.starts_with("sha256:") && *size_bytes > 100_000),
        "{built:?}"
    );
    assert!(
        kept.has("FROM scratch")
            && kept.all().contains(&(Stream::Out, "out 200".into()))
            && kept.all().contains(&(Stream::Err, "err 200".into()))
    );
    assert_eq!(docker.find(tag).await, Ok(Some(built.clone())));
    docker.discard(tag).await.expect("it goes");
    assert_eq!(docker.find(tag).await, Ok(None));
    docker
        .discard(tag)
        .await
        .expect("discarding twice is no harm");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_step_is_named_with_its_last_line_and_code() {
    let Some(here) = Here::new("failing").await else {
        return;
    };
    let dir = context(&format!("{STEPS}RUN [\"/app\", \"exits\"]\n"));
    let failed = build(
        &here.docker(),
        dir.path(),
        "sealdock/contract:failing",
        &Kept::default(),
    )
    .await;
    let Err(DriverError::Refused(said)) = failed else {
        panic!("{failed:?}")
    };
    assert!(
        ["RUN [\"/app\", \"exits\"]` failed: going down", "code: 3"]
            .iter()
            .all(|part| said.contains(part)),
        "{said}"
    );
    assert_eq!(
        building("exits").await,
        0,
        "a failed step leaves its container"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_dockerfile_and_a_missing_one_are_refused() {
    let Some(here) = Here::new("wrong").await else {
        return;
    };
    let docker = here.docker();
    let dir = context("FROM scratch\nFETCH me\n");
    let wrong = build(
        &docker,
        dir.path(),
        "sealdock/contract:wrong",
        &Kept::default(),
    )
    .await;
    assert!(
        matches!(&wrong, Err(DriverError::Refused(said)) if said.contains("FETCH")),
        "{wrong:?}"
    );
    std::fs::remove_file(dir.path().join("Dockerfile")).expect("the Dockerfile is there");
    let missing = build(
        &docker,
        dir.path(),
        "sealdock/contract:wrong",
        &Kept::default(),
    )
    .await;
    assert!(
        matches!(&missing, Err(DriverError::Refused(said)) if said.contains("no `Dockerfile`")),
        "{missing:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_eats_its_memory_names_the_limit() {
    let Some(here) = Here::new("hungry").await else {
        return;
    };
    let dir = context(&format!("{STEPS}RUN [\"/app\", \"eats-memory\"]\n"));
    let (args, labels) = (BTreeMap::new(), BTreeMap::new());
    let hungry = Build {
        context: dir.path(),
        dockerfile: "Dockerfile",
        tag: "sealdock/contract:hungry",
        args: &args,
        labels: &labels,
        memory_mib: 64,
    };
    let failed = here.docker().build(hungry, &Kept::default()).await;
    assert!(
        matches!(&failed, Err(DriverError::Refused(said)) if said.contains("64 MiB")),
        "{failed:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_a_build_stops_it_and_leaves_nothing() {
    let Some(here) = Here::new("cancelled").await else {
        return;
    };
    let (docker, kept) = (here.docker(), Kept::default());
    let dir = context(&format!("{STEPS}RUN [\"/app\", \"waits-for-ever\"]\n"));
    let cancelled = tokio::time::timeout(
        Duration::from_secs(3),
        build(&docker, dir.path(), "sealdock/contract:cancelled", &kept),
    )
    .await;
    assert!(
        cancelled.is_err() && kept.has("waits-for-ever"),
        "the step never began"
    );
    crate::driver::contract::eventually("the step's container goes", async || {
        (building("waits-for-ever").await == 0).then_some(())
    })
    .await;
    assert_eq!(docker.find("sealdock/contract:cancelled").await, Ok(None));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_ours_is_not_discarded() {
    let Some(here) = Here::new("foreign").await else {
        return;
    };
    let refused = here.docker().discard("postgres:16").await;
    assert!(
        matches!(&refused, Err(DriverError::Refused(said)) if said.contains("postgres:16")),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_does_not_answer_is_unreachable() {
    let Some(here) = Here::new("registry").await else {
        return;
    };
    let refused = here
        .docker()
        .pull("127.0.0.1:1/nothing:7", &Kept::default())
        .await;
    assert!(
        matches!(&refused, Err(DriverError::Unreachable(said)) if said.contains("127.0.0.1:1/nothing:7")),
        "{refused:?}"
    );
}
