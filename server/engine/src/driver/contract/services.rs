//! Services: data that outlives containers.

use super::look::eventually;
use super::{Behaviour, Harness, entropy, environment, now};
use crate::driver::Driver;
use crate::driver::services::{Content, Errand, Errands, Seed, ServiceSpec, Services};
use domain::id::{OrgId, ServiceId};
use domain::service::{Container, Seen};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30);

fn service(harness: &impl Harness) -> ServiceSpec {
    let app = harness.app(Behaviour::Serves);
    ServiceSpec {
        id: ServiceId::new(now(), entropy()),
        org: OrgId::new(now(), entropy()),
        name: "db".into(),
        image: app.image,
        command: app.command.unwrap_or_default(),
        env: BTreeMap::new(),
        files: BTreeMap::from([("/settings".into(), "quiet".into())]),
        data: "/data".into(),
        memory_mib: 32,
    }
}

fn of(driver: &impl Driver) -> &dyn Services {
    driver.services().expect("it keeps services")
}

async fn seen(services: &dyn Services, spec: &ServiceSpec) -> Seen {
    eventually("it runs", async || {
        let seen = services.see(spec).await.expect("the runtime answers")?;
        matches!(seen.container, Container::Running(_)).then_some(seen)
    })
    .await
}

async fn run(
    services: &dyn Services,
    id: &ServiceId,
    argv: &[String],
    input: Option<&str>,
    most_bytes: u64,
) -> (Errands, String) {
    let folder = tempfile::tempdir().expect("a directory");
    let (from, into) = (folder.path().join("in"), folder.path().join("out"));
    std::fs::write(&from, input.unwrap_or_default()).expect("a file");
    let errand = Errand {
        argv,
        env: &BTreeMap::new(),
        input: input.map(|_| Path::new(&from)),
        output: Some(&into),
        most_bytes,
        limit: LIMIT,
    };
    let done = services.errand(id, errand).await.expect("it runs");
    let printed = std::fs::read_to_string(&into).expect("what it printed");
    (done, printed)
}

async fn gone(services: &dyn Services, spec: &ServiceSpec) {
    services.wipe(&spec.id).await.expect("it goes");
    assert_eq!(services.see(spec).await, Ok(None));
    services
        .wipe(&spec.id)
        .await
        .expect("asking again is no harm");
}

pub async fn a_service_keeps_its_data_when_its_container_is_made_anew(harness: &impl Harness) {
    let driver = harness.connect();
    let (services, spec) = (of(&driver), service(harness));
    let [keeps, prints] = harness.keeps_and_prints();
    assert_eq!(services.see(&spec).await, Ok(None));
    services.bring_up(&spec, &[]).await.expect("it is made");
    services.bring_up(&spec, &[]).await.expect("it is adopted");
    assert!(seen(services, &spec).await.current);
    let (kept, _) = run(services, &spec.id, &keeps, Some("orders"), 99).await;
    assert_eq!(kept.code, Some(0), "{kept:?}");

    let other = ServiceSpec {
        memory_mib: 48,
        ..spec.clone()
    };
    assert!(!seen(services, &other).await.current);
    services
        .bring_up(&other, &[])
        .await
        .expect("it is made anew");
    assert!(seen(services, &other).await.current);
    let (done, printed) = run(services, &spec.id, &prints, None, 99).await;
    assert_eq!(
        (done.code, done.written_bytes, printed.as_str()),
        (Some(0), 6, "orders")
    );

    gone(services, &spec).await;
    services
        .bring_up(&spec, &[])
        .await
        .expect("it is made again");
    seen(services, &spec).await;
    let (_, printed) = run(services, &spec.id, &prints, None, 99).await;
    assert_ne!(printed, "orders", "its volume was left");
    gone(services, &spec).await;
}

pub async fn a_service_joins_those_who_use_it_and_holds_up_nobody(harness: &impl Harness) {
    let driver = harness.connect();
    let (services, spec) = (of(&driver), service(harness));
    let (one, two) = (environment(), environment());
    services.bring_up(&spec, &[]).await.expect("it is made");
    for environment in [&one, &two, &two] {
        services.join(&spec, environment).await.expect("it joins");
    }
    let joined = seen(services, &spec).await.joined;
    assert_eq!(joined, BTreeSet::from([one.clone(), two.clone()]));
    services.leave(&spec.id, &one).await.expect("it leaves");
    services.leave(&spec.id, &one).await.expect("it has left");
    driver.forget(&one).await.expect("an empty network goes");
    driver
        .forget(&two)
        .await
        .expect("one with a service in it goes too");
    assert!(seen(services, &spec).await.joined.is_empty());
    gone(services, &spec).await;
}

pub async fn an_errand_has_a_limit_and_an_end(harness: &impl Harness) {
    let driver = harness.connect();
    let (services, spec) = (of(&driver), service(harness));
    let [keeps, prints] = harness.keeps_and_prints();
    services.bring_up(&spec, &[]).await.expect("it is made");
    seen(services, &spec).await;
    let large = "x".repeat(300_000);
    let (kept, _) = run(services, &spec.id, &keeps, Some(&large), 99).await;
    assert_eq!((kept.code, kept.over), (Some(0), false), "{kept:?}");
    let (whole, printed) = run(services, &spec.id, &prints, None, 1 << 20).await;
    assert_eq!((whole.code, printed == large), (Some(0), true), "{whole:?}");
    let (cut, printed) = run(services, &spec.id, &prints, None, 1000).await;
    assert!(
        cut.over && cut.code.is_none() && printed.len() <= 1000,
        "{cut:?}"
    );
    gone(services, &spec).await;
}

pub async fn what_a_service_finds_before_it_starts(harness: &impl Harness) {
    let driver = harness.connect();
    let (services, spec) = (of(&driver), service(harness));
    let [_, prints] = harness.keeps_and_prints();
    let folder = tempfile::tempdir().expect("a directory");
    let file = folder.path().join("seed");
    std::fs::write(&file, "sown").expect("a file");
    let seed = |path: &str, content| Seed {
        path: path.into(),
        content,
    };
    let seeds = [
        seed("held", Content::File(file)),
        seed("deeper/note", Content::Text("of no matter".into())),
    ];
    services.bring_up(&spec, &seeds).await.expect("it is made");
    seen(services, &spec).await;
    let (_, printed) = run(services, &spec.id, &prints, None, 99).await;
    assert_eq!(printed, "sown");
    gone(services, &spec).await;
}
