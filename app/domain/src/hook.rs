//! What a Git host tells us about a push, and what is done about it (P-17). Pure: the words are
//! read here, the signature and the repository are looked at by the server.
//!
//! A delivery only says *look*. What is deployed is the head of the tracked branch when it is
//! handled, read from the repository itself; so deliveries that come late, twice or out of order
//! can't bring an old version back.

mod payload;
mod pull;

pub use payload::parse;

use crate::id::HookId;
use crate::review::Pull;
use serde::{Deserialize, Serialize};

/// Who told us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// github.com and GitHub Enterprise.
    Github,
    /// gitlab.com and one's own.
    Gitlab,
    /// Gitea and Forgejo.
    Gitea,
    /// Any script that can compute an HMAC.
    Generic,
    /// Nobody: Sealdock asked the repository itself.
    Poll,
}

impl Provider {
    /// Those that can send something.
    pub const SENDERS: [Provider; 4] = [
        Provider::Github,
        Provider::Gitlab,
        Provider::Gitea,
        Provider::Generic,
    ];

    /// As addresses and the store have it.
    pub const fn word(self) -> &'static str {
        match self {
            Provider::Github => "github",
            Provider::Gitlab => "gitlab",
            Provider::Gitea => "gitea",
            Provider::Generic => "generic",
            Provider::Poll => "poll",
        }
    }

    /// For a page.
    pub const fn title(self) -> &'static str {
        match self {
            Provider::Github => "GitHub",
            Provider::Gitlab => "GitLab",
            Provider::Gitea => "Gitea or Forgejo",
            Provider::Generic => "Any other",
            Provider::Poll => "Poll",
        }
    }

    /// Of an address; nobody can send in the name of the poll.
    pub fn sender(word: &str) -> Option<Provider> {
        Self::SENDERS.into_iter().find(|p| p.word() == word)
    }

    /// Reads the store's word back.
    pub fn parse(word: &str) -> Option<Provider> {
        Self::sender(word).or((word == Provider::Poll.word()).then_some(Provider::Poll))
    }
}

/// Where a provider sends to, below the console's own address.
pub fn path(provider: Provider, hook: &HookId) -> String {
    format!("/hooks/{}/{hook}", provider.word())
}

/// Every header that means something to us; the others are not even looked at.
pub const HEADERS: [&str; 18] = [
    "content-type",
    "x-github-event",
    "x-github-delivery",
    "x-hub-signature-256",
    "x-gitlab-event",
    "x-gitlab-token",
    "x-gitlab-event-uuid",
    "idempotency-key",
    "x-gitea-event",
    "x-gitea-delivery",
    "x-gitea-signature",
    "x-forgejo-event",
    "x-forgejo-delivery",
    "x-forgejo-signature",
    "x-sealdock-event",
    "x-sealdock-delivery",
    "x-sealdock-signature",
    "x-sealdock-timestamp",
];

/// Some of a request's headers, by name in lower case.
#[derive(Clone, Copy, Debug)]
pub struct Headers<'a>(pub &'a [(String, String)]);

impl<'a> Headers<'a> {
    /// The first of these names that is there.
    pub fn first(self, names: &[&str]) -> Option<&'a str> {
        let one = |name: &&str| self.0.iter().find(|(known, _)| known == name);
        names.iter().find_map(one).map(|(_, value)| value.as_str())
    }
}

/// What a push says about itself. The branch decides what is looked at; the rest is for people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Push {
    /// Without `refs/heads/`.
    pub branch: String,
    /// The branch's head after the push, as the sender says.
    pub commit: String,
    /// The first line of its message.
    #[serde(default)]
    pub subject: Option<String>,
    /// By name.
    #[serde(default)]
    pub author: Option<String>,
    /// As the host calls it: `team/app`.
    #[serde(default)]
    pub repository: Option<String>,
}

impl Push {
    /// As people write it: seven digits.
    pub fn short(&self) -> &str {
        short(&self.commit)
    }
}

/// What a delivery is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A branch has a new head.
    Push(Push),
    /// A pull request was opened, pushed to, or closed.
    Pull(Pull),
    /// A branch was deleted.
    Gone(String),
    /// The host tries the address out.
    Ping,
    /// Nothing that is deployed: a tag, another event.
    Ignored(String),
    /// It can't be read.
    Refused(String),
}

/// A delivery as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The provider's own word for it.
    pub event: String,
    /// What it is about.
    pub said: Said,
}

const LONGEST_KEY: usize = 200;

/// The sender's own id of a delivery: the same again is a duplicate.
pub fn delivery_key(provider: Provider, headers: Headers<'_>) -> Option<String> {
    let names: &[&str] = match provider {
        Provider::Github => &["x-github-delivery"],
        // GitLab's own retries keep the first; the second also names what it caused itself.
        Provider::Gitlab => &["idempotency-key", "x-gitlab-event-uuid"],
        Provider::Gitea => &["x-gitea-delivery", "x-forgejo-delivery"],
        Provider::Generic => &["x-sealdock-delivery"],
        Provider::Poll => return None,
    };
    let key = headers.first(names)?.trim();
    let fine = (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    fine.then(|| key.to_owned())
}

/// What stands in an environment when a head is decided about.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standing<'a> {
    /// Everything about it is ending.
    pub deleting: bool,
    /// A person told it to answer 503.
    pub paused: bool,
    /// A person stopped what served.
    pub stopped: bool,
    /// The newest that is coming, or else serves: its number, its commit, and whether it is coming.
    pub newest: Option<(u32, Option<&'a str>, bool)>,
    /// The head that was decided about last.
    pub decided: Option<&'a str>,
    /// A person asked to look again.
    pub asked: bool,
}

/// What is done about a head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It becomes a deployment.
    Deploy,
    /// It has its deployment, or had it: nobody needs to ask about it again.
    There(String),
    /// Not in this state of the environment; later perhaps.
    NotNow(String),
}

/// Whether this head of a tracked branch becomes a deployment.
pub fn decide(standing: Standing<'_>, head: &str) -> Decision {
    let short = short(head);
    if standing.deleting {
        return Decision::NotNow("Ignored: the environment is being deleted.".into());
    }
    if standing.paused {
        let why = "Ignored: the environment is paused; resume it, then redeliver.";
        return Decision::NotNow(why.into());
    }
    if standing.stopped {
        let why = "Ignored: the environment is stopped; start it, then redeliver.";
        return Decision::NotNow(why.into());
    }
    if let Some((number, _, coming)) = standing.newest.filter(|newest| newest.1 == Some(head)) {
        return Decision::There(already(head, number, coming));
    }
    if standing.decided == Some(head) && !standing.asked {
        return Decision::There(format!("Ignored: `{short}` was handled already."));
    }
    Decision::Deploy
}

/// Why a head that is there changes nothing.
pub fn already(head: &str, number: u32, coming: bool) -> String {
    let how = if coming { "on its way" } else { "live" };
    format!("Ignored: `{}` is already {how} as #{number}.", short(head))
}

fn short(sha: &str) -> &str {
    sha.get(..7).unwrap_or(sha)
}

#[cfg(test)]
mod tests;
