//! Backups and restores, from the row to the file and back.

use super::bench::{Bench, PATIENCE, code, new};
use domain::api::*;
use domain::service::{Kind, WorkStatus};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn p23_a_backup_is_a_file_and_a_restore_puts_it_back() {
    for kind in [Kind::Postgres, Kind::Redis] {
        let bench = Bench::start().await;
        let made = bench.managed("db", kind).await.expect("it is added");
        bench.ready(&made.id).await;
        bench.run(&made.id, "write", Some("before")).await;
        let asked = bench
            .api()
            .back_up(&bench.caller, &made.id)
            .await
            .expect("it begins");
        let backup = bench.ended(&asked).await;
        assert_eq!(
            (backup.status, backup.size_bytes, backup.available),
            (WorkStatus::Done, Some(6), true)
        );
        let file = bench
            .api()
            .backup_file(&bench.caller, &backup.id)
            .await
            .expect("a file");
        assert_eq!(
            std::fs::read_to_string(&file.path).ok().as_deref(),
            Some("before")
        );
        bench.run(&made.id, "write", Some("after")).await;
        let plan = bench
            .api()
            .preview_restore(&bench.caller, &backup.id)
            .await
            .expect("a plan");
        let typed = |text: &str| Restore {
            digest: plan.digest.clone(),
            typed: text.into(),
        };
        let restore = |how| bench.api().restore(&bench.caller, &backup.id, how);
        assert_eq!(code(restore(typed("cache")).await), "invalid");
        assert_eq!(
            code(
                restore(Restore {
                    typed: "db".into(),
                    digest: "old".into()
                })
                .await
            ),
            "plan_changed"
        );
        let restored = bench
            .ended(&restore(typed("db")).await.expect("it begins"))
            .await;
        assert_eq!(
            (restored.status, restored.restores.as_ref()),
            (WorkStatus::Done, Some(&backup.id)),
            "{restored:?}"
        );
        bench.ready(&made.id).await;
        assert_eq!(bench.run(&made.id, "pg_dump", None).await, "before");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p23_a_damaged_backup_changes_nothing() {
    let bench = Bench::start().await;
    let made = bench.managed("db", Kind::Redis).await.expect("it is added");
    bench.ready(&made.id).await;
    let asked = bench
        .api()
        .back_up(&bench.caller, &made.id)
        .await
        .expect("it begins");
    let backup = bench.ended(&asked).await;
    let file = bench
        .api()
        .backup_file(&bench.caller, &backup.id)
        .await
        .expect("a file");
    std::fs::write(&file.path, "damaged").expect("it is written");
    bench.run(&made.id, "write", Some("precious")).await;
    let plan = bench
        .api()
        .preview_restore(&bench.caller, &backup.id)
        .await
        .expect("a plan");
    let how = Restore {
        digest: plan.digest,
        typed: "db".into(),
    };
    let begun = bench
        .api()
        .restore(&bench.caller, &backup.id, how)
        .await
        .expect("it begins");
    let failed = bench.ended(&begun).await;
    assert_eq!(failed.status, WorkStatus::Failed);
    assert!(
        failed
            .sentence
            .is_some_and(|s| s.contains("SHA-256 differs"))
    );
    assert_eq!(bench.run(&made.id, "pg_dump", None).await, "precious");
}

#[tokio::test(flavor = "multi_thread")]
async fn p23_only_so_many_backups_are_kept() {
    let bench = Bench::start().await;
    let made = bench.managed("db", Kind::Redis).await.expect("it is added");
    let keep = ServiceSettings {
        keep: Some(2),
        ..Default::default()
    };
    bench
        .api()
        .set_service(&bench.caller, &made.id, keep)
        .await
        .expect("it is set");
    bench.ready(&made.id).await;
    let mut made_ones = vec![];
    for _ in 0..3 {
        let asked = bench
            .api()
            .back_up(&bench.caller, &made.id)
            .await
            .expect("it begins");
        made_ones.push(bench.ended(&asked).await.id);
    }
    let listed = async || {
        let page = bench
            .api()
            .backups(&bench.caller, &made.id)
            .await
            .expect("a list");
        page.items.into_iter().map(|b| b.id).collect::<Vec<_>>()
    };
    // The oldest goes in the moment after the newest is done.
    let swept = async {
        while listed().await.len() > 2 {
            tokio::time::sleep(Duration::from_millis(20)).await
        }
    };
    tokio::time::timeout(PATIENCE, swept)
        .await
        .expect("the oldest goes");
    assert_eq!(listed().await, [made_ones[2].clone(), made_ones[1].clone()]);
    let files = std::fs::read_dir(bench.engine.dirs.backups(&made.id)).expect("a folder");
    assert_eq!(files.count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn p23_a_time_of_the_schedule_becomes_a_backup() {
    let bench = Bench::start().await;
    let wanted = NewService {
        image: Some("fake/ok:1".into()),
        schedule: Some("@daily".into()),
        ..new("db", Kind::Redis)
    };
    let made = bench
        .api()
        .create_service(&bench.caller, wanted)
        .await
        .expect("it is added");
    bench.ready(&made.id).await;
    let next = made
        .managed
        .as_ref()
        .and_then(|m| m.next_backup_at)
        .expect("a time");
    let store = &bench.engine.store;
    let mut row = store
        .service(&bench.caller.org, &made.id)
        .await
        .expect("reads")
        .expect("a row");
    let due = row.managed.as_mut().expect("managed");
    due.next_backup_at = Some(domain::time::Time(1));
    store
        .set_service(&bench.caller, &row, bench.engine.control.now())
        .await
        .expect("written");
    bench.engine.control.services.wake(&made.id);
    let look = async {
        loop {
            let page = bench
                .api()
                .backups(&bench.caller, &made.id)
                .await
                .expect("a list");
            if let Some(backup) = page
                .items
                .into_iter()
                .find(|b| b.status == WorkStatus::Done)
            {
                return backup;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let backup = tokio::time::timeout(PATIENCE, look)
        .await
        .expect("it is made");
    assert_eq!(backup.by, None);
    let view = bench
        .api()
        .service(&bench.caller, &made.id)
        .await
        .expect("a view");
    assert!(view.managed.and_then(|m| m.next_backup_at) >= Some(next));
}
