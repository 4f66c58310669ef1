//! What the server keeps in the store beside the product itself: sessions, and the answers it
//! must be able to give again. Both are rows with an expiry, and neither knows about HTTP.

use async_trait::async_trait;
use domain::api::Reply;
use domain::id::OrgId;
use domain::time::Time;

/// Sessions as rows. `key` is a digest of what the cookie carries: whoever reads the store can't
/// take over a session.
#[async_trait]
pub trait SessionRows: Send + Sync {
    /// `false`: a row of this key is there already, and nothing was written.
    async fn insert(&self, key: &str, json: &str, expires_at: Time) -> Reply<bool>;
    /// Writes it, whether or not it is there.
    async fn save(&self, key: &str, json: &str, expires_at: Time) -> Reply<()>;
    async fn load(&self, key: &str) -> Reply<Option<(String, Time)>>;
    async fn delete(&self, key: &str) -> Reply<()>;
    async fn delete_expired(&self, now: Time) -> Reply<()>;
}

/// An answer to a POST, kept so that a repeated `Idempotency-Key` gets it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub location: Option<String>,
    /// `None`: the answer showed a secret once and is not kept.
    pub body: Option<String>,
}

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nobody used it (or the use is over its expiry): it is the caller's now.
    Fresh,
    /// A request with this digest holds it and has not answered yet.
    Running {
        request: String,
    },
    Answered {
        request: String,
        answer: Answer,
    },
}

/// Remembered answers as rows, unique by (organization, key).
#[async_trait]
pub trait AnswerRows: Send + Sync {
    /// One transaction: two requests with one key never both get `Fresh`. A claim that was neither
    /// settled nor released by `expires_at` (the process died) counts as never made.
    async fn claim(
        &self,
        org: &OrgId,
        key: &str,
        request: &str,
        now: Time,
        expires_at: Time,
    ) -> Reply<Claim>;
    async fn settle(&self, org: &OrgId, key: &str, answer: &Answer, expires_at: Time) -> Reply<()>;
    /// The request failed in a way that may be tried again.
    async fn release(&self, org: &OrgId, key: &str) -> Reply<()>;
    async fn delete_expired(&self, now: Time) -> Reply<()>;
}
