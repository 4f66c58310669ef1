//! How a service, or a backup of one, is: a dot and a word.

use super::status::{Tone, status};
use domain::service::{ServiceState, WorkStatus};
use leptos::prelude::*;

pub fn service_state(state: ServiceState) -> AnyView {
    let tone = match state {
        ServiceState::Starting | ServiceState::Deleting => Tone::Moving,
        ServiceState::Ready => Tone::Ok,
        ServiceState::Failed => Tone::Failed,
    };
    status(tone, state.word()).into_any()
}

pub fn work_status(work: WorkStatus) -> AnyView {
    let (tone, word) = match work {
        WorkStatus::Waiting => (Tone::Moving, "Waiting"),
        WorkStatus::Running => (Tone::Moving, "Running"),
        WorkStatus::Done => (Tone::Ok, "Done"),
        WorkStatus::Failed => (Tone::Failed, "Failed"),
    };
    status(tone, word).into_any()
}
