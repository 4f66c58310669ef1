//! The projects, and the overview of them.

use super::{HOUR, Scene, URL, World};
use domain::source::Origin;
use domain::view::{ApprovalView, AttentionView, EnvironmentView, OverviewView, ProjectView};

impl Scene {
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
        let note = |sentence: &str, href: String| AttentionView::at(sentence.into(), href);
        let fork = "`3f2a91c` of pull request 42 comes from a fork: it waits for approval, and nothing of it runs before.";
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
                AttentionView {
                    approve: Some(ApprovalView {
                        review: super::review_id(1),
                        commit: "3f2a91c0d4e5b6a7980123456789abcdef012345".into(),
                    }),
                    ..note(fork, format!("/projects/{}/git", super::project_id(1)))
                },
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
}
