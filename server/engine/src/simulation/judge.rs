//! What must hold of the rows after every step, and of everything once the world has settled.

use super::outside::Outside;
use crate::driver::{Driver, Scope};
use crate::store::environment::Environment;
use domain::deployment::{Deployment, Event, Phase};
use domain::id::EnvironmentId;
use domain::instance::{Observed, State};
use domain::plan::Step;
use domain::plan::world::wanted;
use domain::route::{Target, shown_id};

/// One active, one on its way, the pointers say the same, and *live* is said of what serves.
pub async fn rows(outside: &Outside, id: &EnvironmentId, step: Option<&Step>) {
    let Some(row) = outside
        .store
        .environment_of_any(id)
        .await
        .expect("the database reads")
    else {
        return;
    };
    let all = outside
        .store
        .unfinished(id)
        .await
        .expect("the database reads");
    let of = |wanted: fn(Phase) -> bool| -> Vec<_> {
        all.iter()
            .filter(|d| wanted(d.phase))
            .map(|d| d.id.clone())
            .collect()
    };
    let active = of(Phase::is_active);
    assert_eq!(
        active,
        row.active.iter().cloned().collect::<Vec<_>>(),
        "who is live, and who the environment says serves"
    );
    let coming = of(|phase| phase.is_coming() && phase != Phase::Queued);
    assert_eq!(
        coming,
        row.candidate.iter().cloned().collect::<Vec<_>>(),
        "who is coming, and who the environment says is"
    );
    if let Some(Step::Record {
        deployment,
        event: Event::Switched,
        ..
    }) = step
    {
        let truth = outside.truth();
        let served = truth
            .routes
            .get(id.as_str())
            .and_then(|r| r.target.deployment());
        assert_eq!(
            served,
            Some(deployment.as_str()),
            "live was written of what does not serve"
        );
    }
}

/// Rows = routes = instances, and nothing is left over.
pub async fn settled(outside: &Outside) {
    let environments = outside
        .store
        .every_environment()
        .await
        .expect("the database reads");
    let seen = outside
        .driver
        .observe(Scope::Everything)
        .await
        .expect("the truth");
    let stray = seen.iter().find(|o| !environments.contains(&o.environment));
    assert!(stray.is_none(), "an orphan: {stray:?}");
    let routed: Vec<_> = outside.truth().routes.keys().cloned().collect();
    let mut known: Vec<_> = environments.iter().map(ToString::to_string).collect();
    known.extend(doors(outside, &environments).await);
    known.sort();
    assert_eq!(routed, known, "the routes, and the environments");
    for id in &environments {
        let row = outside
            .store
            .environment_of_any(id)
            .await
            .expect("the database reads")
            .expect("a row");
        let here: Vec<_> = seen.iter().filter(|o| o.environment == *id).collect();
        environment(outside, &row, &here).await;
    }
    jobs(outside).await;
    runs(outside).await;
}

/// The routes of what is held.
async fn doors(outside: &Outside, environments: &[EnvironmentId]) -> Vec<String> {
    let mut doors = vec![];
    for id in environments {
        let all = outside.store.unfinished(id).await;
        let all = all.expect("the database reads");
        doors.extend(all.iter().filter(|d| d.is_held()).map(|_| shown_id(id)));
    }
    doors
}

async fn environment(outside: &Outside, row: &Environment, seen: &[&Observed]) {
    assert!(
        !row.deleting,
        "{} was never deleted to its end",
        row.project_name
    );
    let all = outside
        .store
        .unfinished(&row.id)
        .await
        .expect("the database reads");
    let unsettled: Vec<_> = all
        .iter()
        .filter(|d| !d.phase.is_active() && !d.is_held())
        .map(|d| (d.number, d.phase))
        .collect();
    assert!(
        unsettled.is_empty(),
        "{} never settles: {unsettled:?}",
        row.project_name
    );
    let target = outside.truth().routes[row.id.as_str()].target.clone();
    let (held, all): (Vec<_>, Vec<_>) = all.into_iter().partition(Deployment::is_held);
    let of_held = |o: &&Observed| held.iter().any(|h| h.id == o.id.deployment);
    let (shown, seen): (Vec<_>, Vec<_>) = seen.iter().copied().partition(of_held);
    let seen = &seen[..];
    if let Some(held) = held.first() {
        let door = outside.truth().routes[&shown_id(&row.id)].clone();
        assert_eq!(Some(&door.hosts[0]), held.hold.as_ref());
        live(held, &shown, &door.target);
    }
    match all.first() {
        Some(active) if active.phase == Phase::Live => live(active, seen, &target),
        Some(active) => {
            assert!(
                matches!(target, Target::Unavailable { .. }),
                "{} is paused and the route says {target:?}",
                active.id
            );
            let stray = seen.iter().find(|o| o.id.deployment != active.id);
            assert!(stray.is_none(), "an instance of what has ended: {stray:?}");
        }
        None => {
            let honest = match held.is_empty() {
                true => matches!(target, Target::Absent { .. }),
                false => matches!(target, Target::Unavailable { .. }),
            };
            assert!(honest, "nothing is live and the route says {target:?}");
            assert!(seen.is_empty(), "instances of what has ended: {seen:?}");
        }
    }
}

fn live(active: &Deployment, seen: &[&Observed], target: &Target) {
    let running = |o: &&&Observed| o.state == State::Running;
    let truth: Vec<_> = seen
        .iter()
        .filter(running)
        .map(|o| (o.id.to_string(), o.address))
        .collect();
    let served: Vec<_> = target
        .upstreams()
        .iter()
        .map(|u| (u.id.clone(), Some(u.address)))
        .collect();
    let rows: Vec<_> = wanted(active).iter().map(ToString::to_string).collect();
    assert_eq!(
        rows,
        served.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>(),
        "the rows, and the route"
    );
    assert_eq!(truth, served, "the instances, and the route");
    assert_eq!(seen.len(), served.len(), "an instance too many: {seen:?}");
}

/// No job runs, and none waits that nobody will ever run. What is held waits for a person.
async fn jobs(outside: &Outside) {
    let sql = "SELECT j.kind || ' of #' || d.number || ' is ' || j.status FROM jobs j JOIN deployments d ON d.id = j.deployment \
               WHERE j.status IN ('Pending', 'Running') AND NOT (d.phase = 'ready' AND d.hold IS NOT NULL)";
    let left: Vec<(String,)> = sqlx::query_as(sql)
        .fetch_all(outside.store.pool())
        .await
        .expect("the database reads");
    assert!(left.is_empty(), "jobs are left over: {left:?}");
}

/// One worker has one run at most: what a death or the database left is found again.
pub async fn crons(outside: &Outside) {
    let sql = "SELECT COUNT(*) FROM cron_runs WHERE status = 'running'";
    let (running,): (i64,) = sqlx::query_as(sql)
        .fetch_one(outside.store.pool())
        .await
        .expect("the database reads");
    assert!(running <= 1, "{running} runs are under way of one worker");
}

/// No run goes on for ever.
async fn runs(outside: &Outside) {
    let sql = "SELECT name || ' is ' || status FROM cron_runs WHERE status = 'running'";
    let left: Vec<(String,)> = sqlx::query_as(sql)
        .fetch_all(outside.store.pool())
        .await
        .expect("the database reads");
    assert!(left.is_empty(), "runs are left over: {left:?}");
}
