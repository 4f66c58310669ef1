//! The real engine on the fake runtime: what is wanted becomes so, and stays so.

mod backups;
mod bench;

use bench::{Bench, PATIENCE, code, new};
use domain::api::*;
use domain::config::{Config, ConfigPatch};
use domain::refusal::Refusal;
use domain::service::{Kind, ServiceState};
use std::collections::BTreeMap;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn p23_a_managed_service_is_brought_up_and_comes_back_with_its_data() {
    let bench = Bench::start().await;
    let made = bench
        .managed("db", Kind::Postgres)
        .await
        .expect("it is added");
    assert_eq!(made.address, "postgres://db:5432/app");
    bench.ready(&made.id).await;
    bench.run(&made.id, "write", Some("orders")).await;
    bench.run(&made.id, "kill", None).await;
    bench
        .until(&made.id, |view| view.state != ServiceState::Ready)
        .await;
    bench.ready(&made.id).await;
    assert_eq!(bench.run(&made.id, "pg_dump", None).await, "orders");
}

#[tokio::test(flavor = "multi_thread")]
async fn p23_another_setting_is_another_container_on_the_same_data() {
    let bench = Bench::start().await;
    let made = bench
        .managed("db", Kind::Postgres)
        .await
        .expect("it is added");
    bench.ready(&made.id).await;
    bench.run(&made.id, "write", Some("orders")).await;
    let settings = ServiceSettings {
        image: Some("fake/exec-fails-4:2".into()),
        ..Default::default()
    };
    let set = bench
        .api()
        .set_service(&bench.caller, &made.id, settings)
        .await;
    set.expect("it is set");
    let failing = bench
        .until(&made.id, |v| v.sentence.contains("exit 4"))
        .await;
    assert_eq!(
        failing.managed.map(|m| m.image).as_deref(),
        Some("fake/exec-fails-4:2")
    );
    let settings = ServiceSettings {
        image: Some("fake/ok:3".into()),
        ..Default::default()
    };
    let set = bench
        .api()
        .set_service(&bench.caller, &made.id, settings)
        .await;
    set.expect("it is set");
    bench.ready(&made.id).await;
    assert_eq!(bench.run(&made.id, "pg_dump", None).await, "orders");
}

#[tokio::test(flavor = "multi_thread")]
async fn p23_what_can_t_be_brought_up_says_why_and_is_tried_again() {
    let bench = Bench::start().await;
    let wanted = NewService {
        image: Some("fake/missing:1".into()),
        ..new("db", Kind::Redis)
    };
    let made = bench
        .api()
        .create_service(&bench.caller, wanted)
        .await
        .expect("it is added");
    let failed = bench
        .until(&made.id, |view| view.state == ServiceState::Failed)
        .await;
    assert!(
        failed.sentence.contains("fake/missing"),
        "{}",
        failed.sentence
    );
    let settings = ServiceSettings {
        image: Some("fake/ok:1".into()),
        ..Default::default()
    };
    bench
        .api()
        .set_service(&bench.caller, &made.id, settings)
        .await
        .expect("it is set");
    bench.ready(&made.id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p23_a_link_is_refused_where_two_would_set_one_variable() {
    let bench = Bench::start().await;
    let environment = bench.app("web").await;
    let db = bench
        .managed("db", Kind::Postgres)
        .await
        .expect("it is added");
    let twin = bench
        .managed("twin", Kind::Postgres)
        .await
        .expect("it is added");
    let view = bench
        .linked(&db.id, &environment, "")
        .await
        .expect("it is linked");
    assert!(view.links[0].variables.contains(&"DATABASE_URL".to_owned()));
    let no = bench
        .linked(&twin.id, &environment, "")
        .await
        .expect_err("refused");
    assert_eq!(
        no.sentence,
        "The services `db` and `twin` would both set `DATABASE_URL`."
    );
    let view = bench
        .linked(&twin.id, &environment, "reports")
        .await
        .expect("it is linked");
    assert!(
        view.links[0]
            .variables
            .contains(&"REPORTS_DATABASE_URL".to_owned())
    );
    let own = Update {
        config: Some(patch("DATABASE_URL")),
        ..Update::default()
    };
    let no = bench
        .api()
        .preview_update(&bench.caller, &environment, &own)
        .await;
    assert_eq!(code(no), "variable_taken");
}

fn patch(name: &str) -> ConfigPatch {
    let env = BTreeMap::from([(name.to_owned(), "mine".to_owned())]);
    let config = Config {
        env,
        ..Config::default()
    };
    ConfigPatch {
        env: ConfigPatch::from(&config).env,
        ..ConfigPatch::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p23_a_plan_names_the_services_and_a_link_makes_it_void() {
    let bench = Bench::start().await;
    let environment = bench.app("web").await;
    let db = bench.managed("db", Kind::Redis).await.expect("it is added");
    let again = Update::default();
    let before = bench
        .api()
        .preview_update(&bench.caller, &environment, &again)
        .await
        .expect("a plan");
    assert!(
        !before
            .changes
            .iter()
            .any(|c| c.path.starts_with("services."))
    );
    bench
        .linked(&db.id, &environment, "")
        .await
        .expect("it is linked");
    let confirm = Confirm {
        digest: before.digest,
        ..Confirm::default()
    };
    assert_eq!(
        code(
            bench
                .api()
                .update(&bench.caller, &environment, confirm)
                .await
        ),
        "plan_changed"
    );
    let plan = bench
        .api()
        .preview_update(&bench.caller, &environment, &again)
        .await
        .expect("a plan");
    let change = plan
        .changes
        .iter()
        .find(|c| c.path == "services.db")
        .expect("it is named");
    assert_eq!(
        change.to.as_deref(),
        Some("REDIS_HOST, REDIS_PASSWORD, REDIS_PORT, REDIS_URL")
    );
    let text = serde_json::to_string(&plan).expect("it is JSON");
    let row = bench
        .engine
        .store
        .service(&bench.caller.org, &db.id)
        .await
        .expect("reads")
        .expect("a row");
    assert!(
        !text.contains(&row.address.password),
        "a plan holds a password"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn p23_a_service_in_use_is_not_deleted_and_then_nothing_of_it_is_left() {
    let bench = Bench::start().await;
    let environment = bench.app("web").await;
    let db = bench
        .managed("db", Kind::Postgres)
        .await
        .expect("it is added");
    bench.ready(&db.id).await;
    bench
        .linked(&db.id, &environment, "")
        .await
        .expect("it is linked");
    let no: Refusal = bench
        .api()
        .delete_service(&bench.caller, &db.id, "db")
        .await
        .expect_err("refused");
    assert!(
        no.sentence.contains("web / production is linked to it"),
        "{no}"
    );
    bench
        .api()
        .unlink(&bench.caller, &db.id, &environment)
        .await
        .expect("unlinked");
    let asked = bench
        .api()
        .back_up(&bench.caller, &db.id)
        .await
        .expect("it begins");
    bench.ended(&asked).await;
    assert_eq!(
        code(bench.api().delete_service(&bench.caller, &db.id, "").await),
        "invalid"
    );
    let plan = bench
        .api()
        .preview_delete_service(&bench.caller, &db.id)
        .await
        .expect("a plan");
    assert!(
        plan.lines.iter().any(|line| line.contains("all the data")),
        "{plan:?}"
    );
    bench
        .api()
        .delete_service(&bench.caller, &db.id, "db")
        .await
        .expect("it begins");
    let gone = async {
        while bench.api().service(&bench.caller, &db.id).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.expect("it goes");
    assert!(!bench.engine.dirs.backups(&db.id).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn p23_a_new_boot_brings_everything_up_again() {
    let bench = Bench::start().await;
    let db = bench
        .managed("db", Kind::Postgres)
        .await
        .expect("it is added");
    bench.ready(&db.id).await;
    let bench = bench.restarted().await;
    bench.ready(&db.id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p23_one_that_runs_elsewhere_is_asked_and_its_password_is_never_shown() {
    let bench = Bench::start().await;
    let wanted = NewService {
        url: Some("redis://:hunter22@127.0.0.1:1/0".into()),
        ..new("cache", Kind::Redis)
    };
    let made = bench
        .api()
        .create_service(&bench.caller, wanted)
        .await
        .expect("it is added");
    let failed = bench
        .until(&made.id, |view| view.state == ServiceState::Failed)
        .await;
    assert!(
        failed.sentence.contains("127.0.0.1:1"),
        "{}",
        failed.sentence
    );
    assert!(
        failed
            .note
            .as_deref()
            .is_some_and(|note| note.contains("the container itself"))
    );
    assert_eq!(
        code(bench.api().back_up(&bench.caller, &made.id).await),
        "no_backup"
    );
    let text = serde_json::to_string(&failed).expect("it is JSON");
    assert!(!text.contains("hunter22"), "{text}");
}
