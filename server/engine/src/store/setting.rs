//! A few words about the installation itself.

use super::sealed::{CRON_KEY, INSTALLATION};
use super::{Store, Stored};
use domain::secret::SecretText;
use domain::time::Time;
use sqlx::Row as _;

impl Store {
    pub async fn setting(&self, key: &str) -> Stored<Option<String>> {
        let row = sqlx::query("SELECT value FROM settings WHERE key = $1")
            .bind(key)
            .fetch_optional(self.pool())
            .await?;
        Ok(row.map(|r| r.try_get("value")).transpose()?)
    }

    pub async fn set_setting(&self, key: &str, value: &str) -> Stored<()> {
        let sql = "INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = $2";
        sqlx::query(sql)
            .bind(key)
            .bind(value)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// What calls of crons are signed with: the one that is there, or this one from now on.
    pub(crate) async fn cron_key_or(&self, fresh: &str, at: Time) -> Stored<SecretText> {
        const NAME: &str = "cron_key";
        let mut tx = self.begin().await?;
        let sealed = self.seal(&mut tx, CRON_KEY, INSTALLATION, NAME, fresh, at);
        let sealed = sealed.await?;
        let sql = "INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = settings.value RETURNING value";
        let row = sqlx::query(sql).bind(NAME).bind(sealed);
        let kept: String = row.fetch_one(&mut *tx).await?.try_get("value")?;
        tx.commit().await?;
        self.open_sealed(CRON_KEY, INSTALLATION, NAME, &kept).await
    }

    /// The value that is there, or this one from now on.
    pub async fn setting_or(&self, key: &str, value: &str) -> Stored<String> {
        let sql = "INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING";
        sqlx::query(sql)
            .bind(key)
            .bind(value)
            .execute(self.pool())
            .await?;
        Ok(self.setting(key).await?.unwrap_or_else(|| value.to_owned()))
    }
}
