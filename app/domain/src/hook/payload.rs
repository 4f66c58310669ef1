//! Reads what the providers send. Their payloads are alike where it matters: `ref` and `after`.

use super::{Headers, Provider, Push, Said, Told};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::borrow::Cow;

const LONGEST_BRANCH: usize = 255;
const LONGEST_TEXT: usize = 200;
const FORM: &str = "application/x-www-form-urlencoded";

/// What the delivery is about. The signature is somebody else's to check, and has been.
pub fn parse(provider: Provider, headers: Headers<'_>, body: &[u8]) -> Told {
    let Some(event) = event(provider, headers) else {
        let header = event_headers(provider)[0];
        return Told {
            event: "unknown".into(),
            said: Said::Refused(format!("the header `{header}` is missing")),
        };
    };
    let said = match kind(provider, &event) {
        Kind::Push => parsed(headers, body).map_or_else(Said::Refused, said),
        Kind::Pull => super::pull::said(provider, headers, body),
        Kind::Ping => Said::Ping,
        Kind::Other => Said::Ignored(format!("`{event}` is not a push")),
    };
    Told { event, said }
}

enum Kind {
    Push,
    Pull,
    Ping,
    Other,
}

/// GitLab has an event of its own for tags, and tells of system hooks inside of the payload.
fn kind(provider: Provider, event: &str) -> Kind {
    match (provider, event) {
        (Provider::Gitlab, "Push Hook" | "Tag Push Hook") => Kind::Push,
        (Provider::Github | Provider::Gitea | Provider::Generic, "push") => Kind::Push,
        (Provider::Gitlab, "Merge Request Hook") => Kind::Pull,
        (Provider::Github | Provider::Gitea, "pull_request") => Kind::Pull,
        (_, "ping") => Kind::Ping,
        _ => Kind::Other,
    }
}

const fn event_headers(provider: Provider) -> &'static [&'static str] {
    match provider {
        Provider::Github => &["x-github-event"],
        Provider::Gitlab => &["x-gitlab-event"],
        Provider::Gitea => &["x-gitea-event", "x-forgejo-event"],
        Provider::Generic | Provider::Poll => &["x-sealdock-event"],
    }
}

/// A script that says nothing tells of a push.
fn event(provider: Provider, headers: Headers<'_>) -> Option<String> {
    let usual = (provider == Provider::Generic).then_some("push");
    let said = headers.first(event_headers(provider)).or(usual)?;
    plain(said).filter(|event| !event.is_empty())
}

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "ref")]
    reference: Option<String>,
    after: Option<String>,
    #[serde(default)]
    deleted: Option<bool>,
    repository: Option<Repository>,
    project: Option<Project>,
    head_commit: Option<Commit>,
    commits: Option<Vec<Commit>>,
}

#[derive(Deserialize)]
pub(super) struct Repository {
    pub id: Option<u64>,
    pub full_name: Option<String>,
}

/// GitLab's name for it.
#[derive(Deserialize)]
pub(super) struct Project {
    pub path_with_namespace: Option<String>,
}

#[derive(Deserialize)]
struct Commit {
    id: Option<String>,
    message: Option<String>,
    author: Option<Author>,
}

#[derive(Deserialize)]
pub(super) struct Author {
    pub name: Option<String>,
}

pub(super) fn parsed<T: DeserializeOwned>(headers: Headers<'_>, body: &[u8]) -> Result<T, String> {
    let json = json(headers, body)?;
    serde_json::from_slice(&json).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        format!("the payload is not the JSON of a push (line {line}, column {column})")
    })
}

/// GitHub and Gitea can wrap the JSON into a form, as its field `payload`.
fn json<'a>(headers: Headers<'_>, body: &'a [u8]) -> Result<Cow<'a, [u8]>, String> {
    let kind = headers.first(&["content-type"]).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return Ok(Cow::Borrowed(body));
    }
    if !kind.eq_ignore_ascii_case(FORM) {
        return Err("its `Content-Type` is not `application/json`".into());
    }
    let field = form_urlencoded::parse(body).find(|(name, _)| name == "payload");
    let (_, value) = field.ok_or("the form has no field `payload`")?;
    Ok(Cow::Owned(value.into_owned().into_bytes()))
}

fn said(body: Body) -> Said {
    let Some(reference) = body.reference.as_deref() else {
        return Said::Refused("the payload has no `ref`".into());
    };
    if let Some(tag) = reference.strip_prefix("refs/tags/") {
        return match name(tag) {
            Some(tag) => Said::Ignored(format!("`{tag}` is a tag, and branches are tracked")),
            None => Said::Ignored("it is a tag, and branches are tracked".into()),
        };
    }
    let Some(branch) = reference.strip_prefix("refs/heads/") else {
        return Said::Ignored("its `ref` is no branch".into());
    };
    match name(branch) {
        Some(branch) => of_branch(branch, &body),
        None => Said::Refused("its `ref` is no name that a branch can have".into()),
    }
}

fn of_branch(branch: String, body: &Body) -> Said {
    let Some(after) = body.after.as_deref() else {
        return Said::Refused("the payload has no `after`".into());
    };
    if body.deleted == Some(true) || is_null(after) {
        return Said::Gone(branch);
    }
    if !is_hash(after) {
        return Said::Refused("its `after` is no commit".into());
    }
    let commit = head(body, after);
    let by_github = body.repository.as_ref().and_then(|r| r.full_name.as_ref());
    let by_gitlab = body.project.as_ref();
    let repository = by_github.or(by_gitlab.and_then(|p| p.path_with_namespace.as_ref()));
    Said::Push(Push {
        branch,
        commit: after.to_ascii_lowercase(),
        subject: commit.and_then(|c| first_line(c.message.as_deref()?)),
        author: commit.and_then(|c| plain(c.author.as_ref()?.name.as_deref()?)),
        repository: repository.and_then(|r| plain(r)),
    })
}

/// The head among the commits of the push; GitHub and Gitea also name it by itself.
fn head<'a>(body: &'a Body, after: &str) -> Option<&'a Commit> {
    let is_head = |c: &&Commit| {
        c.id.as_deref()
            .is_some_and(|id| id.eq_ignore_ascii_case(after))
    };
    let listed = body.commits.iter().flatten();
    body.head_commit.iter().chain(listed).find(is_head)
}

/// SHA-1 or SHA-256.
pub(super) fn is_hash(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The hash of nothing: the branch is gone.
fn is_null(text: &str) -> bool {
    is_hash(text) && text.bytes().all(|b| b == b'0')
}

pub(super) fn name(text: &str) -> Option<String> {
    let fine = (1..=LONGEST_BRANCH).contains(&text.len())
        && !text.starts_with('-')
        && !text.contains(|c: char| c.is_control() || c == '`' || c == ' ');
    fine.then(|| text.to_owned())
}

fn first_line(message: &str) -> Option<String> {
    plain(message.lines().next()?)
}

/// For a page: short, and without what can't be shown.
pub(super) fn plain(text: &str) -> Option<String> {
    let shown = text.trim().chars().filter(|c| !c.is_control());
    Some(shown.take(LONGEST_TEXT).collect())
}
