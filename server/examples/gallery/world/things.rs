//! The things in a world, made by hand: a small shop's deployments.

use super::World;
use domain::access::{Action, Role};
use domain::api::Update;
use domain::config::{Change, Config, Resources};
use domain::deployment::{Phase, Trigger};
use domain::id::*;
use domain::job::{JobKind, JobStatus};
use domain::source::{Artifact, Commit, Origin, Revision, Source, Tag, Wanted};
use domain::strategy::Strategy;
use domain::time::Time;
use domain::view::*;

const MIN: i64 = 60_000;
const HOUR: i64 = 60 * MIN;
const URL: &str = "https://git.example.com/acme/shop.git";

/// One look at one world.
#[derive(Clone, Copy)]
pub struct Scene {
    pub now: Time,
    pub world: World,
    pub role: Role,
}

pub struct Ids {
    pub live: DeploymentId,
    pub building: DeploymentId,
    pub failed: DeploymentId,
    pub draining: DeploymentId,
}

/// Ids don't move with the clock: screenshots and tests can name them.
pub const SHOP: u128 = 1;

pub fn project_id(n: u128) -> ProjectId {
    ProjectId::new(Time(1), n)
}

pub fn environment_id(n: u128) -> EnvironmentId {
    EnvironmentId::new(Time(1), n)
}

pub fn deployment_id(n: u128) -> DeploymentId {
    DeploymentId::new(Time(1), n)
}

pub fn sha(text: &str) -> String {
    let n = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    });
    format!(
        "sha256:{n:016x}{:016x}{:016x}{:016x}",
        n.rotate_left(7),
        n.rotate_left(19),
        n.rotate_left(41)
    )
}

impl Scene {
    pub fn ids(self) -> Ids {
        Ids {
            live: deployment_id(11),
            building: deployment_id(12),
            failed: deployment_id(13),
            draining: deployment_id(10),
        }
    }

    fn ago(self, ms: i64) -> Time {
        self.now.plus_ms(-ms)
    }

    fn commit(self, n: u32, subject: &str, author: &str) -> Commit {
        let sha: String = sha(subject).chars().skip(7).take(40).collect();
        Commit {
            sha,
            subject: subject.into(),
            author: author.into(),
            at: self.ago(i64::from(n) * 7 * HOUR),
        }
    }

    pub fn tags(self) -> Vec<Tag> {
        let tag = |name: &str, n, subject: &str, pre_release| Tag {
            name: name.into(),
            commit: self.commit(n, subject, "Grace Hopper"),
            pre_release,
        };
        vec![
            tag("v1.5.0-rc.1", 1, "Try the new checkout", true),
            tag(
                "v1.4.2",
                2,
                "Round the basket total once, at the end",
                false,
            ),
            tag("v1.4.1", 9, "Keep the basket after sign-in", false),
            tag("v1.4.0", 21, "Search as you type", false),
            tag("v1.3.0", 60, "Products have pictures", false),
            tag("v1.2.0", 90, "Pay by invoice", false),
        ]
    }

    fn source(self, tag: &str) -> Source {
        let found = self.tags().into_iter().find(|t| t.name == tag);
        let commit = found.map_or_else(
            || self.commit(3, "Work in progress on the basket", "Ada Lovelace"),
            |t| t.commit,
        );
        Source::Git {
            url: URL.into(),
            revision: Revision::Tag(tag.into()),
            commit,
        }
    }

    pub fn config(self) -> Config {
        let env = [
            ("DATABASE_URL", "postgres://shop@db.internal/shop"),
            ("LOG_LEVEL", "info"),
            ("FEATURE_CHECKOUT", "classic"),
        ];
        Config {
            env: env.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
            replicas: 2,
            resources: Resources {
                cpus_milli: 1500,
                memory_mib: 512,
            },
            ..Config::default()
        }
    }

    fn may(self, action: Action) -> Option<String> {
        let role = super::caller(self.world, self.role.word());
        role.may(action).err().map(|no| no.sentence)
    }

    fn can(self, phase: Phase) -> Allowed {
        let mine = |ok: bool, why: &str| {
            self.may(Action::Deploy)
                .or_else(|| (!ok).then(|| why.to_owned()))
        };
        Allowed {
            update: mine(
                self.world != World::Refused,
                "The project is being deleted.",
            ),
            cancel: mine(
                phase.is_coming(),
                "It serves already; update the environment or pause it instead.",
            ),
            pause: mine(
                phase == Phase::Live,
                "Only a live deployment can be paused.",
            ),
            resume: mine(phase == Phase::Paused, "It is not paused."),
            delete: self.may(Action::Delete),
        }
    }

    fn summary(
        self,
        n: u32,
        project: u128,
        name: &str,
        phase: Phase,
        source: Source,
        age_ms: i64,
    ) -> DeploymentSummary {
        let (status, sentence) = words(phase);
        DeploymentSummary {
            id: deployment_id(u128::from(n)),
            number: n,
            project: project_id(project),
            project_name: name.into(),
            environment: environment_id(project),
            environment_name: "production".into(),
            phase,
            status: status.into(),
            sentence: sentence.into(),
            live: phase.is_active(),
            source,
            trigger: if n.is_multiple_of(4) {
                Trigger::Config
            } else {
                Trigger::Update
            },
            created_by: Some("ada@example.com".into()),
            created_at: self.ago(age_ms),
            durations: Durations {
                queue_ms: Some(400),
                build_ms: (phase != Phase::Queued).then_some(41_200 + i64::from(n) * 900),
                deploy_ms: phase.is_active().then_some(5_800),
            },
        }
    }

    fn live(self) -> DeploymentSummary {
        self.summary(
            11,
            SHOP,
            "shop",
            Phase::Live,
            self.source("v1.4.1"),
            60 * HOUR,
        )
    }

    fn building(self) -> DeploymentSummary {
        self.summary(
            12,
            SHOP,
            "shop",
            Phase::Building,
            self.source("v1.4.2"),
            48_000,
        )
    }

    fn failed(self) -> DeploymentSummary {
        let sentence =
            "The build failed: the command `cargo build --release --locked` ended with code 101.";
        DeploymentSummary {
            sentence: sentence.into(),
            ..self.summary(
                13,
                SHOP,
                "shop",
                Phase::Failed,
                self.source("v1.5.0-rc.1"),
                22 * MIN,
            )
        }
    }

    fn draining(self) -> DeploymentSummary {
        self.summary(
            10,
            SHOP,
            "shop",
            Phase::Draining,
            self.source("v1.4.0"),
            200 * HOUR,
        )
    }

    /// The newest first.
    pub fn summaries(self, n: usize) -> Vec<DeploymentSummary> {
        if self.world == World::Empty {
            return vec![];
        }
        let first = [self.failed(), self.building(), self.live(), self.draining()];
        let older = (0..n as u32).map(|i| {
            let (project, name) =
                [(SHOP, "shop"), (2, "handbook"), (3, "vision-api")][i as usize % 3];
            let phase = [
                Phase::Stopped,
                Phase::Stopped,
                Phase::Cancelled,
                Phase::Stopped,
                Phase::Failed,
            ][i as usize % 5];
            let source = match project {
                2 => bundle(),
                3 => image(),
                _ => self.source(["v1.3.0", "v1.2.0"][i as usize % 2]),
            };
            let summary = self.summary(
                900 - i,
                project,
                name,
                phase,
                source,
                i64::from(i + 4) * 26 * HOUR,
            );
            DeploymentSummary {
                id: deployment_id(u128::from(100 + i)),
                number: 9_u32.saturating_sub(i / 3).max(1),
                ..summary
            }
        });
        first.into_iter().chain(older).take(n).collect()
    }

    pub fn environments(self) -> Vec<EnvironmentView> {
        if self.world == World::Empty {
            return vec![];
        }
        let mut all = vec![self.shop()];
        if self.world == World::Full || self.world == World::Refused {
            all.extend([
                self.other(2, "handbook", bundle(), Some(3)),
                self.other(3, "vision-api", image(), Some(1_284)),
                self.broken(),
            ]);
        }
        all
    }

    fn shop(self) -> EnvironmentView {
        let (status, sentence, candidate, latest) = match self.world {
            World::Building | World::Full => (
                InstanceStatus::Running,
                "v1.4.1 serves on 2 of 2 replicas; v1.4.2 is building beside it.",
                Some(self.building()),
                None,
            ),
            World::Failed => (
                InstanceStatus::Running,
                "v1.4.1 serves on 2 of 2 replicas; the last update failed and changed nothing.",
                None,
                Some(self.failed()),
            ),
            World::Draining => (
                InstanceStatus::Running,
                "v1.4.1 serves; 12 requests finish on v1.4.0.",
                None,
                None,
            ),
            _ => (
                InstanceStatus::Running,
                "v1.4.1 serves on 2 of 2 replicas.",
                None,
                None,
            ),
        };
        EnvironmentView {
            id: environment_id(SHOP),
            project: project_id(SHOP),
            project_name: "shop".into(),
            name: "production".into(),
            urls: vec![
                "http://shop.localhost:8080".into(),
                "http://production-shop.localhost:8080".into(),
            ],
            status,
            sentence: sentence.into(),
            active: Some(self.live()),
            candidate,
            latest,
            requests_last_minute: Some(8_412),
            deleting: false,
            can: self.can(Phase::Live),
        }
    }

    fn other(self, n: u128, name: &str, source: Source, requests: Option<u64>) -> EnvironmentView {
        let active = self.summary(
            20 + n as u32,
            n,
            name,
            Phase::Live,
            source,
            26 * HOUR * n as i64,
        );
        EnvironmentView {
            id: environment_id(n),
            project: project_id(n),
            project_name: name.into(),
            name: "production".into(),
            urls: vec![format!("http://{name}.localhost:8080")],
            status: InstanceStatus::Running,
            sentence: "It serves on 1 of 1 replica.".into(),
            active: Some(active),
            candidate: None,
            latest: None,
            requests_last_minute: requests,
            deleting: false,
            can: self.can(Phase::Live),
        }
    }

    fn broken(self) -> EnvironmentView {
        let latest = DeploymentSummary {
            sentence: "It exited with code 3 before it was healthy: `DATABASE_URL is not set`."
                .into(),
            ..self.summary(
                31,
                4,
                "billing-worker-with-a-long-name",
                Phase::Failed,
                image(),
                3 * HOUR,
            )
        };
        EnvironmentView {
            status: InstanceStatus::Failed,
            sentence:
                "Nothing serves: the first deployment exited with code 3 before it was healthy."
                    .into(),
            active: None,
            latest: Some(latest),
            ..self.other(4, "billing-worker-with-a-long-name", image(), None)
        }
    }

    pub fn projects(self) -> Vec<ProjectView> {
        let made = |e: EnvironmentView| ProjectView {
            id: e.project.clone(),
            name: e.project_name.clone(),
            origin: match e.project_name.as_str() {
                "shop" => Origin::Git { url: URL.into() },
                "handbook" => Origin::Bundle,
                _ => Origin::Image {
                    repository: "registry.example.com/acme/vision-api".into(),
                },
            },
            created_at: self.ago(2_000 * HOUR),
            environments: vec![e],
        };
        self.environments().into_iter().map(made).collect()
    }

    pub fn overview(self) -> OverviewView {
        let note = |sentence: &str, href: String| AttentionView {
            sentence: sentence.into(),
            href,
        };
        let needs_me = match self.world {
            World::Full => vec![
                note(
                    "billing-worker-with-a-long-name: nothing serves; the first deployment exited with code 3.",
                    "/deployments/x".into(),
                ),
                note(
                    "The runtime gpu-box has not answered for 12 minutes.",
                    "/runtimes".into(),
                ),
            ],
            World::Failed => vec![note(
                "shop: the update to v1.5.0-rc.1 failed; v1.4.1 still serves.",
                format!("/deployments/{}", self.ids().failed),
            )],
            _ => vec![],
        };
        let moving = match self.world {
            World::Full | World::Building => vec![self.building()],
            World::Draining => vec![self.draining()],
            _ => vec![],
        };
        OverviewView {
            needs_me,
            moving,
            environments: self.environments(),
            sample_available: true,
        }
    }

    pub fn deployment(self, id: &DeploymentId) -> Option<DeploymentView> {
        let known = [self.live(), self.building(), self.failed(), self.draining()];
        let listed = || self.summaries(60).into_iter().find(|s| s.id == *id);
        let summary = known.into_iter().find(|s| s.id == *id).or_else(listed)?;
        let phase = summary.phase;
        let config = Config {
            replicas: 2,
            ..self.config()
        };
        Some(DeploymentView {
            urls: vec!["http://shop.localhost:8080".into()],
            runtime: RuntimeId::new(Time(1), 1),
            strategy: Strategy::BlueGreen,
            update_status: match phase {
                Phase::Failed | Phase::Cancelled => UpdateStatus::Failed,
                Phase::Queued => UpdateStatus::Pending,
                Phase::Building | Phase::Starting => UpdateStatus::Started,
                _ => UpdateStatus::Ready,
            },
            timeline: self.timeline(phase),
            jobs: self.jobs(phase),
            config,
            overrides: Default::default(),
            changes: changes(),
            artifact: (!matches!(phase, Phase::Queued | Phase::Building | Phase::Failed)).then(
                || Artifact::Image {
                    image: sha("image"),
                    size_bytes: 84_300_000,
                },
            ),
            instances: if phase.is_active() || phase == Phase::Draining {
                vec![self.instance(id, 0), self.instance(id, 1)]
            } else {
                vec![]
            },
            drain: (phase == Phase::Draining).then(|| DrainView {
                in_flight: 12,
                deadline: self.now.plus_ms(18_000),
            }),
            can: self.can(phase),
            summary,
        })
    }

    fn timeline(self, phase: Phase) -> Vec<StageView> {
        use Phase as P;
        let way: &[Phase] = match phase {
            P::Building => &[P::Queued, P::Building],
            P::Failed => &[P::Queued, P::Building, P::Failed],
            P::Cancelled => &[P::Queued, P::Cancelled],
            P::Draining => &[
                P::Queued,
                P::Building,
                P::Starting,
                P::Ready,
                P::Live,
                P::Draining,
            ],
            P::Stopped => &[
                P::Queued,
                P::Building,
                P::Starting,
                P::Ready,
                P::Live,
                P::Draining,
                P::Stopped,
            ],
            _ => &[P::Queued, P::Building, P::Starting, P::Ready, P::Live],
        };
        let begin = if phase == P::Building {
            48_000
        } else {
            60 * HOUR
        };
        let at = |i: usize| {
            self.ago(
                begin
                    - [
                        0,
                        400,
                        43_000,
                        48_600,
                        48_700,
                        20 * HOUR,
                        20 * HOUR + 30_000,
                    ][i],
            )
        };
        let stage = |(i, phase): (usize, &Phase)| StageView {
            phase: *phase,
            entered_at: at(i),
            left_at: (i + 1 < way.len()).then(|| at(i + 1)),
            sentence: (*phase == P::Failed).then(|| "`cargo build` ended with code 101".to_owned()),
        };
        way.iter().enumerate().map(stage).collect()
    }

    fn jobs(self, phase: Phase) -> Vec<JobView> {
        use {JobKind as K, JobStatus as S};
        let status = match phase {
            Phase::Building => [S::Success, S::Running, S::Pending, S::Pending],
            Phase::Failed => [S::Success, S::Failure, S::Cancelled, S::Cancelled],
            Phase::Cancelled => [S::Cancelled; 4],
            _ => [S::Success; 4],
        };
        let kinds = [
            K::DownloadRepoJob,
            K::BuildImageJob,
            K::DeployImageJob,
            K::MarkDeploymentCompleteJob,
        ];
        let begin = if phase == Phase::Building {
            47_600
        } else {
            60 * HOUR
        };
        let starts = [0, 1_900, 43_000, 48_700, 48_800];
        let job = |i: usize| {
            JobView {
            id: JobId::new(Time(1), i as u128 + 1),
            kind: kinds[i],
            title: kinds[i].title().into(),
            order: i as u32 + 1,
            needs: i.checked_sub(1).map(|before| kinds[before]).into_iter().collect(),
            status: status[i],
            error: (status[i] == S::Failure).then(|| "The command `cargo build --release --locked` ended with code 101. The last lines are in the log.".to_owned()),
            started_at: (!matches!(status[i], S::Pending | S::Cancelled)).then(|| self.ago(begin - starts[i])),
            ended_at: matches!(status[i], S::Success | S::Failure).then(|| self.ago(begin - starts[i + 1])),
            stream: format!("job_{}", i + 1),
        }
        };
        (0..4).map(job).collect()
    }

    fn instance(self, id: &DeploymentId, replica: u32) -> InstanceView {
        let id = InstanceId::of(id, WEB, replica);
        InstanceView {
            state: "running".into(),
            healthy: true,
            sentence: "Healthy: GET / answered 200 in 2 ms, 4 s ago.".into(),
            address: Some(format!("127.0.0.1:{}", 32_768 + replica)),
            started_at: Some(self.ago(60 * HOUR)),
            stream: id.to_string(),
            id,
        }
    }

    pub fn preview(self, environment: &EnvironmentView, update: &Update) -> Preview {
        let from = environment.active.as_ref().map(|d| d.source.clone());
        let to = match &update.source {
            Some(Wanted::Git {
                revision: Revision::Tag(tag),
                ..
            }) => self.source(tag),
            Some(Wanted::Image { reference, local }) => Source::Image {
                reference: reference.clone(),
                local: *local,
            },
            Some(Wanted::Bundle { .. }) => bundle(),
            _ => from.clone().unwrap_or_else(|| self.source("v1.4.2")),
        };
        let replace = self.world == World::Refused;
        let (trigger, verb) = match (&update.source, &update.config) {
            _ if replace => (
                Trigger::Update,
                "Replace: about 40 s of downtime".to_owned(),
            ),
            (Some(_), _) => (Trigger::Update, format!("Update to {}", to.label())),
            (None, Some(c)) if *c != Default::default() => {
                (Trigger::Config, "Apply the new configuration".to_owned())
            }
            _ => (Trigger::Redeploy, "Redeploy".to_owned()),
        };
        Preview {
            digest: sha(&format!("{update:?}")),
            trigger,
            verb,
            from,
            commits: if to.commit().is_some() && update.source.is_some() {
                self.commits()
            } else {
                vec![]
            },
            to,
            commits_more: false,
            changes: changes(),
            strategy: if replace {
                Strategy::Replace
            } else {
                Strategy::BlueGreen
            },
            downtime: replace,
            stops: if replace {
                vec!["2 containers of v1.4.1 stop before the new ones start".into()]
            } else {
                vec![
                    "2 containers of v1.4.1, after their requests have finished (at most 30 s)"
                        .into(),
                ]
            },
            notes: vec![
                "`sealdock.yml` was not found at this tag; the defaults and your overrides apply."
                    .into(),
            ],
            typed: replace.then(|| "yes".to_owned()),
            config: self.config(),
        }
    }

    fn commits(self) -> Vec<Commit> {
        let list = [
            "Round the basket total once, at the end",
            "Test the total with a coupon",
            "Bump hyper",
            "Log slow payments with their duration",
        ];
        list.iter()
            .zip(2..)
            .map(|(subject, n)| {
                self.commit(
                    n,
                    subject,
                    if n % 2 == 0 {
                        "Grace Hopper"
                    } else {
                        "Ada Lovelace"
                    },
                )
            })
            .collect()
    }

    pub fn events(self, older: bool) -> Vec<EventView> {
        let list = [
            (
                "ada@example.com",
                "started the update of shop / production to v1.4.2",
                Some(12),
            ),
            (
                "Sealdock",
                "failed deployment #13 of shop: the build ended with code 101",
                Some(13),
            ),
            (
                "ada@example.com",
                "updated shop / production to v1.5.0-rc.1",
                Some(13),
            ),
            (
                "grace@example.com",
                "changed the configuration of vision-api / production: LOG_LEVEL",
                None,
            ),
            (
                "Sealdock",
                "switched shop / production to v1.4.1 (#11) and drained v1.4.0",
                Some(11),
            ),
            (
                "grace@example.com",
                "invited a-very-long-name.of-someone@subdomain.example.com as viewer",
                None,
            ),
        ];
        let begin = if older { 900 } else { 0 };
        let event =
            |(i, (who, sentence, deployment)): (usize, (&str, &str, Option<u128>))| EventView {
                id: EventId::new(Time(1), begin as u128 + i as u128),
                at: self.ago(begin * MIN + (i * i) as i64 * 37 * MIN),
                who: who.into(),
                sentence: sentence.into(),
                project: Some(project_id(SHOP)),
                deployment: deployment.map(deployment_id),
            };
        list.into_iter()
            .cycle()
            .take(18)
            .enumerate()
            .map(event)
            .collect()
    }

    pub fn runtimes(self) -> Vec<RuntimeView> {
        let local = RuntimeView {
            id: RuntimeId::new(Time(1), 1),
            name: "local".into(),
            driver: "docker".into(),
            reachable: true,
            sentence: "Docker Engine 28.1 answers on /var/run/docker.sock.".into(),
            way_out: None,
            version: Some("28.1.0 (API 1.48)".into()),
            cpus: Some(8),
            memory_bytes: Some(33_400_000_000),
            instances: 7,
            reserved_cpus_milli: 4_500,
            reserved_memory_mib: 6_144,
        };
        let lost = RuntimeView {
            id: RuntimeId::new(Time(1), 2),
            name: "gpu-box".into(),
            reachable: false,
            sentence: "The Engine at tcp://10.0.0.7:2376 has not answered for 12 minutes: connection refused.".into(),
            way_out: Some("Start it with `systemctl start docker` on that machine, or check the firewall between the two.".into()),
            version: None,
            cpus: None,
            memory_bytes: None,
            instances: 1,
            reserved_cpus_milli: 1_000,
            reserved_memory_mib: 512,
            ..local.clone()
        };
        if self.world == World::Empty {
            vec![local]
        } else {
            vec![local, lost]
        }
    }
}

fn words(phase: Phase) -> (&'static str, &'static str) {
    match phase {
        Phase::Queued => ("pending", "It waits for the deployment before it."),
        Phase::Building => (
            "running",
            "The image is being built: step 4 of 9, 47 s so far.",
        ),
        Phase::Starting => ("deploying", "1 of 2 replicas healthy, 41 s left."),
        Phase::Ready => ("ready", "Healthy; the switch is next."),
        Phase::Live => (
            "completed",
            "It serves on 2 of 2 replicas, 8,412 requests in the last minute.",
        ),
        Phase::Paused => (
            "paused",
            "It is paused: visitors get 503 until it is resumed.",
        ),
        Phase::Draining => ("stopped", "It no longer gets requests; 12 are finishing."),
        Phase::Stopped => (
            "stopped",
            "It served for 3 days and was replaced by the next version.",
        ),
        Phase::Failed => (
            "failed",
            "It was not healthy within 60 s: GET / answered 500.",
        ),
        Phase::Cancelled => (
            "cancelled",
            "Cancelled by ada@example.com before it served.",
        ),
    }
}

fn changes() -> Vec<Change> {
    let change = |path: &str, from: Option<&str>, to: Option<&str>| Change {
        path: path.into(),
        from: from.map(str::to_owned),
        to: to.map(str::to_owned),
    };
    vec![
        change("env.FEATURE_CHECKOUT", Some("classic"), Some("express")),
        change("env.PAYMENT_TIMEOUT_MS", None, Some("1500")),
        change("env.LEGACY_BASKET", Some("true"), None),
        change("resources.memory_mib", Some("512"), Some("768")),
    ]
}

fn bundle() -> Source {
    Source::Bundle {
        name: "handbook-2026-11.zip".into(),
        upload: UploadId::new(Time(1), 1),
        digest: sha("handbook"),
        size_bytes: 4_812_044,
    }
}

fn image() -> Source {
    Source::Image {
        reference: "registry.example.com/acme/vision-api:7.2".into(),
        local: false,
    }
}
