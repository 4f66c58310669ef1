//! Commands inside a running instance.

use super::engine::Here;
use crate::driver::contract::{Behaviour, Harness, environment, eventually, see, spec};
use crate::driver::docker::Docker;
use crate::driver::{Command, Driver, DriverError, Executed};
use domain::instance::{InstanceSpec, State};
use std::time::{Duration, Instant};

async fn run(
    docker: &Docker,
    spec: &InstanceSpec,
    words: &[&str],
    limit_ms: u64,
) -> Result<Executed, DriverError> {
    let argv: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let command = Command {
        instance: &spec.id,
        argv: &argv,
        limit: Duration::from_millis(limit_ms),
        keep_bytes: 64,
    };
    docker.exec().expect("it can").exec(command).await
}

#[tokio::test(flavor = "multi_thread")]
async fn p12_a_command_runs_beside_the_instance_s_own_process() {
    let Some(here) = Here::new("p12_exec").await else {
        return;
    };
    let (docker, spec) = (
        here.docker(),
        spec(here.app(Behaviour::Serves), &environment()),
    );
    docker.ensure(&spec).await.expect("it starts");
    eventually("it runs", async || {
        let seen = see(&docker, &spec.environment).await;
        seen.iter().any(|o| o.state == State::Running).then_some(())
    })
    .await;

    let failed = run(&docker, &spec, &["/app", "exits"], 20_000)
        .await
        .expect("it runs");
    assert_eq!((failed.code, failed.ended), (Some(3), true));
    assert_eq!(String::from_utf8_lossy(&failed.output), "going down\n");

    let long = run(&docker, &spec, &["/app", "prints", "stop"], 20_000)
        .await
        .expect("it runs");
    assert_eq!(
        (long.code, long.cut, long.output.len()),
        (Some(0), true, 64)
    );
    let end = String::from_utf8_lossy(&long.output).into_owned();
    // Two pipes: which of their ends comes last is nobody's to say.
    let last = end.contains("out 200\n") || end.contains("err 200\n");
    assert!(last && !end.contains("out 1\n"), "{end}");

    let missing = run(&docker, &spec, &["/nowhere"], 20_000).await;
    let said = match missing {
        Err(DriverError::Refused(said)) => said,
        Ok(done) => {
            assert_ne!(done.code, Some(0));
            String::from_utf8_lossy(&done.output).into_owned()
        }
        other => panic!("{other:?}"),
    };
    assert!(said.contains("nowhere"), "{said}");

    let begun = Instant::now();
    let late = run(&docker, &spec, &["/app", "waits"], 500)
        .await
        .expect("it runs");
    assert_eq!(late.code, None);
    assert!(begun.elapsed() < Duration::from_secs(10));
    // Only who may end another's process can.
    if rustix::process::geteuid().is_root() {
        assert!(late.ended, "it still runs");
    }

    docker.remove(&spec.id, 0).await.expect("removal begins");
    eventually("it is gone", async || {
        see(&docker, &spec.environment)
            .await
            .is_empty()
            .then_some(())
    })
    .await;
    let gone = run(&docker, &spec, &["/app", "exits"], 5_000).await;
    assert!(matches!(gone, Err(DriverError::Refused(_))), "{gone:?}");
    docker
        .forget(&spec.environment)
        .await
        .expect("the network goes");
}
