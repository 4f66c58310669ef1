//! One look at one world, made by hand: a small shop's deployments.

mod attestation;
mod config;
mod deployment;
mod environment;
mod event;
mod preview;
mod project;
mod runtime;
mod source;
mod summary;

pub use preview::build;

use super::World;
use domain::access::{Action, Role};
use domain::deployment::Phase;
use domain::id::{DeliveryId, DeploymentId, EnvironmentId, HookId, ProjectId, ReviewId};
use domain::time::Time;
use domain::view::Allowed;

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

pub fn hook_id(n: u128) -> HookId {
    HookId::new(Time(1), n)
}

pub fn review_id(n: u128) -> ReviewId {
    ReviewId::new(Time(1), n)
}

pub fn delivery_id(n: u128) -> DeliveryId {
    DeliveryId::new(Time(1), n)
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
            promote: mine(false, "It is not held."),
            pause: mine(
                phase == Phase::Live,
                "Only a live deployment can be paused.",
            ),
            stop: mine(phase == Phase::Live, "It does not serve."),
            resume: mine(phase == Phase::Paused, "It is not paused."),
            delete: self.may(Action::Delete),
        }
    }
}
