//! What Git hosts told us. A delivery is written before it is answered, and handled from its row:
//! a restart loses none. These rows are a log themselves; what they lead to has events of its own.

mod handle;

use super::{Now, Row, Store, StoreError, Stored, from_json, to_json};
use domain::access::Caller;
use domain::hook::{Provider, Push};
use domain::id::{DeliveryId, DeploymentId, EnvironmentId, OrgId, ProjectId};
use domain::review::News;
use domain::time::Time;
use serde::{Deserialize, Serialize};
use sqlx::Row as _;

use super::event::{NewEvent, write};

pub use handle::Pushed;
pub(super) use handle::append;

/// One thing that a delivery led to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// Where; `None`: nowhere in particular.
    pub environment: Option<EnvironmentId>,
    pub environment_name: Option<String>,
    pub sentence: String,
    pub deployment: Option<DeploymentId>,
    pub number: Option<u32>,
}

impl Effect {
    /// About the delivery as a whole.
    pub fn whole(sentence: impl Into<String>) -> Effect {
        Effect {
            environment: None,
            environment_name: None,
            sentence: sentence.into(),
            deployment: None,
            number: None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub id: DeliveryId,
    pub org: OrgId,
    pub project: ProjectId,
    pub provider: Provider,
    pub event: String,
    pub push: Option<Push>,
    pub news: Option<News>,
    pub received_at: Time,
    /// It has not been handled to its end.
    pub waiting: bool,
    pub effects: Vec<Effect>,
    pub asked: bool,
    pub repeats: u64,
    pub tries: u32,
}

/// A delivery about to be written.
pub struct NewDelivery<'a> {
    pub org: &'a OrgId,
    pub project: &'a ProjectId,
    pub provider: Provider,
    pub sender_key: &'a str,
    /// Of what was signed; `None` where the signature does not cover the body.
    pub digest: Option<&'a str>,
    pub event: &'a str,
    pub push: Option<&'a Push>,
    pub news: Option<&'a News>,
    /// What is known at once; without it, the delivery waits to be handled.
    pub effect: Option<Effect>,
}

/// How writing it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    New(DeliveryId),
    /// The same was there: it is counted on that one.
    Again(Box<Delivery>),
}

const SELECT: &str = "SELECT id, org, project, provider, event, push, news, received_at, state, effects, asked, repeats, tries FROM deliveries";

impl Store {
    /// Writes it once, however often and however much at once it comes: two unique indexes decide.
    pub async fn keep_delivery(&self, new: NewDelivery<'_>, now: Now) -> Stored<Kept> {
        let id = DeliveryId::new(now.at, now.entropy);
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO deliveries (id, org, project, provider, sender_key, digest, event, push, received_at, state, effects, news, \
                   asked, repeats, tries, due_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0, 0, $9) ON CONFLICT DO NOTHING";
        let waits = new.effect.is_none();
        let effects: Vec<_> = new.effect.into_iter().collect();
        let done = sqlx::query(sql)
            .bind(id.as_str())
            .bind(new.org.as_str())
            .bind(new.project.as_str())
            .bind(new.provider.word())
            .bind(new.sender_key)
            .bind(new.digest)
            .bind(new.event)
            .bind(new.push.map(to_json).transpose()?)
            .bind(now.at.0)
            .bind(if waits { "received" } else { "settled" })
            .bind(to_json(&effects)?)
            .bind(new.news.map(to_json).transpose()?)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 1 {
            tx.commit().await?;
            return Ok(Kept::New(id));
        }
        let sql = "UPDATE deliveries SET repeats = repeats + 1 WHERE project = $1 AND (sender_key = $2 OR digest = $3) \
                   RETURNING id, org, project, provider, event, push, news, received_at, state, effects, asked, repeats, tries";
        let row = sqlx::query(sql)
            .bind(new.project.as_str())
            .bind(new.sender_key)
            .bind(new.digest)
            .fetch_one(&mut *tx)
            .await?;
        let known = delivery(&row)?;
        tx.commit().await?;
        Ok(Kept::Again(Box::new(known)))
    }

    /// The newest first; `before` is the last id of the page before.
    pub async fn deliveries(
        &self,
        org: &OrgId,
        project: &ProjectId,
        before: Option<&DeliveryId>,
        limit: u32,
    ) -> Stored<Vec<Delivery>> {
        let sql = format!(
            "{SELECT} WHERE org = $1 AND project = $2 AND ($3 IS NULL OR id < $3) ORDER BY id DESC LIMIT $4"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(org.as_str())
            .bind(project.as_str())
            .bind(before.map(DeliveryId::as_str))
            .bind(i64::from(limit))
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(delivery).collect()
    }

    pub async fn delivery(&self, org: &OrgId, id: &DeliveryId) -> Stored<Option<Delivery>> {
        let sql = format!("{SELECT} WHERE org = $1 AND id = $2");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(org.as_str())
            .bind(id.as_str())
            .fetch_optional(self.pool())
            .await?;
        row.map(|r| delivery(&r)).transpose()
    }

    /// It waits again, as if it had come now. `Stale` when it waits already.
    pub async fn redeliver(&self, caller: &Caller, known: &Delivery, now: Now) -> Stored<()> {
        let mut tx = self.begin().await?;
        let sql = "UPDATE deliveries SET state = 'received', effects = '[]', asked = 1, tries = 0, due_at = $1 \
                   WHERE org = $2 AND id = $3 AND state = 'settled'";
        let done = sqlx::query(sql)
            .bind(now.at.0)
            .bind(caller.org.as_str())
            .bind(known.id.as_str())
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() != 1 {
            return Err(StoreError::Stale);
        }
        let what = match (&known.push, &known.news) {
            (Some(push), _) => format!("a push to `{}`", push.branch),
            (None, Some(News::Pull(pull))) => format!("news of pull request {}", pull.number),
            (None, _) => "news of a branch".to_owned(),
        };
        let sentence = format!("{} redelivered {what}.", caller.email);
        let event = NewEvent::by(&caller.org, Some(&caller.user), "redelivered", sentence);
        write(&mut tx, now, event.project(&known.project)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Those that came before `before`, and of a project with more than `most` the oldest.
    pub(crate) async fn forget_deliveries(&self, before: Time, most: u32) -> Stored<()> {
        let old = "DELETE FROM deliveries WHERE state = 'settled' AND received_at < $1";
        sqlx::query(old).bind(before.0).execute(self.pool()).await?;
        let many = "DELETE FROM deliveries WHERE state = 'settled' AND id <= \
                    (SELECT n.id FROM deliveries n WHERE n.project = deliveries.project ORDER BY n.id DESC LIMIT 1 OFFSET $1)";
        sqlx::query(many)
            .bind(i64::from(most))
            .execute(self.pool())
            .await?;
        Ok(())
    }
}

fn delivery(row: &Row) -> Stored<Delivery> {
    let provider: String = row.try_get("provider")?;
    let number = |column: &str| -> Stored<u64> { Ok(row.try_get::<i64, _>(column)?.max(0) as u64) };
    Ok(Delivery {
        id: row.try_get::<String, _>("id")?.parse()?,
        org: row.try_get::<String, _>("org")?.parse()?,
        project: row.try_get::<String, _>("project")?.parse()?,
        provider: Provider::parse(&provider)
            .ok_or_else(|| StoreError::Unreadable(format!("the provider `{provider}`")))?,
        event: row.try_get("event")?,
        push: row
            .try_get::<Option<String>, _>("push")?
            .map(|text| from_json(&text))
            .transpose()?,
        news: row
            .try_get::<Option<String>, _>("news")?
            .map(|text| from_json(&text))
            .transpose()?,
        received_at: Time(row.try_get("received_at")?),
        waiting: row.try_get::<String, _>("state")? == "received",
        effects: from_json(&row.try_get::<String, _>("effects")?)?,
        asked: number("asked")? != 0,
        repeats: number("repeats")?,
        tries: u32::try_from(number("tries")?).unwrap_or(u32::MAX),
    })
}
