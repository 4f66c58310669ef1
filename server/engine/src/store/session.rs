//! Sessions and remembered answers: rows that only their key finds, and that end by themselves.

use super::{Store, Stored};
use domain::id::OrgId;
use domain::time::Time;
use sqlx::Row as _;

impl Store {
    /// The session's data, unless it has ended.
    pub async fn session(&self, id: &str, now: Time) -> Stored<Option<(String, Time)>> {
        let sql = "SELECT data, expires_at FROM sessions WHERE id = $1 AND expires_at > $2";
        let row = sqlx::query(sql)
            .bind(id)
            .bind(now.0)
            .fetch_optional(self.pool())
            .await?;
        row.map(|r| Ok((r.try_get("data")?, Time(r.try_get("expires_at")?))))
            .transpose()
    }

    /// False when the id is taken already.
    pub async fn create_session(&self, id: &str, data: &str, expires_at: Time) -> Stored<bool> {
        let sql = "INSERT INTO sessions (id, data, expires_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING";
        let done = sqlx::query(sql)
            .bind(id)
            .bind(data)
            .bind(expires_at.0)
            .execute(self.pool())
            .await?;
        Ok(done.rows_affected() == 1)
    }

    pub async fn save_session(&self, id: &str, data: &str, expires_at: Time) -> Stored<()> {
        let sql = "INSERT INTO sessions (id, data, expires_at) VALUES ($1, $2, $3) \
                   ON CONFLICT (id) DO UPDATE SET data = $2, expires_at = $3";
        sqlx::query(sql)
            .bind(id)
            .bind(data)
            .bind(expires_at.0)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    pub async fn delete_session(&self, id: &str) -> Stored<()> {
        sqlx::query("DELETE FROM sessions WHERE id = $1")
            .bind(id)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// Sweeps what has ended: sessions, and answers older than `answers_before`.
    pub async fn sweep(&self, now: Time, answers_before: Time) -> Stored<()> {
        sqlx::query("DELETE FROM sessions WHERE expires_at <= $1")
            .bind(now.0)
            .execute(self.pool())
            .await?;
        sqlx::query("DELETE FROM idempotency WHERE created_at < $1")
            .bind(answers_before.0)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// What was answered to this key before.
    pub async fn answer(&self, org: &OrgId, key: &str) -> Stored<Option<String>> {
        let sql = "SELECT value FROM idempotency WHERE org = $1 AND key = $2";
        let row = sqlx::query(sql)
            .bind(org.as_str())
            .bind(key)
            .fetch_optional(self.pool())
            .await?;
        Ok(row.map(|r| r.try_get("value")).transpose()?)
    }

    /// False when somebody was first.
    pub async fn remember_answer(
        &self,
        org: &OrgId,
        key: &str,
        value: &str,
        now: Time,
    ) -> Stored<bool> {
        let sql = "INSERT INTO idempotency (org, key, value, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (org, key) DO NOTHING";
        let done = sqlx::query(sql)
            .bind(org.as_str())
            .bind(key)
            .bind(value)
            .bind(now.0)
            .execute(self.pool())
            .await?;
        Ok(done.rows_affected() == 1)
    }

    pub async fn replace_answer(&self, org: &OrgId, key: &str, value: &str) -> Stored<()> {
        let sql = "UPDATE idempotency SET value = $3 WHERE org = $1 AND key = $2";
        sqlx::query(sql)
            .bind(org.as_str())
            .bind(key)
            .bind(value)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    pub async fn forget_answer(&self, org: &OrgId, key: &str) -> Stored<()> {
        sqlx::query("DELETE FROM idempotency WHERE org = $1 AND key = $2")
            .bind(org.as_str())
            .bind(key)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// Forgets it unless it was replaced meanwhile.
    pub async fn forget_this_answer(&self, org: &OrgId, key: &str, value: &str) -> Stored<()> {
        let sql = "DELETE FROM idempotency WHERE org = $1 AND key = $2 AND value = $3";
        sqlx::query(sql)
            .bind(org.as_str())
            .bind(key)
            .bind(value)
            .execute(self.pool())
            .await?;
        Ok(())
    }
}
