//! What a host tells of pull requests and branches, and what of it is believed.

use super::{Ended, Subject, short};
use crate::hook::Provider;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// What a delivery says besides a new head of a branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum News {
    /// A pull request, as it stood when it was told.
    Pull(Pull),
    /// A branch is no more.
    Gone {
        /// Without `refs/heads/`.
        branch: String,
    },
}

/// A pull (merge) request as its host describes it. Its repository's address is not in here: what is
/// fetched comes from the project's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pull {
    /// Within the base repository.
    pub number: u64,
    /// Neither closed nor merged.
    pub open: bool,
    /// Its head is of another repository, or nobody knows which.
    pub fork: bool,
    /// The head's branch, in whichever repository.
    pub branch: String,
    /// The head, as the sender says; for people.
    pub head: String,
    /// For people.
    pub title: Option<String>,
    /// By name.
    pub author: Option<String>,
    /// The base, as the host calls it: `team/app`.
    pub repository: Option<String>,
    /// When it last changed, by the host's clock: of two tellings the later counts.
    pub at: Time,
}

/// What is known of a review when something is told.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// `None`: it is open.
    pub ended: Option<Ended>,
    /// By the host's clock, of what it told last.
    pub told_at: Time,
    /// Where it stands.
    pub head: &'a str,
}

/// What is done about a telling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing, with the reason.
    Ignore(String),
    /// It is over.
    Close,
    /// Its head is to be read from the repository.
    Look,
}

/// Whether a telling of a pull request is news. `asked`: a person wants it looked at again.
pub fn hear(known: Option<Known<'_>>, pull: &Pull, asked: bool) -> Verdict {
    let subject = Subject::Pull(pull.number).title();
    let Some(known) = known else {
        return if pull.open {
            Verdict::Look
        } else {
            Verdict::Close
        };
    };
    if known.told_at > pull.at {
        return Verdict::Ignore(format!("Ignored: newer news of {subject} came before."));
    }
    if !pull.open {
        return Verdict::Close;
    }
    let same = known.told_at == pull.at;
    match known.ended {
        // Told in the same second that it is open and that it is closed: the end counts.
        Some(Ended::Closed) if same => {
            Verdict::Ignore(format!("Ignored: {subject} was closed in the same second."))
        }
        Some(ended) if same && !asked => Verdict::Ignore(ended_for(&subject, ended)),
        _ => Verdict::Look,
    }
}

/// Why something told again changes nothing.
pub fn ended_for(subject: &str, ended: Ended) -> String {
    let because = ended.because();
    format!("Ignored: the preview of {subject} is over: {because}. Push, or redeliver.")
}

/// Where a host keeps a pull request's head, in the base repository.
pub fn pull_ref(provider: Provider, number: u64) -> String {
    match provider {
        Provider::Gitlab => format!("refs/merge-requests/{number}/head"),
        _ => format!("refs/pull/{number}/head"),
    }
}

/// The head of a pull request by the repository's own references: `pulled` is its [`pull_ref`],
/// `branch` the branch of the base repository that is called like its head. Only what lies in that
/// branch was put there by somebody who may push: whoever calls it its own and is not there is not
/// believed.
pub fn head(pull: &Pull, pulled: Option<&str>, branch: Option<&str>) -> Result<String, String> {
    let number = pull.number;
    match (pull.fork, pulled, branch) {
        (true, Some(head), _) => Ok(head.to_owned()),
        (true, None, _) => Err(format!(
            "The repository has no head of pull request {number}."
        )),
        (false, None, Some(head)) => Ok(head.to_owned()),
        (false, Some(head), Some(own)) if head == own => Ok(head.to_owned()),
        (false, ..) => Err(format!(
            "The head of pull request {number} is not the head of branch `{}`.",
            pull.branch
        )),
    }
}

/// What a head that was read leads to, for the list of deliveries.
pub fn said(subject: &Subject, head: &str, fork: bool, approved: Option<&str>) -> String {
    let (title, short) = (subject.title(), short(head));
    match fork && approved != Some(head) {
        true => format!(
            "Waits for approval: `{short}` of {title} comes from a fork. Nothing of it runs before."
        ),
        false => format!("The preview of {title} goes to `{short}`."),
    }
}
