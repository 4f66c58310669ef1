//! What deployments made and what of it is still there (P-19).

use super::event::{NewEvent, write};
use super::{Now, Row, Store, StoreError, Stored, from_json, source_map};
use domain::deployment::Phase;
use domain::id::{OrgId, ProjectId, RuntimeId};
use domain::retention::Held;
use domain::source::{Artifact, Source};
use sqlx::Row as _;

/// A deployment whose artifact takes space, with what it takes to remove it or to show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub held: Held,
    pub org: OrgId,
    pub project: ProjectId,
    pub project_name: String,
    pub environment_name: String,
    pub number: u32,
    pub source: Source,
    pub runtime: RuntimeId,
    pub artifact: Artifact,
}

const SELECT: &str = "SELECT d.id, d.org, d.project, d.environment, d.number, d.phase, d.source, d.reuses, d.runtime, d.artifact, d.untagged, \
    p.name AS project_name, e.name AS environment_name, \
    (SELECT COALESCE(SUM(m.size_bytes), 0) FROM source_maps m WHERE m.deployment = d.id) AS map_bytes \
    FROM deployments d JOIN projects p ON p.id = d.project JOIN environments e ON e.id = d.environment \
    WHERE d.artifact IS NOT NULL AND d.collected_at IS NULL";

impl Store {
    /// Of every organization: the disk is one.
    pub async fn kept(&self) -> Stored<Vec<Kept>> {
        let sql = format!("{SELECT} ORDER BY d.id");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .fetch_all(self.pool())
            .await?;
        ours(&rows)
    }

    pub async fn kept_of(&self, org: &OrgId) -> Stored<Vec<Kept>> {
        let sql = format!("{SELECT} AND d.org = $1 ORDER BY d.id");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(org.as_str())
            .fetch_all(self.pool())
            .await?;
        ours(&rows)
    }

    pub async fn collected(&self, kept: &Kept, now: Now) -> Stored<()> {
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE deployments SET collected_at = $1 WHERE id = $2")
            .bind(now.at.0)
            .bind(kept.held.id.as_str())
            .execute(&mut *tx)
            .await?;
        source_map::forget(&mut tx, &kept.held.id).await?;
        let sentence = format!("What #{} made was removed to free disk space.", kept.number);
        let event = NewEvent {
            environment: Some(&kept.held.environment),
            deployment: Some(&kept.held.id),
            ..NewEvent::by(&kept.org, None, "artifact_collected", sentence).project(&kept.project)
        };
        write(&mut tx, now, event).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Images that were here before carry no tag of ours, nor do those that an older version pulled:
/// they are not ours to remove.
fn ours(rows: &[Row]) -> Stored<Vec<Kept>> {
    let mut all = vec![];
    for row in rows {
        let one = kept(row)?;
        let untagged = row.try_get::<i64, _>("untagged")? != 0;
        let foreign = match &one.source {
            Source::Image { local, .. } => *local || untagged,
            _ => false,
        };
        if !foreign || one.held.reuses.is_some() {
            all.push(one);
        }
    }
    Ok(all)
}

fn kept(row: &Row) -> Stored<Kept> {
    let text = |column: &str| row.try_get::<String, _>(column);
    let artifact: Artifact = from_json(&text("artifact")?)?;
    let phase = text("phase")?;
    let reuses: Option<String> = row.try_get("reuses")?;
    let map_bytes: i64 = row.try_get("map_bytes")?;
    Ok(Kept {
        held: Held {
            id: text("id")?.parse()?,
            environment: text("environment")?.parse()?,
            phase: Phase::parse(&phase)
                .ok_or_else(|| StoreError::Unreadable(format!("the phase `{phase}`")))?,
            digest: artifact.digest().to_owned(),
            size_bytes: artifact.size_bytes() + map_bytes.max(0) as u64,
            reuses: reuses.map(|id| id.parse()).transpose()?,
        },
        org: text("org")?.parse()?,
        project: text("project")?.parse()?,
        project_name: text("project_name")?,
        environment_name: text("environment_name")?,
        number: u32::try_from(row.try_get::<i64, _>("number")?).unwrap_or(u32::MAX),
        source: from_json(&text("source")?)?,
        runtime: text("runtime")?.parse()?,
        artifact,
    })
}
