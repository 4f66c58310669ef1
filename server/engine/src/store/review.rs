//! Previews of branches and pull requests: what a project wants of them, and each one's row.

mod open;
mod told;

use super::event::{NewEvent, write};
use super::project::Project;
use super::{Now, Row, Store, StoreError, Stored, Transaction, from_json, to_json};
use domain::access::Caller;
use domain::hook::Provider;
use domain::id::{EnvironmentId, OrgId, ProjectId, ReviewId};
use domain::review::{Ended, Rules, Subject};
use domain::time::Time;
use sqlx::Row as _;

pub use open::{NewPlace, Opened};
pub use told::{Heard, Told};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    pub id: ReviewId,
    pub org: OrgId,
    pub project: ProjectId,
    pub subject: Subject,
    pub provider: Provider,
    pub branch: String,
    pub title: Option<String>,
    pub author: Option<String>,
    pub fork: bool,
    pub told_at: Time,
    pub head: String,
    pub approved: Option<String>,
    pub ended: Option<Ended>,
    pub environment: Option<EnvironmentId>,
    /// The head that was last decided about.
    pub tried: Option<String>,
    pub sentence: Option<String>,
    pub tries: u32,
    pub changed_at: Time,
    pub expires_at: Time,
}

impl Review {
    /// Its head may run: a fork's only if that commit was approved.
    pub fn may_run(&self) -> bool {
        !self.fork || self.approved.as_deref() == Some(&self.head)
    }
}

const SELECT: &str = "SELECT id, org, project, subject, provider, branch, title, author, fork, told_at, head, approved, ended, \
    environment, tried, sentence, tries, changed_at, expires_at FROM reviews";

/// What a report says of a review that is over.
pub(crate) const OVER: &str = "over";
/// Open, its time is over or its head is to be deployed, and it does not wait.
const DUE: &str = "ended IS NULL AND (expires_at <= $1 OR (due_at <= $1 AND (fork = 0 OR approved = head) \
    AND (tried IS NULL OR tried <> head)))";

impl Store {
    pub async fn review_rules(&self, org: &OrgId, project: &ProjectId) -> Stored<Rules> {
        let sql = "SELECT rules FROM review_rules WHERE org = $1 AND project = $2";
        let row = sqlx::query(sql)
            .bind(org.as_str())
            .bind(project.as_str())
            .fetch_optional(self.pool())
            .await?;
        match row {
            Some(row) => from_json(&row.try_get::<String, _>("rules")?),
            None => Ok(Rules::default()),
        }
    }

    /// What they don't take any more ends. Answers with the environments that go.
    pub async fn put_review_rules(
        &self,
        caller: &Caller,
        project: &Project,
        rules: &Rules,
        ids: super::Ids<'_>,
    ) -> Stored<Vec<EnvironmentId>> {
        let open = self.reviews(&project.org, Some(&project.id)).await?;
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO review_rules (project, org, rules) VALUES ($1, $2, $3) \
                   ON CONFLICT (project) DO UPDATE SET rules = $3";
        sqlx::query(sql)
            .bind(project.id.as_str())
            .bind(project.org.as_str())
            .bind(to_json(rules)?)
            .execute(&mut *tx)
            .await?;
        let sentence = format!(
            "{} set what gets previews in {}.",
            caller.email, project.name
        );
        let event = NewEvent::by(&project.org, Some(&caller.user), "previews_set", sentence);
        write(&mut tx, ids(), event.project(&project.id)).await?;
        let mut going = vec![];
        for review in open.iter().filter(|r| r.ended.is_none()) {
            if !rules.takes(&review.subject) {
                end(&mut tx, review, Ended::Off, Some(caller), ids()).await?;
                going.extend(review.environment.clone());
            }
        }
        tx.commit().await?;
        Ok(going)
    }

    /// Open ones first, the newest first; closed ones only while something of them is there.
    pub async fn reviews(&self, org: &OrgId, project: Option<&ProjectId>) -> Stored<Vec<Review>> {
        let sql = format!(
            "{SELECT} WHERE org = $1 AND ($2 IS NULL OR project = $2) AND (ended IS NULL OR environment IS NOT NULL) \
             ORDER BY ended IS NOT NULL, id DESC LIMIT 1000"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(org.as_str())
            .bind(project.map(ProjectId::as_str))
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(review).collect()
    }

    pub async fn review(&self, org: &OrgId, id: &ReviewId) -> Stored<Option<Review>> {
        let sql = format!("{SELECT} WHERE org = $1 AND id = $2");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(org.as_str())
            .bind(id.as_str())
            .fetch_optional(self.pool())
            .await?;
        row.map(|r| review(&r)).transpose()
    }

    pub async fn review_of(
        &self,
        org: &OrgId,
        project: &ProjectId,
        subject: &Subject,
    ) -> Stored<Option<Review>> {
        let sql = format!("{SELECT} WHERE org = $1 AND project = $2 AND subject = $3");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(org.as_str())
            .bind(project.as_str())
            .bind(subject.key())
            .fetch_optional(self.pool())
            .await?;
        row.map(|r| review(&r)).transpose()
    }

    /// The projects with something to do for their reviews now.
    pub(crate) async fn projects_with_reviews_due(&self, now: Time) -> Stored<Vec<ProjectId>> {
        let sql = format!("SELECT DISTINCT project FROM reviews WHERE {DUE} LIMIT 1000");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(now.0)
            .fetch_all(self.pool())
            .await?;
        rows.iter()
            .map(|r| Ok(r.try_get::<String, _>("project")?.parse()?))
            .collect()
    }

    pub(crate) async fn reviews_due(&self, project: &ProjectId, now: Time) -> Stored<Vec<Review>> {
        let sql = format!("{SELECT} WHERE project = $2 AND {DUE} ORDER BY id LIMIT 200");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(now.0)
            .bind(project.as_str())
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(review).collect()
    }

    /// Of pull requests: open ones, and those whose comment does not say yet that they are over.
    pub(crate) async fn reviews_to_tell(&self, project: &ProjectId) -> Stored<Vec<Review>> {
        let sql = format!(
            "{SELECT} WHERE project = $1 AND subject LIKE 'pull:%' AND (ended IS NULL OR EXISTS (SELECT 1 FROM reports r \
             WHERE r.about = reviews.id AND r.comment IS NOT NULL AND r.said <> $2)) ORDER BY id LIMIT 200"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(project.as_str())
            .bind(OVER)
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(review).collect()
    }

    /// That commit and no other. `Stale` when it stands elsewhere by now.
    pub async fn approve_review(
        &self,
        caller: &Caller,
        review: &Review,
        ttl_ms: i64,
        now: Now,
    ) -> Stored<()> {
        let mut tx = self.begin().await?;
        let sql = "UPDATE reviews SET approved = $1, tried = NULL, sentence = NULL, tries = 0, due_at = $2, changed_at = $2, \
                   expires_at = $3 WHERE id = $4 AND org = $5 AND head = $1 AND ended IS NULL AND fork = 1";
        let done = sqlx::query(sql)
            .bind(&review.head)
            .bind(now.at.0)
            .bind(now.at.plus_ms(ttl_ms).0)
            .bind(review.id.as_str())
            .bind(caller.org.as_str())
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() != 1 {
            return Err(StoreError::Stale);
        }
        let commit = review.head.get(..7).unwrap_or(&review.head);
        let sentence = format!(
            "{} approved {commit} of {} for a preview.",
            caller.email,
            review.subject.title()
        );
        let event = NewEvent::by(
            &caller.org,
            Some(&caller.user),
            "preview_approved",
            sentence,
        );
        write(&mut tx, now, event.project(&review.project)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Its environment goes, by the planner. `Stale` when it is over already.
    pub async fn end_review(
        &self,
        by: Option<&Caller>,
        review: &Review,
        ended: Ended,
        now: Now,
    ) -> Stored<()> {
        let mut tx = self.begin().await?;
        if !end(&mut tx, review, ended, by, now).await? {
            return Err(StoreError::Stale);
        }
        tx.commit().await?;
        Ok(())
    }

    /// Those that ended before, of which nothing is left.
    pub(crate) async fn forget_reviews(&self, before: Time) -> Stored<()> {
        const OLD: &str = "ended IS NOT NULL AND environment IS NULL AND changed_at < $1";
        let mut tx = self.begin().await?;
        for sql in [
            format!("DELETE FROM reports WHERE about IN (SELECT id FROM reviews WHERE {OLD})"),
            format!("DELETE FROM reviews WHERE {OLD}"),
        ] {
            sqlx::query(sqlx::AssertSqlSafe(sql))
                .bind(before.0)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// False when it is over already.
async fn end(
    tx: &mut Transaction<'_>,
    review: &Review,
    ended: Ended,
    by: Option<&Caller>,
    now: Now,
) -> Stored<bool> {
    let sql = "UPDATE reviews SET ended = $1, changed_at = $2 WHERE id = $3 AND ended IS NULL";
    let done = sqlx::query(sql)
        .bind(ended.word())
        .bind(now.at.0)
        .bind(review.id.as_str())
        .execute(&mut **tx)
        .await?;
    if done.rows_affected() != 1 {
        return Ok(false);
    }
    let sql = "UPDATE environments SET deleting = 1 WHERE id = (SELECT environment FROM reviews WHERE id = $1)";
    sqlx::query(sql)
        .bind(review.id.as_str())
        .execute(&mut **tx)
        .await?;
    let title = review.subject.title();
    let sentence = match by {
        Some(caller) if ended == Ended::ByHand => {
            format!("{} closed the preview of {title}.", caller.email)
        }
        _ => format!("The preview of {title} is over: {}.", ended.because()),
    };
    let actor = by.map(|caller| &caller.user);
    let event = NewEvent {
        environment: review.environment.as_ref(),
        ..NewEvent::by(&review.org, actor, "preview_ended", sentence)
    };
    write(tx, now, event.project(&review.project)).await?;
    Ok(true)
}

fn review(row: &Row) -> Stored<Review> {
    let text = |column: &str| -> Stored<String> { Ok(row.try_get(column)?) };
    let maybe = |column: &str| -> Stored<Option<String>> { Ok(row.try_get(column)?) };
    let at = |column: &str| -> Stored<Time> { Ok(Time(row.try_get(column)?)) };
    let unreadable = |what: &str| StoreError::Unreadable(format!("the {what} of a review"));
    let ended = maybe("ended")?
        .map(|word| Ended::parse(&word).ok_or_else(|| unreadable("end")))
        .transpose()?;
    Ok(Review {
        id: text("id")?.parse()?,
        org: text("org")?.parse()?,
        project: text("project")?.parse()?,
        subject: Subject::parse(&text("subject")?).ok_or_else(|| unreadable("subject"))?,
        provider: Provider::parse(&text("provider")?).ok_or_else(|| unreadable("provider"))?,
        branch: text("branch")?,
        title: maybe("title")?,
        author: maybe("author")?,
        fork: row.try_get::<i64, _>("fork")? != 0,
        told_at: at("told_at")?,
        head: text("head")?,
        approved: maybe("approved")?,
        ended,
        environment: maybe("environment")?.map(|id| id.parse()).transpose()?,
        tried: maybe("tried")?,
        sentence: maybe("sentence")?,
        tries: u32::try_from(row.try_get::<i64, _>("tries")?).unwrap_or(u32::MAX),
        changed_at: at("changed_at")?,
        expires_at: at("expires_at")?,
    })
}
