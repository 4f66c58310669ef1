//! A status is a dot, a word and (beside it) a sentence: never colour alone.

use domain::custom_domain::DomainStatus;
use domain::deployment::Phase;
use domain::job::JobStatus;
use domain::view::{DeploymentSummary, InstanceStatus};
use leptos::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Ok,
    Moving,
    Warning,
    Failed,
    Quiet,
}

impl Tone {
    pub const fn class(self) -> &'static str {
        match self {
            Tone::Ok => "tone-ok",
            Tone::Moving => "tone-moving",
            Tone::Warning => "tone-warning",
            Tone::Failed => "tone-failed",
            Tone::Quiet => "tone-quiet",
        }
    }

    pub const fn of_phase(phase: Phase) -> Tone {
        match phase {
            Phase::Queued | Phase::Building | Phase::Starting | Phase::Ready | Phase::Draining => {
                Tone::Moving
            }
            Phase::Live => Tone::Ok,
            Phase::Paused => Tone::Warning,
            Phase::Failed => Tone::Failed,
            Phase::Stopped | Phase::Cancelled => Tone::Quiet,
        }
    }

    pub const fn of_instance(status: InstanceStatus) -> Tone {
        match status {
            InstanceStatus::Deploying => Tone::Moving,
            InstanceStatus::Running => Tone::Ok,
            InstanceStatus::Failed => Tone::Failed,
            InstanceStatus::Stopped => Tone::Quiet,
        }
    }

    pub const fn of_job(status: JobStatus) -> Tone {
        match status {
            JobStatus::Pending | JobStatus::Cancelled | JobStatus::Skipped => Tone::Quiet,
            JobStatus::Running => Tone::Moving,
            JobStatus::Success => Tone::Ok,
            JobStatus::Failure => Tone::Failed,
        }
    }

    pub const fn of_domain(status: DomainStatus) -> Tone {
        match status {
            DomainStatus::Serving => Tone::Ok,
            DomainStatus::Issuing => Tone::Moving,
            DomainStatus::Elsewhere | DomainStatus::Plain | DomainStatus::Expiring => Tone::Warning,
            DomainStatus::Failed => Tone::Failed,
            DomainStatus::Unproven | DomainStatus::Unused => Tone::Quiet,
        }
    }
}

pub const fn instance_word(status: InstanceStatus) -> &'static str {
    match status {
        InstanceStatus::Deploying => "Deploying",
        InstanceStatus::Running => "Running",
        InstanceStatus::Failed => "Failed",
        InstanceStatus::Stopped => "Stopped",
    }
}

/// `tearing_down` reads `Tearing down`.
pub fn title(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first
        .into_iter()
        .chain(chars)
        .map(|c| if c == '_' { ' ' } else { c })
        .collect()
}

/// The dot and the word.
pub fn status(tone: Tone, word: impl Into<String>) -> impl IntoView {
    view! {
        <span class=format!("status {}", tone.class())>
            <span class="dot" aria-hidden="true"></span>
            {word.into()}
        </span>
    }
}

/// The word that the API says, for people. `stopped` covers two phases there; whoever looks at
/// a page wants to know whether requests are still being finished.
pub fn deployment_word(summary: &DeploymentSummary) -> String {
    match summary.phase {
        Phase::Draining => "Draining".to_owned(),
        _ => title(&summary.status),
    }
}

pub fn deployment_status(summary: &DeploymentSummary) -> impl IntoView + use<> {
    status(Tone::of_phase(summary.phase), deployment_word(summary))
}

/// Marks the one that serves.
pub fn live_badge(live: bool) -> impl IntoView {
    live.then(|| view! { <span class="badge badge-live">"Live"</span> })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_api_become_words_for_people() {
        assert_eq!(title("tearing_down"), "Tearing down");
        assert_eq!(title("ready"), "Ready");
    }
}
