//! The attestation card (I-18): the verdict in words, every check by name, and how anyone sees for
//! themselves. What is simulated says so first.

use super::copy::Copy;
use super::dynamic::dynamic;
use super::icon::{Icon, icon};
use super::prose::prose;
use super::status::{Tone, status};
use super::times::ago;
use crate::format;
use domain::attest::{Boot, Check, SIMULATED, Status};
use domain::view::{AttestationView, AttestedView, DeploymentView, ProofView, Standing};
use leptos::prelude::*;

/// Nothing where nothing is attested.
pub fn attestation(view: Signal<DeploymentView>) -> AnyView {
    let of = Memo::new(move |_| view.with(|v| v.attestation.clone()));
    dynamic(move || of.with(|a| a.as_ref().map(card)))
}

fn card(of: &AttestationView) -> AnyView {
    let (tone, mark, word) = said(of.standing);
    let many = of.instances.len() > 1;
    view! {
        <section class="attestation" aria-labelledby="attestation">
            <header class="attestation-head">
                <h2 id="attestation">"Attestation"</h2>
                <span class=format!("attestation-word {}", tone.class())>{icon(mark)}<b>{word}</b></span>
                {of.simulated.then(|| view! { <span class="badge">{SIMULATED}</span> })}
            </header>
            <p class="sentence">{prose(&of.sentence)}</p>
            {of.instances.iter().map(|proof| instance(proof, many)).collect_view()}
            {history(of)}
        </section>
    }
    .into_any()
}

/// Dot, icon and word: never colour alone.
const fn said(standing: Standing) -> (Tone, Icon, &'static str) {
    match standing {
        Standing::Waiting => (Tone::Moving, Icon::Clock, "Waits for evidence"),
        Standing::Holds => (Tone::Ok, Icon::CircleCheck, "Evidence holds"),
        Standing::Stale => (Tone::Warning, Icon::TriangleAlert, "Not looked at lately"),
        Standing::Refused => (Tone::Failed, Icon::CircleX, "Evidence does not hold"),
        Standing::Past => (Tone::Quiet, Icon::CircleDashed, "Ran before"),
    }
}

fn instance(proof: &ProofView, many: bool) -> AnyView {
    let found = &proof.found;
    let platform = found.platform.map_or("none shown", |p| p.title());
    view! {
        <div class="attestation-one">
            {many.then(|| view! { <h3>{format!("Instance {}", found.replica + 1)}</h3> })}
            <dl class="pairs">
                <div><dt>"Platform"</dt><dd>{platform}</dd></div>
                <div><dt>"Last verified"</dt><dd><time title=format::absolute(found.last_at)>{ago(found.last_at)}</time></dd></div>
                <div><dt>"Measurement"</dt><dd class="with-copy"><code class="clip" title=found.measurement.clone()>{found.measurement.clone()}</code><Copy text=found.measurement.clone() what="the measurement"/></dd></div>
                <div><dt>"Download"</dt><dd>{download(&proof.expected, "expected.json")}" "{proof.evidence.as_deref().map(|href| download(href, "evidence.json"))}</dd></div>
            </dl>
            {checks(&proof.checks)}
            {commands(proof)}
            {boot(&proof.boot)}
        </div>
    }
    .into_any()
}

fn download(href: &str, name: &'static str) -> AnyView {
    view! { <a class="link" href=href.to_owned() rel="external" download=name>{name}</a> }
        .into_any()
}

fn checks(all: &[Check]) -> Option<AnyView> {
    let good = all.iter().filter(|c| c.ok).count();
    let open = good < all.len();
    (!all.is_empty()).then(|| {
        view! {
            <details class="attestation-checks" open=open>
                <summary>{format!("{good} of {} checks hold", all.len())}</summary>
                <ul>{all.iter().map(check).collect_view()}</ul>
            </details>
        }
        .into_any()
    })
}

fn check(check: &Check) -> AnyView {
    let (tone, mark, word) = match (check.ok, check.reached) {
        (true, _) => (Tone::Ok, Icon::CircleCheck, "ok"),
        (false, true) => (Tone::Failed, Icon::CircleX, "failed"),
        (false, false) => (Tone::Quiet, Icon::CircleDashed, "not reached"),
    };
    let sentence = sentence(check);
    view! {
        <li class=tone.class()>
            <span class="attestation-mark">{icon(mark)}{word}</span>
            <code>{check.check.clone()}</code>
            <span class="attestation-said clip" title=sentence.clone()>{sentence.clone()}</span>
        </li>
    }
    .into_any()
}

fn sentence(check: &Check) -> String {
    match (check.ok, check.reached) {
        (true, _) => format!("It is as expected: {}.", check.got),
        (false, true) => format!("It is {}, and should be {}.", check.got, check.want),
        (false, false) => "What it depends on does not hold, so nobody looked.".to_owned(),
    }
}

fn commands(proof: &ProofView) -> AnyView {
    let ask = line("On its machine", &proof.command);
    let file = proof.command_for_file.as_deref();
    let file = file.map(|text| line("With both files", text));
    view! { <div class="attestation-commands"><p class="muted">"Anyone can check it without this server:"</p>{ask}{file}</div> }
        .into_any()
}

fn line(label: &'static str, text: &str) -> AnyView {
    let text = text.to_owned();
    view! { <p><span class="muted">{label}</span>" "<span class="command"><code>{text.clone()}</code><Copy text=text what="the command"/></span></p> }
        .into_any()
}

/// Stage by stage, with how long each took.
fn boot(steps: &[Boot]) -> Option<AnyView> {
    let total: u64 = steps.iter().map(|step| step.ms).sum();
    let total = format::duration(i64::try_from(total).unwrap_or(i64::MAX));
    (!steps.is_empty()).then(|| {
        view! {
            <details class="attestation-boot">
                <summary>{format!("Boot: {} stages, {total}", steps.len())}</summary>
                <ol>{steps.iter().map(stage).collect_view()}</ol>
            </details>
        }
        .into_any()
    })
}

fn stage(step: &Boot) -> AnyView {
    let word = match step.status {
        Status::Ok => "done",
        Status::Skipped => "skipped",
        Status::Failed => "failed",
    };
    let took = format!("{} ms", step.ms);
    view! { <li><span>{step.name.clone()}</span><span class="muted">{word}</span><span class="num">{took}</span><span class="muted">{step.detail.clone()}</span></li> }
        .into_any()
}

fn history(of: &AttestationView) -> AnyView {
    let every =
        format::duration(i64::try_from(of.every_s.saturating_mul(1000)).unwrap_or(i64::MAX));
    view! {
        <details class="attestation-history">
            <summary>{format!("History, asked again every {every}")}</summary>
            {match of.history.is_empty() {
                true => view! { <p class="muted">"No evidence was shown yet."</p> }.into_any(),
                false => table(&of.history),
            }}
        </details>
    }
    .into_any()
}

fn table(all: &[AttestedView]) -> AnyView {
    view! {
        <table class="table">
            <thead><tr><th>"Verdict"</th><th>"Instance"</th><th>"First"</th><th>"Last"</th><th class="num">"Times"</th><th>"Why"</th></tr></thead>
            <tbody>{all.iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

fn row(found: &AttestedView) -> AnyView {
    let (tone, word) = match found.holds {
        true => (Tone::Ok, "Holds"),
        false => (Tone::Failed, "Does not hold"),
    };
    view! {
        <tr>
            <td>{status(tone, word)}</td>
            <td class="num">{found.replica + 1}</td>
            <td>{format::absolute(found.first_at)}</td>
            <td>{format::absolute(found.last_at)}</td>
            <td class="num">{found.times}</td>
            <td>{found.sentence.clone()}</td>
        </tr>
    }
    .into_any()
}
