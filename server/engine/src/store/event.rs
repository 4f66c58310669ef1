//! Every change is a business fact with a sentence: the timeline and the audit log are these rows.

use super::{Now, Row, Store, Stored, Transaction};
use domain::deployment::Phase;
use domain::id::{DeploymentId, EnvironmentId, EventId, OrgId, ProjectId, UserId};
use domain::time::Time;
use domain::view::EventView;
use sqlx::Row as _;

/// A fact about to be written, in the transaction that makes it true.
pub(super) struct NewEvent<'a> {
    pub org: &'a OrgId,
    pub actor: Option<&'a UserId>,
    pub kind: &'a str,
    pub sentence: String,
    pub project: Option<&'a ProjectId>,
    pub environment: Option<&'a EnvironmentId>,
    pub deployment: Option<&'a DeploymentId>,
    pub phase: Option<Phase>,
}

impl<'a> NewEvent<'a> {
    pub fn by(org: &'a OrgId, actor: Option<&'a UserId>, kind: &'a str, sentence: String) -> Self {
        Self {
            org,
            actor,
            kind,
            sentence,
            project: None,
            environment: None,
            deployment: None,
            phase: None,
        }
    }

    pub fn project(self, project: &'a ProjectId) -> Self {
        Self {
            project: Some(project),
            ..self
        }
    }
}

pub(super) async fn write(tx: &mut Transaction<'_>, now: Now, event: NewEvent<'_>) -> Stored<()> {
    let sql = "INSERT INTO events (id, org, at, actor, kind, sentence, project, environment, deployment, phase) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    sqlx::query(sql)
        .bind(String::from(EventId::new(now.at, now.entropy)))
        .bind(event.org.as_str())
        .bind(now.at.0)
        .bind(event.actor.map(UserId::as_str))
        .bind(event.kind)
        .bind(event.sentence)
        .bind(event.project.map(ProjectId::as_str))
        .bind(event.environment.map(EnvironmentId::as_str))
        .bind(event.deployment.map(DeploymentId::as_str))
        .bind(event.phase.map(Phase::word))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// One entry of a deployment's timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhaseEvent {
    pub phase: Phase,
    pub at: Time,
    pub sentence: String,
}

impl Store {
    /// The phases of one deployment, oldest first.
    pub async fn timeline(
        &self,
        org: &OrgId,
        deployment: &DeploymentId,
    ) -> Stored<Vec<PhaseEvent>> {
        let sql = "SELECT phase, at, sentence FROM events WHERE org = $1 AND deployment = $2 AND phase IS NOT NULL ORDER BY at, id";
        let rows = sqlx::query(sql)
            .bind(org.as_str())
            .bind(deployment.as_str())
            .fetch_all(self.pool())
            .await?;
        let mut stages: Vec<PhaseEvent> = rows.iter().map(phase_event).collect::<Stored<_>>()?;
        // Two moves within one millisecond stand in the order of life.
        stages.sort_by_key(|s| (s.at, s.phase));
        Ok(stages)
    }

    /// The newest first; `before` is the last id of the page before.
    pub async fn events(
        &self,
        org: &OrgId,
        project: Option<&ProjectId>,
        before: Option<&EventId>,
        limit: u32,
    ) -> Stored<Vec<EventView>> {
        let sql = "SELECT e.id, e.at, e.sentence, e.project, e.deployment, u.email, p.name FROM events e LEFT JOIN users u ON u.id = e.actor LEFT JOIN projects p ON p.id = e.project \
                   WHERE e.org = $1 AND ($2 IS NULL OR e.project = $2) AND ($3 IS NULL OR e.id < $3) ORDER BY e.id DESC LIMIT $4";
        let rows = sqlx::query(sql)
            .bind(org.as_str())
            .bind(project.map(ProjectId::as_str))
            .bind(before.map(EventId::as_str))
            .bind(i64::from(limit))
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(view).collect()
    }
}

fn phase_event(row: &Row) -> Stored<PhaseEvent> {
    let word: String = row.try_get("phase")?;
    let phase = Phase::parse(&word)
        .ok_or_else(|| super::StoreError::Unreadable(format!("the phase `{word}`")))?;
    Ok(PhaseEvent {
        phase,
        at: Time(row.try_get("at")?),
        sentence: row.try_get("sentence")?,
    })
}

fn view(row: &Row) -> Stored<EventView> {
    Ok(EventView {
        id: row.try_get::<String, _>("id")?.parse()?,
        at: Time(row.try_get("at")?),
        who: row
            .try_get::<Option<String>, _>("email")?
            .unwrap_or_else(|| "Sealdock".into()),
        sentence: row.try_get("sentence")?,
        project: row
            .try_get::<Option<String>, _>("project")?
            .map(|s| s.parse())
            .transpose()?,
        project_name: row.try_get("name")?,
        deployment: row
            .try_get::<Option<String>, _>("deployment")?
            .map(|s| s.parse())
            .transpose()?,
    })
}
