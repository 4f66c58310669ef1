//! Who proved a domain, and whether it points here: judged from what DNS says.

use super::DomainName;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// What of DNS says that it is the organization's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// A TXT record with the token.
    Txt,
    /// The name itself is another name for a host of one of the organization's environments.
    Cname,
}

impl Proof {
    /// As it is stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Txt => "txt",
            Self::Cname => "cname",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Txt, Self::Cname]
            .into_iter()
            .find(|one| one.word() == word)
    }
}

/// What DNS answered. `Err`: it did not, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The TXT records at [`DomainName::proof_host`].
    pub txt: Result<Vec<String>, String>,
    /// What the name itself is another name for.
    pub cname: Result<Option<String>, String>,
    /// Where the name points; for a wildcard, some name below it.
    pub addresses: Result<Vec<IpAddr>, String>,
}

/// What came of a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How DNS proves it now, if it does.
    pub proof: Option<Proof>,
    /// It is proved, now or since before: a record that is taken out takes nothing away.
    pub is_proved: bool,
    /// `None` where nobody can tell: our own address is not known.
    pub points_here: Option<bool>,
    /// What is still to be done, for a person.
    pub problem: Option<String>,
}

/// `was_proved`: by an earlier look. `ours`: the addresses that this server is reached at, as far as known. `hosts`: those of the
/// organization's environments.
pub fn judge(
    name: &DomainName,
    (token, was_proved): (&str, bool),
    hosts: &[String],
    ours: &[IpAddr],
    seen: &Seen,
) -> Verdict {
    let proof = proof(token, hosts, seen);
    let points_here = points_here(ours, seen);
    let is_proved = was_proved || proof.is_some();
    let problem = match is_proved {
        false => Some(unproven(name, token, seen)),
        true => astray(name, ours, seen).filter(|_| points_here == Some(false)),
    };
    Verdict {
        proof,
        is_proved,
        points_here,
        problem,
    }
}

fn proof(token: &str, hosts: &[String], seen: &Seen) -> Option<Proof> {
    let said = |all: &Vec<String>| all.iter().any(|text| text.trim() == token);
    if seen.txt.as_ref().is_ok_and(said) {
        return Some(Proof::Txt);
    }
    let target = seen.cname.as_ref().ok()?.as_ref()?;
    hosts.contains(target).then_some(Proof::Cname)
}

fn points_here(ours: &[IpAddr], seen: &Seen) -> Option<bool> {
    let addresses = seen.addresses.as_ref().ok()?;
    match (addresses.is_empty(), ours.is_empty()) {
        (true, _) => Some(false),
        (false, true) => None,
        // One address that is somebody else's, and every second visitor or proof goes there.
        (false, false) => Some(addresses.iter().all(|one| ours.contains(one))),
    }
}

fn unproven(name: &DomainName, token: &str, seen: &Seen) -> String {
    let host = name.proof_host();
    match &seen.txt {
        Err(why) => format!("{host} can't be looked up: {why}."),
        Ok(all) if all.is_empty() => {
            format!("There is no TXT record at {host} yet. Set it to `{token}`.")
        }
        Ok(all) => format!(
            "The TXT record at {host} is `{}`, and not `{token}`.",
            all.first().map_or("", String::as_str)
        ),
    }
}

fn astray(name: &DomainName, ours: &[IpAddr], seen: &Seen) -> Option<String> {
    let (here, addresses) = (listed(ours), seen.addresses.as_ref().ok()?);
    Some(match addresses.is_empty() {
        true if here.is_empty() => format!("{name} points nowhere yet."),
        true => format!("{name} points nowhere yet. This server is at {here}."),
        false => format!(
            "{name} points to {}, and this server is at {here}.",
            listed(addresses)
        ),
    })
}

fn listed(addresses: &[IpAddr]) -> String {
    let all: Vec<_> = addresses.iter().map(IpAddr::to_string).collect();
    all.join(", ")
}

const SECOND: i64 = 1000;
const HOUR: i64 = 3600 * SECOND;

/// When DNS is looked at again: soon while somebody is likely at it, seldom later.
pub fn look_again(created_at: Time, now: Time, verdict: &Verdict) -> Time {
    let settled = verdict.is_proved && verdict.points_here != Some(false);
    let pause_ms = match settled {
        true => 12 * HOUR,
        false => (now.since_ms(created_at) / 4).clamp(10 * SECOND, HOUR),
    };
    now.plus_ms(pause_ms)
}
