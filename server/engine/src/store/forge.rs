//! Where a host is told how deployments went, and what it was told last.

use super::event::{NewEvent, write};
use super::project::Project;
use super::sealed::FORGE;
use super::{Now, Row, Store, StoreError, Stored};
use domain::access::Caller;
use domain::forge::NewForge;
use domain::hook::Provider;
use domain::id::{DeploymentId, OrgId, ProjectId};
use domain::secret::SecretText;
use domain::time::Time;
use domain::view::ForgeView;
use sqlx::Row as _;

/// With the token, which leaves the store for the host alone.
#[derive(Clone)]
pub struct Forge {
    pub org: OrgId,
    pub project: ProjectId,
    pub view: ForgeView,
    pub token: SecretText,
    pub created_at: Time,
}

/// What was told last, of a deployment or a review.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub said: Option<String>,
    pub comment: Option<String>,
    pub tries: u32,
    pub due_at: Time,
}

const SELECT: &str = "SELECT project, org, provider, url, repository, token, release_key, created_at, problem, problem_at FROM forges";
/// The words of a host for a phase, so that a change between two of one word is no news.
const STATE: &str = "CASE WHEN d.phase IN ('queued', 'building', 'starting', 'ready') THEN 'pending' \
    WHEN d.phase IN ('failed', 'cancelled') THEN 'failure' ELSE 'success' END";

impl Store {
    /// False: there is no token yet, and none was given. Another host or repository starts anew.
    pub async fn put_forge(
        &self,
        caller: &Caller,
        project: &Project,
        forge: &NewForge,
        now: Now,
    ) -> Stored<bool> {
        let known = self.forge(&project.org, &project.id).await?;
        // A token is for the address that it was given for: it goes to no other.
        let key_before = known.as_ref().and_then(|f| f.view.release_key);
        let key = forge.key(key_before);
        let same = |f: &&Forge| f.view.url == forge.url && f.view.provider == forge.provider;
        let kept = known.as_ref().filter(same).map(|f| f.token.clone());
        let given = forge.token.clone().map(SecretText::from);
        let Some(token) = given.or(kept) else {
            return Ok(false);
        };
        let mut tx = self.begin().await?;
        let (org, row) = (project.org.as_str(), project.id.as_str());
        let sealed = self.seal(&mut tx, FORGE, org, row, token.reveal(), now.at);
        let sealed = sealed.await?;
        let sql = "INSERT INTO forges (project, org, provider, url, repository, token, created_at, release_key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
                   ON CONFLICT (project) DO UPDATE SET provider = $3, url = $4, repository = $5, token = $6, created_at = $7, release_key = $8, \
                   problem = NULL, problem_at = NULL";
        sqlx::query(sql)
            .bind(project.id.as_str())
            .bind(project.org.as_str())
            .bind(forge.provider.word())
            .bind(&forge.url)
            .bind(&forge.repository)
            .bind(sealed)
            .bind(now.at.0)
            .bind(key.map(|key| key.to_string()))
            .execute(&mut *tx)
            .await?;
        let anew = "DELETE FROM reports WHERE project = $1 AND comment IS NULL";
        let at_once = "UPDATE reports SET due_at = 0, tries = 0, said = '' WHERE project = $1";
        for sql in [anew, at_once] {
            sqlx::query(sql)
                .bind(project.id.as_str())
                .execute(&mut *tx)
                .await?;
        }
        let (who, host, name) = (&caller.email, forge.provider.title(), &project.name);
        let key = match (key_before, key) {
            (before, Some(key)) if before != Some(key) => format!(
                ", and that only releases which {key} signed go where it is not for debugging"
            ),
            (Some(before), None) => {
                format!(", and that anything may go there: {before} signs its releases no more")
            }
            _ => String::new(),
        };
        let sentence =
            format!("{who} set that {host} is told how deployments of {name} went{key}.");
        let event = NewEvent::by(&project.org, Some(&caller.user), "forge_set", sentence);
        write(&mut tx, now, event.project(&project.id)).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// False when there was none.
    pub async fn remove_forge(&self, caller: &Caller, project: &Project, now: Now) -> Stored<bool> {
        let mut tx = self.begin().await?;
        let gone = sqlx::query("DELETE FROM forges WHERE org = $1 AND project = $2")
            .bind(project.org.as_str())
            .bind(project.id.as_str())
            .execute(&mut *tx)
            .await?;
        if gone.rows_affected() == 0 {
            return Ok(false);
        }
        let sentence = format!(
            "{} set that no host is told how deployments of {} went.",
            caller.email, project.name
        );
        let event = NewEvent::by(&project.org, Some(&caller.user), "forge_removed", sentence);
        write(&mut tx, now, event.project(&project.id)).await?;
        tx.commit().await?;
        Ok(true)
    }

    pub async fn forge(&self, org: &OrgId, project: &ProjectId) -> Stored<Option<Forge>> {
        let sql = format!("{SELECT} WHERE org = $1 AND project = $2");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(org.as_str())
            .bind(project.as_str())
            .fetch_optional(self.pool())
            .await?;
        match row {
            Some(row) => self.opened_forge(&row).await.map(Some),
            None => Ok(None),
        }
    }

    /// Of every organization, for whoever tells.
    pub(crate) async fn forges(&self) -> Stored<Vec<Forge>> {
        let sql = format!("{SELECT} ORDER BY project LIMIT 10000");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .fetch_all(self.pool())
            .await?;
        let mut forges = vec![];
        for row in &rows {
            forges.push(self.opened_forge(row).await?);
        }
        Ok(forges)
    }

    async fn opened_forge(&self, row: &Row) -> Stored<Forge> {
        let text = |column: &str| row.try_get::<String, _>(column);
        let (org, project, kept) = (text("org")?, text("project")?, text("token")?);
        let token = self.open_sealed(FORGE, &org, &project, &kept).await?;
        forge(row, token)
    }

    /// Something was not told and waits: so does all else, since it is the same host.
    pub(crate) async fn host_rests(&self, forge: &Forge, now: Time) -> Stored<bool> {
        let sql = "SELECT 1 FROM reports WHERE project = $1 AND due_at > $2 LIMIT 1";
        let row = sqlx::query(sql)
            .bind(forge.project.as_str())
            .bind(now.0)
            .fetch_optional(self.pool())
            .await?;
        Ok(row.is_some())
    }

    /// Deployments whose status is another one than was told, the oldest first.
    pub(crate) async fn untold(&self, forge: &Forge, limit: u32) -> Stored<Vec<DeploymentId>> {
        let sql = format!(
            "SELECT d.id FROM deployments d LEFT JOIN reports r ON r.about = d.id WHERE d.project = $1 \
             AND d.since >= $2 AND COALESCE(r.said, '') <> {STATE} ORDER BY d.id LIMIT $3"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(forge.project.as_str())
            .bind(forge.created_at.0)
            .bind(i64::from(limit))
            .fetch_all(self.pool())
            .await?;
        rows.iter()
            .map(|r| Ok(r.try_get::<String, _>("id")?.parse()?))
            .collect()
    }

    pub(crate) async fn report(&self, about: &str) -> Stored<Report> {
        let sql = "SELECT said, comment, tries, due_at FROM reports WHERE about = $1";
        let row = sqlx::query(sql)
            .bind(about)
            .fetch_optional(self.pool())
            .await?;
        let Some(row) = row else {
            return Ok(Report::default());
        };
        Ok(Report {
            said: row.try_get("said")?,
            comment: row.try_get("comment")?,
            tries: u32::try_from(row.try_get::<i64, _>("tries")?).unwrap_or(u32::MAX),
            due_at: Time(row.try_get("due_at")?),
        })
    }

    /// What was told, or how often it failed; and the host's problem, if there is one.
    pub(crate) async fn put_report(
        &self,
        forge: &Forge,
        about: &str,
        report: &Report,
        problem: Option<&str>,
        now: Time,
    ) -> Stored<()> {
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO reports (about, org, project, said, comment, tries, due_at) VALUES ($1, $2, $3, $4, $5, $6, $7) \
                   ON CONFLICT (about) DO UPDATE SET said = $4, comment = $5, tries = $6, due_at = $7";
        sqlx::query(sql)
            .bind(about)
            .bind(forge.org.as_str())
            .bind(forge.project.as_str())
            .bind(report.said.as_deref())
            .bind(report.comment.as_deref())
            .bind(i64::from(report.tries))
            .bind(report.due_at.0)
            .execute(&mut *tx)
            .await?;
        sqlx::query("UPDATE forges SET problem = $1, problem_at = $2 WHERE project = $3 AND created_at = $4")
            .bind(problem)
            .bind(problem.map(|_| now.0))
            .bind(forge.project.as_str())
            .bind(forge.created_at.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}

fn forge(row: &Row, token: SecretText) -> Stored<Forge> {
    let provider: String = row.try_get("provider")?;
    let key: Option<String> = row.try_get("release_key")?;
    let key = key.map(|key| key.parse());
    Ok(Forge {
        org: row.try_get::<String, _>("org")?.parse()?,
        project: row.try_get::<String, _>("project")?.parse()?,
        view: ForgeView {
            provider: Provider::parse(&provider)
                .ok_or_else(|| StoreError::Unreadable(format!("the provider `{provider}`")))?,
            url: row.try_get("url")?,
            repository: row.try_get("repository")?,
            release_key: key
                .transpose()
                .map_err(|e| StoreError::Unreadable(format!("the release key: {e}")))?,
            problem: row.try_get("problem")?,
            problem_at: row.try_get::<Option<i64>, _>("problem_at")?.map(Time),
        },
        token,
        created_at: Time(row.try_get("created_at")?),
    })
}
