//! Files sent ahead of the deployment that uses them.

use super::{Now, Row, Store, Stored};
use domain::id::{OrgId, UploadId};
use domain::time::Time;
use domain::view::UploadView;
use sqlx::Row as _;

/// A file sent ahead, and where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    pub view: UploadView,
    pub path: String,
}

impl Store {
    pub async fn add_upload(&self, org: &OrgId, upload: &Upload, now: Now) -> Stored<()> {
        let sql = "INSERT INTO uploads (id, org, name, path, digest, size_bytes, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let view = &upload.view;
        sqlx::query(sql)
            .bind(view.id.as_str())
            .bind(org.as_str())
            .bind(&view.name)
            .bind(&upload.path)
            .bind(&view.digest)
            .bind(view.size_bytes as i64)
            .bind(now.at.0)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    pub async fn upload(&self, org: &OrgId, id: &UploadId) -> Stored<Option<Upload>> {
        let sql =
            "SELECT id, name, path, digest, size_bytes FROM uploads WHERE org = $1 AND id = $2";
        let row = sqlx::query(sql)
            .bind(org.as_str())
            .bind(id.as_str())
            .fetch_optional(self.pool())
            .await?;
        row.map(|r| upload(&r)).transpose()
    }

    /// Takes the row away unless another deployment is made from it too; the file is the caller's to remove.
    pub async fn take_upload(&self, org: &OrgId, id: &UploadId) -> Stored<Option<Upload>> {
        let users = "SELECT COUNT(DISTINCT environment) AS n FROM deployments WHERE org = $1 AND source LIKE '%' || $2 || '%'";
        let row = sqlx::query(users)
            .bind(org.as_str())
            .bind(id.as_str())
            .fetch_one(self.pool())
            .await?;
        if row.try_get::<i64, _>("n")? > 1 {
            return Ok(None);
        }
        let sql = "DELETE FROM uploads WHERE org = $1 AND id = $2 RETURNING id, name, path, digest, size_bytes";
        let row = sqlx::query(sql)
            .bind(org.as_str())
            .bind(id.as_str())
            .fetch_optional(self.pool())
            .await?;
        row.map(|r| upload(&r)).transpose()
    }

    /// Uploads older than `before` that no deployment is made from: removed here, files by the caller.
    pub async fn forget_unused_uploads(&self, before: Time) -> Stored<Vec<String>> {
        let sql = "DELETE FROM uploads WHERE created_at < $1 AND NOT EXISTS \
                   (SELECT 1 FROM deployments d WHERE d.org = uploads.org AND d.source LIKE '%' || uploads.id || '%') RETURNING path";
        let rows = sqlx::query(sql)
            .bind(before.0)
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(|r| Ok(r.try_get("path")?)).collect()
    }
}

fn upload(row: &Row) -> Stored<Upload> {
    let view = UploadView {
        id: row.try_get::<String, _>("id")?.parse()?,
        name: row.try_get("name")?,
        size_bytes: row.try_get::<i64, _>("size_bytes")?.max(0) as u64,
        digest: row.try_get("digest")?,
    };
    Ok(Upload {
        view,
        path: row.try_get("path")?,
    })
}
