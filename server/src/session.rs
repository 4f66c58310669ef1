//! Sessions: a cookie that says nothing, and a row that does.
//!
//! The published store for tower-sessions pins another sqlx, so this is the trait's four methods
//! over rows. The row's key is a digest of the cookie's id: reading the store steals no session.

use crate::clock;
use async_trait::async_trait;
use domain::api::Reply;
use domain::id::UserId;
use domain::refusal::Refusal;
use domain::time::Time;
use engine::keep::SessionRows;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use time::OffsetDateTime;
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};
use tower_sessions::{Expiry, Session, SessionManagerLayer, SessionStore};

const USER: &str = "user";
const FLASH: &str = "flash";
const TOUCHED: &str = "touched";
/// A session slides by at least this; less would be a write per request.
const TOUCH_EVERY_MS: i64 = 3_600_000;

#[derive(Clone)]
pub struct Store(Arc<dyn SessionRows>);

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}

impl Store {
    pub fn new(rows: Arc<dyn SessionRows>) -> Self {
        Self(rows)
    }

    /// Whether somebody is still signed in by this session.
    pub async fn holds(&self, id: &Id, user: &UserId) -> Reply<bool> {
        let row = self.0.load(&key(id)).await?;
        let live = row.filter(|(_, expires_at)| *expires_at > clock::now());
        Ok(live
            .and_then(|(json, _)| user_in(&json))
            .is_some_and(|found| found == *user))
    }
}

fn user_in(json: &str) -> Option<UserId> {
    let data: HashMap<String, serde_json::Value> = serde_json::from_str(json).ok()?;
    serde_json::from_value(data.get(USER)?.clone()).ok()
}

#[async_trait]
impl SessionStore for Store {
    async fn create(&self, record: &mut Record) -> Result<()> {
        loop {
            let (json, expires_at) = row(record)?;
            if self
                .0
                .insert(&key(&record.id), &json, expires_at)
                .await
                .map_err(backend)?
            {
                return Ok(());
            }
            record.id = Id::default();
        }
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let (json, expires_at) = row(record)?;
        self.0
            .save(&key(&record.id), &json, expires_at)
            .await
            .map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let Some((json, expires_at)) = self.0.load(&key(id)).await.map_err(backend)? else {
            return Ok(None);
        };
        if expires_at <= clock::now() {
            return Ok(None);
        }
        let data = serde_json::from_str(&json).map_err(|e| Error::Decode(e.to_string()))?;
        Ok(Some(Record {
            id: *id,
            data,
            expiry_date: moment(expires_at),
        }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.0.delete(&key(id)).await.map_err(backend)
    }
}

fn key(id: &Id) -> String {
    Sha256::digest(id.to_string())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn row(record: &Record) -> Result<(String, Time)> {
    let json = serde_json::to_string(&record.data).map_err(|e| Error::Encode(e.to_string()))?;
    Ok((
        json,
        Time(record.expiry_date.unix_timestamp().saturating_mul(1000)),
    ))
}

fn moment(time: Time) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(time.0.div_euclid(1000))
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn backend(refusal: Refusal) -> Error {
    Error::Backend(refusal.to_string())
}

/// `__Host-`: no subdomain (an app that we serve!) can set or shadow it. Browsers insist on TLS for that.
pub const fn cookie_name(behind_tls: bool) -> &'static str {
    if behind_tls {
        "__Host-sealdock"
    } else {
        "sealdock"
    }
}

pub fn layer(store: Store, behind_tls: bool, days: i64) -> SessionManagerLayer<Store> {
    SessionManagerLayer::new(store)
        .with_name(cookie_name(behind_tls))
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(behind_tls)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(Duration::days(days)))
}

type Kept<T> = std::result::Result<T, tower_sessions::session::Error>;

/// A new id: whoever knew the old one knows nothing now.
pub async fn sign_in(session: &Session, user: &UserId) -> Kept<()> {
    session.clear().await;
    session.insert(USER, user).await?;
    session.insert(TOUCHED, clock::now().0).await?;
    session.cycle_id().await
}

pub async fn user(session: &Session) -> Kept<Option<UserId>> {
    session.get(USER).await
}

/// Slides the expiry, at most once an hour.
pub async fn touch(session: &Session) -> Kept<()> {
    let now = clock::now();
    let touched = session.get::<i64>(TOUCHED).await?.map_or(Time(0), Time);
    if now.since_ms(touched) < TOUCH_EVERY_MS {
        return Ok(());
    }
    session.insert(TOUCHED, now.0).await
}

/// Leaves a refusal for the next page. A session that only carries one is short-lived.
pub async fn leave(session: &Session, refusal: &Refusal, minutes: i64) -> Kept<()> {
    if user(session).await?.is_none() {
        session.set_expiry(Some(Expiry::OnInactivity(Duration::minutes(minutes))));
    }
    session.insert(FLASH, refusal).await
}

pub async fn take(session: &Session) -> Kept<Option<Refusal>> {
    session.remove(FLASH).await
}
