//! One deployment: its timeline, jobs and instances.

use super::config::changes;
use super::{HOUR, Scene, sha};
use domain::config::Config;
use domain::deployment::Phase;
use domain::id::{DeploymentId, InstanceId, JobId, RuntimeId, WEB};
use domain::job::{JobKind, JobStatus};
use domain::source::Artifact;
use domain::strategy::Strategy;
use domain::time::Time;
use domain::view::{
    ContentsView, DeploymentView, DrainView, FindingsView, InstanceView, JobView, RunningView,
    StageView, UpdateStatus, UsedSecret,
};

impl Scene {
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
            review_url: None,
            debug: false,
            runtime: RuntimeId::new(Time(1), 1),
            runtime_name: "docker".into(),
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
            secrets: vec![UsedSecret {
                name: "DATABASE_PASSWORD".into(),
                version: 2,
            }],
            changes: changes(),
            released: None,
            artifact: (!matches!(phase, Phase::Queued | Phase::Building | Phase::Failed)).then(
                || Artifact::Image {
                    image: sha("image"),
                    pulled_as: None,
                    size_bytes: 84_300_000,
                },
            ),
            contents: phase.is_active().then(|| ContentsView {
                components: 214,
                findings: Some(FindingsView {
                    scanner: "trivy".into(),
                    high: 1,
                    low: 12,
                    ..FindingsView::default()
                }),
            }),
            instances: if phase.is_active() || phase == Phase::Draining {
                vec![self.instance(id, 0), self.instance(id, 1)]
            } else {
                vec![]
            },
            attestation: self.attestation(&summary),
            drain: (phase == Phase::Draining).then(|| DrainView {
                in_flight: 12,
                deadline: self.now.plus_ms(18_000),
            }),
            predecessor: (id == &self.live().id).then(|| {
                let before = self.draining();
                RunningView {
                    instances: vec![self.instance(&before.id, 0)],
                    id: before.id,
                    number: before.number,
                    source: before.source,
                }
            }),
            can: self.can(phase),
            reuses: None,
            roll_back: (phase != Phase::Stopped).then(|| "It did not serve before.".to_owned()),
            redeploy: None,
            promote_to: vec![],
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
        let after = K::AFTER
            .into_iter()
            .zip(5..)
            .map(|(kind, order)| self.after(kind, order, phase));
        (0..4).map(job).chain(after).collect()
    }

    /// Of what comes after completion one is done, and one has nothing to be done with.
    fn after(self, kind: JobKind, order: u32, phase: Phase) -> JobView {
        use JobStatus as S;
        let served = phase.is_active() || matches!(phase, Phase::Draining | Phase::Stopped);
        let status = match kind {
            _ if phase == Phase::Building => S::Pending,
            _ if !served => S::Cancelled,
            JobKind::TakeScreenshotJob => S::Skipped,
            _ => S::Success,
        };
        let at = served.then(|| self.ago(60 * HOUR - 48_800));
        JobView {
            id: JobId::new(Time(1), u128::from(order)),
            kind,
            title: kind.title().into(),
            order,
            needs: vec![JobKind::MarkDeploymentCompleteJob],
            status,
            error: (status == S::Skipped).then(|| "Chromium is not installed here. Install it, or name it with `--chromium`, and the next deployment is pictured.".to_owned()),
            started_at: at,
            ended_at: at,
            stream: format!("job_{order}"),
        }
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
}
