//! The stages of a deployment, with their times.

use super::dynamic::dynamic;
use super::prose::prose;
use super::status::Tone;
use super::times::Lasting;
use crate::format;
use domain::deployment::Phase;
use domain::view::{DeploymentView, StageView};
use leptos::prelude::*;

/// The way to traffic; what was not reached yet is shown too.
const WAY: [Phase; 5] = [
    Phase::Queued,
    Phase::Building,
    Phase::Starting,
    Phase::Ready,
    Phase::Live,
];

pub fn timeline(view: Signal<DeploymentView>) -> AnyView {
    let stages = Memo::new(move |_| view.with(|v| v.timeline.clone()));
    view! {
        <ol class="timeline" aria-label="Stages">
            {dynamic(move || stages.with(|s| s.iter().map(stage).collect_view()))}
            {dynamic(move || stages.with(|s| ahead(s).into_iter().map(coming).collect_view()))}
        </ol>
    }
    .into_any()
}

fn stage(stage: &StageView) -> AnyView {
    let StageView {
        phase,
        entered_at,
        left_at,
        sentence,
    } = stage.clone();
    let now = left_at.is_none() && !phase.is_final();
    let tone = if left_at.is_some() && !phase.is_final() {
        Tone::Ok
    } else {
        Tone::of_phase(phase)
    };
    view! {
        <li class=format!("stage {}", tone.class()) aria-current=now.then_some("step")>
            <span class="dot" aria-hidden="true"></span>
            <span class="stage-name">{name(phase)}</span>
            <span class="stage-time num" title=format::absolute(entered_at)>
                {(!phase.is_final()).then(|| view! { <Lasting from=Some(entered_at) to=left_at/> })}
            </span>
            {sentence.map(|s| view! { <span class="stage-sentence">{prose(&s)}</span> })}
        </li>
    }
    .into_any()
}

fn coming(phase: Phase) -> AnyView {
    view! { <li class="stage stage-ahead"><span class="dot" aria-hidden="true"></span><span class="stage-name">{name(phase)}</span></li> }.into_any()
}

/// The stages still ahead, when it is on its way.
fn ahead(stages: &[StageView]) -> Vec<Phase> {
    let Some(now) = stages.last().map(|s| s.phase).filter(|p| p.is_coming()) else {
        return vec![];
    };
    WAY.into_iter().skip_while(|p| *p != now).skip(1).collect()
}

pub const fn name(phase: Phase) -> &'static str {
    match phase {
        Phase::Queued => "Queue",
        Phase::Building => "Build",
        Phase::Starting => "Start and check",
        Phase::Ready => "Switch",
        Phase::Live => "Live",
        Phase::Paused => "Paused",
        Phase::Draining => "Drain",
        Phase::Stopped => "Stopped",
        Phase::Failed => "Failed",
        Phase::Cancelled => "Cancelled",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::Time;

    #[test]
    fn what_is_ahead_is_the_rest_of_the_way() {
        let at = |phase| StageView {
            phase,
            entered_at: Time(0),
            left_at: None,
            sentence: None,
        };
        assert_eq!(
            ahead(&[at(Phase::Queued), at(Phase::Building)]),
            [Phase::Starting, Phase::Ready, Phase::Live]
        );
        assert_eq!(ahead(&[at(Phase::Live)]), []);
        assert_eq!(ahead(&[at(Phase::Failed)]), []);
    }
}
