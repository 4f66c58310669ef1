//! Which branch an environment follows.

use super::environment::Environment;
use super::event::{NewEvent, write};
use super::{Now, Row, Store, Stored, from_json};
use domain::access::Caller;
use domain::id::{EnvironmentId, OrgId, ProjectId};
use domain::source::Origin;
use sqlx::Row as _;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracking {
    pub environment: EnvironmentId,
    pub org: OrgId,
    pub project: ProjectId,
    pub branch: String,
    pub poll: bool,
    /// The head when it was last looked at.
    pub seen: Option<String>,
    /// The head that was last decided about.
    pub decided: Option<String>,
}

/// What the poll has to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Polled {
    pub tracking: Tracking,
    pub origin: Origin,
}

const COLUMNS: &str =
    "t.environment, t.org, t.project, t.branch, t.poll, t.seen, t.decided FROM trackings t";

impl Store {
    /// `seen` is the head today: only what is pushed from now on is news.
    pub async fn track(
        &self,
        caller: &Caller,
        environment: &Environment,
        branch: &str,
        poll: bool,
        seen: &str,
        now: Now,
    ) -> Stored<()> {
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO trackings (environment, org, project, branch, poll, seen) VALUES ($1, $2, $3, $4, $5, $6) \
                   ON CONFLICT (environment) DO UPDATE SET poll = $5, \
                   seen = CASE WHEN trackings.branch = $4 THEN trackings.seen ELSE $6 END, \
                   decided = CASE WHEN trackings.branch = $4 THEN trackings.decided ELSE NULL END, branch = $4";
        sqlx::query(sql)
            .bind(environment.id.as_str())
            .bind(environment.org.as_str())
            .bind(environment.project.as_str())
            .bind(branch)
            .bind(i64::from(poll))
            .bind(seen)
            .execute(&mut *tx)
            .await?;
        let asks = if poll { ", and asks for it" } else { "" };
        let what = format!("follows `{branch}`{asks}");
        tell(&mut tx, caller, environment, &what, now).await?;
        tx.commit().await?;
        Ok(())
    }

    pub async fn untrack(
        &self,
        caller: &Caller,
        environment: &Environment,
        now: Now,
    ) -> Stored<()> {
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM trackings WHERE environment = $1 AND org = $2")
            .bind(environment.id.as_str())
            .bind(environment.org.as_str())
            .execute(&mut *tx)
            .await?;
        tell(&mut tx, caller, environment, "follows no branch", now).await?;
        tx.commit().await?;
        Ok(())
    }

    pub async fn trackings(&self, org: &OrgId, project: &ProjectId) -> Stored<Vec<Tracking>> {
        let sql =
            format!("SELECT {COLUMNS} WHERE t.org = $1 AND t.project = $2 ORDER BY t.environment");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(org.as_str())
            .bind(project.as_str())
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(tracking).collect()
    }

    /// Those that ask, of every organization; not what is paused or going, which no push changes,
    /// and not where something that came in is still waiting.
    pub(crate) async fn polled(&self) -> Stored<Vec<Polled>> {
        let sql = format!(
            "SELECT p.origin, {COLUMNS} JOIN environments e ON e.id = t.environment JOIN projects p ON p.id = t.project \
             LEFT JOIN deployments d ON d.id = e.active \
             WHERE t.poll = 1 AND e.deleting = 0 AND (d.phase IS NULL OR d.phase <> 'paused') \
             AND NOT EXISTS (SELECT 1 FROM deliveries w WHERE w.project = t.project AND w.state = 'received') \
             ORDER BY t.environment LIMIT 10000"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .fetch_all(self.pool())
            .await?;
        let polled = |row: &Row| -> Stored<Polled> {
            let origin: String = row.try_get("origin")?;
            Ok(Polled {
                tracking: tracking(row)?,
                origin: from_json(&origin)?,
            })
        };
        rows.iter().map(polled).collect()
    }
}

async fn tell(
    tx: &mut super::Transaction<'_>,
    caller: &Caller,
    environment: &Environment,
    what: &str,
    now: Now,
) -> Stored<()> {
    let sentence = format!(
        "{} set that {} / {} {what}.",
        caller.email, environment.project_name, environment.name
    );
    let event = NewEvent {
        environment: Some(&environment.id),
        ..NewEvent::by(&environment.org, Some(&caller.user), "tracked", sentence)
    };
    write(tx, now, event.project(&environment.project)).await
}

fn tracking(row: &Row) -> Stored<Tracking> {
    Ok(Tracking {
        environment: row.try_get::<String, _>("environment")?.parse()?,
        org: row.try_get::<String, _>("org")?.parse()?,
        project: row.try_get::<String, _>("project")?.parse()?,
        branch: row.try_get("branch")?,
        poll: row.try_get::<i64, _>("poll")? != 0,
        seen: row.try_get("seen")?,
        decided: row.try_get("decided")?,
    })
}
