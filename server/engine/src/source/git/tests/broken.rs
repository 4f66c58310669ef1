//! A mirror is a cache: one that is broken is thrown away.

use super::*;

#[tokio::test]
async fn a_broken_mirror_is_fetched_anew() {
    let bench = Bench::new();
    let url = bench.repo();
    bench.commit("a", "1", Some("v1"));
    bench.resolve(&url, Revision::Head).await.expect("head");
    let mirror = bench.git.mirror_dir(&key(&bench.org, &url));
    std::fs::write(mirror.join("HEAD"), "garbage").expect("broken");
    tokio::time::sleep(std::time::Duration::from_millis(3100)).await;
    bench
        .resolve(&url, Revision::Tag("v1".into()))
        .await
        .expect("whole again");
    bench.git.forget(&bench.org, &url).await.expect("forgotten");
    assert!(!mirror.exists());
}

/// What a fetch leaves that was killed in the middle.
#[tokio::test]
async fn a_lock_that_nobody_holds_does_not_stop_the_next_fetch() {
    let bench = Bench::new();
    let url = bench.repo();
    bench.commit("a", "1", Some("v1"));
    bench.resolve(&url, Revision::Head).await.expect("head");
    let mirror = bench.git.mirror_dir(&key(&bench.org, &url));
    std::fs::write(mirror.join("refs/heads/main.lock"), "").expect("a lock");
    bench.commit("a", "2", None);
    tokio::time::sleep(std::time::Duration::from_millis(3100)).await;
    let head = bench
        .resolve(&url, Revision::Head)
        .await
        .expect("fetched anew");
    assert_eq!(
        bench
            .git
            .log_between(&bench.org, &url, "v1", &head.sha, 5)
            .await
            .expect("log")
            .len(),
        1
    );
}

#[tokio::test]
async fn a_mirror_that_lacks_a_tree_is_fetched_anew_for_a_checkout() {
    let bench = Bench::new();
    let url = bench.repo();
    bench.commit("a", "1", None);
    let commit = bench.resolve(&url, Revision::Head).await.expect("head");
    let mirror = bench.git.mirror_dir(&key(&bench.org, &url));
    lose(&mirror, &bench.read_tree_of(&commit.sha));
    let into = bench.dir.path().join("tree");
    let done = bench
        .git
        .checkout(
            &bench.org,
            &url,
            &commit.sha,
            bench.wanted,
            &into,
            &mut |_| {},
        )
        .await
        .expect("checked out");
    assert_eq!(done.files, 1);
}

/// Takes a mirror's packs apart and removes one object.
fn lose(mirror: &Path, object: &str) {
    for entry in std::fs::read_dir(mirror.join("objects/pack")).expect("packs") {
        let (path, outside) = (entry.expect("entry").path(), mirror.join("outside"));
        std::fs::rename(&path, &outside).expect("moved");
        if path.extension().is_some_and(|e| e == "pack") {
            let pack = std::fs::File::open(&outside).expect("a pack");
            let done = Command::new("git")
                .arg("--git-dir")
                .arg(mirror)
                .args(["unpack-objects", "-q"])
                .stdin(pack)
                .status();
            assert!(done.expect("git runs").success());
        }
    }
    std::fs::remove_file(mirror.join("objects").join(&object[..2]).join(&object[2..]))
        .expect("a loose object");
}
