//! Jobs and instances: everything that writes a log, in the order in which it happens.

use super::dynamic::{dynamic, each, text};
use super::icon::{Icon, icon};
use super::prose::prose;
use super::status::{Tone, title};
use super::stay::stay;
use super::times::Lasting;
use crate::paths;
use domain::job::JobStatus;
use domain::view::{DeploymentView, InstanceView, JobView};
use leptos::prelude::*;

/// The log that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selected {
    pub stream: String,
    pub title: String,
}

/// What the address names; else what a person would look at first: the failure, the new version
/// beside the old one, what runs now, the instance that serves, the newest job.
pub fn selected(view: &DeploymentView, picked: Option<&str>) -> Option<Selected> {
    let job = |j: &JobView| Selected {
        stream: j.stream.clone(),
        title: j.title.clone(),
    };
    let instance = |i: &InstanceView| Selected {
        stream: i.stream.clone(),
        title: instance_title(i),
    };
    if let Some(picked) = picked {
        let named = view.jobs.iter().find(|j| j.id.as_str() == picked).map(job);
        let named = named.or_else(|| {
            view.instances
                .iter()
                .find(|i| i.id.to_string() == picked)
                .map(instance)
        });
        if named.is_some() {
            return named;
        }
    }
    let with = |status| {
        view.jobs
            .iter()
            .find(|j| j.status == status && !j.kind.is_after())
    };
    let failed = with(JobStatus::Failure).map(job);
    let serves = view.summary.phase.is_active();
    let instance_if = |shown: bool| view.instances.first().filter(|_| shown).map(instance);
    let comparing = || instance_if(view.predecessor.is_some());
    let running = || with(JobStatus::Running).map(job);
    let newest = || {
        view.jobs
            .iter()
            .rev()
            .find(|j| j.started_at.is_some() && !j.kind.is_after())
            .or(view.jobs.first())
            .map(job)
    };
    failed
        .or_else(comparing)
        .or_else(running)
        .or_else(|| instance_if(serves))
        .or_else(newest)
}

/// The log of the version before, beside an instance's own: the instance that it takes over from.
pub fn beside(view: &DeploymentView, open: &Selected) -> Option<Selected> {
    let own = view.instances.iter().find(|i| i.stream == open.stream)?;
    let before = view.predecessor.as_ref()?;
    let same =
        |i: &&InstanceView| i.id.component == own.id.component && i.id.replica == own.id.replica;
    let other = before.instances.iter().find(same);
    let other = other.or(before.instances.first())?;
    Some(Selected {
        stream: other.stream.clone(),
        title: format!(
            "Before: #{} {}, {}",
            before.number,
            before.source.label(),
            instance_title(other)
        ),
    })
}

fn instance_title(i: &InstanceView) -> String {
    format!("{} {}", title(&i.id.component), i.id.replica)
}

pub fn job_list(view: Signal<DeploymentView>, open: Memo<Option<Selected>>) -> AnyView {
    let page = StoredValue::new(view.with_untracked(|v| paths::deployment(&v.summary.id)));
    let jobs = Memo::new(move |_| view.with(|v| v.jobs.clone()));
    let instances = Memo::new(move |_| view.with(|v| v.instances.clone()));
    let is_open = move |stream: String| {
        Signal::derive(move || open.with(|o| o.as_ref().is_some_and(|o| o.stream == stream)))
    };
    view! {
        <nav class="jobs" aria-label="Jobs and instances">
            <ol>
                {each(jobs, |j| j.id.to_string(), move |one| job(page, one, is_open(one.with_untracked(|j| j.stream.clone()))))}
                {each(instances, |i| i.id.to_string(), move |one| instance(page, one, is_open(one.with_untracked(|i| i.stream.clone()))))}
            </ol>
        </nav>
    }
    .into_any()
}

fn job(page: StoredValue<String>, job: Memo<JobView>, open: Signal<bool>) -> AnyView {
    let href =
        move || page.with_value(|page| format!("{page}?job={}", job.with(|j| j.id.to_string())));
    let at =
        move |f: fn(&JobView) -> Option<domain::time::Time>| Signal::derive(move || job.with(f));
    view! {
        <li class=text(move || format!("job {}", job.with(|j| Tone::of_job(j.status)).class()))>
            <a href=href on:click=stay(href) class="job-link" aria-current=move || open.get().then_some("true")>
                <span class="job-mark">{dynamic(move || icon(mark(job.with(|j| j.status))))}</span>
                <span class="job-name">{dynamic(move || job.with(|j| j.title.clone()))}</span>
                <span class="job-word">{dynamic(move || job.with(|j| j.status.word()))}</span>
                <span class="job-time"><Lasting from=at(|j| j.started_at) to=at(|j| j.ended_at)/></span>
            </a>
            {dynamic(move || job.with(said))}
        </li>
    }
    .into_any()
}

/// Why it failed; and why it did not have to be done, which nobody has to worry about.
fn said(job: &JobView) -> Option<AnyView> {
    let class = match job.status {
        JobStatus::Failure => "job-error",
        _ => "job-note muted",
    };
    let error = job.error.as_deref()?;
    Some(view! { <p class=class>{prose(error)}</p> }.into_any())
}

pub const fn mark(status: JobStatus) -> Icon {
    match status {
        JobStatus::Pending => Icon::CircleDashed,
        JobStatus::Running => Icon::LoaderCircle,
        JobStatus::Success => Icon::CircleCheck,
        JobStatus::Failure => Icon::CircleX,
        JobStatus::Cancelled => Icon::Ban,
        JobStatus::Skipped => Icon::SkipForward,
    }
}

fn instance(
    page: StoredValue<String>,
    instance: Memo<InstanceView>,
    open: Signal<bool>,
) -> AnyView {
    let href = move || {
        page.with_value(|page| format!("{page}?job={}", instance.with(|i| i.id.to_string())))
    };
    let tone = move || instance.with(instance_tone);
    let since = Signal::derive(move || instance.with(|i| i.started_at));
    view! {
        <li class=text(move || format!("job {}", tone().class()))>
            <a href=href on:click=stay(href) class="job-link" aria-current=move || open.get().then_some("true")>
                <span class="job-mark">{icon(Icon::Box)}</span>
                <span class="job-name">{dynamic(move || instance.with(instance_title))}</span>
                <span class="job-word">{dynamic(move || instance.with(|i| title(&i.state)))}</span>
                <span class="job-time"><Lasting from=since to=None/></span>
            </a>
            <p class="job-note muted">{dynamic(move || instance.with(|i| prose(&i.sentence)))}</p>
        </li>
    }
    .into_any()
}

fn instance_tone(i: &InstanceView) -> Tone {
    match (i.healthy, i.state.starts_with("exited")) {
        (true, _) => Tone::Ok,
        (false, true) => Tone::Failed,
        (false, false) => Tone::Moving,
    }
}
