//! A review gets its environment, and its head becomes a deployment there.

use super::Review;
use crate::store::deployment::{NewDeployment, insert};
use crate::store::environment::{MOST as MOST_ENVIRONMENTS, Slot, insert_slot};
use crate::store::event::{NewEvent, write};
use crate::store::project::Project;
use crate::store::{Now, Store, StoreError, Stored, Transaction};
use domain::access::Caller;
use domain::config::ConfigPatch;
use domain::id::{EnvironmentId, RuntimeId};
use domain::time::Time;
use sqlx::Row as _;

/// How making its environment ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Opened {
    Done,
    /// The name, or a host of it, leads elsewhere.
    Taken,
    /// The project has as many previews as it may.
    Full,
    /// The project has as many environments as one can have.
    TooMany(u32),
}

/// An environment about to be written for a review.
pub struct NewPlace<'a> {
    pub id: &'a EnvironmentId,
    pub project: &'a Project,
    pub name: &'a str,
    pub runtime: &'a RuntimeId,
    pub hosts: &'a [String],
    /// Previews of the project at the same time.
    pub most: u32,
}

impl Store {
    /// The environment, its hosts and the event: all or nothing. `Stale`: the review has one, or is over.
    pub(crate) async fn open_review(
        &self,
        caller: &Caller,
        review: &Review,
        new: NewPlace<'_>,
        now: Now,
    ) -> Stored<Opened> {
        let mut tx = self.begin().await?;
        if let Some(no) = no_room(&mut tx, &new).await? {
            return Ok(no);
        }
        let slot = Slot {
            id: new.id,
            project: &new.project.id,
            name: new.name,
            runtime: new.runtime,
            overrides: &ConfigPatch::default(),
            debug: false,
            hosts: new.hosts,
        };
        if insert_slot(&mut tx, caller, slot, now).await?.is_some() {
            return Ok(Opened::Taken);
        }
        let sql = "UPDATE reviews SET environment = $1 WHERE id = $2 AND org = $3 AND ended IS NULL AND environment IS NULL";
        let done = sqlx::query(sql)
            .bind(new.id.as_str())
            .bind(review.id.as_str())
            .bind(review.org.as_str())
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() != 1 {
            return Err(StoreError::Stale);
        }
        let sentence = format!(
            "{} gets a preview: {} / {}.",
            capital(&review.subject.title()),
            new.project.name,
            new.name
        );
        let event = NewEvent {
            environment: Some(new.id),
            ..NewEvent::by(&review.org, None, "preview_opened", sentence)
        };
        write(&mut tx, now, event.project(&new.project.id)).await?;
        tx.commit().await?;
        Ok(Opened::Done)
    }

    /// The deployment of exactly this head, once. `Stale`: the review moved on meanwhile, it may not
    /// run, or somebody was faster.
    pub(crate) async fn deploy_review(
        &self,
        caller: &Caller,
        review: &Review,
        new: NewDeployment<'_>,
    ) -> Stored<()> {
        let mut tx = self.begin().await?;
        if new.source.commit().map(|c| c.sha.as_str()) != Some(&review.head) {
            return Err(StoreError::Stale);
        }
        let sql = "UPDATE reviews SET tried = head, sentence = NULL, tries = 0 WHERE id = $1 AND org = $2 AND head = $3 \
                   AND environment = $4 AND ended IS NULL AND (fork = 0 OR approved = head) AND (tried IS NULL OR tried <> head)";
        let done = sqlx::query(sql)
            .bind(review.id.as_str())
            .bind(review.org.as_str())
            .bind(&review.head)
            .bind(new.environment.as_str())
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() != 1 {
            return Err(StoreError::Stale);
        }
        insert(&mut tx, caller, new).await?;
        tx.commit().await?;
        Ok(())
    }

    /// This head needs no other look; the sentence says why it does not run, if it does not.
    pub(crate) async fn settle_review(
        &self,
        review: &Review,
        sentence: Option<&str>,
    ) -> Stored<()> {
        let sql =
            "UPDATE reviews SET tried = head, sentence = $1, tries = 0 WHERE id = $2 AND head = $3";
        sqlx::query(sql)
            .bind(sentence)
            .bind(review.id.as_str())
            .bind(&review.head)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// Not now: what is in the way may be gone at `due_at`.
    pub(crate) async fn postpone_review(
        &self,
        review: &Review,
        tries: u32,
        due_at: Time,
    ) -> Stored<()> {
        let sql = "UPDATE reviews SET tries = $1, due_at = $2 WHERE id = $3";
        sqlx::query(sql)
            .bind(i64::from(tries))
            .bind(due_at.0)
            .bind(review.id.as_str())
            .execute(self.pool())
            .await?;
        Ok(())
    }
}

/// Environments on their way out count: they still hold what they hold.
async fn no_room(tx: &mut Transaction<'_>, new: &NewPlace<'_>) -> Stored<Option<Opened>> {
    let sql = "SELECT COUNT(*) AS n, COALESCE(SUM(name = $2), 0) AS named, \
               (SELECT COUNT(*) FROM reviews WHERE project = $1 AND environment IS NOT NULL) AS previews \
               FROM environments WHERE project = $1";
    let row = sqlx::query(sql)
        .bind(new.project.id.as_str())
        .bind(new.name)
        .fetch_one(&mut **tx)
        .await?;
    let number = |column: &str| row.try_get::<i64, _>(column);
    Ok(match () {
        () if number("previews")? >= i64::from(new.most) => Some(Opened::Full),
        () if number("n")? >= i64::from(MOST_ENVIRONMENTS) => {
            Some(Opened::TooMany(MOST_ENVIRONMENTS))
        }
        () if number("named")? > 0 => Some(Opened::Taken),
        () => None,
    })
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
