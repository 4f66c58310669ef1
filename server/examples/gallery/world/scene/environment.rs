//! The environments: the shop's, and those beside it.

use super::source::{bundle, image};
use super::{HOUR, SHOP, Scene, World, environment_id, project_id};
use domain::deployment::Phase;
use domain::source::Source;
use domain::view::{DeploymentSummary, EnvironmentView, InstanceStatus};

impl Scene {
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
            requests_by_minute: (0..60).map(|i| 7_000 + (i * 7919) % 2_400).collect(),
            stale_secrets: match self.world {
                World::Full => vec!["DATABASE_PASSWORD".into()],
                _ => vec![],
            },
            retry: None,
            redeploy: None,
            stopped: false,
            deleting: false,
            debug: false,
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
            requests_by_minute: vec![],
            stale_secrets: vec![],
            retry: None,
            redeploy: None,
            stopped: false,
            deleting: false,
            debug: false,
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
            retry: Some(latest.id.clone()),
            latest: Some(latest),
            ..self.other(4, "billing-worker-with-a-long-name", image(), None)
        }
    }
}
