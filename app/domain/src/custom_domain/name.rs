//! What may be a domain: strict, in lower case and ASCII. What a person writes in another script
//! has been through IDNA before it comes here.

use crate::refusal::Refusal;
use std::fmt;

const LONGEST: usize = 253;
const LONGEST_LABEL: usize = 63;
/// `_acme-challenge.` has to fit in front.
const ROOM: usize = 17;

/// A name that a certificate can be for; `*.` in front stands for one label.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName(String);

impl DomainName {
    /// `base_domain` is the installation's own: names below it are its own as well.
    pub fn parse(ascii: &str, base_domain: &str) -> Result<Self, Refusal> {
        let no = |sentence: String| {
            let way_out =
                "Write it like shop.example.com, or *.example.com for everything right below it.";
            Err(Refusal::invalid("name", sentence).way_out(way_out.to_owned()))
        };
        let base = ascii.strip_prefix("*.").unwrap_or(ascii);
        let labels: Vec<_> = base.split('.').collect();
        if base.len() + ROOM > LONGEST {
            return no("That domain is too long.".into());
        }
        if let Some(label) = labels.iter().find(|label| !is_label(label)) {
            return no(format!("`{label}` can't be a part of a domain."));
        }
        let last = labels.last().copied().unwrap_or_default();
        if last.bytes().all(|b| b.is_ascii_digit()) {
            return no("That is an address, and no domain.".into());
        }
        if labels.len() < 2 || ["localhost", "local", "internal", "invalid"].contains(&last) {
            return no(format!("{ascii} is no domain that others can look up."));
        }
        if is_below(base, base_domain) {
            let sentence = format!("Names below {base_domain} are given out by Sealdock itself.");
            return Err(Refusal::invalid("name", sentence)
                .way_out("Every environment has one of them; bring along another domain."));
        }
        Ok(Self(ascii.to_owned()))
    }

    /// One that was parsed before it was stored.
    pub fn stored(name: String) -> Self {
        Self(name)
    }

    /// As it is stored: `*.` included.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// It stands for everything one label below.
    pub fn is_wildcard(&self) -> bool {
        self.0.starts_with("*.")
    }

    /// Without the `*.`.
    pub fn base(&self) -> &str {
        self.0.strip_prefix("*.").unwrap_or(&self.0)
    }

    /// Where the record that proves it lies.
    pub fn proof_host(&self) -> String {
        format!("_sealdock.{}", self.base())
    }

    /// Where DNS-01 looks.
    pub fn challenge_host(&self) -> String {
        format!("_acme-challenge.{}", self.base())
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_label(label: &str) -> bool {
    let inside = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=LONGEST_LABEL).contains(&label.len())
        && label.bytes().all(inside)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn is_below(name: &str, base_domain: &str) -> bool {
    let rest = name.strip_suffix(base_domain);
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}
