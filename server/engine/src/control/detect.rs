//! How a repository would be built, asked of Git without a clone: the names in the project's
//! directory, and the text of the few files that decide.

use super::Control;
use crate::source::git::Git;
use domain::api::Reply;
use domain::config::{Config, ConfigPatch};
use domain::detect::{self, BuildPlan, Tree};
use domain::id::OrgId;
use domain::refusal::Refusal;
use domain::source::{Commit, Revision, Source};
use domain::view::RepositoryView;

/// One commit of one repository.
struct At<'a> {
    git: &'a Git,
    org: &'a OrgId,
    url: &'a str,
    commit: &'a Commit,
    /// The project's directory, without `.` and double slashes; empty at the root.
    root: String,
}

impl Control {
    /// `None` where there is no repository.
    pub(super) async fn build_plan(
        &self,
        org: &OrgId,
        source: &Source,
        config: &Config,
    ) -> Reply<Option<BuildPlan>> {
        let Source::Git { url, commit, .. } = source else {
            return Ok(None);
        };
        let at = At {
            git: &self.git,
            org,
            url,
            commit,
            root: clean(&config.build.root),
        };
        detect::plan(&at.tree(config).await?, config).map(Some)
    }
}

impl Control {
    pub(super) async fn repository_view(&self, org: &OrgId, url: &str) -> Reply<RepositoryView> {
        let tags = self.git.tags(org, url).await?;
        let branches = self.git.branches(org, url).await?;
        let (build, build_problem) = match self.head_plan(org, url).await {
            Ok(plan) => (plan, None),
            Err(no) => (None, Some(no.to_string())),
        };
        Ok(RepositoryView {
            url: url.to_owned(),
            tags,
            branches,
            build,
            build_problem,
        })
    }

    /// How the default branch would be built, as far as the repository alone says.
    async fn head_plan(&self, org: &OrgId, url: &str) -> Reply<Option<BuildPlan>> {
        let source = self.pin(org, url, &Revision::Head).await?;
        let resolved = self.configure(org, source, &ConfigPatch::default()).await?;
        Ok(resolved.build)
    }
}

impl At<'_> {
    async fn tree(&self, config: &Config) -> Reply<Tree> {
        let names = self.list("").await?.ok_or_else(|| self.no_root())?;
        let mut tree = Tree {
            commit: self.commit.short().to_owned(),
            names: names.into_iter().collect(),
            ..Tree::default()
        };
        self.add_dockerfile(&mut tree, config).await?;
        if let Some(dir) = tree.wanted_directory(config) {
            let inside = self.list(dir).await?.unwrap_or_default();
            tree.names
                .extend(inside.iter().map(|name| format!("{dir}{name}")));
        }
        for name in tree.wanted(config) {
            if let Some(text) = self.read(name).await? {
                tree.texts.insert(name.to_owned(), text);
            }
        }
        Ok(tree)
    }

    /// It may lie deeper than the names go, and may be a link.
    async fn add_dockerfile(&self, tree: &mut Tree, config: &Config) -> Reply<()> {
        let name = &config.build.dockerfile;
        let path = self.path(name);
        if self
            .git
            .has_file(self.org, self.url, &self.commit.sha, &path)
            .await?
        {
            tree.names.insert(name.clone());
        }
        Ok(())
    }

    async fn list(&self, dir: &str) -> Reply<Option<Vec<String>>> {
        let path = self.path(dir);
        self.git
            .list(self.org, self.url, &self.commit.sha, &path)
            .await
    }

    async fn read(&self, name: &str) -> Reply<Option<String>> {
        let path = self.path(name);
        let bytes = self
            .git
            .read_file(self.org, self.url, &self.commit.sha, &path)
            .await?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn path(&self, name: &str) -> String {
        clean(&format!("{}/{name}", self.root))
    }

    fn no_root(&self) -> Refusal {
        let sentence = format!(
            "The repository has no directory `{}` at {}.",
            self.root,
            self.commit.short()
        );
        Refusal::invalid("build.root", sentence)
            .way_out("Correct `build.root`, or choose another revision.")
    }
}

/// As Git writes paths.
fn clean(path: &str) -> String {
    let parts: Vec<_> = path
        .split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dirs::Dirs;
    use crate::source::git::Keyring;
    use domain::config::parse;
    use domain::time::Time;
    use std::path::Path;
    use std::process::Command;
    use tempfile::TempDir;

    fn git(dir: &Path, args: &[&str]) {
        let done = Command::new("git")
            .current_dir(dir)
            .args(["-c", "user.name=A", "-c", "user.email=a@example.org"])
            .args(args)
            .output()
            .expect("git runs");
        assert!(done.status.success(), "{args:?}: {done:?}");
    }

    fn repository(files: &[(&str, &str)]) -> TempDir {
        let dir = tempfile::tempdir().expect("a directory");
        for (name, text) in files {
            let path = dir.path().join("repo").join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            std::fs::write(path, text).expect("a file");
        }
        let repo = dir.path().join("repo");
        git(&repo, &["init", "--quiet", "--initial-branch=main"]);
        git(&repo, &["add", "--all"]);
        git(&repo, &["commit", "--quiet", "-m", "all of it"]);
        dir
    }

    /// The plan's title and whether it is built, or the refusal with its place.
    async fn told(files: &[(&str, &str)], file: &str) -> String {
        let dir = repository(files);
        let dirs = Dirs::open(&dir.path().join("data")).expect("a data directory");
        let (git, org) = (Git::new(&dirs, Keyring::empty()), OrgId::new(Time(0), 1));
        let url = dir.path().join("repo").display().to_string();
        let commit = git.resolve(&org, &url, &Revision::Head).await;
        let commit = commit.expect("a commit");
        let patch: ConfigPatch = parse(file.as_bytes()).expect("the file is right");
        let config = Config::resolve(&[&patch]);
        let at = At {
            git: &git,
            org: &org,
            url: &url,
            commit: &commit,
            root: clean(&config.build.root),
        };
        let planned = at.tree(&config).await;
        match planned.and_then(|tree| detect::plan(&tree, &config)) {
            Ok(plan) => plan.title(),
            Err(no) => format!("[{}]", no.place.unwrap_or_default()),
        }
    }

    const PACKAGE: &str = r#"{"scripts": {"start": "node a.js"}}"#;

    #[tokio::test]
    async fn p6_a_repository_is_known_without_a_clone() {
        let files = [
            ("package.json", PACKAGE),
            ("api/go.mod", "module a"),
            ("api/cmd/shop/main.go", "package main"),
            ("deploy/web.Dockerfile", "FROM scratch"),
            ("site/index.html", "hello"),
        ];
        let cases = [
            ("", "Node.js: package.json has a start script"),
            ("build: {root: api}", "Go: the repository has `go.mod`"),
            (
                "build: {root: ./site/}",
                "Static files: index.html, and nothing to build",
            ),
            (
                "build: {dockerfile: deploy/web.Dockerfile}",
                "Dockerfile: the repository has `deploy/web.Dockerfile`",
            ),
            (
                "build: {root: deploy, dockerfile: ./web.Dockerfile}",
                "Dockerfile: the repository has `./web.Dockerfile`",
            ),
            ("build: {root: deploy}", "[build.preset]"),
            ("build: {root: nowhere}", "[build.root]"),
            ("build: {dockerfile: Dockerfile.web}", "[build.dockerfile]"),
        ];
        for (file, expected) in cases {
            assert_eq!(told(&files, file).await, expected, "{file}");
        }
    }

    #[tokio::test]
    async fn p6_a_manifest_in_the_project_s_directory_has_its_place() {
        let files = [("web/package.json", "{\n nonsense")];
        let said = told(&files, "build: {root: web}").await;
        assert!(said.starts_with("[web/package.json at "), "{said}");
        assert!(said.ends_with(", line 2, column 2]"), "{said}");
    }
}
