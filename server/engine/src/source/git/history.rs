//! Commits, and files at a commit.

use super::Git;
use super::command::Said;
use super::mirror::Mirror;
use domain::api::Reply;
use domain::config::text::MAX_FILE_BYTES;
use domain::id::OrgId;
use domain::refusal::Refusal;
use domain::source::Commit;
use domain::time::Time;

/// More in one directory says nothing about how it is built.
const MOST_NAMES: usize = 10_000;
const COMMIT: &str = "--format=%H%x00%s%x00%an%x00%ct";

impl Git {
    /// A file at a commit; `None` when there is none. At most 1 MiB.
    pub async fn read_file(
        &self,
        org: &OrgId,
        url: &str,
        sha: &str,
        path: &str,
    ) -> Reply<Option<Vec<u8>>> {
        let mirror = self.at(org, url, sha).await?;
        let object = format!("{sha}:{path}");
        if !listed(&mirror, sha, path).await? {
            return Ok(None);
        }
        let size = mirror.ask(&["cat-file", "-s", &object]).await?;
        let bytes = String::from_utf8_lossy(&size.out)
            .trim()
            .parse::<usize>()
            .unwrap_or(0);
        if bytes > MAX_FILE_BYTES {
            return Err(Refusal::new(
                domain::refusal::Kind::TooLarge,
                "file_too_large",
                format!("`{path}` is {bytes} bytes; at most {MAX_FILE_BYTES} are read."),
            )
            .at(path)
            .way_out("Make it smaller."));
        }
        let said = mirror.ask(&["cat-file", "blob", &object]).await?;
        match said.ok {
            true => Ok(Some(said.out)),
            false => Err(super::command::explain(url, &said.err)),
        }
    }

    pub async fn has_file(&self, org: &OrgId, url: &str, sha: &str, path: &str) -> Reply<bool> {
        let mirror = self.at(org, url, sha).await?;
        listed(&mirror, sha, path).await
    }

    /// What is directly in a directory at a commit, directories with `/` behind their names; the
    /// root's path is empty. Links and submodules are left out. `None` when there is no such directory.
    pub async fn list(
        &self,
        org: &OrgId,
        url: &str,
        sha: &str,
        dir: &str,
    ) -> Reply<Option<Vec<String>>> {
        let mirror = self.at(org, url, sha).await?;
        let object = format!("{sha}:{dir}");
        let said = mirror.ask(&["ls-tree", "-z", &object]).await?;
        let text = String::from_utf8_lossy(&said.out);
        let names = text.split('\0').filter_map(name).take(MOST_NAMES);
        Ok(said.ok.then(|| names.collect()))
    }

    /// Commits that `to` has and `from` has not, the newest first.
    pub async fn log_between(
        &self,
        org: &OrgId,
        url: &str,
        from: &str,
        to: &str,
        most: u32,
    ) -> Reply<Vec<Commit>> {
        let mirror = self.at(org, url, to).await?;
        let (range, most) = (format!("{from}..{to}"), format!("--max-count={most}"));
        let said = mirror
            .ask(&["log", &most, COMMIT, "--end-of-options", &range, "--"])
            .await?;
        Ok(String::from_utf8_lossy(&said.out)
            .lines()
            .filter_map(commit)
            .collect())
    }

    /// The mirror, with this commit in it.
    pub(super) async fn at(
        &self,
        org: &OrgId,
        url: &str,
        sha: &str,
    ) -> Reply<std::sync::Arc<Mirror>> {
        let mirror = self.mirror(org, url)?;
        if !mirror.dir.exists() || !mirror.has(sha).await {
            mirror.refresh().await?;
        }
        if !mirror.has(sha).await {
            mirror.fetch_commit(sha).await?;
        }
        Ok(mirror)
    }
}

/// Of `100644 blob 3f2a…<tab>name`.
fn name(entry: &str) -> Option<String> {
    let (kind, name) = entry.split_once('\t')?;
    match kind.split(' ').next()? {
        "040000" => Some(format!("{name}/")),
        "100644" | "100755" => Some(name.to_owned()),
        _ => None,
    }
}

/// By the tree alone: the file's content is not fetched for it.
async fn listed(mirror: &Mirror, sha: &str, path: &str) -> Reply<bool> {
    let said = mirror
        .ask(&["ls-tree", "--full-tree", "-z", sha, "--", path])
        .await?;
    let entry = String::from_utf8_lossy(&said.out).into_owned();
    Ok(entry.split_whitespace().nth(1) == Some("blob"))
}

/// The commit behind a name, if there is one.
pub(super) async fn commit_of(mirror: &Mirror, name: &str) -> Reply<Option<Commit>> {
    let object = format!("{name}^{{commit}}");
    let Said { ok, out, .. } = mirror
        .ask(&["log", "-1", COMMIT, "--end-of-options", &object, "--"])
        .await?;
    Ok(ok
        .then(|| commit(String::from_utf8_lossy(&out).trim_end()))
        .flatten())
}

fn commit(line: &str) -> Option<Commit> {
    let mut fields = line.split('\0');
    let (sha, subject, author) = (
        fields.next()?.to_owned(),
        fields.next()?.to_owned(),
        fields.next()?.to_owned(),
    );
    let at = fields.next()?.parse::<i64>().ok()?;
    Some(Commit {
        sha,
        subject,
        author,
        at: Time(at * 1000),
    })
}
