//! References by their whole names: pull requests lie outside of branches and tags, and a mirror
//! does not hold them until one is asked for.

use super::Git;
use super::command::{explain, git, run};
use domain::api::Reply;
use domain::id::OrgId;
use domain::source::{Commit, Revision};
use std::collections::HashMap;

impl Git {
    /// Where these point as the host has it now, without fetching anything; those that are not
    /// there are left out.
    pub async fn points(
        &self,
        org: &OrgId,
        url: &str,
        names: &[&str],
    ) -> Reply<HashMap<String, String>> {
        let mirror = self.mirror(org, url)?;
        mirror.prepare()?;
        let mut command = git(&mirror.keys);
        command
            .args(["ls-remote", "--", mirror.url.as_str()])
            .args(names);
        let said = mirror.bounded(run(command, &mut |_| {})).await?;
        if !said.ok {
            return Err(explain(mirror.url.as_str(), &said.err));
        }
        let text = String::from_utf8_lossy(&said.out);
        let lines = text.lines().filter_map(|line| line.split_once('\t'));
        // What was asked for is a pattern to git: only the very name counts.
        let mine = lines.filter(|(_, name)| names.contains(name));
        Ok(mine
            .map(|(sha, name)| (name.to_owned(), sha.to_owned()))
            .collect())
    }

    /// The commit, fetched by the reference that leads to it where no branch or tag does.
    pub async fn bring(&self, org: &OrgId, url: &str, name: &str, sha: &str) -> Reply<Commit> {
        let mirror = self.mirror(org, url)?;
        if !mirror.dir.exists() {
            mirror.refresh().await?;
        }
        if !mirror.has(sha).await {
            mirror.fetch_commit(name).await?;
        }
        let pinned = Revision::Commit(sha.to_owned());
        self.resolve(org, url, &pinned).await
    }
}
