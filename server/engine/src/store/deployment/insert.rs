//! A deployment, its jobs and its first event: written together.

use crate::store::event::{NewEvent, write};
use crate::store::secret::give;
use crate::store::{Ids, StoreError, Stored, Transaction, to_json};
use domain::access::Caller;
use domain::config::{Config, ConfigPatch};
use domain::deployment::{Deployment, Phase, Trigger};
use domain::detect::BuildPlan;
use domain::id::{DeploymentId, EnvironmentId, JobId, ProjectId, RuntimeId, UserId};
use domain::pipeline;
use domain::source::{Artifact, Source};
use sqlx::Row as _;

/// A deployment about to be written.
pub struct NewDeployment<'a> {
    pub id: DeploymentId,
    pub project: &'a ProjectId,
    pub project_name: &'a str,
    pub environment: &'a EnvironmentId,
    pub source: &'a Source,
    /// Whose artifact it starts again.
    pub reuses: Option<&'a Deployment>,
    pub build: Option<&'a BuildPlan>,
    pub config: &'a Config,
    pub overrides: &'a ConfigPatch,
    pub trigger: Trigger,
    /// `None`: Sealdock itself.
    pub asked_by: Option<&'a UserId>,
    pub runtime: &'a RuntimeId,
    /// The plan was made for this one serving: if another does, the plan is void.
    pub expected_active: Option<&'a DeploymentId>,
    /// It is held at ready, and shown at this host.
    pub hold: Option<String>,
    /// One for the event, one for each job.
    pub ids: Ids<'a>,
}

/// The row, its jobs, its first event; the number counts up within the project.
pub(crate) async fn insert(
    tx: &mut Transaction<'_>,
    caller: &Caller,
    new: NewDeployment<'_>,
) -> Stored<Deployment> {
    let now = (new.ids)();
    let sql = "UPDATE projects SET last_number = last_number + 1 WHERE id = $1 AND org = $2 RETURNING last_number";
    let row = sqlx::query(sql)
        .bind(new.project.as_str())
        .bind(caller.org.as_str())
        .fetch_optional(&mut **tx)
        .await?;
    let number: i64 = row.ok_or(StoreError::Stale)?.try_get("last_number")?;
    let deployment = Deployment {
        id: new.id.clone(),
        org: caller.org.clone(),
        project: new.project.clone(),
        environment: new.environment.clone(),
        number: u32::try_from(number).unwrap_or(u32::MAX),
        source: new.source.clone(),
        reuses: new.reuses.map(|of| of.id.clone()),
        build: new.build.cloned(),
        config: new.config.clone(),
        overrides: new.overrides.clone(),
        trigger: new.trigger,
        runtime: new.runtime.clone(),
        created_by: new.asked_by.cloned(),
        created_at: now.at,
        phase: Phase::Queued,
        since: now.at,
        reason: None,
        artifact: None,
        collected: false,
        hold: new.hold,
        debug: is_debug(tx, new.environment).await?,
    };
    insert_row(tx, &deployment, new.project_name).await?;
    keep_links(tx, &deployment).await?;
    give(tx, &deployment).await?;
    let reused = new.reuses.and_then(|of| of.artifact.as_ref());
    insert_jobs(tx, &deployment, reused, new.ids).await?;
    let held = if deployment.hold.is_some() {
        ", held at ready"
    } else {
        ""
    };
    let sentence = format!(
        "{} asked for {} ({}{held}).",
        caller.email,
        new.source.label(),
        new.trigger.word().to_lowercase()
    );
    write(
        tx,
        now,
        NewEvent {
            environment: Some(new.environment),
            deployment: Some(&deployment.id),
            phase: Some(Phase::Queued),
            ..NewEvent::by(&caller.org, new.asked_by, "phase", sentence).project(new.project)
        },
    )
    .await?;
    let overrides = "UPDATE environments SET overrides = $1 WHERE id = $2 AND deleting = 0 AND active IS NOT DISTINCT FROM $3";
    let kept = sqlx::query(overrides)
        .bind(to_json(new.overrides)?)
        .bind(new.environment.as_str())
        .bind(new.expected_active.map(DeploymentId::as_str))
        .execute(&mut **tx)
        .await?;
    if kept.rows_affected() == 1 {
        Ok(deployment)
    } else {
        Err(StoreError::Stale)
    }
}

async fn is_debug(tx: &mut Transaction<'_>, environment: &EnvironmentId) -> Stored<bool> {
    let row =
        sqlx::query("SELECT debug FROM environments WHERE id = $1").bind(environment.as_str());
    let row = row.fetch_optional(&mut **tx).await?;
    let row = row.ok_or(StoreError::Stale)?;
    Ok(row.try_get::<i64, _>("debug")? != 0)
}

async fn insert_row(tx: &mut Transaction<'_>, d: &Deployment, project_name: &str) -> Stored<()> {
    let sql = "INSERT INTO deployments (id, org, project, environment, number, source, words, config, overrides, trigger_kind, runtime, \
               created_by, created_at, phase, since, reuses, build, hold, debug) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)";
    sqlx::query(sql)
        .bind(d.id.as_str())
        .bind(d.org.as_str())
        .bind(d.project.as_str())
        .bind(d.environment.as_str())
        .bind(i64::from(d.number))
        .bind(to_json(&d.source)?)
        .bind(words(&d.source, project_name))
        .bind(to_json(&d.config)?)
        .bind(to_json(&d.overrides)?)
        .bind(to_json(&d.trigger)?)
        .bind(d.runtime.as_str())
        .bind(d.created_by.as_ref().map(UserId::as_str))
        .bind(d.created_at.0)
        .bind(d.phase.word())
        .bind(d.since.0)
        .bind(d.reuses.as_ref().map(DeploymentId::as_str))
        .bind(d.build.as_ref().map(to_json).transpose()?)
        .bind(d.hold.as_deref())
        .bind(i64::from(d.debug))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The services that its environment is linked to now stay its own, whatever is linked later.
async fn keep_links(tx: &mut Transaction<'_>, d: &Deployment) -> Stored<()> {
    let sql = "INSERT INTO deployment_services (deployment, service, org, prefix) \
               SELECT $1, service, org, prefix FROM service_links WHERE environment = $2";
    sqlx::query(sql)
        .bind(d.id.as_str())
        .bind(d.environment.as_str())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

async fn insert_jobs(
    tx: &mut Transaction<'_>,
    deployment: &Deployment,
    reused: Option<&Artifact>,
    ids: Ids<'_>,
) -> Stored<()> {
    for job in pipeline::jobs(&deployment.source, deployment.build.as_ref(), reused) {
        let now = ids();
        let sql = "INSERT INTO jobs (id, org, deployment, kind, ordinal, needs, status) VALUES ($1, $2, $3, $4, $5, $6, 'Pending')";
        sqlx::query(sql)
            .bind(String::from(JobId::new(now.at, now.entropy)))
            .bind(deployment.org.as_str())
            .bind(deployment.id.as_str())
            .bind(job.kind.name())
            .bind(i64::from(job.order))
            .bind(to_json(&job.needs)?)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

fn words(source: &Source, project_name: &str) -> String {
    let commit = source
        .commit()
        .map(|c| format!(" {} {} {}", c.sha, c.subject, c.author))
        .unwrap_or_default();
    format!("{project_name} {}{commit}", source.label()).to_lowercase()
}
