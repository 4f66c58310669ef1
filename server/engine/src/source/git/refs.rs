//! Tags, branches, and what a revision is right now.

use super::Git;
use super::command::{explain, git, run};
use super::history::commit_of;
use super::mirror::Mirror;
use domain::api::Reply;
use domain::config::nearest::nearest;
use domain::id::OrgId;
use domain::refusal::Refusal;
use domain::source::{Commit, Revision, Tag};
use domain::time::Time;

const MOST: &str = "--count=1000";
const TAG: &str = "%(refname:strip=2)%00%(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end)%00%(creatordate:unix)%00%(if)%(*subject)%(then)%(*subject)%(else)%(subject)%(end)%00%(if)%(*authorname)%(then)%(*authorname)%(else)%(authorname)%(end)";

impl Git {
    /// The newest first, at most 1,000.
    pub async fn tags(&self, org: &OrgId, url: &str) -> Reply<Vec<Tag>> {
        let mirror = self.mirror(org, url)?;
        mirror.refresh().await?;
        let format = format!("--format={TAG}");
        let said = mirror
            .ask(&[
                "for-each-ref",
                "--sort=-version:refname",
                "--sort=-creatordate",
                MOST,
                &format,
                "refs/tags",
            ])
            .await?;
        Ok(String::from_utf8_lossy(&said.out)
            .lines()
            .filter_map(tag)
            .collect())
    }

    pub async fn branches(&self, org: &OrgId, url: &str) -> Reply<Vec<String>> {
        let mirror = self.mirror(org, url)?;
        mirror.refresh().await?;
        names(&mirror, "refs/heads").await
    }

    /// The commit that the revision means now.
    pub async fn resolve(&self, org: &OrgId, url: &str, revision: &Revision) -> Reply<Commit> {
        let mirror = self.mirror(org, url)?;
        let name = match revision {
            Revision::Commit(sha) => return self.pinned(&mirror, sha).await,
            Revision::Head => {
                mirror.refresh().await?;
                head(&mirror).await?
            }
            Revision::Branch(name) => {
                checked(&mirror, name).await?;
                mirror.refresh().await?;
                format!("refs/heads/{name}")
            }
            Revision::Tag(name) => {
                checked(&mirror, name).await?;
                mirror.refresh().await?;
                format!("refs/tags/{name}")
            }
        };
        if let Some(commit) = commit_of(&mirror, &name).await? {
            return Ok(commit);
        }
        mirror.refresh_now().await?;
        match commit_of(&mirror, &name).await? {
            Some(commit) => Ok(commit),
            None => Err(missing(&mirror, revision).await),
        }
    }

    /// The branch's head as the host has it now, and never as it was fetched a moment ago: whoever
    /// asks was told that it moved.
    pub async fn head_of(&self, org: &OrgId, url: &str, branch: &str) -> Reply<Commit> {
        let mirror = self.mirror(org, url)?;
        checked(&mirror, branch).await?;
        mirror.refresh_now().await?;
        match commit_of(&mirror, &format!("refs/heads/{branch}")).await? {
            Some(commit) => Ok(commit),
            None => Err(missing(&mirror, &Revision::Branch(branch.to_owned())).await),
        }
    }

    /// Where the branch points, without fetching anything; `None` when there is none.
    pub async fn tip(&self, org: &OrgId, url: &str, branch: &str) -> Reply<Option<String>> {
        let mirror = self.mirror(org, url)?;
        mirror.prepare()?;
        let name = format!("refs/heads/{branch}");
        let mut command = git(&mirror.keys);
        command.args(["ls-remote", "--heads", "--", mirror.url.as_str(), &name]);
        let said = mirror.run(command, &mut |_| {}).await?;
        if !said.ok {
            return Err(explain(mirror.url.as_str(), &said.err));
        }
        let text = String::from_utf8_lossy(&said.out);
        let lines = text.lines().filter_map(|line| line.split_once('\t'));
        let mut named = lines.filter(|(_, known)| *known == name);
        Ok(named.next().map(|(sha, _)| sha.to_owned()))
    }

    async fn pinned(&self, mirror: &Mirror, sha: &str) -> Reply<Commit> {
        let shaped = (7..=64).contains(&sha.len()) && sha.bytes().all(|b| b.is_ascii_hexdigit());
        if !shaped {
            return Err(
                Refusal::invalid("revision", "A commit is 7 to 64 hexadecimal digits.")
                    .way_out("Copy it from `git log`."),
            );
        }
        if !mirror.dir.exists() || !mirror.has(sha).await {
            mirror.refresh().await?;
        }
        if !mirror.has(sha).await && sha.len() >= 40 {
            // A host that does not give single commits says so; the sentence below is clearer.
            let _ = mirror.fetch_commit(sha).await;
        }
        commit_of(mirror, sha).await?.ok_or_else(|| {
            Refusal::invalid("revision", format!("The repository has no commit {sha}."))
                .way_out("It may have been removed by a force push; choose a tag or a branch.")
        })
    }
}

/// Git's own rules for names; what breaks them can't exist.
async fn checked(mirror: &Mirror, name: &str) -> Reply<()> {
    let fine = !name.is_empty()
        && name.len() <= 255
        && !name.starts_with('-')
        && !name.contains(|c: char| c.is_control());
    let full = format!("refs/heads/{name}");
    let mut command = git(&mirror.keys);
    command.args(["check-ref-format", &full]);
    if fine && run(command, &mut |_| {}).await?.ok {
        return Ok(());
    }
    let shown: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
    Err(Refusal::invalid(
        "revision",
        format!("`{shown}` can't be the name of a branch or a tag."),
    )
    .way_out("Choose one from the list."))
}

/// The default branch, as the host says.
async fn head(mirror: &Mirror) -> Reply<String> {
    let mut command = mirror.git();
    command.args(["ls-remote", "--symref", "origin", "HEAD"]);
    let said = mirror.run(command, &mut |_| {}).await?;
    if !said.ok {
        return Err(explain(mirror.url.as_str(), &said.err));
    }
    let text = String::from_utf8_lossy(&said.out);
    let branch = text
        .lines()
        .find_map(|l| l.strip_prefix("ref: ")?.split('\t').next());
    branch.map(str::to_owned).ok_or_else(|| {
        Refusal::invalid(
            "revision",
            "The repository is empty, or has no default branch.",
        )
        .way_out("Push a commit, or choose a branch or a tag.")
    })
}

async fn missing(mirror: &Mirror, revision: &Revision) -> Refusal {
    let (noun, name, place) = match revision {
        Revision::Tag(name) => ("tag", name.as_str(), "refs/tags"),
        Revision::Branch(name) => ("branch", name.as_str(), "refs/heads"),
        Revision::Head | Revision::Commit(_) => ("branch", "HEAD", "refs/heads"),
    };
    let known = names(mirror, place).await.unwrap_or_default();
    let way_out = match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("Did you mean `{near}`?"),
        None if known.is_empty() => format!("The repository has no {noun} at all; push one."),
        None => format!(
            "It has: {}.",
            known.iter().take(5).cloned().collect::<Vec<_>>().join(", ")
        ),
    };
    Refusal::invalid(
        "revision",
        format!("The repository has no {noun} `{name}`."),
    )
    .way_out(way_out)
}

async fn names(mirror: &Mirror, place: &str) -> Reply<Vec<String>> {
    let said = mirror
        .ask(&[
            "for-each-ref",
            "--sort=-committerdate",
            MOST,
            "--format=%(refname:strip=2)",
            place,
        ])
        .await?;
    Ok(String::from_utf8_lossy(&said.out)
        .lines()
        .map(str::to_owned)
        .collect())
}

fn tag(line: &str) -> Option<Tag> {
    let mut fields = line.split('\0');
    let name = fields.next()?.to_owned();
    let (sha, at) = (
        fields.next()?.to_owned(),
        fields.next()?.parse::<i64>().unwrap_or(0),
    );
    let (subject, author) = (fields.next()?.to_owned(), fields.next()?.to_owned());
    Some(Tag {
        pre_release: pre_release(&name),
        release_json: false,
        name,
        commit: Commit {
            sha,
            subject,
            author,
            at: Time(at * 1000),
        },
    })
}

/// `v1.2.0-rc.1`: digits, then a hyphen.
fn pre_release(name: &str) -> bool {
    let version = name.trim_start_matches(|c: char| !c.is_ascii_digit());
    version.split('+').next().is_some_and(|v| v.contains('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i3_a_hyphen_after_the_numbers_is_a_pre_release() {
        assert!(pre_release("v1.2.0-rc.1") && pre_release("app-2.0-beta"));
        assert!(
            !pre_release("v1.2.0") && !pre_release("app-2.0") && !pre_release("v1.0.0+build-5")
        );
    }
}
