//! What the server keeps in the store beside the product itself: sessions, and the answers it
//! must be able to give again. Both are rows with an expiry, and neither knows about HTTP.

use crate::store::{Store, StoreError};
use async_trait::async_trait;
use domain::api::Reply;
use domain::id::OrgId;
use domain::refusal::Refusal;
use domain::time::Time;
use serde::{Deserialize, Serialize};

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
}

/// An answer to a POST, kept so that a repeated `Idempotency-Key` gets it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    async fn settle(
        &self,
        org: &OrgId,
        key: &str,
        request: &str,
        answer: &Answer,
        expires_at: Time,
    ) -> Reply<()>;
    /// The request failed in a way that may be tried again.
    async fn release(&self, org: &OrgId, key: &str) -> Reply<()>;
}

/// A claim that keeps changing hands under us is somebody else's.
const TRIES: usize = 3;

#[async_trait]
impl SessionRows for Store {
    async fn insert(&self, key: &str, json: &str, expires_at: Time) -> Reply<bool> {
        self.create_session(key, json, expires_at)
            .await
            .map_err(broken)
    }

    async fn save(&self, key: &str, json: &str, expires_at: Time) -> Reply<()> {
        self.save_session(key, json, expires_at)
            .await
            .map_err(broken)
    }

    async fn load(&self, key: &str) -> Reply<Option<(String, Time)>> {
        self.session(key, Time(i64::MIN)).await.map_err(broken)
    }

    async fn delete(&self, key: &str) -> Reply<()> {
        self.delete_session(key).await.map_err(broken)
    }
}

/// The row's value.
#[derive(Serialize, Deserialize)]
struct Remembered {
    request: String,
    expires_at: Time,
    answer: Option<Answer>,
}

impl Remembered {
    fn claim(self) -> Claim {
        let request = self.request;
        match self.answer {
            Some(answer) => Claim::Answered { request, answer },
            None => Claim::Running { request },
        }
    }
}

#[async_trait]
impl AnswerRows for Store {
    async fn claim(
        &self,
        org: &OrgId,
        key: &str,
        request: &str,
        now: Time,
        expires_at: Time,
    ) -> Reply<Claim> {
        let mine = written(&Remembered {
            request: request.to_owned(),
            expires_at,
            answer: None,
        })?;
        for _ in 0..TRIES {
            if self
                .remember_answer(org, key, &mine, now)
                .await
                .map_err(broken)?
            {
                return Ok(Claim::Fresh);
            }
            let Some(value) = self.answer(org, key).await.map_err(broken)? else {
                continue;
            };
            let found: Remembered = serde_json::from_str(&value).map_err(|e| broken(e.into()))?;
            if found.expires_at > now {
                return Ok(found.claim());
            }
            self.forget_this_answer(org, key, &value)
                .await
                .map_err(broken)?;
        }
        Ok(Claim::Running {
            request: request.to_owned(),
        })
    }

    async fn settle(
        &self,
        org: &OrgId,
        key: &str,
        request: &str,
        answer: &Answer,
        expires_at: Time,
    ) -> Reply<()> {
        let answer = Some(answer.clone());
        let value = written(&Remembered {
            request: request.to_owned(),
            expires_at,
            answer,
        })?;
        self.replace_answer(org, key, &value).await.map_err(broken)
    }

    async fn release(&self, org: &OrgId, key: &str) -> Reply<()> {
        self.forget_answer(org, key).await.map_err(broken)
    }
}

fn written(value: &Remembered) -> Reply<String> {
    serde_json::to_string(value).map_err(|error| broken(error.into()))
}

fn broken(error: StoreError) -> Refusal {
    let incident = format!("{:016x}", rand::random::<u64>());
    tracing::error!(%incident, %error, "keeping sessions and answers");
    Refusal::internal(&incident)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done() -> Answer {
        Answer {
            status: 201,
            location: None,
            body: Some("{}".into()),
        }
    }

    async fn claimed(store: &Store, request: &str, now: i64) -> Claim {
        let org = OrgId::new(Time(1), 1);
        store
            .claim(&org, "key", request, Time(now), Time(now + 10))
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn x20_a_key_is_claimed_once_and_answers_again() {
        let (store, org) = (Store::in_memory().await.unwrap(), OrgId::new(Time(1), 1));
        assert_eq!(claimed(&store, "a", 1).await, Claim::Fresh);
        assert_eq!(
            claimed(&store, "b", 2).await,
            Claim::Running {
                request: "a".into()
            }
        );
        store
            .settle(&org, "key", "a", &done(), Time(100))
            .await
            .unwrap();
        let kept = Claim::Answered {
            request: "a".into(),
            answer: done(),
        };
        assert_eq!(claimed(&store, "a", 99).await, kept);
        assert_eq!(claimed(&store, "a", 100).await, Claim::Fresh);
    }

    #[tokio::test]
    async fn a_claim_that_was_released_or_ran_out_is_free_again() {
        let (store, org) = (Store::in_memory().await.unwrap(), OrgId::new(Time(1), 1));
        assert_eq!(claimed(&store, "a", 1).await, Claim::Fresh);
        store.release(&org, "key").await.unwrap();
        assert_eq!(claimed(&store, "a", 2).await, Claim::Fresh);
        assert_eq!(claimed(&store, "b", 12).await, Claim::Fresh);
    }

    #[tokio::test]
    async fn a_session_is_kept_and_never_overwritten_by_a_new_one() {
        let store = Store::in_memory().await.unwrap();
        assert!(store.insert("k", "1", Time(10)).await.unwrap());
        assert!(!store.insert("k", "2", Time(10)).await.unwrap());
        assert_eq!(store.load("k").await.unwrap(), Some(("1".into(), Time(10))));
    }
}
