//! The words of each seed. The core has one vocabulary; these are what the API and the pages of
//! that kind show.

use crate::deployment::Phase;
use crate::view::{InstanceStatus, UpdateStatus};

/// Seed 002: the state of a deployment.
pub const fn pipeline(phase: Phase) -> &'static str {
    match phase {
        Phase::Queued => "pending",
        Phase::Building => "running",
        Phase::Starting => "deploying",
        Phase::Ready => "ready",
        Phase::Live => "completed",
        Phase::Paused => "paused",
        Phase::Draining | Phase::Stopped => "stopped",
        Phase::Failed => "failed",
        Phase::Cancelled => "cancelled",
    }
}

/// Every phase that changes by itself, as a filter.
pub const MOVING: &str = "moving";

/// Seed 002, read back: the phases that a filter by this word means. `deployed` is `completed`,
/// and `moving` is whatever is on its way or drains.
pub fn phases(word: &str) -> Vec<Phase> {
    let meant = |phase: &Phase| match word {
        "deployed" => *phase == Phase::Live,
        MOVING => phase.is_moving(),
        word => pipeline(*phase) == word,
    };
    Phase::ALL.into_iter().filter(meant).collect()
}

/// Seed 000: what an instance (here: an environment) is, from what serves and what is coming.
pub fn instance(
    active: Option<Phase>,
    candidate: Option<Phase>,
    latest: Option<Phase>,
) -> InstanceStatus {
    match (active, candidate, latest) {
        (Some(_), _, _) => InstanceStatus::Running,
        (None, Some(_), _) => InstanceStatus::Deploying,
        (None, None, Some(phase)) if phase.is_coming() => InstanceStatus::Deploying,
        (None, None, Some(Phase::Failed)) => InstanceStatus::Failed,
        (None, None, _) => InstanceStatus::Stopped,
    }
}

/// Seed 000: how far an update is. `running`: its instances run and are being probed.
pub const fn update(phase: Phase, running: bool) -> UpdateStatus {
    match phase {
        Phase::Queued | Phase::Building => UpdateStatus::Pending,
        Phase::Starting => {
            if running {
                UpdateStatus::Started
            } else {
                UpdateStatus::Pending
            }
        }
        Phase::Failed | Phase::Cancelled => UpdateStatus::Failed,
        Phase::Ready | Phase::Live | Phase::Paused | Phase::Draining | Phase::Stopped => {
            UpdateStatus::Ready
        }
    }
}

impl InstanceStatus {
    /// As a page writes it.
    pub const fn word(self) -> &'static str {
        match self {
            InstanceStatus::Deploying => "Deploying",
            InstanceStatus::Running => "Running",
            InstanceStatus::Failed => "Failed",
            InstanceStatus::Stopped => "Stopped",
        }
    }
}

impl UpdateStatus {
    /// As a page writes it.
    pub const fn word(self) -> &'static str {
        match self {
            UpdateStatus::Pending => "Pending",
            UpdateStatus::Started => "Started",
            UpdateStatus::Ready => "Ready",
            UpdateStatus::Failed => "Failed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn every_phase_has_its_word_in_each_seed() {
        let row = |p: Phase| {
            let alone = instance(
                p.is_active().then_some(p),
                (p.is_coming()).then_some(p),
                Some(p),
            );
            format!(
                "{:9} | {:9} | {:9} | {} / {}\n",
                p.word(),
                pipeline(p),
                alone.word(),
                update(p, false).word(),
                update(p, true).word()
            )
        };
        let table: String = Phase::ALL.into_iter().map(row).collect();
        expect![[r#"
            queued    | pending   | Deploying | Pending / Pending
            building  | running   | Deploying | Pending / Pending
            starting  | deploying | Deploying | Pending / Started
            ready     | ready     | Deploying | Ready / Ready
            live      | completed | Running   | Ready / Ready
            paused    | paused    | Running   | Ready / Ready
            draining  | stopped   | Stopped   | Ready / Ready
            stopped   | stopped   | Stopped   | Ready / Ready
            failed    | failed    | Failed    | Failed / Failed
            cancelled | cancelled | Stopped   | Failed / Failed
        "#]]
        .assert_eq(&table);
    }

    #[test]
    fn a_status_filter_reads_the_seeds_words_back() {
        assert_eq!(phases("deployed"), [Phase::Live]);
        assert_eq!(phases("stopped"), [Phase::Draining, Phase::Stopped]);
        assert_eq!(
            phases("moving"),
            [
                Phase::Queued,
                Phase::Building,
                Phase::Starting,
                Phase::Ready,
                Phase::Draining
            ]
        );
        assert!(phases("nonsense").is_empty());
    }
}
