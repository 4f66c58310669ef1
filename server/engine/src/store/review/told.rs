//! What a delivery says of a review, written with the delivery's effect: one transaction, so that
//! a worker that dies in between leaves neither.

use super::{end, review};
use crate::store::delivery::{Delivery, Effect, append};
use crate::store::event::{NewEvent, write};
use crate::store::{Ids, Store, Stored, Transaction};
use domain::id::{EnvironmentId, ReviewId};
use domain::review::{Ended, Subject};
use domain::time::Time;
use sqlx::Row as _;

/// A review as a delivery has it.
pub struct Told<'a> {
    pub subject: &'a Subject,
    pub branch: &'a str,
    pub title: Option<&'a str>,
    pub author: Option<&'a str>,
    pub fork: bool,
    pub told_at: Time,
    /// `None`: it is over.
    pub head: Option<&'a str>,
    pub ttl_ms: i64,
}

/// How it ended.
pub struct Heard {
    /// The head is another one than before, or it opens again.
    pub moved: bool,
    /// Whose going is to be looked at.
    pub going: Option<EnvironmentId>,
}

impl Store {
    /// `effect` is made from the commit that is approved, if any.
    pub(crate) async fn hear_review(
        &self,
        delivery: &Delivery,
        told: Told<'_>,
        effect: impl FnOnce(Option<&str>) -> String,
        ids: Ids<'_>,
    ) -> Stored<Heard> {
        let mut tx = self.begin().await?;
        let heard = match told.head {
            Some(head) => open(&mut tx, delivery, &told, head, ids).await?,
            None => over(&mut tx, delivery, &told, ids).await?,
        };
        let sql = "SELECT approved FROM reviews WHERE project = $1 AND subject = $2";
        let row = sqlx::query(sql)
            .bind(delivery.project.as_str())
            .bind(told.subject.key())
            .fetch_one(&mut *tx)
            .await?;
        let approved: Option<String> = row.try_get("approved")?;
        let effect = Effect::whole(effect(approved.as_deref()));
        append(&mut tx, &delivery.id, effect).await?;
        let sql = "UPDATE deliveries SET state = 'settled', asked = 0 WHERE id = $1";
        sqlx::query(sql)
            .bind(delivery.id.as_str())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(heard)
    }
}

async fn known(
    tx: &mut Transaction<'_>,
    delivery: &Delivery,
    subject: &Subject,
) -> Stored<Option<super::Review>> {
    let sql = format!("{} WHERE project = $1 AND subject = $2", super::SELECT);
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(delivery.project.as_str())
        .bind(subject.key())
        .fetch_optional(&mut **tx)
        .await?;
    row.map(|r| review(&r)).transpose()
}

async fn open(
    tx: &mut Transaction<'_>,
    delivery: &Delivery,
    told: &Told<'_>,
    head: &str,
    ids: Ids<'_>,
) -> Stored<Heard> {
    let now = ids();
    let before = known(tx, delivery, told.subject).await?;
    let moved = before
        .as_ref()
        .is_none_or(|r| r.ended.is_some() || r.head != head);
    put(tx, delivery, told, head, None, now).await?;
    // Nothing new has time to live left as it was; a person who asks starts it anew.
    if moved || delivery.asked {
        let sql = "UPDATE reviews SET ended = NULL, tried = NULL, sentence = NULL, tries = 0, due_at = $1, changed_at = $1, \
                   expires_at = $2 WHERE project = $3 AND subject = $4";
        sqlx::query(sql)
            .bind(now.at.0)
            .bind(now.at.plus_ms(told.ttl_ms).0)
            .bind(delivery.project.as_str())
            .bind(told.subject.key())
            .execute(&mut **tx)
            .await?;
    }
    if moved && told.fork {
        let commit = head.get(..7).unwrap_or(head);
        let title = told.subject.title();
        let sentence = format!("{commit} of {title} comes from a fork and waits for approval.");
        let event = NewEvent::by(&delivery.org, None, "preview_waits", sentence);
        write(tx, ids(), event.project(&delivery.project)).await?;
    }
    Ok(Heard { moved, going: None })
}

/// Also of one that nobody knew: what was told before, and comes later, does not open it.
async fn over(
    tx: &mut Transaction<'_>,
    delivery: &Delivery,
    told: &Told<'_>,
    ids: Ids<'_>,
) -> Stored<Heard> {
    let before = known(tx, delivery, told.subject).await?;
    let head = before.as_ref().map_or("", |r| r.head.as_str()).to_owned();
    let ended = before.is_none().then_some(Ended::Closed);
    put(tx, delivery, told, &head, ended, ids()).await?;
    let mut going = None;
    if let Some(review) = before {
        end(tx, &review, Ended::Closed, None, ids()).await?;
        // One that expired is closed by now: only news opens it again.
        let sql = "UPDATE reviews SET ended = 'closed' WHERE id = $1";
        sqlx::query(sql)
            .bind(review.id.as_str())
            .execute(&mut **tx)
            .await?;
        going = review.environment;
    }
    Ok(Heard {
        moved: false,
        going,
    })
}

async fn put(
    tx: &mut Transaction<'_>,
    delivery: &Delivery,
    told: &Told<'_>,
    head: &str,
    ended: Option<Ended>,
    now: crate::store::Now,
) -> Stored<()> {
    let sql = "INSERT INTO reviews (id, org, project, subject, provider, branch, title, author, fork, told_at, head, ended, tries, \
               due_at, changed_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13, $13, $14) \
               ON CONFLICT (project, subject) DO UPDATE SET provider = $5, branch = $6, title = $7, author = $8, fork = $9, \
               told_at = $10, head = $11";
    sqlx::query(sql)
        .bind(String::from(ReviewId::new(now.at, now.entropy)))
        .bind(delivery.org.as_str())
        .bind(delivery.project.as_str())
        .bind(told.subject.key())
        .bind(delivery.provider.word())
        .bind(told.branch)
        .bind(told.title)
        .bind(told.author)
        .bind(i64::from(told.fork))
        .bind(told.told_at.0)
        .bind(head)
        .bind(ended.map(Ended::word))
        .bind(now.at.0)
        .bind(now.at.plus_ms(told.ttl_ms).0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
