//! What the team wishes, through the same use cases as every page and request.

use super::boot::Boot;
use super::outside::Outside;
use domain::access::Caller;
use domain::api::{
    Confirm, Crons, DeploymentFilter, Deployments, NewProject, Projects, Reply, Update, Updates,
};
use domain::config::{ConfigPatch, HealthPatch};
use domain::cron::{Cron, Overlap};
use domain::id::EnvironmentId;
use domain::refusal::Kind;
use domain::reuse::{Reuse, Settings};
use domain::source::Wanted;

/// `fake/ok` more often than the others: most seeds should see something live.
const IMAGES: [&str; 12] = [
    "fake/ok",
    "fake/ok",
    "fake/ok",
    "fake/ok",
    "fake/slow-start-500ms",
    "fake/slow-stop-2s",
    "fake/unhealthy",
    "fake/flaps-200ms",
    "fake/exits-3",
    "fake/oom",
    "fake/missing",
    "fake/slow-start-500ms",
];
const PROJECTS: [&str; 2] = ["web", "api"];

/// One wish; a refusal is an answer too, but a fault of ours is not.
pub async fn wish(outside: &Outside, boot: &Boot, caller: &Caller) {
    let nothing = environment(outside, boot, caller).await.is_none();
    let (what, answer) = match outside.chance.below(if nothing { 1 } else { 19 }) {
        0 | 1 => ("create", create(outside, boot, caller).await),
        2..=4 => (
            "update",
            update(outside, boot, caller, Some(image(outside)), None).await,
        ),
        5 => (
            "configure",
            update(outside, boot, caller, None, Some(config(outside))).await,
        ),
        6 => ("redeploy", update(outside, boot, caller, None, None).await),
        7 | 8 => (
            "pause or resume",
            pause_or_resume(outside, boot, caller).await,
        ),
        12 | 13 => ("roll back", roll_back(outside, boot, caller).await),
        9 | 10 => ("cancel", cancel(outside, boot, caller).await),
        16 | 17 => ("promote", promote(outside, boot, caller).await),
        18 => ("stop", stop(outside, boot, caller).await),
        14 | 15 => ("run a cron", run_cron(outside, boot, caller).await),
        _ => ("delete", delete(outside, boot, caller).await),
    };
    match answer {
        Ok(said) => outside.say(format!("WISH   {what}: {said}")),
        Err(no) => {
            outside.say(format!("WISH   {what}: {}", no.code));
            let ours = no.kind == Kind::Internal && outside.weather().busy.is_none();
            assert!(!ours, "{what} broke: {no}");
        }
    }
}

fn image(outside: &Outside) -> Wanted {
    let name = outside.chance.pick(&IMAGES).copied().unwrap_or_default();
    let reference = format!("{name}:v{}", outside.chance.below(100));
    Wanted::Image {
        reference,
        local: outside.chance.permille(200),
    }
}

fn config(outside: &Outside) -> ConfigPatch {
    let chance = &outside.chance;
    let alone = chance
        .permille(300)
        .then(|| vec!["gpu".parse().expect("an exclusive resource")]);
    ConfigPatch {
        crons: chance.permille(400).then(|| vec![cron(outside)]),
        replicas: Some(1 + chance.below(3) as u32),
        drain_s: Some(chance.below(4) as u32),
        exclusive: alone,
        health: HealthPatch {
            timeout_s: Some(1 + chance.below(5) as u32),
            ..HealthPatch::default()
        },
        ..ConfigPatch::default()
    }
}

async fn environment(outside: &Outside, boot: &Boot, caller: &Caller) -> Option<EnvironmentId> {
    let all = boot
        .control
        .store
        .environments(&caller.org, None)
        .await
        .ok()?;
    outside.chance.pick(&all).map(|e| e.id.clone())
}

async fn create(outside: &Outside, boot: &Boot, caller: &Caller) -> Reply<String> {
    let name = outside.chance.pick(&PROJECTS).copied().unwrap_or_default();
    let new = NewProject {
        name: name.into(),
        source: image(outside),
        environment: None,
        config: config(outside),
        runtime: None,
    };
    let made = boot.control.create_project(caller, new).await?;
    Ok(format!(
        "{name} #{} {}",
        made.summary.number,
        made.summary.source.label()
    ))
}

/// Plan, then confirm what was shown; between the two the world may change.
async fn update(
    outside: &Outside,
    boot: &Boot,
    caller: &Caller,
    source: Option<Wanted>,
    config: Option<ConfigPatch>,
) -> Reply<String> {
    let Some(id) = environment(outside, boot, caller).await else {
        return Ok("nothing to update".into());
    };
    let update = Update {
        source,
        config,
        reuse: None,
    };
    confirm(outside, boot, caller, &id, update).await
}

/// One that served before, with its own configuration or today's.
async fn roll_back(outside: &Outside, boot: &Boot, caller: &Caller) -> Reply<String> {
    let Some(id) = environment(outside, boot, caller).await else {
        return Ok("nothing to roll back".into());
    };
    let versions = boot.control.versions(caller, &id).await?;
    let Some(of) = outside.chance.pick(&versions.earlier) else {
        return Ok("nothing to roll back to".into());
    };
    let config = match outside.chance.permille(500) {
        true => Settings::Own,
        false => Settings::Current,
    };
    let update = Update {
        reuse: Some(Reuse {
            deployment: of.deployment.id.clone(),
            config,
        }),
        ..Update::default()
    };
    confirm(outside, boot, caller, &id, update).await
}

async fn confirm(
    outside: &Outside,
    boot: &Boot,
    caller: &Caller,
    id: &EnvironmentId,
    update: Update,
) -> Reply<String> {
    let plan = boot.control.preview_update(caller, id, &update).await?;
    let confirm = Confirm {
        update,
        digest: plan.digest,
        typed: plan.typed,
        hold: outside.chance.permille(250),
    };
    let made = boot.control.update(caller, id, confirm).await?;
    Ok(format!(
        "{} #{} {}",
        made.summary.project_name, made.summary.number, plan.verb
    ))
}

async fn pause_or_resume(outside: &Outside, boot: &Boot, caller: &Caller) -> Reply<String> {
    let Some(id) = environment(outside, boot, caller).await else {
        return Ok("nothing to pause".into());
    };
    let Some(active) = boot.control.environment(caller, &id).await?.active else {
        return Ok("nothing serves".into());
    };
    let now = match active.status.as_str() {
        "paused" => boot.control.resume(caller, &active.id).await?,
        _ => boot.control.pause(caller, &active.id).await?,
    };
    Ok(format!("#{} is {}", now.summary.number, now.summary.status))
}

async fn stop(outside: &Outside, boot: &Boot, caller: &Caller) -> Reply<String> {
    let Some(id) = environment(outside, boot, caller).await else {
        return Ok("nothing to stop".into());
    };
    let Some(active) = boot.control.environment(caller, &id).await?.active else {
        return Ok("nothing serves".into());
    };
    let plan = boot.control.preview_stop(caller, &active.id).await?;
    let now = boot.control.stop(caller, &active.id, &plan.typed).await?;
    Ok(format!("#{} is {}", now.summary.number, now.summary.status))
}

async fn cancel(outside: &Outside, boot: &Boot, caller: &Caller) -> Reply<String> {
    let newest = boot
        .control
        .deployments(
            caller,
            &DeploymentFilter {
                limit: Some(4),
                ..DeploymentFilter::default()
            },
        )
        .await?;
    let Some(one) = outside.chance.pick(&newest.items) else {
        return Ok("nothing to cancel".into());
    };
    let now = boot.control.cancel(caller, &one.id).await?;
    Ok(format!("#{} is {}", now.summary.number, now.summary.status))
}

/// What is held at ready, where something is.
async fn promote(outside: &Outside, boot: &Boot, caller: &Caller) -> Reply<String> {
    let Some(id) = environment(outside, boot, caller).await else {
        return Ok("nothing to promote".into());
    };
    let Some(candidate) = boot.control.environment(caller, &id).await?.candidate else {
        return Ok("nothing is coming".into());
    };
    let now = boot.control.promote(caller, &candidate.id).await?;
    Ok(format!("#{} is {}", now.summary.number, now.summary.status))
}

async fn delete(outside: &Outside, boot: &Boot, caller: &Caller) -> Reply<String> {
    let all = boot.control.projects(caller).await?;
    let Some(one) = outside.chance.pick(&all) else {
        return Ok("nothing to delete".into());
    };
    boot.control
        .delete_project(caller, &one.id, &one.name)
        .await?;
    Ok(one.name.clone())
}

/// The clock moves by milliseconds here, so most seeds see no whole minute: those see *Run now*.
fn cron(outside: &Outside) -> Cron {
    let overlap = outside
        .chance
        .pick(&Overlap::ALL)
        .copied()
        .unwrap_or_default();
    Cron {
        name: "beat".into(),
        schedule: "* * * * *".into(),
        timezone: "UTC".into(),
        command: Some(vec!["exit".into(), outside.chance.below(2).to_string()]),
        http: None,
        overlap,
        timeout_s: 1,
    }
}

async fn run_cron(outside: &Outside, boot: &Boot, caller: &Caller) -> Reply<String> {
    let projects = boot.control.projects(caller).await?;
    let Some(project) = outside.chance.pick(&projects) else {
        return Ok("nothing to run".into());
    };
    let crons = boot.control.crons(caller, &project.id).await?;
    let Some(cron) = outside.chance.pick(&crons) else {
        return Ok("no cron".into());
    };
    let run = boot.control.run_cron(caller, &cron.id).await?;
    Ok(format!("{} {:?}", cron.cron.name, run.status))
}
