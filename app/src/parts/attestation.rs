//! The attestation card (I-18): the verdict in words, every check by name, and how anyone sees for
//! themselves. What is simulated says so first.

use super::copy::Copy;
use super::dynamic::dynamic;
use super::icon::{Icon, icon};
use super::prose::prose;
use super::status::{Tone, status};
use super::times::ago;
use crate::format;
use domain::attest::command::file_name;
use domain::attest::{Boot, Check, SIMULATED, Status};
use domain::view::{AttestationView, AttestedView, DeploymentView, ProofView, ReachView, Standing};
use leptos::prelude::*;

/// Nothing where nothing is attested. Evidence is asked for again and again, so that only what it
/// changes is drawn anew: what a person opened stays open.
pub fn attestation(view: Signal<DeploymentView>) -> AnyView {
    let of = Memo::new(move |_| view.with(|v| v.attestation.clone()));
    let shapes =
        Memo::new(move |_| with(of, |a| a.instances.iter().map(shape).collect::<Vec<_>>()));
    dynamic(move || shapes.with(|all| all.as_ref().map(|all| card(of, all))))
}

type Card = Memo<Option<AttestationView>>;

/// What of an instance's part is there at all.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Shape {
    checks: bool,
    boot: bool,
    refused: bool,
}

fn shape(proof: &ProofView) -> Shape {
    Shape {
        checks: !proof.checks.is_empty(),
        boot: !proof.boot.is_empty(),
        refused: proof.checks.iter().any(|check| !check.ok),
    }
}

fn card(of: Card, instances: &[Shape]) -> AnyView {
    let part = move |f: fn(&AttestationView) -> AnyView| dynamic(move || with(of, f));
    view! {
        <section class="attestation" aria-labelledby="attestation">
            <header class="attestation-head">
                <h2 id="attestation">"Attestation"</h2>
                {part(word)}
            </header>
            {part(|a| view! { <p class="sentence">{prose(&a.sentence)}</p> }.into_any())}
            {part(reach)}
            {instances.iter().enumerate().map(|(at, shape)| instance(of, at, *shape, instances.len() > 1)).collect_view()}
            <details class="attestation-history">
                <summary>{part(|a| format!("History, asked again every {}", every(a)).into_any())}</summary>
                {part(|a| history(&a.history))}
            </details>
        </section>
    }
    .into_any()
}

fn with<T>(of: Card, f: impl FnOnce(&AttestationView) -> T) -> Option<T> {
    of.with(|a| a.as_ref().map(f))
}

fn word(of: &AttestationView) -> AnyView {
    let (tone, mark, word) = said(of.standing);
    view! {
        <span class=format!("attestation-word {}", tone.class())>{icon(mark)}<b>{word}</b></span>
        {of.simulated.then(|| view! { <span class="badge badge-warning">{SIMULATED}</span> })}
    }
    .into_any()
}

/// Icon and word: never colour alone.
const fn said(standing: Standing) -> (Tone, Icon, &'static str) {
    match standing {
        Standing::Waiting => (Tone::Moving, Icon::Clock, "Waits for evidence"),
        Standing::Holds => (Tone::Ok, Icon::CircleCheck, "Evidence holds"),
        Standing::Stale => (Tone::Warning, Icon::TriangleAlert, "Not looked at lately"),
        Standing::Refused => (Tone::Failed, Icon::CircleX, "Evidence does not hold"),
        Standing::Past => (Tone::Quiet, Icon::CircleDashed, "Ran before"),
    }
}

fn instance(of: Card, at: usize, shape: Shape, many: bool) -> AnyView {
    let part = move |f: fn(&ProofView) -> AnyView| {
        dynamic(move || with(of, |a| a.instances.get(at).map(f)).flatten())
    };
    let checks = || {
        view! {
            <details class="attestation-checks" open=shape.refused>
                <summary>{part(count)}</summary>
                <ul>{part(|p| p.checks.iter().map(check).collect_view().into_any())}</ul>
            </details>
        }
    };
    let boot = || {
        view! {
            <details class="attestation-boot">
                <summary>{part(|p| stages(&p.boot))}</summary>
                <ol>{part(|p| p.boot.iter().map(stage).collect_view().into_any())}</ol>
            </details>
        }
    };
    view! {
        <div class="attestation-one">
            {many.then(|| view! { <h3>{format!("Instance {}", at + 1)}</h3> })}
            {part(facts)}
            {shape.checks.then(checks)}
            {part(commands)}
            {shape.boot.then(boot)}
        </div>
    }
    .into_any()
}

fn facts(proof: &ProofView) -> AnyView {
    let found = &proof.found;
    let platform = found.platform.map_or("none shown", |p| p.title());
    view! {
        <dl class="pairs">
            <div><dt>"Platform"</dt><dd>{platform}</dd></div>
            <div><dt>"Last verified"</dt><dd><time title=format::absolute(found.last_at)>{ago(found.last_at)}</time></dd></div>
            <div><dt>"Measurement"</dt><dd class="with-copy"><code class="clip" title=found.measurement.clone()>{found.measurement.clone()}</code><Copy text=found.measurement.clone() what="the measurement"/></dd></div>
            <div><dt>"Download"</dt><dd>{download(&proof.expected, file_name("expected", found.replica))}" "{proof.evidence.as_deref().map(|href| download(href, file_name("evidence", found.replica)))}</dd></div>
        </dl>
    }
    .into_any()
}

/// Where TLS ends is what an address is worth.
fn reach(of: &AttestationView) -> AnyView {
    let Some(reach) = &of.reach else {
        return ().into_any();
    };
    let each = |urls: &[String]| urls.iter().map(|url| address(url)).collect_view();
    let inside = (!reach.inside.is_empty()).then(|| view! {
        <div><dt>"Address"</dt><dd>{each(&reach.inside)}<span class="muted">"TLS ends inside the machine, with the key that its evidence names."</span></dd></div>
    });
    view! {
        <dl class="pairs">
            {inside}
            <div><dt>"Weaker address"</dt><dd>{each(&reach.edge)}<span class="muted">"This server reads along, and goes on to the attested key."</span></dd></div>
        </dl>
        {anywhere(reach, of.instances.len() > 1)}
    }
    .into_any()
}

fn address(url: &str) -> AnyView {
    view! { <a class="link" href=url.to_owned() rel="external">{url.to_owned()}</a>" " }.into_any()
}

fn anywhere(of: &ReachView, many: bool) -> AnyView {
    let several = "An address reaches any of its instances, and each measures differently: the command takes the expected.json of each, and says which of them was met.";
    let waits = "The command that asks this address stands here once every instance was asked for its evidence; until then, look at each one below.";
    let muted = |text: &'static str| view! { <p class="muted">{text}</p> };
    let inner = match &of.command {
        Some(command) => (many.then(|| muted(several)), line("From anywhere", command)).into_any(),
        None if of.inside.is_empty() => return ().into_any(),
        None => muted(waits).into_any(),
    };
    view! { <div class="attestation-commands">{inner}</div> }.into_any()
}

fn count(proof: &ProofView) -> AnyView {
    let good = proof.checks.iter().filter(|c| c.ok).count();
    format!("{good} of {} checks hold", proof.checks.len()).into_any()
}

fn download(href: &str, name: String) -> AnyView {
    view! { <a class="link" href=href.to_owned() rel="external" download=name.clone()>{name.clone()}</a> }
        .into_any()
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
fn stages(steps: &[Boot]) -> AnyView {
    let total: u64 = steps.iter().map(|step| step.ms).sum();
    let total = format::duration(i64::try_from(total).unwrap_or(i64::MAX));
    format!("Boot: {} stages, {total}", steps.len()).into_any()
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

fn every(of: &AttestationView) -> String {
    let ms = of.every_s.saturating_mul(1000);
    format::duration(i64::try_from(ms).unwrap_or(i64::MAX))
}

fn history(all: &[AttestedView]) -> AnyView {
    match all.is_empty() {
        true => view! { <p class="muted">"No evidence was shown yet."</p> }.into_any(),
        false => table(all),
    }
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
