//! Images on a real Engine: built, failed, cancelled, found, discarded.

use super::builds::{BOTH, Kept, build, build_by, context, limits, runs, sweep, tag};
use super::engine::Here;
use crate::driver::contract::eventually;
use crate::driver::docker::fence::{self, Fence};
use crate::driver::{Build, DriverError, Images, Secrets};
use crate::source::bundle;
use domain::source::Artifact;
use domain::view::Stream;
use futures_util::TryStreamExt;
use std::collections::BTreeMap;

/// Each test has layers of its own, so that one can sweep while another builds; and none finds
/// what an earlier run left in the cache.
fn steps(test: &str, last: &str) -> String {
    let (tag, fresh) = (tag(test), rand::random::<u64>());
    format!(
        "FROM scratch\nLABEL test={tag}\nARG WHO\nLABEL who=$WHO\nCOPY app /app\nRUN [\"/app\", {last}, \"{test}\", \"{fresh}\"]\n"
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
    let docker = here.docker();
    for by in BOTH {
        let (said, tag) = (
            Kept::default(),
            &tag(&format!("built-{by:?}").to_lowercase()),
        );
        let dir = context(&steps(&format!("built-{by:?}"), "\"prints\", \"stop\""));
        let built = build_by(by, &docker, dir.path(), tag, &said)
            .await
            .expect("it builds");
        assert!(
            matches!(&built, Artifact::Image { image, size_bytes, .. } if image.starts_with("sha256:") && *size_bytes > 100_000),
            "{built:?}"
        );
        let all = said.all();
        assert!(said.has("RUN [\"/app\","), "{all:?}");
        let last = |stream, text: &str| {
            all.iter()
                .any(|(of, line)| *of == stream && line.ends_with(text))
        };
        assert!(
            last(Stream::Out, "out 200") && last(Stream::Err, "err 200"),
            "{all:?}"
        );
        assert_eq!(docker.find(tag).await, Ok(Some(built)));
        docker.discard(tag).await.expect("it goes");
        assert_eq!(docker.find(tag).await, Ok(None));
        let twice = docker.discard(tag).await;
        twice.expect("discarding twice is no harm");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_said_while_the_build_still_runs() {
    let Some(here) = Here::new("live").await else {
        return;
    };
    let docker = here.docker();
    for by in BOTH {
        let said = Kept::default();
        let words = format!("live-{by:?}");
        let dir = context(&steps(&words, "\"prints\""));
        let name = tag("live");
        let building = build_by(by, &docker, dir.path(), &name, &said);
        let seen = eventually("a line of the running step", async || {
            said.has("out 200").then_some(())
        });
        // The step serves for ever after it has printed: the build can't be the one that ends.
        tokio::select! {
            ended = building => panic!("{ended:?}"),
            () = seen => {}
        }
        eventually("the step ends", async || (!runs(&words)).then_some(())).await;
        sweep(&docker, &said).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_step_is_named_with_its_last_line_and_code() {
    let Some(here) = Here::new("failing").await else {
        return;
    };
    let docker = here.docker();
    for by in BOTH {
        let said = Kept::default();
        let dir = context(&steps("failing", "\"exits\""));
        let why = refused(build_by(by, &docker, dir.path(), &tag("failing"), &said).await);
        let words = [
            "RUN [\"/app\", \"exits\", \"failing\", \"",
            "]` failed: going down",
            "code: 3",
        ];
        assert!(words.iter().all(|word| why.contains(word)), "{by:?}: {why}");
        assert!(!runs("exits failing"), "a failed step goes on");
        sweep(&docker, &said).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_dockerfile_and_a_missing_one_are_refused() {
    let Some(here) = Here::new("wrong").await else {
        return;
    };
    let (docker, tag, said) = (here.docker(), &tag("wrong"), Kept::default());
    let dir = context("FROM scratch\nFETCH me\n");
    for by in BOTH {
        let why = refused(build_by(by, &docker, dir.path(), tag, &said).await);
        assert!(why.contains("FETCH"), "{why}");
    }
    std::fs::remove_file(dir.path().join("Dockerfile")).expect("the Dockerfile is there");
    let why = refused(build(&docker, dir.path(), tag, &said).await);
    assert!(why.contains("no `Dockerfile`"), "{why}");
    let missing = context("FROM scratch\nCOPY nothing /\n");
    let why = refused(build(&docker, missing.path(), tag, &said).await);
    assert!(why.contains("nothing"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn q25_a_build_that_eats_its_memory_names_the_limit() {
    let Some(here) = Here::new("hungry").await else {
        return;
    };
    let docker = here.docker();
    for by in BOTH {
        let said = Kept::default();
        let dir = context(&steps(&format!("hungry-{by:?}"), "\"eats-memory\""));
        let why = refused(build_by(by, &docker, dir.path(), &tag("hungry"), &said).await);
        assert!(why.contains("64 MiB"), "{by:?}: {why}");
        sweep(&docker, &said).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p10_dropping_a_build_stops_it_and_leaves_nothing() {
    let Some(here) = Here::new("cancelled").await else {
        return;
    };
    let docker = here.docker();
    for by in BOTH {
        let (said, tag) = (Kept::default(), &tag("cancelled"));
        let words = format!("cancelled-{by:?}");
        let dir = context(&steps(&words, "\"waits-for-ever\""));
        let running = eventually("the step runs", async || runs(&words).then_some(()));
        tokio::select! {
            ended = build_by(by, &docker, dir.path(), tag, &said) => panic!("{ended:?}"),
            () = running => {}
        }
        let dropped = std::time::Instant::now();
        eventually("the step ends", async || (!runs(&words)).then_some(())).await;
        assert!(dropped.elapsed().as_secs() < 5, "{:?}", dropped.elapsed());
        eventually("its container goes", async || {
            (here.count(&words).await == 0).then_some(())
        })
        .await;
        assert_eq!(docker.find(tag).await, Ok(None));
        sweep(&docker, &said).await;
    }
}

/// The value is asked for at the very moment a step mounts it, and nowhere afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn p5_a_secret_is_mounted_and_is_in_no_layer_and_no_history() {
    let Some(here) = Here::new("secret").await else {
        return;
    };
    let (docker, said, name) = (here.docker(), Kept::default(), tag("secret"));
    let value = format!("s3cr3t-{}", rand::random::<u64>());
    let value = value.as_str();
    let dir = context(&format!(
        "FROM scratch\nLABEL test={name}\nCOPY app /app\nRUN --mount=type=secret,id=TOKEN [\"/app\", \"counts\", \"/run/secrets/TOKEN\", \"{}\"]\n",
        rand::random::<u64>()
    ));
    let (args, labels) = (BTreeMap::new(), BTreeMap::new());
    let with = |secrets| Build {
        context: dir.path(),
        dockerfile: "Dockerfile",
        generated: None,
        tag: &name,
        args: &args,
        labels: &labels,
        limits: limits(64),
        secrets,
        logins: &[],
    };
    let known = Secrets::new([("TOKEN".to_owned(), value.to_owned())].into());
    docker.build(with(known), &said).await.expect("it builds");
    assert!(
        said.has(&format!("counted {}", value.len())),
        "{:?}",
        said.all()
    );
    assert!(!said.has(value));
    let engine = docker.room.client.engine().await.expect("the Engine");
    let history = engine.image_history(&name).await.expect("its history");
    assert!(!format!("{history:?}").contains(value), "{history:?}");
    let saved: Vec<_> = engine
        .export_image(&name)
        .try_collect()
        .await
        .expect("its layers");
    let saved = saved.concat();
    let has = |text: &str| saved.windows(text.len()).any(|w| w == text.as_bytes());
    assert!(has("manifest.json") && !has(value));
    docker.discard(&name).await.expect("it goes");
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
        limits: limits(64),
        secrets: Secrets::default(),
        logins: &[],
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
    let pulled = here.docker().pull(reference, None, &said).await;
    assert!(
        matches!(&pulled, Err(DriverError::Unreachable(said)) if said.contains(reference)),
        "{pulled:?}"
    );
}

/// On Engines from 23.0 on each build has such a group; here the group itself is tried.
#[tokio::test(flavor = "multi_thread")]
async fn p5_a_group_of_ones_own_holds_what_runs_in_it_and_goes_with_the_build() {
    let Some(here) = Here::new("fence").await else {
        return;
    };
    let installation = format!("fenced-{}", std::process::id());
    let fence = match Fence::own(&installation, "one", &limits(64)) {
        Ok(fence) => fence,
        Err(e) => return eprintln!("SKIPPED: no control groups may be made here: {e}"),
    };
    let parent = fence.parent().expect("a group of its own");
    let engine = here
        .docker()
        .room
        .client
        .engine()
        .await
        .expect("the Engine")
        .clone();
    let config = bollard::models::ContainerCreateBody {
        image: Some(here.bare().await),
        cmd: Some(vec!["/app".into(), "eats-memory".into()]),
        host_config: Some(bollard::models::HostConfig {
            cgroup_parent: Some(parent),
            ..Default::default()
        }),
        ..Default::default()
    };
    let made = engine
        .create_container(
            None::<bollard::query_parameters::CreateContainerOptions>,
            config,
        )
        .await
        .expect("a container");
    engine
        .start_container(
            &made.id,
            None::<bollard::query_parameters::StartContainerOptions>,
        )
        .await
        .expect("it starts");
    let ended = eventually("it is killed at the limit of the group", async || {
        let seen = engine
            .inspect_container(
                &made.id,
                None::<bollard::query_parameters::InspectContainerOptions>,
            )
            .await
            .ok()?;
        seen.state?.exit_code.filter(|code| *code != 0)
    })
    .await;
    assert_eq!(ended, 137);
    let force = bollard::query_parameters::RemoveContainerOptionsBuilder::new()
        .force(true)
        .build();
    engine
        .remove_container(&made.id, Some(force))
        .await
        .expect("it goes");
    drop(fence);
    eventually("its group goes", async || {
        let name = format!("/sys/fs/cgroup/pids/sealdock/{installation}/one");
        (!std::path::Path::new(&name).exists()).then_some(())
    })
    .await;
    fence::sweep(&installation);
}
