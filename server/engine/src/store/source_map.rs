//! Which source maps a deployment has.

use super::{Row, Store, Stored, Transaction};
use domain::id::{DeploymentId, OrgId};
use domain::view::SourceMapView;
use sqlx::Row as _;

impl Store {
    pub async fn source_maps(
        &self,
        org: &OrgId,
        deployment: &DeploymentId,
    ) -> Stored<Vec<SourceMapView>> {
        let sql = "SELECT path, digest, size_bytes FROM source_maps WHERE org = $1 AND deployment = $2 ORDER BY path";
        let rows = sqlx::query(sql)
            .bind(org.as_str())
            .bind(deployment.as_str())
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(source_map).collect()
    }
}

/// These, and no others: a job that begins again finds those of its first try.
pub(super) async fn replace(
    tx: &mut Transaction<'_>,
    org: &OrgId,
    deployment: &DeploymentId,
    maps: &[SourceMapView],
) -> Stored<()> {
    forget(tx, deployment).await?;
    let sql = "INSERT INTO source_maps (org, deployment, path, digest, size_bytes) VALUES ($1, $2, $3, $4, $5)";
    for map in maps {
        sqlx::query(sql)
            .bind(org.as_str())
            .bind(deployment.as_str())
            .bind(&map.path)
            .bind(&map.digest)
            .bind(i64::try_from(map.size_bytes).unwrap_or(i64::MAX))
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

pub(super) async fn forget(tx: &mut Transaction<'_>, deployment: &DeploymentId) -> Stored<()> {
    sqlx::query("DELETE FROM source_maps WHERE deployment = $1")
        .bind(deployment.as_str())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

fn source_map(row: &Row) -> Stored<SourceMapView> {
    Ok(SourceMapView {
        path: row.try_get("path")?,
        digest: row.try_get("digest")?,
        size_bytes: row.try_get::<i64, _>("size_bytes")?.max(0) as u64,
    })
}
