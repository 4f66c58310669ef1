//! The two phases of a replacement (I-9): the old deployment is stopped, then the new one started.

use super::dynamic::dynamic;
use super::status::Tone;
use domain::deployment::Phase;
use domain::strategy::Strategy;
use domain::view::DeploymentView;
use leptos::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Ahead,
    Now,
    Done,
    Failed,
}
use Step::{Ahead, Done, Failed, Now};

const NAMES: [&str; 2] = ["Stopping the old deployment", "Deploying the new one"];

pub fn replacing(view: Signal<DeploymentView>) -> AnyView {
    let steps = Memo::new(move |_| view.with(steps));
    dynamic(move || steps.get().map(shown)).into_any()
}

fn shown(steps: [Step; 2]) -> AnyView {
    let each = NAMES.into_iter().zip(steps).map(one).collect_view();
    view! { <ol class="timeline" aria-label="Replacement">{each}</ol> }.into_any()
}

fn one((name, step): (&'static str, Step)) -> AnyView {
    let (class, word) = match step {
        Ahead => ("stage-ahead", "Not begun."),
        Now => (Tone::Moving.class(), "Under way."),
        Done => (Tone::Ok.class(), "Done."),
        Failed => (Tone::Failed.class(), "Failed."),
    };
    view! {
        <li class=format!("stage {class}") aria-current=(step == Now).then_some("step")>
            <span class="dot" aria-hidden="true"></span>
            <span class="stage-name">{name}</span>
            <span class="stage-sentence">{word}</span>
        </li>
    }
    .into_any()
}

/// `None`: the new one starts beside the old one, or the old one was never stopped for it.
fn steps(view: &DeploymentView) -> Option<[Step; 2]> {
    if view.strategy != Strategy::Replace {
        return None;
    }
    let begun = view.timeline.iter().any(|s| s.phase == Phase::Starting);
    reached(view.summary.phase, begun, view.predecessor.is_some())
}

fn reached(phase: Phase, begun: bool, old_runs: bool) -> Option<[Step; 2]> {
    match (phase, begun, old_runs) {
        (Phase::Starting, _, true) => Some([Now, Ahead]),
        (Phase::Starting, _, false) => Some([Done, Now]),
        (phase, false, _) => phase.is_coming().then_some([Ahead, Ahead]),
        (Phase::Failed | Phase::Cancelled, true, true) => None,
        (Phase::Failed | Phase::Cancelled, true, false) => Some([Done, Failed]),
        _ => Some([Done, Done]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i9_the_old_one_is_stopped_and_then_the_new_one_deployed() {
        let way = [
            (Phase::Queued, false, true, Some([Ahead, Ahead])),
            (Phase::Starting, true, true, Some([Now, Ahead])),
            (Phase::Starting, true, false, Some([Done, Now])),
            (Phase::Ready, true, false, Some([Done, Done])),
            (Phase::Live, true, false, Some([Done, Done])),
        ];
        for (phase, begun, old_runs, steps) in way {
            assert_eq!(reached(phase, begun, old_runs), steps, "{phase:?}");
        }
    }

    #[test]
    fn i9_what_failed_says_where_and_nothing_is_said_of_what_was_never_stopped() {
        assert_eq!(reached(Phase::Failed, true, false), Some([Done, Failed]));
        assert_eq!(reached(Phase::Failed, true, true), None);
        assert_eq!(reached(Phase::Failed, false, true), None);
        assert_eq!(reached(Phase::Cancelled, false, true), None);
    }
}
