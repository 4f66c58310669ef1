//! The end of a job that comes after completion: what it found goes to its deployment, and a
//! failure is tried again, but not for ever.

use super::Job;
use crate::store::{Store, StoreError, Stored, Transaction, source_map, to_json};
use domain::job::JobStatus;
use domain::time::Time;
use domain::view::{ContentsView, SourceMapView};
use sqlx::Row as _;

/// Then it has failed.
const MOST_ATTEMPTS: u32 = 3;
/// Twice as long before the third.
const PAUSE_MS: i64 = 10_000;

/// How a job ended well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Why there was nothing to do, or nothing to do it with.
    pub skipped: Option<String>,
    pub fact: Option<Fact>,
}

/// What it found out about its deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The picture is there.
    Screenshot,
    Contents(ContentsView),
    SourceMaps(Vec<SourceMapView>),
}

impl Done {
    pub fn skipped(why: impl Into<String>) -> Self {
        Self {
            skipped: Some(why.into()),
            fact: None,
        }
    }

    pub fn with(fact: Fact) -> Self {
        Self {
            skipped: None,
            fact: Some(fact),
        }
    }
}

/// It was begun as often as it may be, and each time its process was gone before its end.
pub(super) fn is_spent(job: &Job) -> bool {
    job.kind.is_after() && job.attempts >= MOST_ATTEMPTS
}

pub(super) async fn give_up(tx: &mut Transaction<'_>, job: &Job, now: Time) -> Stored<()> {
    let why = format!("It was begun {MOST_ATTEMPTS} times and never came to its end.");
    let sql = "UPDATE jobs SET status = 'Failure', error = COALESCE(error, $2), ended_at = $3, epoch = NULL, lease_until = NULL WHERE id = $1";
    sqlx::query(sql)
        .bind(job.id.as_str())
        .bind(why)
        .bind(now.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

impl Store {
    /// Ends a job that is still ours, or lets it wait for its next attempt. `Stale` otherwise.
    pub async fn end_after(
        &self,
        job: &Job,
        epoch: &str,
        result: &Result<Done, String>,
        now: Time,
    ) -> Stored<()> {
        let mut tx = self.begin().await?;
        let (status, sentence, not_before) = standing(job, result, now);
        let ended_at = status.is_final().then_some(now.0);
        let sql = "UPDATE jobs SET status = $3, error = $4, ended_at = $5, not_before = $6, epoch = NULL, lease_until = NULL \
                   WHERE id = $1 AND epoch = $2 AND status = 'Running'";
        let done = sqlx::query(sql)
            .bind(job.id.as_str())
            .bind(epoch)
            .bind(status.word())
            .bind(sentence)
            .bind(ended_at)
            .bind(not_before)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() != 1 {
            return Err(StoreError::Stale);
        }
        if let Ok(Done {
            fact: Some(fact), ..
        }) = result
        {
            note(&mut tx, job, fact, now).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// When the first job that waits for another attempt may have it.
    pub async fn next_attempt(&self) -> Stored<Option<Time>> {
        let sql = "SELECT MIN(j.not_before) AS at FROM jobs j JOIN deployments d ON d.id = j.deployment \
                   WHERE j.status = 'Pending' AND j.not_before IS NOT NULL AND d.phase IN ('live', 'paused')";
        let row = sqlx::query(sql).fetch_one(self.pool()).await?;
        Ok(row.try_get::<Option<i64>, _>("at")?.map(Time))
    }
}

fn standing<'r>(
    job: &Job,
    result: &'r Result<Done, String>,
    now: Time,
) -> (JobStatus, Option<&'r str>, Option<i64>) {
    match result {
        Ok(Done {
            skipped: Some(why), ..
        }) => (JobStatus::Skipped, Some(why), None),
        Ok(_) => (JobStatus::Success, None, None),
        Err(why) if job.attempts >= MOST_ATTEMPTS => (JobStatus::Failure, Some(why), None),
        Err(why) => {
            let pause = PAUSE_MS * i64::from(job.attempts.max(1));
            (JobStatus::Pending, Some(why), Some(now.plus_ms(pause).0))
        }
    }
}

async fn note(tx: &mut Transaction<'_>, job: &Job, fact: &Fact, now: Time) -> Stored<()> {
    let id = job.deployment.as_str();
    match fact {
        Fact::Screenshot => sqlx::query("UPDATE deployments SET screenshot_at = $2 WHERE id = $1")
            .bind(id)
            .bind(now.0),
        Fact::Contents(contents) => {
            sqlx::query("UPDATE deployments SET contents = $2 WHERE id = $1")
                .bind(id)
                .bind(to_json(contents)?)
        }
        Fact::SourceMaps(maps) => {
            return source_map::replace(tx, &job.org, &job.deployment, maps).await;
        }
    }
    .execute(&mut **tx)
    .await?;
    Ok(())
}
