//! What a Git host is told of a deployment (P-15): a commit's status, and one comment on a pull
//! request. Pure: which request, with which words. Nothing here knows the token.

pub mod releases;

use crate::attest::Hex;
use crate::deployment::Phase;
use crate::hook::Provider;
use crate::refusal::Refusal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::net::IpAddr;

const LONGEST: usize = 500;
/// The shortest that a host takes: GitHub's.
const DESCRIPTION: usize = 140;

/// Where to tell, as a person sets it. The token is written and never read back.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewForge {
    /// GitHub, GitLab or Gitea.
    pub provider: Provider,
    /// The API's address: `https://api.github.com`, `https://gitlab.example/api/v4`,
    /// `https://gitea.example/api/v1`.
    pub url: String,
    /// As the host calls it: `team/app`.
    pub repository: String,
    /// May write statuses and comments, and read releases; the one that is there when not said.
    #[serde(default)]
    pub token: Option<String>,
    /// The ed25519 key, 64 hexadecimal digits, that signs the project's releases: production takes no
    /// version without a release that it signed. The one that is there when not said; none any more
    /// when empty.
    #[serde(default)]
    pub release_key: Option<String>,
}

impl std::fmt::Debug for NewForge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewForge({})", self.provider.word())
    }
}

impl NewForge {
    /// In shape, or the first that is not.
    pub fn checked(self) -> Result<NewForge, Refusal> {
        if !matches!(
            self.provider,
            Provider::Github | Provider::Gitlab | Provider::Gitea
        ) {
            let sentence = "Statuses are told to GitHub, GitLab, Gitea and Forgejo.";
            return Err(Refusal::invalid("provider", sentence));
        }
        let url = self.url.trim().trim_end_matches('/').to_owned();
        address(&url)?;
        let repository = self.repository.trim().trim_matches('/').to_owned();
        let fine = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        let parts = repository.split('/').collect::<Vec<_>>();
        let shaped = repository.len() <= LONGEST
            && repository.chars().all(fine)
            && parts.len() >= 2
            && parts
                .iter()
                .all(|part| !part.is_empty() && !part.starts_with('.'));
        if !shaped {
            return Err(
                Refusal::invalid("repository", "That is no repository's name.")
                    .way_out("Write it as its host does: team/app."),
            );
        }
        let token = self.token.map(|t| t.trim().to_owned());
        let token = token.filter(|t| !t.is_empty());
        let wrong = |t: &String| t.len() > LONGEST || !t.bytes().all(|b| b.is_ascii_graphic());
        if token.as_ref().is_some_and(wrong) {
            return Err(Refusal::invalid("token", "That is no token of a Git host."));
        }
        let release_key = self.release_key.map(|key| key.trim().to_owned());
        if release_key.as_deref().is_some_and(is_no_key) {
            let no = Refusal::invalid("release_key", "That is no ed25519 key.");
            return Err(
                no.way_out("Write the 64 hexadecimal digits that `sealdock release keygen` says.")
            );
        }
        Ok(NewForge {
            url,
            repository,
            token,
            release_key,
            ..self
        })
    }

    /// Whose signatures count from now on, of one that is in shape.
    pub fn key(&self, known: Option<Hex<32>>) -> Option<Hex<32>> {
        match &self.release_key {
            Some(key) => key.parse().ok(),
            None => known,
        }
    }
}

fn is_no_key(text: &str) -> bool {
    !text.is_empty() && text.parse::<Hex<32>>().is_err()
}

/// `https`, or `http` where nobody is in between: a token goes along.
fn address(url: &str) -> Result<(), Refusal> {
    let no = |sentence: &str| {
        Refusal::invalid("url", sentence)
            .way_out("Write the address of the API: https://api.github.com, https://gitlab.example/api/v4, https://gitea.example/api/v1.")
    };
    let plain =
        |c: char| c.is_control() || c == ' ' || c == '@' || c == '?' || c == '#' || c == '\\';
    if url.len() > LONGEST || url.contains(plain) {
        return Err(no("That is no address of an API."));
    }
    let (open, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (false, rest),
        (_, Some(rest)) => (true, rest),
        _ => return Err(no("The address begins with https://.")),
    };
    let host = host(rest);
    if host.is_empty() {
        return Err(no("The address names no host."));
    }
    match host.parse::<IpAddr>() {
        Ok(ip) if !may_call(ip) => Err(no("Nothing is called at that address.")),
        Ok(ip) if open && !near(ip) => Err(no(
            "A token goes along, so the address begins with https://.",
        )),
        Err(_) if open && host != "localhost" => Err(no(
            "A token goes along, so the address begins with https://.",
        )),
        _ => Ok(()),
    }
}

fn host(rest: &str) -> &str {
    let authority = rest.split('/').next().unwrap_or_default();
    match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

/// An operator's own host may be anywhere but where machines tell their secrets: link-local, and
/// addresses that are nobody's.
pub fn may_call(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            !ip.is_link_local() && !ip.is_unspecified() && !ip.is_multicast() && !ip.is_broadcast()
        }
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => may_call(IpAddr::V4(ip)),
            None => {
                let local = ip.segments()[0] & 0xffc0 == 0xfe80;
                !local && !ip.is_unspecified() && !ip.is_multicast()
            }
        },
    }
}

/// Of this machine, or of a network that is nobody else's.
pub fn near(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.segments()[0] & 0xfe00 == 0xfc00,
    }
}

/// Where nobody on the internet leads us: near, or in the networks that providers and VPNs share
/// (RFC 6598), also by the IPv6 address of such a one (RFC 6052).
pub fn inside(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(v4) => near(ip) || (v4.octets()[0] == 100 && v4.octets()[1] & 0xc0 == 64),
        IpAddr::V6(v6) => near(ip) || v6.segments()[..6] == [0x64, 0xff9b, 0, 0, 0, 0],
    }
}

/// How a deployment went, in the three words that every host has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// On its way.
    Pending,
    /// It serves, or did.
    Success,
    /// It never served.
    Failure,
}

impl State {
    /// Of a phase; the store keeps its word.
    pub const fn of(phase: Phase) -> State {
        match phase {
            Phase::Queued | Phase::Building | Phase::Starting | Phase::Ready => State::Pending,
            Phase::Live | Phase::Paused | Phase::Draining | Phase::Stopped => State::Success,
            Phase::Failed | Phase::Cancelled => State::Failure,
        }
    }

    /// As GitHub and Gitea have it.
    pub const fn word(self) -> &'static str {
        match self {
            State::Pending => "pending",
            State::Success => "success",
            State::Failure => "failure",
        }
    }
}

/// A request to a host's API, without address and token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// `GET`, `POST`, `PATCH` or `PUT`.
    pub method: &'static str,
    /// Below the API's address.
    pub path: String,
    /// As JSON; `None`: no body.
    pub body: Option<Value>,
}

/// A commit's status.
#[derive(Clone, Copy, Debug)]
pub struct Status<'a> {
    /// Whole.
    pub sha: &'a str,
    /// How it went.
    pub state: State,
    /// Tells it from other statuses of the commit: the environment's name.
    pub environment: &'a str,
    /// For people.
    pub description: &'a str,
    /// Where to look.
    pub target: Option<&'a str>,
}

/// Sets a commit's status.
pub fn status(provider: Provider, repository: &str, status: Status<'_>) -> Call {
    let description: String = status.description.chars().take(DESCRIPTION).collect();
    let context = format!("sealdock/{}", status.environment);
    let sha = status.sha;
    match provider {
        Provider::Gitlab => Call {
            method: "POST",
            path: format!("/projects/{}/statuses/{sha}", encoded(repository)),
            body: Some(json!({
                "state": if status.state == State::Failure { "failed" } else { status.state.word() },
                "name": context, "description": description, "target_url": status.target,
            })),
        },
        _ => Call {
            method: "POST",
            path: format!("/repos/{repository}/statuses/{sha}"),
            body: Some(json!({
                "state": status.state.word(),
                "context": context, "description": description, "target_url": status.target,
            })),
        },
    }
}

/// The comments of a pull request, to find ours among them.
pub fn comments(provider: Provider, repository: &str, number: u64) -> Call {
    Call {
        method: "GET",
        path: format!(
            "{}?per_page=100&limit=50",
            below(provider, repository, number)
        ),
        body: None,
    }
}

/// A new comment, or other words for the one that is there.
pub fn comment(
    provider: Provider,
    repository: &str,
    number: u64,
    known: Option<&str>,
    text: &str,
) -> Call {
    let (method, path) = match (provider, known) {
        (_, None) => ("POST", below(provider, repository, number)),
        (Provider::Gitlab, Some(id)) => (
            "PUT",
            format!("{}/{id}", below(provider, repository, number)),
        ),
        (_, Some(id)) => ("PATCH", format!("/repos/{repository}/issues/comments/{id}")),
    };
    Call {
        method,
        path,
        body: Some(json!({ "body": text })),
    }
}

fn below(provider: Provider, repository: &str, number: u64) -> String {
    match provider {
        Provider::Gitlab => format!(
            "/projects/{}/merge_requests/{number}/notes",
            encoded(repository)
        ),
        _ => format!("/repos/{repository}/issues/{number}/comments"),
    }
}

/// Stands in our comment, so that it is found again when its id was lost.
pub fn mark(review: &str) -> String {
    format!("<!-- sealdock {review} -->")
}

/// The id of the comment that has the mark in it.
pub fn found(list: &Value, mark: &str) -> Option<String> {
    let is_ours = |c: &&Value| c["body"].as_str().is_some_and(|text| text.contains(mark));
    let ours = list.as_array()?.iter().find(is_ours)?;
    id(ours)
}

/// The id in an answer.
pub fn id(comment: &Value) -> Option<String> {
    comment["id"].as_u64().map(|id| id.to_string())
}

fn encoded(repository: &str) -> String {
    form_urlencoded::byte_serialize(repository.as_bytes()).collect()
}

/// How an answer is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It is told.
    Told,
    /// Once more, after so many seconds at the least.
    Again(String, u64),
    /// Never like this.
    Refused(String),
    /// What was to be changed is gone.
    Gone(String),
}

/// By its status; `retry_after_s` as the host says.
pub fn answered(status: u16, retry_after_s: Option<u64>) -> Answered {
    let wait = retry_after_s.unwrap_or(0);
    let limited = retry_after_s.is_some();
    match status {
        200..=299 => Answered::Told,
        429 => Answered::Again(
            "The host is asked too often (429); it is told later.".into(),
            wait.max(60),
        ),
        403 if limited => Answered::Again(
            "The host is asked too often (403); it is told later.".into(),
            wait,
        ),
        401 => Answered::Refused("The host does not take the token (401). Set another one.".into()),
        403 => Answered::Refused(
            "The token may not do that (403). It needs to write statuses and comments, and to read releases.".into(),
        ),
        404 | 410 => Answered::Gone(format!(
            "The host knows no such repository, commit or comment, or does not show it to the token ({status}). Check the address, the repository and the token."
        )),
        408 | 500..=599 => Answered::Again(
            format!("The host answers {status}; it is told later."),
            wait,
        ),
        300..=399 => Answered::Refused(format!(
            "The host answers {status}, a redirect, which is not followed. Set the address that it leads to."
        )),
        _ => Answered::Refused(format!("The host answers {status}.")),
    }
}

#[cfg(test)]
mod tests;
