//! With real repositories, made here.

use super::*;
use domain::config::SourceConfig;
use domain::refusal::Kind;
use domain::source::Revision;
use domain::time::Time;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

mod broken;
mod nested;

struct Bench {
    dir: TempDir,
    git: Git,
    org: OrgId,
    wanted: SourceConfig,
}

impl Bench {
    fn new() -> Self {
        Self::limited(Limits::default())
    }

    fn limited(limits: Limits) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let dirs = Dirs::open(&dir.path().join("data")).expect("a data directory");
        Self {
            git: Git::with_limits(&dirs, limits, Keyring::empty()),
            dir,
            org: OrgId::new(Time(0), 1),
            wanted: SourceConfig::default(),
        }
    }

    fn repo(&self) -> String {
        let repo = self.dir.path().join("repo");
        std::fs::create_dir_all(&repo).expect("a directory");
        self.run(&["init", "--quiet", "--initial-branch=main"]);
        repo.display().to_string()
    }

    fn run(&self, args: &[&str]) {
        let done = Command::new("git")
            .current_dir(self.dir.path().join("repo"))
            .args(["-c", "user.name=A", "-c", "user.email=a@example.org"])
            .args(args)
            .output()
            .expect("git runs");
        assert!(
            done.status.success(),
            "{args:?}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
    }

    fn commit(&self, name: &str, text: &str, tag: Option<&str>) {
        let path = self.dir.path().join("repo").join(name);
        std::fs::write(path, text).expect("a file");
        self.run(&["add", "--all"]);
        self.run(&["commit", "--quiet", "-m", &format!("change {name}")]);
        if let Some(tag) = tag {
            self.run(&["tag", tag]);
        }
    }

    fn read_tree_of(&self, sha: &str) -> String {
        let done = Command::new("git")
            .current_dir(self.dir.path().join("repo"))
            .args(["rev-parse", &format!("{sha}^{{tree}}")])
            .output()
            .expect("git runs");
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    async fn resolve(&self, url: &str, revision: Revision) -> Reply<domain::source::Commit> {
        self.git.resolve(&self.org, url, &revision).await
    }

    async fn checkout(&self, url: &str, into: &Path) -> Reply<Checkout> {
        let commit = self.resolve(url, Revision::Head).await?;
        self.git
            .checkout(&self.org, url, &commit.sha, self.wanted, into, &mut |_| {})
            .await
    }
}

#[tokio::test]
async fn i3_tags_come_newest_first_with_commit_and_pre_release() {
    let bench = Bench::new();
    let url = bench.repo();
    bench.commit("a", "1", Some("v1.0.0"));
    bench.commit("a", "2", Some("v1.1.0-rc.1"));
    let tags = bench.git.tags(&bench.org, &url).await.expect("tags");
    let shown: Vec<_> = tags
        .iter()
        .map(|t| (t.name.as_str(), t.pre_release, t.commit.subject.as_str()))
        .collect();
    assert_eq!(
        shown,
        [
            ("v1.1.0-rc.1", true, "change a"),
            ("v1.0.0", false, "change a")
        ]
    );
}

#[tokio::test]
async fn a_file_is_read_at_the_commit_and_not_at_the_head() {
    let bench = Bench::new();
    let url = bench.repo();
    bench.commit("sealdock.yml", "port: 1", Some("v1"));
    bench.commit("sealdock.yml", "port: 2", None);
    let old = bench
        .resolve(&url, Revision::Tag("v1".into()))
        .await
        .expect("v1");
    let read = bench
        .git
        .read_file(&bench.org, &url, &old.sha, "sealdock.yml")
        .await
        .expect("read");
    assert_eq!(read.as_deref(), Some(b"port: 1".as_slice()));
    assert_eq!(
        bench
            .git
            .read_file(&bench.org, &url, &old.sha, "nothing")
            .await,
        Ok(None)
    );
    let head = bench.resolve(&url, Revision::Head).await.expect("head");
    let between = bench
        .git
        .log_between(&bench.org, &url, &old.sha, &head.sha, 10)
        .await
        .expect("log");
    assert_eq!(between.len(), 1);
}

#[tokio::test]
async fn a_missing_tag_is_refused_with_the_nearest_name() {
    let bench = Bench::new();
    let url = bench.repo();
    bench.commit("a", "1", Some("v1.0.0"));
    let refusal = bench
        .resolve(&url, Revision::Tag("v1.0.1".into()))
        .await
        .expect_err("no such tag");
    assert_eq!(
        refusal.to_string(),
        "The repository has no tag `v1.0.1`. Did you mean `v1.0.0`?"
    );
    let refusal = bench
        .resolve(&url, Revision::Tag("--upload-pack=id".into()))
        .await
        .expect_err("an option");
    assert_eq!(refusal.kind, Kind::Invalid);
}

#[tokio::test]
async fn a_tag_that_was_pushed_a_moment_ago_is_found() {
    let bench = Bench::new();
    let url = bench.repo();
    bench.commit("a", "1", Some("v1"));
    bench
        .resolve(&url, Revision::Tag("v1".into()))
        .await
        .expect("v1");
    bench.commit("a", "2", Some("v2"));
    bench
        .resolve(&url, Revision::Tag("v2".into()))
        .await
        .expect("v2");
}

#[tokio::test]
async fn p6_a_directory_is_listed_without_a_clone() {
    let bench = Bench::new();
    let url = bench.repo();
    std::fs::create_dir_all(bench.dir.path().join("repo/web/src")).expect("a directory");
    std::os::unix::fs::symlink("a", bench.dir.path().join("repo/link")).expect("a link");
    bench.commit("web/src/main.py", "1", None);
    bench.commit("web/a b.txt", "2", None);
    bench.commit("a", "3", None);
    let commit = bench.resolve(&url, Revision::Head).await.expect("head");
    let list = async |dir| {
        bench
            .git
            .list(&bench.org, &url, &commit.sha, dir)
            .await
            .expect("a list")
    };
    let names = |names: &[&str]| Some(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
    assert_eq!(list("").await, names(&["a", "web/"]));
    assert_eq!(list("web").await, names(&["a b.txt", "src/"]));
    assert_eq!(list("nowhere").await, None);
    assert_eq!(list("a").await, None);
}

#[tokio::test]
async fn a_wrong_url_says_what_git_said() {
    let bench = Bench::new();
    let nowhere = bench
        .resolve("/nowhere/at/all", Revision::Head)
        .await
        .expect_err("no such path");
    assert!(
        nowhere
            .sentence
            .contains("There is no repository at /nowhere/at/all"),
        "{nowhere}"
    );
    let refused = bench
        .resolve("https://127.0.0.1:1/app.git", Revision::Head)
        .await
        .expect_err("nobody listens");
    assert_eq!(
        (refused.kind, refused.code.as_str()),
        (Kind::Unavailable, "git_unreachable"),
        "{refused}"
    );
}

#[tokio::test]
async fn x11_our_own_data_directory_is_no_repository() {
    let bench = Bench::new();
    let url = bench.repo();
    bench.commit("a", "1", None);
    bench.resolve(&url, Revision::Head).await.expect("head");
    let mirror = std::fs::read_dir(bench.dir.path().join("data/mirrors"))
        .expect("mirrors")
        .next()
        .expect("one")
        .expect("entry")
        .path();
    let refusal = bench
        .resolve(&mirror.display().to_string(), Revision::Head)
        .await
        .expect_err("ours");
    assert_eq!(refusal.kind, Kind::Invalid);
}

#[tokio::test]
async fn p4_a_checkout_has_the_files_and_nothing_of_git() {
    let bench = Bench::new();
    let url = bench.repo();
    bench.commit("Dockerfile", "FROM scratch", None);
    let into = bench.dir.path().join("tree");
    let done = bench.checkout(&url, &into).await.expect("checked out");
    assert_eq!(
        done,
        Checkout {
            files: 1,
            size_bytes: 12
        }
    );
    assert!(into.join("Dockerfile").exists() && !into.join(".git").exists());
}

#[tokio::test]
async fn p4_a_link_out_of_the_tree_and_a_tree_too_large_are_refused() {
    let bench = Bench::limited(Limits {
        tree_bytes: 1000,
        ..Limits::default()
    });
    let url = bench.repo();
    bench.commit("large", &"x".repeat(2000), None);
    let refusal = bench
        .checkout(&url, &bench.dir.path().join("one"))
        .await
        .expect_err("too large");
    assert_eq!(refusal.code, "tree_too_large");
    std::fs::remove_file(bench.dir.path().join("repo/large")).expect("removed");
    std::os::unix::fs::symlink("../../../etc/passwd", bench.dir.path().join("repo/link"))
        .expect("a link");
    bench.commit("a", "1", Some("linked"));
    tokio::time::sleep(std::time::Duration::from_millis(3100)).await;
    let refusal = bench
        .checkout(&url, &bench.dir.path().join("two"))
        .await
        .expect_err("leads out");
    assert!(refusal.sentence.contains("`link` leads out"), "{refusal}");
}

#[tokio::test]
async fn p4_links_that_leave_the_tree_over_another_link_are_refused() {
    let bench = Bench::new();
    let url = bench.repo();
    let deep = bench.dir.path().join("repo/x/y");
    std::fs::create_dir_all(&deep).expect("directories");
    std::os::unix::fs::symlink("../..", deep.join("up")).expect("a link that stays");
    // By its text it is `x/y/etc`; over `up` it is beside the tree.
    std::os::unix::fs::symlink("up/../etc", deep.join("out")).expect("a link");
    bench.commit("a", "1", None);
    let refusal = bench
        .checkout(&url, &bench.dir.path().join("tree"))
        .await
        .expect_err("leads out");
    assert!(
        refusal.sentence.contains("`x/y/out` leads out"),
        "{refusal}"
    );
}

#[tokio::test]
async fn p4_more_files_than_allowed_are_refused_before_one_is_written() {
    let bench = Bench::limited(Limits {
        files: 3,
        ..Limits::default()
    });
    let url = bench.repo();
    for name in ["a", "b", "c", "d"] {
        bench.commit(name, "", None);
    }
    let into = bench.dir.path().join("tree");
    let refusal = bench.checkout(&url, &into).await.expect_err("too many");
    assert_eq!(
        (refusal.code.as_str(), into.exists()),
        ("too_many_files", false),
        "{refusal}"
    );
}
