//! Deployments. Their phase moves only in `record`, through `Phase::on`, with the event, the
//! environment's pointers and the jobs that follow the phase in the same transaction.

use super::event::{NewEvent, write};
use super::{Ids, Row, Store, StoreError, Stored, Transaction, from_json, to_json};
use domain::access::Caller;
use domain::config::{Config, ConfigPatch};
use domain::deployment::{Deployment, Event, Phase, Trigger};
use domain::id::{DeploymentId, EnvironmentId, JobId, OrgId, ProjectId, RuntimeId, UserId};
use domain::job::JobKind;
use domain::pipeline;
use domain::source::Source;
use domain::time::Time;
use domain::view::Durations;
use sqlx::Row as _;

/// A deployment about to be written.
pub struct NewDeployment<'a> {
    pub id: DeploymentId,
    pub project: &'a ProjectId,
    pub project_name: &'a str,
    pub environment: &'a EnvironmentId,
    pub source: &'a Source,
    pub config: &'a Config,
    pub overrides: &'a ConfigPatch,
    pub trigger: Trigger,
    pub runtime: &'a RuntimeId,
    /// The plan was made for this one serving: if another does, the plan is void.
    pub expected_active: Option<&'a DeploymentId>,
    /// One for the event, one for each job.
    pub ids: Ids<'a>,
}

/// A deployment as a list shows it, with what stands beside it in other rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub deployment: Deployment,
    pub project_name: String,
    pub environment_name: String,
    pub created_by: Option<String>,
    pub live: bool,
    pub durations: Durations,
}

/// Which ones a list holds; empty `phases` means all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub project: Option<ProjectId>,
    pub environment_name: Option<String>,
    pub environment: Option<EnvironmentId>,
    pub phases: Vec<Phase>,
    pub text: Option<String>,
    pub before: Option<DeploymentId>,
    pub limit: u32,
}

const COLUMNS: &str = "d.id, d.org, d.project, d.environment, d.number, d.source, d.config, d.overrides, d.trigger_kind, d.runtime, \
    d.created_by, d.created_at, d.phase, d.since, d.reason, d.artifact";

const LISTED: &str = "d.claimed_at, d.built_at, d.ended_at, p.name AS project_name, e.name AS environment_name, u.email, e.active \
    FROM deployments d JOIN projects p ON p.id = d.project JOIN environments e ON e.id = d.environment LEFT JOIN users u ON u.id = d.created_by";

impl Store {
    pub async fn create_deployment(&self, caller: &Caller, new: NewDeployment<'_>) -> Stored<Deployment> {
        let mut tx = self.begin().await?;
        let deployment = insert(&mut tx, caller, new).await?;
        tx.commit().await?;
        Ok(deployment)
    }

    pub async fn deployment(&self, org: &OrgId, id: &DeploymentId) -> Stored<Option<Deployment>> {
        let sql = format!("SELECT {COLUMNS} FROM deployments d WHERE d.org = $1 AND d.id = $2");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(org.as_str()).bind(id.as_str()).fetch_optional(self.pool()).await?;
        row.map(|r| deployment(&r)).transpose()
    }

    /// For the reconciler and the pipeline, which work for every organization.
    pub(crate) async fn deployment_of_any(&self, id: &DeploymentId) -> Stored<Option<Deployment>> {
        let sql = format!("SELECT {COLUMNS} FROM deployments d WHERE d.id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.as_str()).fetch_optional(self.pool()).await?;
        row.map(|r| deployment(&r)).transpose()
    }

    /// Those of an environment that are not final.
    pub async fn unfinished(&self, environment: &EnvironmentId) -> Stored<Vec<Deployment>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM deployments d WHERE d.environment = $1 AND d.phase NOT IN ('stopped', 'failed', 'cancelled') ORDER BY d.id"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(environment.as_str()).fetch_all(self.pool()).await?;
        rows.iter().map(deployment).collect()
    }

    /// The newest first.
    pub async fn deployments(&self, org: &OrgId, filter: &Filter) -> Stored<Vec<Listed>> {
        let phases: Vec<_> = filter.phases.iter().map(|p| format!("'{}'", p.word())).collect();
        let phases = if phases.is_empty() { "1 = 1".into() } else { format!("d.phase IN ({})", phases.join(", ")) };
        let sql = format!(
            "SELECT {COLUMNS}, {LISTED} WHERE d.org = $1 AND ($2 IS NULL OR d.project = $2) AND ($3 IS NULL OR e.name = $3) \
             AND ($4 IS NULL OR d.environment = $4) AND ($5 IS NULL OR d.id < $5) AND ($6 IS NULL OR d.words LIKE $6 ESCAPE '!') \
             AND {phases} ORDER BY d.id DESC LIMIT $7"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(org.as_str())
            .bind(filter.project.as_ref().map(ProjectId::as_str))
            .bind(filter.environment_name.as_deref())
            .bind(filter.environment.as_ref().map(EnvironmentId::as_str))
            .bind(filter.before.as_ref().map(DeploymentId::as_str))
            .bind(filter.text.as_deref().map(contains))
            .bind(i64::from(filter.limit))
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(listed).collect()
    }

    pub async fn listed(&self, org: &OrgId, id: &DeploymentId) -> Stored<Option<Listed>> {
        let sql = format!("SELECT {COLUMNS}, {LISTED} WHERE d.org = $1 AND d.id = $2");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(org.as_str()).bind(id.as_str()).fetch_optional(self.pool()).await?;
        row.map(|r| listed(&r)).transpose()
    }

    pub async fn count_deployments(&self, org: &OrgId, project: &ProjectId) -> Stored<u64> {
        let sql = "SELECT COUNT(*) AS n FROM deployments WHERE org = $1 AND project = $2";
        let row = sqlx::query(sql).bind(org.as_str()).bind(project.as_str()).fetch_one(self.pool()).await?;
        Ok(row.try_get::<i64, _>("n")?.max(0) as u64)
    }

    /// Moves the phase. `Stale` when the row is not (any more) in a phase that takes the event.
    pub async fn record(&self, id: &DeploymentId, event: Event, reason: Option<&str>, actor: Option<&UserId>, ids: Ids<'_>) -> Stored<Phase> {
        let mut tx = self.begin().await?;
        let sql = format!("SELECT {COLUMNS} FROM deployments d WHERE d.id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.as_str()).fetch_optional(&mut *tx).await?;
        let deployment = deployment(&row.ok_or(StoreError::Stale)?)?;
        if event == Event::Switched {
            retire(&mut tx, &deployment, ids).await?;
        }
        let phase = advance(&mut tx, &deployment, event, reason, actor, ids).await?;
        point(&mut tx, &deployment, phase).await?;
        tx.commit().await?;
        Ok(phase)
    }
}

/// The one that served gives way, in the transaction that makes its successor live.
async fn retire(tx: &mut Transaction<'_>, successor: &Deployment, ids: Ids<'_>) -> Stored<()> {
    let sql = format!(
        "SELECT {COLUMNS} FROM deployments d JOIN environments e ON e.active = d.id WHERE e.id = $1 AND d.id <> $2"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(successor.environment.as_str()).bind(successor.id.as_str());
    let Some(row) = row.fetch_optional(&mut **tx).await? else { return Ok(()) };
    let reason = format!("#{} took over.", successor.number);
    advance(tx, &deployment(&row)?, Event::Superseded, Some(&reason), None, ids).await?;
    Ok(())
}

async fn advance(
    tx: &mut Transaction<'_>, deployment: &Deployment, event: Event, reason: Option<&str>, actor: Option<&UserId>, ids: Ids<'_>,
) -> Stored<Phase> {
    let phase = deployment.phase.on(event).map_err(|_| StoreError::Stale)?;
    let now = ids();
    let stamp = stamp(phase);
    let sql = format!(
        "UPDATE deployments SET phase = $1, since = $2, reason = COALESCE($3, reason){stamp} WHERE id = $4 AND phase = $5"
    );
    let why = matches!(phase, Phase::Failed | Phase::Cancelled).then_some(reason).flatten();
    let moved = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(phase.word()).bind(now.at.0).bind(why).bind(deployment.id.as_str()).bind(deployment.phase.word())
        .execute(&mut **tx).await?;
    if moved.rows_affected() != 1 {
        return Err(StoreError::Stale);
    }
    let sentence = reason.map_or_else(|| format!("#{} is {}.", deployment.number, phase.word()), str::to_owned);
    write(tx, now, NewEvent {
        environment: Some(&deployment.environment),
        deployment: Some(&deployment.id),
        phase: Some(phase),
        ..NewEvent::by(&deployment.org, actor, "phase", sentence).project(&deployment.project)
    }).await?;
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
async fn point(tx: &mut Transaction<'_>, deployment: &Deployment, phase: Phase) -> Stored<()> {
    let (id, environment) = (deployment.id.as_str(), deployment.environment.as_str());
    let sql = match phase {
        Phase::Building => "UPDATE environments SET candidate = $1 WHERE id = $2 AND candidate IS NULL",
        Phase::Live => "UPDATE environments SET active = $1, candidate = CASE WHEN candidate = $1 THEN NULL ELSE candidate END WHERE id = $2",
        Phase::Failed | Phase::Cancelled => "UPDATE environments SET candidate = NULL WHERE id = $2 AND candidate = $1",
        Phase::Draining => "UPDATE environments SET active = NULL WHERE id = $2 AND active = $1",
        _ => return Ok(()),
    };
    let done = sqlx::query(sql).bind(id).bind(environment).execute(&mut **tx).await?;
    // Somebody else is the candidate: at most one.
    if phase == Phase::Building && done.rows_affected() != 1 { Err(StoreError::Stale) } else { Ok(()) }
}

/// The jobs that follow the phase, and what a final phase leaves of the others.
async fn follow(tx: &mut Transaction<'_>, deployment: &Deployment, phase: Phase, reason: Option<&str>, at: Time) -> Stored<()> {
    for kind in [JobKind::DeployImageJob, JobKind::MarkDeploymentCompleteJob] {
        let Some(mut status) = kind.follows(phase) else { continue };
        let failed_before = deployment.phase == Phase::Building || deployment.phase == Phase::Queued;
        if phase == Phase::Failed && failed_before {
            status = domain::job::JobStatus::Cancelled;
        }
        let error = (status == domain::job::JobStatus::Failure).then_some(reason).flatten();
        let sql = "UPDATE jobs SET status = $1, error = $2, \
                   started_at = CASE WHEN $1 IN ('Running', 'Success') THEN COALESCE(started_at, $3) ELSE started_at END, \
                   ended_at = CASE WHEN $1 IN ('Success', 'Failure', 'Cancelled') THEN COALESCE(ended_at, $3) ELSE NULL END \
                   WHERE deployment = $4 AND kind = $5 AND status <> $1";
        sqlx::query(sql).bind(status.word()).bind(error).bind(at.0).bind(deployment.id.as_str()).bind(kind.name()).execute(&mut **tx).await?;
    }
    if phase.is_final() {
        let sql = "UPDATE jobs SET status = 'Cancelled', ended_at = $1, epoch = NULL, lease_until = NULL \
                   WHERE deployment = $2 AND status IN ('Pending', 'Running')";
        sqlx::query(sql).bind(at.0).bind(deployment.id.as_str()).execute(&mut **tx).await?;
    }
    Ok(())
}

/// The row, its jobs, its first event; the number counts up within the project.
pub(super) async fn insert(tx: &mut Transaction<'_>, caller: &Caller, new: NewDeployment<'_>) -> Stored<Deployment> {
    let now = (new.ids)();
    let sql = "UPDATE projects SET last_number = last_number + 1 WHERE id = $1 AND org = $2 RETURNING last_number";
    let row = sqlx::query(sql).bind(new.project.as_str()).bind(caller.org.as_str()).fetch_optional(&mut **tx).await?;
    let number: i64 = row.ok_or(StoreError::Stale)?.try_get("last_number")?;
    let deployment = Deployment {
        id: new.id.clone(),
        org: caller.org.clone(),
        project: new.project.clone(),
        environment: new.environment.clone(),
        number: u32::try_from(number).unwrap_or(u32::MAX),
        source: new.source.clone(),
        config: new.config.clone(),
        overrides: new.overrides.clone(),
        trigger: new.trigger,
        runtime: new.runtime.clone(),
        created_by: Some(caller.user.clone()),
        created_at: now.at,
        phase: Phase::Queued,
        since: now.at,
        reason: None,
        artifact: None,
    };
    insert_row(tx, &deployment, new.project_name).await?;
    insert_jobs(tx, &deployment, new.ids).await?;
    let sentence = format!("{} asked for {} ({}).", caller.email, new.source.label(), new.trigger.word().to_lowercase());
    write(tx, now, NewEvent {
        environment: Some(new.environment),
        deployment: Some(&deployment.id),
        phase: Some(Phase::Queued),
        ..NewEvent::by(&caller.org, Some(&caller.user), "phase", sentence).project(new.project)
    }).await?;
    let overrides = "UPDATE environments SET overrides = $1 WHERE id = $2 AND deleting = 0 AND active IS NOT DISTINCT FROM $3";
    let kept = sqlx::query(overrides)
        .bind(to_json(new.overrides)?).bind(new.environment.as_str()).bind(new.expected_active.map(DeploymentId::as_str))
        .execute(&mut **tx).await?;
    if kept.rows_affected() == 1 { Ok(deployment) } else { Err(StoreError::Stale) }
}

async fn insert_row(tx: &mut Transaction<'_>, d: &Deployment, project_name: &str) -> Stored<()> {
    let sql = "INSERT INTO deployments (id, org, project, environment, number, source, words, config, overrides, trigger_kind, runtime, \
               created_by, created_at, phase, since) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    sqlx::query(sql)
        .bind(d.id.as_str()).bind(d.org.as_str()).bind(d.project.as_str()).bind(d.environment.as_str()).bind(i64::from(d.number))
        .bind(to_json(&d.source)?).bind(words(&d.source, project_name)).bind(to_json(&d.config)?).bind(to_json(&d.overrides)?)
        .bind(word_of(d.trigger)?).bind(d.runtime.as_str()).bind(d.created_by.as_ref().map(UserId::as_str))
        .bind(d.created_at.0).bind(d.phase.word()).bind(d.since.0)
        .execute(&mut **tx).await?;
    Ok(())
}

async fn insert_jobs(tx: &mut Transaction<'_>, deployment: &Deployment, ids: Ids<'_>) -> Stored<()> {
    for job in pipeline::jobs(&deployment.source) {
        let now = ids();
        let sql = "INSERT INTO jobs (id, org, deployment, kind, ordinal, needs, status) VALUES ($1, $2, $3, $4, $5, $6, 'Pending')";
        sqlx::query(sql)
            .bind(String::from(JobId::new(now.at, now.entropy))).bind(deployment.org.as_str()).bind(deployment.id.as_str())
            .bind(job.kind.name()).bind(i64::from(job.order)).bind(to_json(&job.needs)?).execute(&mut **tx).await?;
    }
    Ok(())
}

fn words(source: &Source, project_name: &str) -> String {
    let commit = source.commit().map(|c| format!(" {} {} {}", c.sha, c.subject, c.author)).unwrap_or_default();
    format!("{project_name} {}{commit}", source.label()).to_lowercase()
}

/// A LIKE pattern for "contains", with the pattern's own signs taken literally.
fn contains(text: &str) -> String {
    let escaped: String = text.to_lowercase().chars().flat_map(|c| match c {
        '%' | '_' | '!' => vec!['!', c],
        _ => vec![c],
    }).collect();
    format!("%{escaped}%")
}

fn word_of(trigger: Trigger) -> Stored<String> {
    to_json(&trigger)
}

fn deployment(row: &Row) -> Stored<Deployment> {
    let phase: String = row.try_get("phase")?;
    Ok(Deployment {
        id: row.try_get::<String, _>("id")?.parse()?,
        org: row.try_get::<String, _>("org")?.parse()?,
        project: row.try_get::<String, _>("project")?.parse()?,
        environment: row.try_get::<String, _>("environment")?.parse()?,
        number: u32::try_from(row.try_get::<i64, _>("number")?).unwrap_or(u32::MAX),
        source: from_json(&row.try_get::<String, _>("source")?)?,
        config: from_json(&row.try_get::<String, _>("config")?)?,
        overrides: from_json(&row.try_get::<String, _>("overrides")?)?,
        trigger: from_json(&row.try_get::<String, _>("trigger_kind")?)?,
        runtime: row.try_get::<String, _>("runtime")?.parse()?,
        created_by: row.try_get::<Option<String>, _>("created_by")?.map(|s| s.parse()).transpose()?,
        created_at: Time(row.try_get("created_at")?),
        phase: Phase::parse(&phase).ok_or_else(|| StoreError::Unreadable(format!("the phase `{phase}`")))?,
        since: Time(row.try_get("since")?),
        reason: row.try_get("reason")?,
        artifact: row.try_get::<Option<String>, _>("artifact")?.map(|s| from_json(&s)).transpose()?,
    })
}

fn listed(row: &Row) -> Stored<Listed> {
    let deployment = deployment(row)?;
    let at = |column: &str| -> Stored<Option<i64>> { Ok(row.try_get(column)?) };
    let (claimed, built, ended) = (at("claimed_at")?, at("built_at")?, at("ended_at")?);
    let between = |from: Option<i64>, to: Option<i64>| Some((to? - from?).max(0));
    Ok(Listed {
        durations: Durations {
            queue_ms: between(Some(deployment.created_at.0), claimed),
            build_ms: between(claimed, built.or(ended)),
            deploy_ms: between(built, ended),
        },
        live: row.try_get::<Option<String>, _>("active")?.as_deref() == Some(deployment.id.as_str()),
        project_name: row.try_get("project_name")?,
        environment_name: row.try_get("environment_name")?,
        created_by: row.try_get("email")?,
        deployment,
    })
}
