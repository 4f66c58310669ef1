//! The repositories inside a repository. Not `git submodule`, which is a shell script that takes
//! whatever `.gitmodules` says: each one is cloned by the rules of any other repository, within
//! the limits of all of them together.

use super::Git;
use super::checkout::Room;
use super::url::GitUrl;
use domain::api::Reply;
use domain::id::OrgId;
use domain::refusal::{Kind, Refusal};
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// In one deployment.
const MOST: usize = 64;
/// Submodules of submodules.
const DEEPEST: usize = 5;
const FILE: &str = ".gitmodules";

/// A repository whose tree is written.
pub(super) struct Level {
    url: String,
    sha: String,
    /// Below the deployment's tree.
    inside: PathBuf,
    /// The repositories that it is in, the outermost first.
    above: Vec<String>,
}

/// A repository that a tree asks for.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    path: String,
    sha: String,
    url: String,
}

impl Git {
    /// Fills every directory that stands for another repository, from the outermost inwards.
    pub(super) async fn fill_submodules(
        &self,
        org: &OrgId,
        url: &str,
        sha: &str,
        room: &mut Room<'_>,
    ) -> Reply<()> {
        let limit = Duration::from_secs(self.limits.fetch_s);
        let top = Level {
            url: url.to_owned(),
            sha: sha.to_owned(),
            inside: PathBuf::new(),
            above: vec![],
        };
        let all = self.fill_below(org, top, room);
        tokio::time::timeout(limit, all).await.map_err(|_| {
            Refusal::unavailable(
                "git_slow",
                format!(
                    "The submodules of {url} took longer than {} s and were stopped.",
                    limit.as_secs()
                ),
            )
            .way_out("Try again; or leave them out with `source.submodules: false`.")
        })?
    }

    async fn fill_below(&self, org: &OrgId, top: Level, room: &mut Room<'_>) -> Reply<()> {
        let (mut open, mut count, mut mirrors) = (vec![top], 0, HashSet::new());
        while let Some(level) = open.pop() {
            for wanted in self.wanted(org, &level).await? {
                count += 1;
                let next = level.enter(&wanted, count)?;
                let place = format!("submodule {}", next.inside.display());
                self.fill(org, &next, room)
                    .await
                    .map_err(|no| no.at(&place))?;
                mirrors.insert(next.url.clone());
                self.within_together(org, &mirrors)?;
                open.push(next);
            }
        }
        Ok(())
    }

    async fn fill(&self, org: &OrgId, level: &Level, room: &mut Room<'_>) -> Reply<()> {
        let short: String = level.sha.chars().take(7).collect();
        (room.line)(format!(
            "Submodule {}: {} at {short}.",
            level.inside.display(),
            level.url
        ));
        let mirror = self.listed(org, &level.url, &level.sha).await?;
        let dir = empty_dir(room.root, &level.inside)?;
        self.write_tree(&mirror, &level.sha, &dir, room).await
    }

    /// Each mirror has its own limit; this is the one of all submodules together.
    fn within_together(&self, org: &OrgId, urls: &HashSet<String>) -> Reply<()> {
        let size = |url: &String| {
            let dir = self.mirror_dir(&super::key(org, url));
            super::checkout::measure(&dir).map_or(0, |m| m.size_bytes)
        };
        let most = self.limits.mirror_bytes;
        if urls.iter().map(size).sum::<u64>() <= most {
            return Ok(());
        }
        Err(Refusal::new(
            Kind::TooLarge,
            "repository_too_large",
            format!(
                "The submodules are larger than {} MiB together.",
                most >> 20
            ),
        )
        .way_out("Leave them out with `source.submodules: false`, or deploy an image."))
    }

    /// What the tree of this level asks for, with its address.
    async fn wanted(&self, org: &OrgId, level: &Level) -> Reply<Vec<Wanted>> {
        let mirror = self.at(org, &level.url, &level.sha).await?;
        let tree = ["ls-tree", "-r", "-z", "--full-tree", level.sha.as_str()];
        let links = links(&mirror.ask(&tree).await?.out);
        if links.is_empty() {
            return Ok(vec![]);
        }
        // Within the limit of any file that we read.
        self.read_file(org, &level.url, &level.sha, FILE).await?;
        let blob = format!("--blob={}:{FILE}", level.sha);
        let said = mirror.ask(&["config", &blob, "-z", "--list"]).await?;
        let known = addresses(&said.out);
        links
            .into_iter()
            .map(|(path, sha)| {
                let url = known.get(&path).ok_or_else(|| unknown(&path))?;
                let url =
                    address(&level.url, url).map_err(|no| no.at(format!("submodule {path}")))?;
                Ok(Wanted { path, sha, url })
            })
            .collect()
    }
}

impl Level {
    fn enter(&self, wanted: &Wanted, count: usize) -> Reply<Level> {
        let mut above = self.above.clone();
        above.push(self.url.clone());
        let inside = self.inside.join(&wanted.path);
        if above.contains(&wanted.url) {
            return Err(refused(format!(
                "The submodules go in a circle: `{}` is {} again, which it is a part of.",
                inside.display(),
                wanted.url
            )));
        }
        if above.len() > DEEPEST {
            return Err(refused(format!(
                "The submodule `{}` lies more than {DEEPEST} repositories deep.",
                inside.display()
            )));
        }
        if count > MOST {
            return Err(refused(format!("There are more than {MOST} submodules.")));
        }
        Ok(Level {
            url: wanted.url.clone(),
            sha: wanted.sha.clone(),
            inside,
            above,
        })
    }
}

/// `160000 commit 3f2a…<tab>path`: where the tree has another repository.
fn links(listed: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(listed);
    let link = |entry: &str| {
        let (kind, path) = entry.split_once('\t')?;
        let sha = kind.strip_prefix("160000 commit ")?;
        Some((path.to_owned(), sha.to_owned()))
    };
    text.split('\0').filter_map(link).collect()
}

/// Path to address, of `submodule.<name>.path<newline>value<NUL>`.
fn addresses(listed: &[u8]) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(listed);
    let mut named: BTreeMap<&str, [Option<&str>; 2]> = BTreeMap::new();
    for (key, value) in text.split('\0').filter_map(|entry| entry.split_once('\n')) {
        let Some((name, field)) = key
            .strip_prefix("submodule.")
            .and_then(|rest| rest.rsplit_once('.'))
        else {
            continue;
        };
        match field {
            "path" => named.entry(name).or_default()[0] = Some(value),
            "url" => named.entry(name).or_default()[1] = Some(value),
            _ => {}
        }
    }
    let both = |[path, url]: [Option<&str>; 2]| Some((path?.to_owned(), url?.to_owned()));
    named.into_values().filter_map(both).collect()
}

/// Where a submodule is cloned from, by the rules of any other repository; and never from a
/// place that the repository around it could not have named: this machine's disk, or over a
/// line that others read where the repository's own is not one.
fn address(parent: &str, said: &str) -> Reply<String> {
    let full = match said.starts_with("./") || said.starts_with("../") {
        true => relative(parent, said).ok_or_else(|| outside(said))?,
        false => said.to_owned(),
    };
    let (parent, url) = (GitUrl::parse(parent)?, GitUrl::parse(&full)?);
    if url.is_local() && !parent.is_local() {
        return Err(refused(format!(
            "A submodule of {} is at `{said}`, a path on the machine that runs Sealdock.",
            parent.as_str()
        )));
    }
    if full.starts_with("http://") && parent.as_str().starts_with("https://") {
        return Err(refused(format!(
            "A submodule of {} is at `{said}`, which is read without encryption.",
            parent.as_str()
        )));
    }
    Ok(full)
}

/// `../other.git` beside the repository, as Git reads it.
fn relative(parent: &str, said: &str) -> Option<String> {
    let parent = parent.trim_end_matches('/');
    // Nothing is above the host.
    let (fixed, path) = match parent.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            (format!("{scheme}://{host}/"), path)
        }
        None if parent.starts_with('/') => ("/".to_owned(), &parent[1..]),
        None => {
            let (host, path) = parent.split_once(':')?;
            (format!("{host}:"), path)
        }
    };
    let mut parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty()).collect();
    for part in said.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    (!parts.is_empty()).then(|| format!("{fixed}{}", parts.join("/")))
}

/// The directory that Git made for it: empty, and no link on the way there.
fn empty_dir(root: &Path, inside: &Path) -> Reply<PathBuf> {
    let wrong = || {
        refused(format!(
            "The submodule `{}` has no directory of its own in the repository.",
            inside.display()
        ))
    };
    let mut dir = root.to_owned();
    for part in inside.components() {
        let std::path::Component::Normal(name) = part else {
            return Err(wrong());
        };
        dir.push(name);
        let real = std::fs::symlink_metadata(&dir).is_ok_and(|meta| meta.is_dir());
        if !real || name == ".git" {
            return Err(wrong());
        }
    }
    let empty = std::fs::read_dir(&dir).is_ok_and(|mut entries| entries.next().is_none());
    if empty { Ok(dir) } else { Err(wrong()) }
}

fn refused(sentence: String) -> Refusal {
    Refusal::invalid("submodules", sentence)
        .way_out("Correct `.gitmodules`, or leave submodules out with `source.submodules: false`.")
}

fn unknown(path: &str) -> Refusal {
    refused(format!(
        "The repository has a submodule at `{path}` that `{FILE}` says nothing about."
    ))
}

fn outside(said: &str) -> Refusal {
    refused(format!(
        "The submodule's address `{said}` leads above the repository's own host."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p4_an_address_beside_the_repository_is_found_as_git_finds_it() {
        let of = |parent: &str, said: &str| relative(parent, said).unwrap_or_default();
        assert_eq!(
            of("https://host/team/app.git", "../lib.git"),
            "https://host/team/lib.git"
        );
        assert_eq!(of("https://host/app", "../../x"), "");
        assert_eq!(of("git@host:team/app.git", "../lib"), "git@host:team/lib");
        assert_eq!(of("/srv/git/app", "./sub"), "/srv/git/app/sub");
        assert_eq!(
            of("ssh://git@host:22/a/b/", "../c"),
            "ssh://git@host:22/a/c"
        );
    }

    #[test]
    fn p4_what_a_submodule_may_not_be_cloned_from() {
        let no = |parent: &str, said: &str| address(parent, said).expect_err(said).to_string();
        let https = "https://host/team/app.git";
        for said in [
            "file:///etc",
            "/etc",
            "ext::sh -c id",
            "ssh://-oProxyCommand=id/x",
            "-u",
            "https://me:pw@host/x",
        ] {
            no(https, said);
        }
        assert!(no(https, "/srv/other").contains("a path on the machine that runs Sealdock"));
        assert!(no(https, "http://host/x").contains("without encryption"));
        assert!(no(https, "../../../x").contains("above the repository's own host"));
        assert_eq!(
            address(https, "git@host:x/y").as_deref(),
            Ok("git@host:x/y")
        );
        assert!(address("/srv/app", "/srv/lib").is_ok());
    }

    #[test]
    fn p4_gitmodules_are_read_by_path() {
        let listed = b"submodule.a.b.path\nlibs/a\0submodule.a.b.url\n../a\0submodule.a.b.update\n!id\0core.x\ny\0";
        let known = addresses(listed);
        assert_eq!(known.get("libs/a").map(String::as_str), Some("../a"));
        assert_eq!(known.len(), 1);
        assert_eq!(
            links(b"100644 blob aa\tx\x00160000 commit bb\tlibs/a\0"),
            [("libs/a".to_owned(), "bb".to_owned())]
        );
    }
}
