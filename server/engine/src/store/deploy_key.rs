//! What opens repositories over ssh: a key for each organization, the private half of it sealed.

use super::sealed::DEPLOY_KEY;
use super::{Store, Stored};
use domain::id::OrgId;
use domain::secret::SecretText;
use domain::time::Time;
use sqlx::Row as _;

impl Store {
    /// For people and Git hosts.
    pub async fn public_deploy_key(&self, org: &OrgId) -> Stored<Option<String>> {
        let row = sqlx::query("SELECT public FROM deploy_keys WHERE org = $1")
            .bind(org.as_str())
            .fetch_optional(self.pool())
            .await?;
        Ok(row.map(|r| r.try_get("public")).transpose()?)
    }

    /// For ssh.
    pub(crate) async fn private_deploy_key(&self, org: &OrgId) -> Stored<Option<SecretText>> {
        let row = sqlx::query("SELECT private FROM deploy_keys WHERE org = $1")
            .bind(org.as_str())
            .fetch_optional(self.pool())
            .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let (org, kept): (&str, String) = (org.as_str(), row.try_get("private")?);
        let opened = self.open_sealed(DEPLOY_KEY, org, org, &kept).await?;
        Ok(Some(opened))
    }

    /// Unless there is one: what a host was given stays good.
    pub(crate) async fn put_deploy_key(
        &self,
        org: &OrgId,
        public: &str,
        private: &SecretText,
        at: Time,
    ) -> Stored<()> {
        let mut tx = self.begin().await?;
        let id = org.as_str();
        let sealed = self
            .seal(&mut tx, DEPLOY_KEY, id, id, private.reveal(), at)
            .await?;
        let sql = "INSERT INTO deploy_keys (org, public, private, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (org) DO NOTHING";
        sqlx::query(sql)
            .bind(id)
            .bind(public)
            .bind(sealed)
            .bind(at.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}
