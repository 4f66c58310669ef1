//! Repositories inside repositories (P-4), all of them real.

use super::*;

/// A repository beside the bench's own.
struct Beside(std::path::PathBuf);

impl Bench {
    fn beside(&self, name: &str) -> Beside {
        let dir = self.dir.path().join(name);
        std::fs::create_dir_all(&dir).expect("a directory");
        let beside = Beside(dir);
        beside.run(&["init", "--quiet", "--initial-branch=main"]);
        beside
    }

    fn with_submodules() -> Self {
        Self::with_submodules_within(Limits::default())
    }

    fn with_submodules_within(limits: Limits) -> Self {
        Self {
            wanted: SourceConfig {
                submodules: true,
                lfs: false,
            },
            ..Self::limited(limits)
        }
    }

    async fn tree(&self, repository: &Beside) -> Reply<Checkout> {
        self.checkout(&repository.url(), &self.dir.path().join("tree"))
            .await
    }

    fn file(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.dir.path().join("tree").join(path)).ok()
    }
}

impl Beside {
    fn url(&self) -> String {
        self.0.display().to_string()
    }

    fn run(&self, args: &[&str]) -> String {
        let done = Command::new("git")
            .current_dir(&self.0)
            .args(["-c", "user.name=A", "-c", "user.email=a@example.org"])
            .args(["-c", "protocol.file.allow=always"])
            .args(args)
            .output()
            .expect("git runs");
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "{args:?}: {said}");
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    fn commit(&self, name: &str, text: &str) -> String {
        std::fs::write(self.0.join(name), text).expect("a file");
        self.run(&["add", "--all"]);
        self.run(&["commit", "--quiet", "-m", name]);
        self.run(&["rev-parse", "HEAD"])
    }

    fn add(&self, url: &str, path: &str) {
        self.run(&["submodule", "--quiet", "add", "--force", "--", url, path]);
        self.run(&["commit", "--quiet", "-m", "with a submodule"]);
    }

    /// As a hostile hand writes it: any address, for any commit.
    fn point(&self, path: &str, url: &str, sha: &str) {
        let text = format!("[submodule \"x\"]\n\tpath = {path}\n\turl = {url}\n");
        std::fs::write(self.0.join(".gitmodules"), text).expect("a file");
        self.run(&["add", ".gitmodules"]);
        let entry = format!("160000,{sha},{path}");
        self.run(&["update-index", "--add", "--cacheinfo", &entry]);
        self.run(&["commit", "--quiet", "-m", "points there"]);
    }
}

#[tokio::test]
async fn p4_submodules_of_submodules_are_cloned_when_asked_and_not_otherwise() {
    let bench = Bench::with_submodules();
    let (app, lib, core) = (
        bench.beside("app"),
        bench.beside("lib"),
        bench.beside("core"),
    );
    core.commit("core.txt", "core");
    lib.commit("lib.txt", "lib");
    lib.add("../core", "inner/core");
    app.commit("app.txt", "app");
    app.add("../lib", "libs/lib");
    let done = bench.tree(&app).await.expect("cloned");
    let read = |path| bench.file(path).unwrap_or_default();
    assert_eq!(read("app.txt") + &read("libs/lib/lib.txt"), "applib");
    assert_eq!(read("libs/lib/inner/core/core.txt"), "core");
    assert_eq!(done.files, 5, "three files, and two that name submodules");
    assert!(!bench.dir.path().join("tree/libs/lib/.git").exists());

    let plain = Bench::new();
    let into = plain.dir.path().join("tree");
    plain.checkout(&app.url(), &into).await.expect("cloned");
    let mut inside = std::fs::read_dir(into.join("libs/lib")).expect("a directory");
    assert!(inside.next().is_none());
}

#[tokio::test]
async fn p4_a_submodule_is_at_its_commit_and_not_at_its_head() {
    let bench = Bench::with_submodules();
    let (app, lib) = (bench.beside("app"), bench.beside("lib"));
    lib.commit("version", "1");
    app.add("../lib", "lib");
    lib.commit("version", "2");
    bench.tree(&app).await.expect("cloned");
    assert_eq!(bench.file("lib/version").as_deref(), Some("1"));
}

#[tokio::test]
async fn p4_submodules_in_a_circle_are_refused() {
    let bench = Bench::with_submodules();
    let (a, b) = (bench.beside("a"), bench.beside("b"));
    let first = a.commit("a", "a");
    b.commit("b", "b");
    b.point("a", &a.url(), &first);
    let second = b.run(&["rev-parse", "HEAD"]);
    a.point("b", &b.url(), &second);
    let no = bench.tree(&a).await.expect_err("a circle");
    let said = format!("`b/a` is {} again, which it is a part of.", a.url());
    assert!(no.sentence.ends_with(&said), "{no}");
    assert!(!bench.dir.path().join("tree").exists());
}

#[tokio::test]
async fn p4_submodules_too_deep_or_too_many_are_refused() {
    let bench = Bench::with_submodules();
    let mut inner = bench.beside("r0");
    inner.commit("x", "x");
    for n in 1..8 {
        let outer = bench.beside(&format!("r{n}"));
        outer.add(&inner.url(), "s");
        inner = outer;
    }
    let no = bench.tree(&inner).await.expect_err("too deep");
    assert!(
        no.sentence.contains("more than 5 repositories deep"),
        "{no}"
    );
}

#[tokio::test]
async fn p4_a_submodule_s_address_can_be_no_command_and_no_option() {
    let bench = Bench::with_submodules();
    let app = bench.beside("app");
    let sha = app.commit("a", "a");
    for url in [
        "ext::sh -c touch% /tmp/x",
        "-oProxyCommand=id",
        "ssh://-oProxyCommand=id/x",
        "../../../../../../../../../../../..",
    ] {
        app.point("x", url, &sha);
        let no = bench.tree(&app).await.expect_err(url);
        assert_eq!(no.kind, Kind::Invalid, "{url}: {no}");
        assert!(no.place.is_some() && no.way_out.is_some(), "{no:?}");
        // The head is asked for again only after a while.
        tokio::time::sleep(std::time::Duration::from_millis(3100)).await;
    }
}

#[tokio::test]
async fn x11_a_submodule_in_our_own_data_directory_is_refused() {
    let bench = Bench::with_submodules();
    let (app, secret) = (bench.beside("app"), bench.beside("secret"));
    let sha = secret.commit("s", "another tenant's");
    bench
        .resolve(&secret.url(), Revision::Head)
        .await
        .expect("mirrored");
    let mirror = bench.git.mirror_dir(&key(&bench.org, &secret.url()));
    app.commit("a", "a");
    app.point("x", &mirror.display().to_string(), &sha);
    let no = bench.tree(&app).await.expect_err("ours");
    assert!(no.sentence.contains("There is no repository at"), "{no}");
}

#[tokio::test]
async fn p4_a_submodule_that_vanished_says_which_and_why() {
    let bench = Bench::with_submodules();
    let (app, lib) = (bench.beside("app"), bench.beside("lib"));
    lib.commit("a", "a");
    app.commit("a", "a");
    app.point("lib", &lib.url(), &"7".repeat(40));
    let no = bench.tree(&app).await.expect_err("no such commit");
    let said = format!("{} has no commit 7777777 any more", lib.url());
    assert!(no.sentence.starts_with(&said), "{no}");
    assert_eq!(no.place.as_deref(), Some("submodule lib"));
}

#[tokio::test]
async fn p4_submodules_count_to_the_limits_of_the_whole_tree() {
    let limits = Limits {
        tree_bytes: 3000,
        ..Limits::default()
    };
    let bench = Bench::with_submodules_within(limits);
    let (app, lib) = (bench.beside("app"), bench.beside("lib"));
    lib.commit("large", &"x".repeat(2000));
    app.commit("large", &"y".repeat(2000));
    app.add("../lib", "lib");
    let no = bench.tree(&app).await.expect_err("too large together");
    assert_eq!(no.code, "tree_too_large");
}

#[tokio::test]
async fn p4_a_link_of_a_submodule_stays_inside_the_whole_tree() {
    let bench = Bench::with_submodules();
    let (app, lib) = (bench.beside("app"), bench.beside("lib"));
    lib.commit("a", "a");
    std::os::unix::fs::symlink("../../outside", lib.0.join("link")).expect("a link");
    lib.commit("b", "b");
    app.add("../lib", "lib");
    let no = bench.tree(&app).await.expect_err("leads out");
    assert!(no.sentence.contains("`lib/link` leads out"), "{no}");
}

#[tokio::test]
async fn p4_a_commit_that_a_force_push_removed_is_said_to_be_gone() {
    let bench = Bench::new();
    let repository = bench.beside("app");
    repository.commit("a", "1");
    let lost = repository.commit("a", "2");
    repository.run(&["reset", "--quiet", "--hard", "HEAD~1"]);
    repository.run(&["reflog", "expire", "--expire=now", "--all"]);
    repository.run(&["gc", "--quiet", "--prune=now"]);
    let into = bench.dir.path().join("tree");
    let (git, url) = (&bench.git, repository.url());
    let no = git
        .checkout(&bench.org, &url, &lost, bench.wanted, &into, &mut |_| {})
        .await
        .expect_err("gone");
    assert!(
        no.sentence.contains("has no commit") && no.sentence.contains("any more"),
        "{no}"
    );
    assert!(no.way_out.is_some_and(|way| way.contains("force push")));
}

#[tokio::test]
async fn p4_large_files_take_the_places_of_their_pointers() {
    let bench = Bench {
        wanted: SourceConfig {
            submodules: false,
            lfs: true,
        },
        ..Bench::new()
    };
    let app = bench.beside("app");
    let oid = "5".repeat(64);
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 9\n");
    app.commit("film.mp4", &pointer);
    let no = bench.tree(&app).await.expect_err("nothing has it");
    // Without git-lfs the first, with it the second: both are true where they are said.
    let code = no.code.as_str();
    assert!(
        ["git_lfs_missing", "lfs_object_missing", "git_unreadable"].contains(&code),
        "{no}"
    );
    assert!(no.way_out.is_some(), "{no}");
}
