//! The deployments as the lists show them.

use super::source::{bundle, image};
use super::{HOUR, MIN, SHOP, Scene, World, deployment_id, environment_id, project_id};
use domain::deployment::{Phase, Trigger};
use domain::source::Source;
use domain::view::{DeploymentSummary, Durations};

impl Scene {
    pub(super) fn summary(
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
            screenshot: false,
            held: false,
        }
    }

    pub(super) fn live(self) -> DeploymentSummary {
        self.summary(
            11,
            SHOP,
            "shop",
            Phase::Live,
            self.source("v1.4.1"),
            60 * HOUR,
        )
    }

    pub(super) fn building(self) -> DeploymentSummary {
        self.summary(
            12,
            SHOP,
            "shop",
            Phase::Building,
            self.source("v1.4.2"),
            48_000,
        )
    }

    pub(super) fn failed(self) -> DeploymentSummary {
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

    pub(super) fn draining(self) -> DeploymentSummary {
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
