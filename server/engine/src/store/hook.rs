//! Where Git hosts tell of pushes: one address and one secret for each project.

use super::event::{NewEvent, write};
use super::sealed::HOOK;
use super::{Now, Row, Store, Stored};
use crate::store::project::Project;
use domain::access::Caller;
use domain::id::{HookId, OrgId, ProjectId};
use domain::secret::SecretText;
use domain::time::Time;
use sqlx::Row as _;

#[derive(Clone, PartialEq, Eq)]
pub struct Hook {
    pub id: HookId,
    pub org: OrgId,
    pub project: ProjectId,
    /// What signatures are checked with.
    pub secret: SecretText,
    pub created_at: Time,
    pub rotated_at: Option<Time>,
    pub rejected: u64,
    pub rejected_at: Option<Time>,
}

const SELECT: &str =
    "SELECT id, org, project, secret, created_at, rotated_at, rejected, rejected_at FROM hooks";

impl Store {
    /// A new hook under `id`, or another secret for the one that is there: its address stays.
    pub async fn put_hook(
        &self,
        caller: &Caller,
        project: &Project,
        id: &HookId,
        secret: &str,
        now: Now,
    ) -> Stored<()> {
        let mut tx = self.begin().await?;
        let (org, row) = (project.org.as_str(), project.id.as_str());
        let sealed = self.seal(&mut tx, HOOK, org, row, secret, now.at).await?;
        let sql = "INSERT INTO hooks (id, org, project, secret, created_at, rejected) VALUES ($1, $2, $3, $4, $5, 0) \
                   ON CONFLICT (project) DO UPDATE SET secret = $4, rotated_at = $5";
        sqlx::query(sql)
            .bind(id.as_str())
            .bind(project.org.as_str())
            .bind(project.id.as_str())
            .bind(sealed)
            .bind(now.at.0)
            .execute(&mut *tx)
            .await?;
        let sentence = format!(
            "{} made a new secret for the webhook of {}.",
            caller.email, project.name
        );
        let event = NewEvent::by(&project.org, Some(&caller.user), "hook_rotated", sentence);
        write(&mut tx, now, event.project(&project.id)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// False when there was none.
    pub async fn remove_hook(&self, caller: &Caller, project: &Project, now: Now) -> Stored<bool> {
        let mut tx = self.begin().await?;
        let gone = sqlx::query("DELETE FROM hooks WHERE org = $1 AND project = $2")
            .bind(project.org.as_str())
            .bind(project.id.as_str())
            .execute(&mut *tx)
            .await?;
        if gone.rows_affected() == 0 {
            return Ok(false);
        }
        let sentence = format!("{} removed the webhook of {}.", caller.email, project.name);
        let event = NewEvent::by(&project.org, Some(&caller.user), "hook_removed", sentence);
        write(&mut tx, now, event.project(&project.id)).await?;
        tx.commit().await?;
        Ok(true)
    }

    pub async fn hook_of(&self, org: &OrgId, project: &ProjectId) -> Stored<Option<Hook>> {
        let sql = format!("{SELECT} WHERE org = $1 AND project = $2");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(org.as_str())
            .bind(project.as_str())
            .fetch_optional(self.pool())
            .await?;
        self.hook(row).await
    }

    /// For whoever knocks at its address: the signature says whether they may.
    pub(crate) async fn hook_of_any(&self, id: &HookId) -> Stored<Option<Hook>> {
        let sql = format!("{SELECT} WHERE id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(id.as_str())
            .fetch_optional(self.pool())
            .await?;
        self.hook(row).await
    }

    async fn hook(&self, row: Option<Row>) -> Stored<Option<Hook>> {
        let Some(row) = row else {
            return Ok(None);
        };
        let text = |column: &str| row.try_get::<String, _>(column);
        let (org, project, kept) = (text("org")?, text("project")?, text("secret")?);
        let secret = self.open_sealed(HOOK, &org, &project, &kept).await?;
        hook(&row, secret).map(Some)
    }

    /// A count and no event: whoever knows the address could fill the log.
    pub(crate) async fn count_rejected(&self, id: &HookId, at: Time) -> Stored<()> {
        let sql = "UPDATE hooks SET rejected = rejected + 1, rejected_at = $1 WHERE id = $2";
        sqlx::query(sql)
            .bind(at.0)
            .bind(id.as_str())
            .execute(self.pool())
            .await?;
        Ok(())
    }
}

fn hook(row: &Row, secret: SecretText) -> Stored<Hook> {
    let at = |column: &str| -> Stored<Option<Time>> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(Time))
    };
    Ok(Hook {
        id: row.try_get::<String, _>("id")?.parse()?,
        org: row.try_get::<String, _>("org")?.parse()?,
        project: row.try_get::<String, _>("project")?.parse()?,
        secret,
        created_at: Time(row.try_get("created_at")?),
        rotated_at: at("rotated_at")?,
        rejected: row.try_get::<i64, _>("rejected")?.max(0) as u64,
        rejected_at: at("rejected_at")?,
    })
}
