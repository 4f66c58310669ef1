//! The one place where a phase moves, with everything that moves with it.

use super::COLUMNS;
use super::row::deployment;
use crate::store::event::{NewEvent, write};
use crate::store::{Ids, Store, StoreError, Stored, Transaction};
use domain::deployment::{Deployment, Event, Phase};
use domain::id::{DeploymentId, UserId};
use domain::job::{JobKind, JobStatus};
use domain::time::Time;

impl Store {
    /// Moves the phase. `Stale` when the row is not (any more) in a phase that takes the event.
    pub async fn record(
        &self,
        id: &DeploymentId,
        event: Event,
        reason: Option<&str>,
        actor: Option<&UserId>,
        ids: Ids<'_>,
    ) -> Stored<Phase> {
        let mut tx = self.begin().await?;
        let sql = format!("SELECT {COLUMNS} FROM deployments d WHERE d.id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(id.as_str())
            .fetch_optional(&mut *tx)
            .await?;
        let deployment = deployment(&row.ok_or(StoreError::Stale)?)?;
        if event == Event::Switched {
            retire(&mut tx, &deployment, ids).await?;
        }
        let phase = advance(&mut tx, &deployment, event, reason, actor, ids).await?;
        point(&mut tx, &deployment, event, phase).await?;
        tx.commit().await?;
        Ok(phase)
    }
}

/// The one that served gives way, in the transaction that makes its successor live.
async fn retire(tx: &mut Transaction<'_>, successor: &Deployment, ids: Ids<'_>) -> Stored<()> {
    let sql = format!(
        "SELECT {COLUMNS} FROM deployments d JOIN environments e ON e.active = d.id WHERE e.id = $1 AND d.id <> $2"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(successor.environment.as_str())
        .bind(successor.id.as_str());
    let Some(row) = row.fetch_optional(&mut **tx).await? else {
        return Ok(());
    };
    let reason = format!("#{} took over.", successor.number);
    advance(
        tx,
        &deployment(&row)?,
        Event::Superseded,
        Some(&reason),
        None,
        ids,
    )
    .await?;
    Ok(())
}

async fn advance(
    tx: &mut Transaction<'_>,
    deployment: &Deployment,
    event: Event,
    reason: Option<&str>,
    actor: Option<&UserId>,
    ids: Ids<'_>,
) -> Stored<Phase> {
    let phase = deployment.phase.on(event).map_err(|_| StoreError::Stale)?;
    let now = ids();
    let stamp = stamp(phase);
    let sql = format!(
        "UPDATE deployments SET phase = $1, since = $2, reason = COALESCE($3, reason){stamp} WHERE id = $4 AND phase = $5"
    );
    let lasts = matches!(phase, Phase::Failed | Phase::Cancelled) || event == Event::Stop;
    let why = lasts.then_some(reason).flatten();
    let moved = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(phase.word())
        .bind(now.at.0)
        .bind(why)
        .bind(deployment.id.as_str())
        .bind(deployment.phase.word())
        .execute(&mut **tx)
        .await?;
    if moved.rows_affected() != 1 {
        return Err(StoreError::Stale);
    }
    let sentence = reason.map_or_else(
        || format!("#{} is {}.", deployment.number, phase.word()),
        str::to_owned,
    );
    write(
        tx,
        now,
        NewEvent {
            environment: Some(&deployment.environment),
            deployment: Some(&deployment.id),
            phase: Some(phase),
            ..NewEvent::by(&deployment.org, actor, "phase", sentence).project(&deployment.project)
        },
    )
    .await?;
    follow(tx, deployment, phase, reason, now.at).await?;
    Ok(phase)
}

/// The list's durations begin and end with these.
const fn stamp(phase: Phase) -> &'static str {
    match phase {
        Phase::Building => ", claimed_at = $2",
        Phase::Starting => ", built_at = $2",
        Phase::Live | Phase::Failed | Phase::Cancelled => ", ended_at = COALESCE(ended_at, $2)",
        _ => "",
    }
}

/// Which deployment serves, and which one is coming: pointers on the environment.
async fn point(
    tx: &mut Transaction<'_>,
    deployment: &Deployment,
    event: Event,
    phase: Phase,
) -> Stored<()> {
    let (id, environment) = (deployment.id.as_str(), deployment.environment.as_str());
    let sql = match phase {
        Phase::Building => {
            "UPDATE environments SET candidate = $1 WHERE id = $2 AND candidate IS NULL"
        }
        Phase::Live => {
            "UPDATE environments SET active = $1, stopped = 0, candidate = CASE WHEN candidate = $1 THEN NULL ELSE candidate END WHERE id = $2"
        }
        Phase::Failed | Phase::Cancelled => {
            "UPDATE environments SET candidate = NULL WHERE id = $2 AND candidate = $1"
        }
        Phase::Draining if event == Event::Stop => {
            "UPDATE environments SET active = NULL, stopped = 1 WHERE id = $2 AND active = $1"
        }
        Phase::Draining => "UPDATE environments SET active = NULL WHERE id = $2 AND active = $1",
        _ => return Ok(()),
    };
    let done = sqlx::query(sql)
        .bind(id)
        .bind(environment)
        .execute(&mut **tx)
        .await?;
    // Somebody else is the candidate: at most one.
    if phase == Phase::Building && done.rows_affected() != 1 {
        Err(StoreError::Stale)
    } else {
        Ok(())
    }
}

/// The jobs that follow the phase, and what a final phase leaves of the others.
async fn follow(
    tx: &mut Transaction<'_>,
    deployment: &Deployment,
    phase: Phase,
    reason: Option<&str>,
    at: Time,
) -> Stored<()> {
    for kind in [JobKind::DeployImageJob, JobKind::MarkDeploymentCompleteJob] {
        let Some(mut status) = kind.follows(phase) else {
            continue;
        };
        let failed_before =
            deployment.phase == Phase::Building || deployment.phase == Phase::Queued;
        if phase == Phase::Failed && failed_before {
            status = JobStatus::Cancelled;
        }
        let error = (status == JobStatus::Failure).then_some(reason).flatten();
        let sql = "UPDATE jobs SET status = $1, error = $2, \
                   started_at = CASE WHEN $1 IN ('Running', 'Success') THEN COALESCE(started_at, $3) ELSE started_at END, \
                   ended_at = CASE WHEN $1 IN ('Success', 'Failure', 'Cancelled') THEN COALESCE(ended_at, $3) ELSE NULL END \
                   WHERE deployment = $4 AND kind = $5 AND status <> $1";
        sqlx::query(sql)
            .bind(status.word())
            .bind(error)
            .bind(at.0)
            .bind(deployment.id.as_str())
            .bind(kind.name())
            .execute(&mut **tx)
            .await?;
    }
    if phase == Phase::Draining {
        cancel_after(tx, deployment, at).await?;
    }
    if phase.is_final() {
        let sql = "UPDATE jobs SET status = 'Cancelled', ended_at = $1, epoch = NULL, lease_until = NULL \
                   WHERE deployment = $2 AND status IN ('Pending', 'Running')";
        sqlx::query(sql)
            .bind(at.0)
            .bind(deployment.id.as_str())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// What was to come after completion has lost its object.
async fn cancel_after(tx: &mut Transaction<'_>, deployment: &Deployment, at: Time) -> Stored<()> {
    let kinds: Vec<_> = JobKind::AFTER
        .iter()
        .map(|k| format!("'{}'", k.name()))
        .collect();
    let sql = format!(
        "UPDATE jobs SET status = 'Cancelled', error = 'It stopped being live before this was done.', ended_at = $1, \
         epoch = NULL, lease_until = NULL, not_before = NULL WHERE deployment = $2 AND status IN ('Pending', 'Running') AND kind IN ({})",
        kinds.join(", ")
    );
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(at.0)
        .bind(deployment.id.as_str())
        .execute(&mut **tx)
        .await?;
    Ok(())
}
