//! What a deployment is: what changed, the artifact, the configuration.

use super::changes::changes;
use super::copy::Copy;
use super::dynamic::dynamic;
use super::screenshot::{findings, screenshot};
use crate::{format, paths};
use domain::attest::ReleasedImage;
use domain::config::Config;
use domain::deployment::Trigger;
use domain::job::{JobKind, JobStatus};
use domain::source::{Artifact, Source};
use domain::view::{ContentsView, DeploymentView, JobView, UsedSecret};
use leptos::either::Either;
use leptos::prelude::*;

pub fn facts(view: Signal<DeploymentView>) -> AnyView {
    let (what, artifact) = (
        Memo::new(move |_| view.with(|v| v.changes.clone())),
        Memo::new(move |_| view.with(|v| v.artifact.clone())),
    );
    let (reuses, released) = view.with_untracked(|v| (v.reuses.clone(), v.released.clone()));
    let config = Memo::new(move |_| view.with(|v| v.config.clone()));
    let source = view.with_untracked(|v| v.summary.source.clone());
    let (strategy, runtime) = view.with_untracked(|v| (v.strategy.word(), v.runtime_name.clone()));
    let maps = Memo::new(move |_| view.with(has_source_maps));
    let traces = view.with_untracked(|v| paths::stack_trace(&v.summary.id));
    let unchanged = view.with_untracked(|v| unchanged(v.summary.trigger));
    view! {
        <aside class="facts" aria-label="Details">
            {dynamic(move || view.with(|v| screenshot(Some(&v.summary))))}
            <section>
                <h2>"What changed"</h2>
                {dynamic(move || what.with(|list| match list.is_empty() {
                    true => Either::Left(view! { <p class="muted">{unchanged}</p> }),
                    false => Either::Right(changes(list)),
                }))}
            </section>
            <section>
                <h2>"Source"</h2>
                {source_facts(&source)}
            </section>
            <section>
                <h2>"Artifact"</h2>
                {reuses.map(|of| view! { <p class="muted mb-2">"The same as "<a class="link" href=paths::deployment(&of.id)>{format!("#{}", of.number)}</a>" made, started once more."</p> })}
                {dynamic(move || artifact.with(|a| match a {
                    None => Either::Left(view! { <p class="muted">"Not made yet."</p> }),
                    Some(a) => Either::Right(artifact_facts(a)),
                }))}
                {released.map(|of| signed(&of))}
                {dynamic(move || view.with(|v| v.contents.as_ref().map(|c| contents(v, c))))}
                {dynamic(move || maps.get().then(|| view! { <p class="mt-2"><a class="link" href=traces.clone()>"Read a stack trace"</a></p> }))}
            </section>
            <section>
                <h2>"Runs with"</h2>
                {dynamic(move || config.with(config_facts))}
                {dynamic(move || view.with(secrets))}
                <dl class="pairs">{pair("Strategy", strategy)}{pair("Runtime", runtime.clone())}</dl>
            </section>
        </aside>
    }
    .into_any()
}

fn has_source_maps(view: &DeploymentView) -> bool {
    let kept =
        |j: &JobView| j.kind == JobKind::CaptureSourceMapsJob && j.status == JobStatus::Success;
    view.jobs.iter().any(kept)
}

const fn unchanged(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::Create => "Everything: it is the first version here.",
        Trigger::Update | Trigger::Push => {
            "Only the source: the configuration is that of the version before."
        }
        Trigger::Config | Trigger::Redeploy => {
            "The same source and configuration as the version before."
        }
        Trigger::Retry => "Everything: what failed starts once more.",
        Trigger::Restart | Trigger::Start => "Everything: the same version, started anew.",
        Trigger::Rollback => "Only the source: what ran before runs again.",
        Trigger::Promote => "Only the source: what another environment runs, runs here too.",
    }
}

fn pair(name: &'static str, value: impl Into<String>) -> AnyView {
    let value = value.into();
    view! { <div><dt>{name}</dt><dd class="clip" title=value.clone()>{value.clone()}</dd></div> }
        .into_any()
}

fn source_facts(source: &Source) -> AnyView {
    let pairs: Vec<(&'static str, String)> = match source {
        Source::Git {
            url,
            revision,
            commit,
        } => vec![
            ("Repository", url.clone()),
            ("Revision", revision.label()),
            ("Commit", commit.short().to_owned()),
            ("Message", commit.subject.clone()),
            ("Author", commit.author.clone()),
            ("Written", format::absolute(commit.at)),
        ],
        Source::Image { reference, local } => {
            vec![
                ("Image", reference.clone()),
                (
                    "From",
                    if *local {
                        "this machine"
                    } else {
                        "its registry"
                    }
                    .into(),
                ),
            ]
        }
        Source::Bundle {
            name,
            digest,
            size_bytes,
            ..
        }
        | Source::ImageArchive {
            name,
            digest,
            size_bytes,
            ..
        } => {
            vec![
                ("File", name.clone()),
                ("Size", format::bytes(*size_bytes)),
                ("Digest", format::digest(digest)),
            ]
        }
    };
    view! { <dl class="pairs">{pairs.into_iter().map(|(name, value)| pair(name, value)).collect_view()}</dl> }.into_any()
}

fn artifact_facts(artifact: &Artifact) -> AnyView {
    let (kind, digest) = match artifact {
        Artifact::Image { image, .. } => ("Image".to_owned(), image.clone()),
        Artifact::Static { digest, files, .. } => (format!("{files} static files"), digest.clone()),
    };
    view! {
        <dl class="pairs">
            {pair("Kind", kind)}
            {pair("Size", format::bytes(artifact.size_bytes()))}
            <div><dt>"Digest"</dt><dd class="with-copy"><code class="clip" title=digest.clone()>{format::digest(&digest)}</code><Copy text=digest.clone() what="the digest"/></dd></div>
        </dl>
    }
    .into_any()
}

/// Nothing else is started as this version.
fn signed(release: &ReleasedImage) -> AnyView {
    let key = release.key.to_string();
    view! {
        <dl class="pairs">
            <div><dt>"Release signed by"</dt><dd class="with-copy"><code class="clip" title=key.clone()>{key.clone()}</code><Copy text=key.clone() what="the key of the release"/></dd></div>
        </dl>
    }
    .into_any()
}

/// What is in the artifact, with the list to download.
fn contents(view: &DeploymentView, contents: &ContentsView) -> AnyView {
    let href = format!("/v2/deployments/{}/sbom", view.summary.id);
    let parts = match contents.components {
        1 => "1 component".to_owned(),
        n => format!("{} components", format::count(u64::from(n))),
    };
    let found = contents.findings.as_ref().map(|found| {
        let by = format!("{} ({})", findings(found), found.scanner);
        pair("Vulnerable", by)
    });
    view! {
        <dl class="pairs">
            <div><dt>"Made of"</dt><dd><a class="link" href=href rel="external" download="">{parts}" (SBOM)"</a></dd></div>
            {found}
        </dl>
    }
    .into_any()
}

/// Names and versions of what it was given; nothing where it was given none.
fn secrets(view: &DeploymentView) -> Option<AnyView> {
    let one = |s: &UsedSecret| {
        let title = format!("{}, version {}", s.name, s.version);
        view! { <code class="env-name" title=title>{s.name.clone()}</code> }
    };
    (!view.secrets.is_empty()).then(|| {
        view! { <dl class="pairs"><div><dt>"Secrets"</dt><dd>{view.secrets.iter().map(one).collect_view()}</dd></div></dl> }.into_any()
    })
}

fn config_facts(config: &Config) -> AnyView {
    let replicas = match config.replicas {
        1 => "1 replica".to_owned(),
        n => format!("{n} replicas"),
    };
    let each = format!(
        "{}, {} each",
        format::cpus(config.resources.cpus_milli),
        format::memory(config.resources.memory_mib.into())
    );
    let env = config.env.keys().cloned().collect::<Vec<_>>();
    view! {
        <dl class="pairs">
            {pair("Scale", replicas)}
            {pair("Limits", each)}
            {pair("Port", config.port.to_string())}
            {pair("Health", format!("GET {}", config.health.path))}
            {pair("Drain", format!("{} s", config.drain_s))}
            {(config.max_hold_s > 0).then(|| pair("Hold", format!("at most {} s", config.max_hold_s)))}
            <div><dt>"Environment"</dt><dd>{match env.is_empty() {
                true => Either::Left("none".to_owned()),
                false => Either::Right(env.into_iter().map(|name| view! { <code class="env-name">{name}</code> }).collect_view()),
            }}</dd></div>
        </dl>
    }
    .into_any()
}
