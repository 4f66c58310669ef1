//! Previews (P-15): an environment for as long as a branch or a pull request is worked on. The
//! code calls one a *review*, since a [`preview`](crate::preview) is the plan before a change.
//!
//! A review is what its row says: open or closed, and at which commit. What its host tells only
//! moves that row; a worker brings environments in line with rows, by the use cases of an update.
//! Which commit is the head is read from the repository itself, so deliveries that come late,
//! twice or out of order can't bring an old one back.
//!
//! A *fork* is whatever the base repository did not take in: its code runs only at a commit that a
//! person approved, and it never gets a variable that was set here, approved or not.

mod limits;
mod name;
mod news;
mod pattern;

pub use limits::{capped, over};
pub use name::names;
pub use news::{Known, News, Pull, Verdict, ended_for, head, hear, pull_ref, said};
pub use pattern::Pattern;

use crate::refusal::Refusal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a review is of. Its text (`pull:7`, `branch:fix/basket`) is unique within the project.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", content = "name", rename_all = "snake_case")]
pub enum Subject {
    /// By its number; GitLab calls it a merge request.
    Pull(u64),
    /// By its name, without `refs/heads/`.
    Branch(String),
}

impl Subject {
    /// As the store has it.
    pub fn key(&self) -> String {
        match self {
            Subject::Pull(number) => format!("pull:{number}"),
            Subject::Branch(name) => format!("branch:{name}"),
        }
    }

    /// Reads the store's text back.
    pub fn parse(key: &str) -> Option<Subject> {
        match key.split_once(':')? {
            ("pull", number) => number.parse().ok().map(Subject::Pull),
            ("branch", name) => Some(Subject::Branch(name.to_owned())),
            _ => None,
        }
    }

    /// In a sentence.
    pub fn title(&self) -> String {
        match self {
            Subject::Pull(number) => format!("pull request {number}"),
            Subject::Branch(name) => format!("branch `{name}`"),
        }
    }
}

/// Why a review is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The host says so: closed, merged, or the branch is gone.
    Closed,
    /// Nothing was pushed for too long.
    Expired,
    /// A person closed it here.
    ByHand,
    /// Previews were turned off.
    Off,
}

impl Ended {
    /// For the store's word back.
    pub const ALL: [Ended; 4] = [Ended::Closed, Ended::Expired, Ended::ByHand, Ended::Off];

    /// As the store has it.
    pub const fn word(self) -> &'static str {
        match self {
            Ended::Closed => "closed",
            Ended::Expired => "expired",
            Ended::ByHand => "by_hand",
            Ended::Off => "off",
        }
    }

    /// Reads the store's word back.
    pub fn parse(word: &str) -> Option<Ended> {
        Self::ALL.into_iter().find(|e| e.word() == word)
    }

    /// Completes "The preview of … is over: ".
    pub const fn because(self) -> &'static str {
        match self {
            Ended::Closed => "it was closed at its host, or its branch is gone",
            Ended::Expired => "nothing was pushed for as long as a preview stays",
            Ended::ByHand => "it was closed here",
            Ended::Off => "previews were turned off",
        }
    }
}

/// What of a project gets previews, and what each of them may take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Every pull (merge) request gets one.
    pub pulls: bool,
    /// Branches get one whose name fits: `feature/*`, several with spaces between; `None`: none does.
    pub branches: Option<String>,
    /// Hours after the last push (or approval), 1 to 720.
    pub ttl_h: u32,
    /// At the same time, 1 to 20.
    pub most: u32,
    /// The most memory of an instance; one instance each.
    pub memory_mib: u32,
    /// The only variables that a preview gets from here; a fork's gets none.
    pub variables: BTreeMap<String, String>,
    /// The only secrets of the organization that a preview and its build may see; a fork's sees none.
    pub secrets: Vec<String>,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            pulls: false,
            branches: None,
            ttl_h: 72,
            most: 5,
            memory_mib: 512,
            variables: BTreeMap::new(),
            secrets: Vec::new(),
        }
    }
}

/// The longest that a preview stays without a push.
pub const LONGEST_TTL_H: u32 = 720;
/// Previews of one project.
pub const MOST: u32 = 20;
/// What an instance needs at the least, and may have at the most.
pub const MEMORY_MIB: std::ops::RangeInclusive<u32> = 16..=65_536;

impl Rules {
    /// In their limits, or the first that is not.
    pub fn checked(self) -> Result<Rules, Refusal> {
        let range = |place: &str, what: &str, value: u32, from: u32, to: u32| match (from..=to)
            .contains(&value)
        {
            true => Ok(()),
            false => Err(Refusal::invalid(
                place,
                format!("{what} is {value}, and has to be between {from} and {to}."),
            )),
        };
        range(
            "ttl_h",
            "The time to live in hours",
            self.ttl_h,
            1,
            LONGEST_TTL_H,
        )?;
        range("most", "The number of previews", self.most, 1, MOST)?;
        let (least, most) = MEMORY_MIB.into_inner();
        range(
            "memory_mib",
            "The memory in MiB",
            self.memory_mib,
            least,
            most,
        )?;
        let branches = self.branches.as_deref().map(str::trim);
        let branches = branches.filter(|text| !text.is_empty()).map(str::to_owned);
        if let Some(text) = &branches {
            Pattern::parse(text)?;
        }
        limits::given(&self)?;
        Ok(Rules { branches, ..self })
    }

    /// A branch of this name gets a preview.
    pub fn takes_branch(&self, name: &str) -> bool {
        let pattern = self.branches.as_deref().map(Pattern::parse);
        pattern.is_some_and(|p| p.is_ok_and(|p| p.fits(name)))
    }

    /// Whether what is open may stay open under these.
    pub fn takes(&self, subject: &Subject) -> bool {
        match subject {
            Subject::Pull(_) => self.pulls,
            Subject::Branch(name) => self.takes_branch(name),
        }
    }

    /// Milliseconds.
    pub fn ttl_ms(&self) -> i64 {
        i64::from(self.ttl_h) * 3_600_000
    }
}

fn short(sha: &str) -> &str {
    sha.get(..7).unwrap_or(sha)
}

#[cfg(test)]
mod tests;
