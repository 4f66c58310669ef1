//! Canned worlds behind the product's own trait. Everything in them is invented; every sentence
//! is of the kind that the engine writes.

mod accounts;
mod credentials;
mod crons;
mod deployments;
mod domains;
mod hooks;
mod imports;
mod logs;
mod projects;
mod reviews;
mod scene;
mod secrets;
mod services;
mod trace;
mod used;

use domain::access::{Caller, Role};
use domain::api::*;
use domain::id::*;
use domain::refusal::{Kind, Refusal};
use domain::strategy::Strategy;
use domain::time::Time;
use domain::view::*;

#[allow(unused_imports, reason = "the gallery streams them; the tests do not")]
pub use logs::log_line;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum World {
    /// Nobody deployed anything yet.
    Empty,
    /// A team at work: several projects, one building, one failed.
    Full,
    Building,
    Failed,
    Live,
    Draining,
    /// The update asks for downtime, plans go stale, and nothing may be done.
    Refused,
    /// Nobody owns the installation.
    New,
}

impl World {
    pub fn named(name: &str) -> Option<World> {
        Some(match name {
            "empty" => World::Empty,
            "full" => World::Full,
            "building" => World::Building,
            "failed" => World::Failed,
            "live" => World::Live,
            "draining" => World::Draining,
            "refused" => World::Refused,
            _ => return None,
        })
    }

    fn of(caller: &Caller) -> World {
        World::named(&caller.org_name.to_lowercase()).unwrap_or(World::Full)
    }
}

/// Whoever looks at `world` in `role`.
pub fn caller(world: World, role: &str) -> Caller {
    Caller {
        user: UserId::new(Time(1), 1),
        email: "ada@example.com".into(),
        org: OrgId::new(Time(1), 1),
        org_name: format!("{world:?}"),
        role: Role::parse(role).unwrap_or(Role::Owner),
    }
}

pub struct Gallery {
    now: Time,
    unowned: bool,
}

impl Gallery {
    pub fn at(now: Time) -> Gallery {
        Gallery {
            now,
            unowned: false,
        }
    }

    /// Before the set-up.
    #[allow(dead_code, reason = "the tests render the set-up")]
    pub fn unowned(now: Time) -> Gallery {
        Gallery { now, unowned: true }
    }

    fn scene(&self, caller: &Caller) -> scene::Scene {
        scene::Scene {
            now: self.now,
            world: World::of(caller),
            role: caller.role,
        }
    }
}

fn no() -> Refusal {
    Refusal::new(
        Kind::Conflict,
        "gallery",
        "This is the gallery: nothing is changed here.",
    )
    .way_out("Look around instead.")
}

#[async_trait::async_trait]
impl Runtimes for Gallery {
    async fn disk(&self, _: &Caller) -> Reply<DiskView> {
        Ok(DiskView {
            budget_bytes: 20 << 30,
            used_bytes: 0,
            free_bytes: None,
            items: vec![],
        })
    }
    async fn runtimes(&self, caller: &Caller) -> Reply<Vec<RuntimeView>> {
        Ok(self.scene(caller).runtimes())
    }
}

#[async_trait::async_trait]
impl Uploads for Gallery {
    async fn register_upload(&self, _: &Caller, _: &str, _: &str) -> Reply<UploadView> {
        Err(no())
    }

    fn upload_dir(&self) -> String {
        "/nonexistent".into()
    }

    async fn upload(&self, caller: &Caller, id: &UploadId) -> Reply<UploadView> {
        caller.may(domain::access::Action::CreateProject)?;
        Ok(UploadView {
            id: id.clone(),
            name: "handbook-2026-11.zip".into(),
            size_bytes: 4_812_044,
            digest: scene::sha("handbook"),
        })
    }
}

#[async_trait::async_trait]
impl Metrics for Gallery {
    async fn traffic(&self, caller: &Caller, id: &EnvironmentId) -> Reply<TrafficView> {
        let environment = self.environment(caller, id).await?;
        let now = self.scene(caller).now;
        let minute = |(i, requests): (usize, &u32)| domain::traffic::Minute {
            at: now.plus_ms((i as i64 - 59) * 60_000),
            requests: *requests,
            by_class: [
                0,
                requests - requests / 50,
                0,
                requests / 60,
                requests / 900,
            ],
            p50_us: 3_584,
            p95_us: 14_336 + requests % 900,
            p99_us: 40_960 + requests % 9_000,
        };
        Ok(TrafficView {
            minutes: environment
                .requests_by_minute
                .iter()
                .enumerate()
                .map(minute)
                .collect(),
            instances: used::instances(now),
            environment,
        })
    }

    async fn counters(&self, _: &Caller) -> Reply<Option<Vec<Counters>>> {
        Ok(None)
    }

    async fn usage(&self, _: &Caller) -> Reply<Vec<InstanceCounters>> {
        Ok(vec![])
    }
}

#[async_trait::async_trait]
impl Updates for Gallery {
    async fn environment(&self, caller: &Caller, id: &EnvironmentId) -> Reply<EnvironmentView> {
        let found = self
            .scene(caller)
            .environments()
            .into_iter()
            .find(|e| e.id == *id);
        found.ok_or_else(|| Refusal::not_found("environment"))
    }

    async fn update_options(&self, caller: &Caller, id: &EnvironmentId) -> Reply<UpdateOptions> {
        let environment = self.environment(caller, id).await?;
        let project = self.project(caller, &environment.project).await?;
        let scene = self.scene(caller);
        let config = scene.config();
        let (tags, tags_problem) = match &project.origin {
            domain::source::Origin::Git { .. } if scene.world == World::Failed => (
                vec![],
                Some(
                    "The repository did not answer: could not resolve host `git.example.com`."
                        .to_owned(),
                ),
            ),
            domain::source::Origin::Git { .. } => (scene.tags(), None),
            _ => (vec![], None),
        };
        let live_tag = (!tags.is_empty()).then(|| "v1.4.1".to_owned());
        Ok(UpdateOptions {
            environment,
            origin: project.origin,
            tags,
            tags_problem,
            releases_problem: (scene.world == World::Building).then(|| {
                "Which tags have a release.json is not known now. The host does not answer in time."
                    .to_owned()
            }),
            live_tag,
            overrides: Default::default(),
            config: Some(config),
        })
    }

    async fn versions(&self, caller: &Caller, id: &EnvironmentId) -> Reply<VersionsView> {
        let scene = self.scene(caller);
        let version = |deployment: DeploymentSummary| VersionView {
            refused: deployment.live.then(|| {
                format!(
                    "#{} can't be rolled back to: it is what serves here now.",
                    deployment.number
                )
            }),
            deployment,
        };
        let served =
            |d: &DeploymentSummary| d.live || d.phase == domain::deployment::Phase::Stopped;
        Ok(VersionsView {
            environment: self.environment(caller, id).await?,
            earlier: scene
                .summaries(20)
                .into_iter()
                .filter(served)
                .map(version)
                .collect(),
            failed: None,
            elsewhere: vec![],
        })
    }

    async fn preview_update(
        &self,
        caller: &Caller,
        id: &EnvironmentId,
        update: &Update,
    ) -> Reply<Preview> {
        caller.may(domain::access::Action::Deploy)?;
        let environment = self.environment(caller, id).await?;
        Ok(self.scene(caller).preview(&environment, update))
    }

    async fn update(
        &self,
        caller: &Caller,
        id: &EnvironmentId,
        confirm: Confirm,
    ) -> Reply<DeploymentView> {
        let plan = self.preview_update(caller, id, &confirm.update).await?;
        if self.scene(caller).world == World::Refused
            && plan.strategy == Strategy::Replace
            && confirm.typed.as_deref() != Some("yes")
        {
            return Err(Refusal::invalid(
                "typed",
                "This update has downtime: type yes to confirm it.",
            ));
        }
        if confirm.digest != plan.digest || self.scene(caller).world == World::Live {
            return Err(Refusal::conflict(
                "plan_changed",
                "The plan has changed since it was shown, so nothing was run.",
            )
            .way_out("Read the new plan and confirm again."));
        }
        self.deployment(caller, &self.scene(caller).ids().building)
            .await
    }
}
