//! What a project does at set times: when next, how it went, run it now.

use super::param;
use crate::parts::act::act;
use crate::parts::dynamic::{dynamic, each, when};
use crate::parts::empty::empty;
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::page_head::page_head;
use crate::parts::refused::last_fault;
use crate::parts::status::{Tone, status};
use crate::parts::times::ago;
use crate::server_fns::crons::{CronsNow, RunCron, crons};
use crate::{format, live, paths};
use domain::cron::{RunStatus, RunTrigger};
use domain::hint::Topic;
use domain::view::{CronRunView, CronView};
use leptos::prelude::*;

#[component]
pub fn Crons() -> impl IntoView {
    let id = param("id");
    let about = |topic: &Topic| matches!(topic, Topic::Project(_));
    let moves = |now: &CronsNow| now.crons.iter().any(is_moving);
    let data = live::read(move || id.get(), crons, about, moves);
    loaded(data, Skeleton::Cards(2), move |now| {
        page(id.get_untracked(), now)
    })
}

fn is_moving(cron: &CronView) -> bool {
    cron.runs.iter().any(|run| !run.status.is_final())
}

fn page(project: String, now: Signal<CronsNow>) -> AnyView {
    let run = ServerAction::<RunCron>::new();
    let crumbs = vec![
        (paths::PROJECTS.to_owned(), "Projects".to_owned()),
        (
            format!("{}/{project}", paths::PROJECTS),
            now.with_untracked(|now| now.project_name.clone()),
        ),
    ];
    let all = Memo::new(move |_| now.with(|now| now.crons.clone()));
    view! {
        {page_head(crumbs, "Crons", ())}
        {last_fault::<()>(run.value())}
        {dynamic(move || all.with(|all| cannot_run(all)))}
        {when(move || all.with(Vec::is_empty), nothing)}
        <div class="crons">
            {each(all, |c| c.id.to_string(), move |cron| card(cron, run))}
        </div>
    }
    .into_any()
}

/// The same for each of them, so it stands once.
fn cannot_run(all: &[CronView]) -> Option<AnyView> {
    let why = all.iter().find_map(|cron| cron.cannot_run.clone())?;
    Some(view! { <p class="why-not" id="why-run-cron">{why}</p> }.into_any())
}

fn nothing() -> AnyView {
    empty(
        "No crons are declared",
        "List them under `crons:` in sealdock.yml: a name, a schedule, and a command to run in the container or a path to call. They are set up when that version serves.",
        (),
        None,
    )
    .into_any()
}

fn card(cron: Memo<CronView>, run: ServerAction<RunCron>) -> AnyView {
    let id = cron.with_untracked(|c| c.id.to_string());
    let why_not = Signal::derive(move || cron.with(|c| c.cannot_run.clone()));
    let runs = Memo::new(move |_| cron.with(|c| c.runs.clone()));
    view! {
        <article class="card cron">
            <header class="env-head">
                <h2>{dynamic(move || cron.with(|c| c.cron.name.clone()))}</h2>
                {dynamic(move || cron.with(last))}
            </header>
            <p class="sentence">{dynamic(move || cron.with(|c| c.words.clone()))}</p>
            {dynamic(move || cron.with(facts))}
            <ol class="cron-runs" aria-label="Runs">
                {each(runs, |r| r.id.to_string(), entry)}
            </ol>
            <footer class="env-foot">
                <span class="muted">{dynamic(move || cron.with(|c| c.environment_name.clone()))}</span>
                {act(run, id, "Run now", "btn", why_not, "why-run-cron")}
            </footer>
        </article>
    }
    .into_any()
}

fn last(cron: &CronView) -> AnyView {
    match cron.runs.first() {
        Some(run) => status(tone(run.status), word(run.status)).into_any(),
        None => status(Tone::Quiet, "Never ran").into_any(),
    }
}

fn facts(cron: &CronView) -> AnyView {
    let next = match cron.next_at {
        Some(at) => view! { <time datetime=at.rfc3339()>{format::absolute(at)}</time> }.into_any(),
        None => "never".into_any(),
    };
    let schedule = format!("{} ({})", cron.cron.schedule, cron.cron.timezone);
    view! {
        <dl class="pairs">
            <div><dt>"Schedule"</dt><dd class="mono">{schedule}</dd></div>
            <div><dt>"Does"</dt><dd class="mono clip" title=cron.what.clone()>{cron.what.clone()}</dd></div>
            <div><dt>"Next"</dt><dd>{next}</dd></div>
            <div><dt>"Overlap"</dt><dd>{format!("{}, {} s at most", cron.cron.overlap.word(), cron.cron.timeout_s)}</dd></div>
        </dl>
    }
    .into_any()
}

/// Stays open while it is read: only what is in it changes.
fn entry(run: Memo<CronRunView>) -> AnyView {
    view! {
        <li>
            <details>
                <summary>{dynamic(move || run.with(head))}</summary>
                {dynamic(move || run.with(body))}
            </details>
        </li>
    }
    .into_any()
}

fn head(run: &CronRunView) -> AnyView {
    let took = run.started_at.zip(run.ended_at);
    let took = took.map(|(from, to)| format::duration(to.since_ms(from)));
    let by = (run.trigger == RunTrigger::Person).then(|| run.by.clone().unwrap_or_default());
    view! {
        {status(tone(run.status), word(run.status))}
        <span class="muted">{ago(run.due_at)}</span>
        <span class="muted num">{took}</span>
        <span class="muted clip">{by.map(|by| format!("by {by}"))}</span>
    }
    .into_any()
}

fn body(run: &CronRunView) -> AnyView {
    let code = run.code.map(|code| format!("Code {code}. "));
    let nothing = run.output.is_empty().then_some("It printed nothing.");
    let cut = run
        .output_cut
        .then_some("Only the end of its output is kept.");
    view! {
        <p class="muted">{code}{run.sentence.clone()}" "{nothing}{cut}</p>
        {(!run.output.is_empty()).then(|| view! { <pre class="cron-output" tabindex="0">{run.output.clone()}</pre> })}
    }
    .into_any()
}

const fn tone(status: RunStatus) -> Tone {
    match status {
        RunStatus::Waiting | RunStatus::Running => Tone::Moving,
        RunStatus::Success => Tone::Ok,
        RunStatus::Failure => Tone::Failed,
        RunStatus::Skipped => Tone::Quiet,
    }
}

const fn word(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Waiting => "Waiting",
        RunStatus::Running => "Running",
        RunStatus::Success => "Success",
        RunStatus::Failure => "Failed",
        RunStatus::Skipped => "Skipped",
    }
}
