//! What may be done to a deployment in the state it is in. The page disables the button with the
//! sentence that the server would answer 409 with: both ask here.

use crate::deployment::{Deployment, Phase};
use crate::refusal::Refusal;

/// Cancel is for what has not begun to take traffic's place: `pending` and `running` (P-10).
pub fn cancel(deployment: &Deployment) -> Result<(), Refusal> {
    match deployment.phase {
        Phase::Queued | Phase::Building => Ok(()),
        Phase::Starting | Phase::Ready => Err(no(
            "not_cancelled",
            deployment,
            "its instances are starting; it either becomes live or fails by itself",
        )),
        Phase::Live | Phase::Paused => Err(no(
            "not_cancelled",
            deployment,
            "it is live; update or delete it instead",
        )),
        _ => Err(no("not_cancelled", deployment, "it has ended")),
    }
}

/// Only what serves can be told not to.
pub fn pause(deployment: &Deployment) -> Result<(), Refusal> {
    match deployment.phase {
        Phase::Live => Ok(()),
        Phase::Paused => Err(no("not_paused", deployment, "it is paused already")),
        _ => Err(no(
            "not_paused",
            deployment,
            "only the live deployment can be paused",
        )),
    }
}

/// Only what was paused.
pub fn resume(deployment: &Deployment) -> Result<(), Refusal> {
    match deployment.phase {
        Phase::Paused => Ok(()),
        _ => Err(no("not_resumed", deployment, "it is not paused")),
    }
}

/// Updating is possible whenever the environment is not being deleted: what runs is queued behind.
pub fn update(deleting: bool) -> Result<(), Refusal> {
    match deleting {
        false => Ok(()),
        true => Err(Refusal::conflict(
            "being_deleted",
            "This environment is being deleted, so it takes no update.",
        )),
    }
}

/// What a preview runs is decided by its branch or pull request, and by who approves a fork's.
pub fn change(deleting: bool, review: bool) -> Result<(), Refusal> {
    match review {
        true => Err(Refusal::conflict(
            "is_preview",
            "This environment is a preview: it follows its branch or pull request.",
        )
        .way_out("Push to it, or close the preview on the project's page *Git push*.")),
        false => update(deleting),
    }
}

/// The last environment of a project is the project: it goes with that, or stays.
pub fn delete_environment(deleting: bool, others: usize) -> Result<(), Refusal> {
    match (deleting, others) {
        (true, _) => Err(Refusal::conflict(
            "being_deleted",
            "This environment is being deleted already.",
        )),
        (_, 0) => Err(Refusal::conflict(
            "last_environment",
            "This is the project's last environment, and a project has at least one.",
        )
        .way_out("Delete the project, or add another environment first.")),
        _ => Ok(()),
    }
}

fn no(code: &str, deployment: &Deployment, why: &str) -> Refusal {
    Refusal::conflict(
        code,
        format!("#{} can't be {}: {why}.", deployment.number, &code[4..]),
    )
}
