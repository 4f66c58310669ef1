//! Reads what hosts tell of pull (merge) requests. GitHub, Gitea and Forgejo tell alike.

use super::payload::{Author, Repository, is_hash, name, parsed, plain};
use super::{Headers, Provider, Said};
use crate::review::Pull;
use crate::time::Time;
use serde::Deserialize;

/// What changes the head, or whether it is open; labels, reviews and titles don't.
const ACTIONS: [&str; 5] = [
    "opened",
    "reopened",
    "synchronize",
    "synchronized",
    "closed",
];
const GITLAB_ACTIONS: [&str; 4] = ["open", "reopen", "close", "merge"];

pub(super) fn said(provider: Provider, headers: Headers<'_>, body: &[u8]) -> Said {
    let read = match provider {
        Provider::Gitlab => parsed(headers, body).and_then(gitlab),
        _ => parsed(headers, body).and_then(github),
    };
    read.unwrap_or_else(Said::Refused)
}

#[derive(Deserialize)]
struct Github {
    action: Option<String>,
    pull_request: Option<GithubPull>,
}

#[derive(Deserialize)]
struct GithubPull {
    number: Option<u64>,
    state: Option<String>,
    title: Option<String>,
    updated_at: Option<String>,
    user: Option<User>,
    head: Option<Side>,
    base: Option<Side>,
}

#[derive(Deserialize)]
struct User {
    login: Option<String>,
}

#[derive(Deserialize)]
struct Side {
    #[serde(rename = "ref")]
    branch: Option<String>,
    sha: Option<String>,
    repo: Option<Repository>,
}

fn github(body: Github) -> Result<Said, String> {
    let action = body.action.unwrap_or_default();
    if !ACTIONS.contains(&action.as_str()) {
        return Ok(other(&action));
    }
    let pull = body
        .pull_request
        .ok_or("the payload has no `pull_request`")?;
    let head = pull.head.ok_or("its `pull_request` has no `head`")?;
    let base = pull.base.and_then(|base| base.repo);
    Ok(Said::Pull(Pull {
        number: pull.number.ok_or("its `pull_request` has no `number`")?,
        open: pull.state.as_deref() == Some("open"),
        fork: !same(head.repo.as_ref(), base.as_ref()),
        branch: branch(head.branch.as_deref())?,
        head: commit(head.sha.as_deref())?,
        title: pull.title.as_deref().and_then(plain),
        author: pull.user.and_then(|user| plain(&user.login?)),
        repository: base.and_then(|repo| plain(&repo.full_name?)),
        at: moment(pull.updated_at.as_deref())?,
    }))
}

/// By the host's own number; a repository that is gone is nobody's.
fn same(head: Option<&Repository>, base: Option<&Repository>) -> bool {
    let ids = head.and_then(|r| r.id).zip(base.and_then(|r| r.id));
    ids.is_some_and(|(head, base)| head == base)
}

#[derive(Deserialize)]
struct Gitlab {
    object_attributes: Option<Attributes>,
    project: Option<super::payload::Project>,
    user: Option<Author>,
}

#[derive(Deserialize)]
struct Attributes {
    iid: Option<u64>,
    action: Option<String>,
    state: Option<String>,
    /// There when commits were pushed.
    oldrev: Option<String>,
    title: Option<String>,
    updated_at: Option<String>,
    source_branch: Option<String>,
    source_project_id: Option<u64>,
    target_project_id: Option<u64>,
    last_commit: Option<Last>,
}

#[derive(Deserialize)]
struct Last {
    id: Option<String>,
}

fn gitlab(body: Gitlab) -> Result<Said, String> {
    let merge = body
        .object_attributes
        .ok_or("the payload has no `object_attributes`")?;
    let action = merge.action.unwrap_or_default();
    let pushed = action == "update" && merge.oldrev.is_some();
    if !pushed && !GITLAB_ACTIONS.contains(&action.as_str()) {
        return Ok(other(&action));
    }
    let sides = merge.source_project_id.zip(merge.target_project_id);
    Ok(Said::Pull(Pull {
        number: merge.iid.ok_or("its `object_attributes` have no `iid`")?,
        open: matches!(merge.state.as_deref(), Some("opened" | "locked")),
        fork: sides.is_none_or(|(source, target)| source != target),
        branch: branch(merge.source_branch.as_deref())?,
        head: commit(merge.last_commit.and_then(|c| c.id).as_deref())?,
        title: merge.title.as_deref().and_then(plain),
        author: body.user.and_then(|user| plain(&user.name?)),
        repository: body.project.and_then(|p| plain(&p.path_with_namespace?)),
        at: moment(merge.updated_at.as_deref())?,
    }))
}

fn other(action: &str) -> Said {
    let action = plain(action).unwrap_or_default();
    Said::Ignored(format!("`{action}` changes no preview"))
}

fn branch(text: Option<&str>) -> Result<String, String> {
    name(text.unwrap_or_default())
        .ok_or_else(|| "its head has no name that a branch can have".to_owned())
}

fn commit(text: Option<&str>) -> Result<String, String> {
    let sha = text.filter(|sha| is_hash(sha));
    sha.map(str::to_ascii_lowercase)
        .ok_or_else(|| "its head is no commit".to_owned())
}

/// `2026-11-20T18:35:00Z`, and what older GitLabs write: `2026-11-20 18:35:00 UTC`.
fn moment(text: Option<&str>) -> Result<Time, String> {
    let text = text.unwrap_or_default().trim().replace(" UTC", "Z");
    let read: Result<jiff::Timestamp, _> = text.parse();
    read.map(|at| Time(at.as_millisecond()))
        .map_err(|_| "its `updated_at` is no time".to_owned())
}
