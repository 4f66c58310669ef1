//! One seed's story: wishes and weather for a while, then calm until nothing moves.

use super::boot::Boot;
use super::outside::{Outside, Weather};
use super::{judge, team};
use crate::clock::Clock;
use crate::driver::{Driver, Scope};
use crate::reconciler::Outcome;
use crate::store::Now;
use crate::store::job::Lane;
use domain::access::{Caller, Role};
use domain::id::EnvironmentId;
use domain::job::JobKind;
use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;

const TURNS: usize = 30;
const PASSES_A_TURN: usize = 4;
/// More than any honest settling takes.
const LAST_TURNS: usize = 3_000;
const LONGEST_OUTAGE_MS: usize = 8_000;

struct Story {
    outside: Arc<Outside>,
    boot: Boot,
    caller: Caller,
    /// What `Reconciler::work` tells the pipeline: there may be a job.
    may_build: bool,
}

pub async fn run(outside: Arc<Outside>) {
    let caller = found(&outside).await;
    let boot = Boot::start(&outside).await.expect("a first boot");
    let mut story = Story {
        outside,
        boot,
        caller,
        may_build: true,
    };
    for _ in 0..TURNS {
        story.turn().await;
    }
    story.calm_down().await;
    story.settle().await;
    judge::settled(&story.outside).await;
}

pub async fn found(outside: &Outside) -> Caller {
    let now = || Now {
        at: outside.now(),
        entropy: outside.clock.entropy(),
    };
    let ids = outside
        .store
        .found("Acme", "ada@example.org", "-", (now(), now()))
        .await
        .expect("the database writes");
    let (org, user) = ids.expect("the first owner");
    outside
        .store
        .register_runtime(&org, "fake", now())
        .await
        .expect("the database writes");
    Caller {
        user,
        email: "ada@example.org".into(),
        org,
        org_name: "Acme".into(),
        role: Role::Owner,
    }
}

impl Story {
    async fn turn(&mut self) {
        let outside = self.outside.clone();
        self.weather().await;
        self.mischief().await;
        if outside.chance.permille(250) {
            let lived = alive(&outside, team::wish(&outside, &self.boot, &self.caller)).await;
            self.reboot_unless(lived).await;
        }
        for _ in 0..PASSES_A_TURN {
            self.work().await;
        }
        self.keep_time().await;
        self.pass_time(1 + outside.chance.below(400) as i64);
    }

    /// One environment, or one job; false when there was neither.
    async fn work(&mut self) -> bool {
        self.hear();
        let outside = self.outside.clone();
        if let Some(key) = self.boot.reconciler.queue.take(outside.now()) {
            let lived = alive(&outside, self.look_at(&key)).await;
            self.reboot_unless(lived).await;
            self.may_build = true;
            return true;
        }
        if !std::mem::take(&mut self.may_build) {
            return false;
        }
        for lane in lanes() {
            let worked = alive(&outside, self.boot.pipeline.work_once(lane)).await;
            let lived = worked.as_ref().map(|_| ());
            self.reboot_unless(lived).await;
            self.may_build |= !matches!(worked, Some(Ok(false)));
        }
        self.may_build
    }

    /// Times that came, and one run.
    async fn keep_time(&mut self) {
        let outside = self.outside.clone();
        let lived = alive(&outside, self.boot.run_cron(&outside)).await;
        self.reboot_unless(lived).await;
        judge::crons(&outside).await;
    }

    async fn look_at(&self, key: &EnvironmentId) {
        let outcome = self.pass(key).await;
        if let Outcome::Stumbled(stumble) = &outcome {
            self.outside.say(format!("       stumbled: {stumble}"));
        }
        self.boot.reconciler.conclude(key, outcome);
    }

    /// As `Reconciler::pass`, with death and a look at the rows between any two steps.
    async fn pass(&self, key: &EnvironmentId) -> Outcome {
        let (outside, reconciler) = (&self.outside, &self.boot.reconciler);
        let pass = match reconciler.prepare(key).await {
            Ok(Some(pass)) => pass,
            Ok(None) => return Outcome::Gone,
            Err(stumble) => return Outcome::Stumbled(stumble),
        };
        for step in &pass.plan.steps {
            outside.may_die(&format!("before the step {step}")).await;
            outside.say(format!("step   {step}"));
            if let Err(stumble) = reconciler.execute(&pass.looked, step).await {
                return Outcome::Stumbled(stumble);
            }
            judge::rows(outside, key, Some(step)).await;
        }
        pass.outcome()
    }

    /// Hints become wakes, unless they get lost.
    fn hear(&mut self) {
        while let Ok(environment) = self.boot.hints.try_recv() {
            if !self.outside.bad_luck(self.outside.odds.lost_hint) {
                self.boot.reconciler.queue.wake(&environment);
            }
        }
    }

    async fn reboot_unless(&mut self, lived: Option<()>) {
        if lived.is_some() {
            return;
        }
        self.writable(true).await;
        self.boot = Boot::start(&self.outside).await.expect("a new boot");
        self.outside.say("BOOT");
        let swept = alive(&self.outside, self.boot.reconciler.remove_orphans()).await;
        // Killed while it swept: the next boot does.
        if swept.is_none() {
            self.boot = Boot::start(&self.outside).await.expect("a new boot");
        }
    }

    async fn weather(&mut self) {
        let (outside, now) = (self.outside.clone(), self.outside.now());
        let over = |until: &mut Option<domain::time::Time>| *until = until.filter(|at| *at > now);
        let was_busy = {
            let mut weather = outside.weather();
            let busy = weather.busy.is_some();
            let Weather {
                engine_away,
                plane_away,
                busy: still_busy,
                ..
            } = &mut *weather;
            [engine_away, plane_away, still_busy]
                .into_iter()
                .for_each(over);
            busy
        };
        if outside.bad_luck(outside.odds.outage) {
            let until = Some(now.plus_ms(outside.chance.below(LONGEST_OUTAGE_MS) as i64));
            let (mut weather, which) = (outside.weather(), outside.chance.below(3));
            match which {
                0 => weather.engine_away = until,
                1 => weather.plane_away = until,
                _ => weather.busy = until,
            }
            drop(weather);
            outside.say(format!(
                "AWAY   {}",
                ["the Engine", "the data plane", "the database's writes"][which]
            ));
        }
        let busy = outside.weather().busy.is_some();
        if busy != was_busy {
            self.writable(!busy).await;
        }
    }

    /// The one connection refuses writes, as a locked database or a full disk would.
    async fn writable(&self, yes: bool) {
        if yes {
            self.outside.weather().busy = None;
        }
        let sql = if yes {
            "PRAGMA query_only = 0"
        } else {
            "PRAGMA query_only = 1"
        };
        sqlx::query(sql)
            .execute(self.outside.store.pool())
            .await
            .expect("a pragma");
    }

    /// Behind our back: an instance is removed, ends, or comes back at another port.
    async fn mischief(&self) {
        let outside = &self.outside;
        if !outside.bad_luck(outside.odds.mischief) {
            return;
        }
        let all = outside
            .driver
            .observe(Scope::Everything)
            .await
            .expect("the truth");
        let Some(id) = outside.chance.pick(&all).map(|o| o.id.clone()) else {
            return;
        };
        let which = outside.chance.below(3);
        match which {
            0 => outside.driver.vanish(&id),
            1 => outside.driver.exit(&id, 9),
            _ => outside.driver.restart_with_new_port(&id),
        }
        outside.say(format!(
            "BEHIND {id} {}",
            ["vanished", "ended", "moved"][which]
        ));
    }

    /// The clock moves, and requests come and finish.
    fn pass_time(&self, ms: i64) {
        let outside = &self.outside;
        outside.clock.advance_ms(ms);
        let mut truth = outside.truth();
        let routed: BTreeSet<_> = truth
            .routes
            .values()
            .flat_map(|r| r.target.upstreams())
            .map(|u| u.id.clone())
            .collect();
        let stuck = truth.stuck.clone();
        truth.in_flight.retain(|id, n| {
            *n = n.saturating_sub(u64::from(!stuck.contains(id)));
            *n > 0 || routed.contains(id)
        });
        for id in routed {
            truth
                .in_flight
                .insert(id.clone(), outside.chance.below(4) as u64);
            if outside.chance.permille(30) {
                truth.stuck.insert(id);
            }
        }
    }

    async fn calm_down(&mut self) {
        self.writable(true).await;
        *self.outside.weather() = Weather {
            calm: true,
            ..Weather::default()
        };
        self.outside.say("CALM");
        self.boot.sweep().await.expect("the database reads");
    }

    /// Until nothing is ready, nothing is to be built and no timer runs.
    async fn settle(&mut self) {
        for _ in 0..LAST_TURNS {
            if self.work().await {
                continue;
            }
            let Some(at) = self.next_timer().await else {
                self.keep_time().await;
                self.keep_time().await;
                return self.last_sweep().await;
            };
            self.may_build = true;
            self.pass_time(at.since_ms(self.outside.now()).max(1));
        }
        panic!("it never settles");
    }

    /// Of the reconciler, or of a job that is to be tried again.
    async fn next_timer(&self) -> Option<domain::time::Time> {
        let attempt = self.outside.store.next_attempt().await;
        let attempt = attempt.expect("the database reads");
        self.boot
            .reconciler
            .queue
            .next_timer()
            .into_iter()
            .chain(attempt)
            .min()
    }

    /// Orphans that a killed boot left are the sweep's.
    async fn last_sweep(&mut self) {
        self.boot
            .reconciler
            .remove_orphans()
            .await
            .expect("a calm sweep");
        self.pass_time(20_000);
    }
}

fn lanes() -> impl Iterator<Item = Lane> {
    Lane::WAY.into_iter().chain(JobKind::AFTER.map(Lane::After))
}

/// `None` when the process was killed meanwhile: whatever it was doing is dropped.
async fn alive<T>(outside: &Outside, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        done = work => Some(done),
        () = outside.death.notified() => None,
    }
}
