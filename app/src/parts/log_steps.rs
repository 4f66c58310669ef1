//! The steps of a build above its log: what each did, how long it took, and a way to its lines.

use super::dynamic::{dynamic, each, text, when};
use super::icon::{Icon, icon};
use super::log_feed::Feed;
use super::status::Tone;
use crate::format;
use crate::server_fns::deployments::outline;
use domain::build_log::{Outline, Step, StepState};
use leptos::prelude::*;
use leptos::reactive::spawn_local;

/// Read in the browser, again whenever a step begins or ends: the lines come first, and without
/// wasm the log is a log.
pub fn log_steps(stream: String, feed: Feed) -> AnyView {
    let outline = RwSignal::new(Outline::default());
    let (stream, reading) = (StoredValue::new(stream), StoredValue::new(Reading::No));
    Effect::new(move |_| {
        let _ = (feed.turns.get(), feed.ended.get());
        read(stream, outline, reading);
    });
    steps(outline.into(), feed)
}

/// One at a time; what turned meanwhile is read afterwards.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    No,
    Once,
    Again,
}

fn read(stream: StoredValue<String>, into: RwSignal<Outline>, reading: StoredValue<Reading>) {
    if reading.get_value() != Reading::No {
        return reading.set_value(Reading::Again);
    }
    reading.set_value(Reading::Once);
    spawn_local(async move {
        let answer = outline(stream.get_value()).await;
        if let Ok(now) = answer.and_then(|answer| answer.read()) {
            let _ = into.try_set(now);
        }
        if reading.try_get_value() == Some(Reading::Again) {
            reading.set_value(Reading::No);
            return read(stream, into, reading);
        }
        let _ = reading.try_set_value(Reading::No);
    });
}

fn steps(outline: Signal<Outline>, feed: Feed) -> AnyView {
    // What failed is never folded away.
    Effect::new(move |_| {
        let failed = outline.with(|o| {
            let failed = o.steps.iter().filter(|s| s.state == StepState::Failed);
            failed.map(|s| s.number).collect::<Vec<_>>()
        });
        failed.into_iter().for_each(|step| feed.open(step));
    });
    let any = move || outline.with(|o| !o.steps.is_empty());
    let first_error = Memo::new(move |_| outline.with(|o| o.first_error));
    let all = Memo::new(move |_| outline.with(|o| o.steps.clone()));
    view! {
        {dynamic(move || first_error.get().map(|seq| view! {
            <p class="log-first">
                <a class="log-tool" href=feed.anchor.link(seq) on:click=move |event| feed.go(&event, seq)>
                    {icon(Icon::CircleAlert)}"First error: line "{format::count(seq)}
                </a>
            </p>
        }))}
        {when(any, move || view! {
            <details class="log-steps">
                <summary>{dynamic(move || all.with(|s| told(s)))}</summary>
                <ol>{each(all, |s| s.number.to_string(), move |step| row(step, feed))}</ol>
            </details>
        })}
    }
    .into_any()
}

fn row(step: Memo<Step>, feed: Feed) -> AnyView {
    let first = step.with_untracked(|s| s.first);
    let number = step.with_untracked(|s| s.number);
    let dot = move || format!("dot {}", step.with(|s| tone(s.state)).class());
    view! {
        <li>
            <span class=text(dot) aria-hidden="true"></span>
            <a class="clip" href=feed.anchor.link(first) on:click=move |event| { feed.open(number); feed.go(&event, first); }>
                {dynamic(move || step.with(|s| s.name.clone()))}
            </a>
            <span class="log-step-end">{dynamic(move || step.with(ending))}</span>
        </li>
    }
    .into_any()
}

const fn tone(state: StepState) -> Tone {
    match state {
        StepState::Running => Tone::Moving,
        StepState::Done => Tone::Ok,
        StepState::Cached => Tone::Quiet,
        StepState::Failed => Tone::Failed,
    }
}

/// `12.4 s`, `cached`, `failed`.
fn ending(step: &Step) -> String {
    match (step.state, step.took_ms) {
        (StepState::Running, _) => "running".to_owned(),
        (StepState::Cached, _) => "cached".to_owned(),
        (StepState::Failed, _) => "failed".to_owned(),
        (StepState::Done, Some(ms)) => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        (StepState::Done, None) => "done".to_owned(),
    }
}

/// `9 steps, 4 cached, 1 failed`
fn told(steps: &[Step]) -> String {
    let of = |state| steps.iter().filter(|s| s.state == state).count();
    let all = match steps.len() {
        1 => "1 step".to_owned(),
        n => format!("{n} steps"),
    };
    let parts = [
        (StepState::Running, "running"),
        (StepState::Cached, "cached"),
        (StepState::Failed, "failed"),
    ];
    let said = parts.map(|(state, word)| (of(state), word));
    let said = said.iter().filter(|(n, _)| *n > 0);
    said.fold(all, |all, (n, word)| format!("{all}, {n} {word}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p21_the_summary_counts_what_is_worth_a_look() {
        let step = |state| Step {
            number: 1,
            name: "[1/2] RUN make".into(),
            first: 1,
            last: 2,
            lines: 1,
            state,
            took_ms: Some(1_250),
        };
        let steps = [StepState::Done, StepState::Cached, StepState::Failed].map(step);
        assert_eq!(told(&steps), "3 steps, 1 cached, 1 failed");
        assert_eq!(told(&steps[..1]), "1 step");
        assert_eq!(ending(&steps[0]), "1.2 s");
    }
}
