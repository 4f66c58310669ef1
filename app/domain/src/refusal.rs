//! A user-facing "no": its sentence, the place, the way out, and a machine code. The page, the
//! API and the CLI show the same one.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What sort of "no" it is; the API derives its HTTP status from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 422: the input is wrong, at `place`.
    Invalid,
    /// 401: nobody is signed in.
    SignedOut,
    /// 403: signed in, but the role does not allow it.
    Forbidden,
    /// 404: there is none, or it is another organization's.
    NotFound,
    /// 409: not now, not in this state.
    Conflict,
    /// 413: over a limit.
    TooLarge,
    /// 429: too often.
    TooMany,
    /// 503: something that we need does not answer.
    Unavailable,
    /// 500: our fault; the sentence carries the incident's number, the log the rest.
    Internal,
}

impl Kind {
    /// One place decides what HTTP answers.
    pub const fn status(self) -> u16 {
        match self {
            Kind::Invalid => 422,
            Kind::SignedOut => 401,
            Kind::Forbidden => 403,
            Kind::NotFound => 404,
            Kind::Conflict => 409,
            Kind::TooLarge => 413,
            Kind::TooMany => 429,
            Kind::Unavailable => 503,
            Kind::Internal => 500,
        }
    }
}

/// A "no" that a person or a script can act on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What sort it is.
    pub kind: Kind,
    /// Stable, for machines: `plan_changed`, `name_taken`, `not_found`.
    pub code: String,
    /// What happened, for a person.
    pub sentence: String,
    /// The field, or the line and column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way_out: Option<String>,
}

impl Refusal {
    /// For a kind that has no shorthand below.
    pub fn new(kind: Kind, code: &str, sentence: impl Into<String>) -> Self {
        Self {
            kind,
            code: code.into(),
            sentence: sentence.into(),
            place: None,
            way_out: None,
        }
    }

    /// The input is wrong, there.
    pub fn invalid(place: &str, sentence: impl Into<String>) -> Self {
        Self {
            place: Some(place.into()),
            ..Self::new(Kind::Invalid, "invalid", sentence)
        }
    }

    /// Also for what is another tenant's: its existence is not told.
    pub fn not_found(noun: &str) -> Self {
        Self::new(
            Kind::NotFound,
            "not_found",
            format!("There is no such {noun} in this organization."),
        )
    }

    /// Not in this state.
    pub fn conflict(code: &str, sentence: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, code, sentence)
    }

    /// The role is not enough.
    pub fn forbidden(sentence: impl Into<String>) -> Self {
        Self::new(Kind::Forbidden, "forbidden", sentence)
    }

    /// Nobody, or no longer.
    pub fn signed_out() -> Self {
        Self::new(Kind::SignedOut, "signed_out", "You are not signed in.")
            .way_out("Sign in, or send an API token.")
    }

    /// Something that we need does not answer.
    pub fn unavailable(code: &str, sentence: impl Into<String>) -> Self {
        Self::new(Kind::Unavailable, code, sentence)
    }

    /// `incident` is what the log line carries.
    pub fn internal(incident: &str) -> Self {
        let sentence = format!("Something broke on our side (incident {incident}).");
        Self::new(Kind::Internal, "internal", sentence)
            .way_out("Look for the incident's number in the server's log.")
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn way_out(mut self, sentence: impl Into<String>) -> Self {
        self.way_out = Some(sentence.into());
        self
    }

    /// Adds where it is.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)?;
        match &self.way_out {
            Some(way_out) => write!(f, " {way_out}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Refusal {}
