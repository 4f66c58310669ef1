//! Images on a real Engine: built, failed, cancelled, found, discarded.

use super::builds::{Kept, build, context, sweep, tag};
use super::engine::Here;
use crate::driver::contract::eventually;
use crate::driver::{Build, DriverError, Images};
use crate::source::bundle;
use domain::source::Artifact;
use domain::view::Stream;
use std::collections::BTreeMap;

/// Each test has layers of its own, so that one can sweep while another builds.
fn steps(test: &str, last: &str) -> String {
    format!(
        "FROM scratch\nLABEL test={}\nARG WHO\nLABEL who=$WHO\nCOPY app /app\nRUN [\"/app\", {last}, \"{test}\"]\n",
        tag(test)
    )
}

fn refused(result: Result<Artifact, DriverError>) -> String {
    match result {
        Err(DriverError::Refused(said)) => said,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_says_its_steps_and_makes_an_image_that_is_found_and_discarded() {
    let Some(here) = Here::new("build").await else {
        return;
    };
    let (docker, said, tag) = (here.docker(), Kept::default(), &tag("built"));
    let dir = context(&steps("built", "\"prints\", \"stop\""));
    let built = build(&docker, dir.path(), tag, &said)
        .await
        .expect("it builds");
    assert!(
        matches!(&built, Artifact::Image { image, size_bytes } if image.starts_with("sha256:") && *size_bytes > 100_000),
        "{built:?}"
    );
    let all = said.all();
    assert!(said.has("FROM scratch"), "{all:?}");
    assert!(all.contains(&(Stream::Out, "out 200".into())), "{all:?}");
    assert!(all.contains(&(Stream::Err, "err 200".into())), "{all:?}");
    assert_eq!(docker.find(tag).await, Ok(Some(built)));
    docker.discard(tag).await.expect("it goes");
    assert_eq!(docker.find(tag).await, Ok(None));
    docker
        .discard(tag)
        .await
        .expect("discarding twice is no harm");
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_said_while_the_build_still_runs() {
    let Some(here) = Here::new("live").await else {
        return;
    };
    let (docker, said) = (here.docker(), Kept::default());
    let dir = context(&steps("live", "\"prints\""));
    let name = tag("live");
    let building = build(&docker, dir.path(), &name, &said);
    let seen = eventually("a line of the running step", async || {
        said.has("out 200").then_some(())
    });
    // The step serves for ever after it has printed: the build can't be the one that ends.
    tokio::select! {
        ended = building => panic!("{ended:?}"),
        () = seen => {}
    }
    eventually("the step's container goes", async || {
        (here.count("/app prints live").await == 0).then_some(())
    })
    .await;
    sweep(&docker, &said).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_step_is_named_with_its_last_line_and_code() {
    let Some(here) = Here::new("failing").await else {
        return;
    };
    let (docker, said) = (here.docker(), Kept::default());
    let dir = context(&steps("failing", "\"exits\""));
    let why = refused(build(&docker, dir.path(), &tag("failing"), &said).await);
    let words = [
        "RUN [\"/app\", \"exits\", \"failing\"]` failed: going down",
        "code: 3",
    ];
    assert!(words.iter().all(|word| why.contains(word)), "{why}");
    assert_eq!(
        here.count("/app exits failing").await,
        0,
        "a failed step leaves its container"
    );
    sweep(&docker, &said).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_dockerfile_and_a_missing_one_are_refused() {
    let Some(here) = Here::new("wrong").await else {
        return;
    };
    let (docker, tag, said) = (here.docker(), &tag("wrong"), Kept::default());
    let dir = context("FROM scratch\nFETCH me\n");
    let why = refused(build(&docker, dir.path(), tag, &said).await);
    assert!(why.contains("FETCH"), "{why}");
    std::fs::remove_file(dir.path().join("Dockerfile")).expect("the Dockerfile is there");
    let why = refused(build(&docker, dir.path(), tag, &said).await);
    assert!(why.contains("no `Dockerfile`"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_eats_its_memory_names_the_limit() {
    let Some(here) = Here::new("hungry").await else {
        return;
    };
    let (docker, said) = (here.docker(), Kept::default());
    let dir = context(&steps("hungry", "\"eats-memory\""));
    let (args, labels) = (BTreeMap::new(), BTreeMap::new());
    let (dockerfile, tag) = ("Dockerfile", &tag("hungry"));
    let hungry = Build {
        context: dir.path(),
        dockerfile,
        generated: None,
        tag,
        args: &args,
        labels: &labels,
        memory_mib: 64,
    };
    let why = refused(docker.build(hungry, &said).await);
    assert!(why.contains("64 MiB"), "{why}");
    sweep(&docker, &said).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_a_build_stops_it_and_leaves_nothing() {
    let Some(here) = Here::new("cancelled").await else {
        return;
    };
    let (docker, said, tag) = (here.docker(), Kept::default(), &tag("cancelled"));
    let dir = context(&steps("cancelled", "\"waits-for-ever\""));
    let running = eventually("the step runs", async || {
        (here.count("waits-for-ever").await > 0).then_some(())
    });
    tokio::select! {
        ended = build(&docker, dir.path(), tag, &said) => panic!("{ended:?}"),
        () = running => {}
    }
    eventually("the step's container goes", async || {
        (here.count("waits-for-ever").await == 0).then_some(())
    })
    .await;
    assert_eq!(docker.find(tag).await, Ok(None));
    sweep(&docker, &said).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p6_files_come_out_of_an_image_and_leave_nothing_behind() {
    let Some(here) = Here::new("files").await else {
        return;
    };
    let (docker, said, name) = (here.docker(), Kept::default(), tag("files"));
    let dir = context("is not sent");
    std::fs::write(dir.path().join("index.html"), "hello").expect("a page");
    let (args, labels) = (BTreeMap::new(), BTreeMap::new());
    let text = format!("FROM scratch\nLABEL test={name}\nCOPY index.html /site/\n");
    let build = Build {
        context: dir.path(),
        dockerfile: ".sealdock.Dockerfile",
        generated: Some(&text),
        tag: &name,
        args: &args,
        labels: &labels,
        memory_mib: 64,
    };
    docker.build(build, &said).await.expect("it builds");
    let archive = dir.path().join("site.tar");
    let taken = docker.take_out(&name, "/site", &archive, 1 << 20).await;
    taken.expect("it comes out");
    let site = dir.path().join("site");
    let done = bundle::unpack(&archive, &site, bundle::Limits::default()).await;
    assert_eq!(done.expect("it unpacks").files, 1);
    assert_eq!(
        std::fs::read_to_string(site.join("index.html"))
            .ok()
            .as_deref(),
        Some("hello")
    );
    let why = docker.take_out(&name, "/site", &archive, 16).await;
    assert!(
        matches!(&why, Err(DriverError::Refused(said)) if said.contains("most that is served")),
        "{why:?}"
    );
    eventually("the container goes", async || {
        (here.count("none").await == 0).then_some(())
    })
    .await;
    docker.discard(&name).await.expect("it goes");
    assert_eq!(docker.find(&name).await, Ok(None));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_ours_is_not_discarded() {
    let Some(here) = Here::new("foreign").await else {
        return;
    };
    let kept = here.docker().discard("postgres:16").await;
    assert!(
        matches!(&kept, Err(DriverError::Refused(said)) if said.contains("postgres:16")),
        "{kept:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_does_not_answer_is_unreachable() {
    let Some(here) = Here::new("registry").await else {
        return;
    };
    let (reference, said) = ("127.0.0.1:1/nothing:7", Kept::default());
    let pulled = here.docker().pull(reference, &said).await;
    assert!(
        matches!(&pulled, Err(DriverError::Unreachable(said)) if said.contains(reference)),
        "{pulled:?}"
    );
}
