//! One domain: how it stands, what DNS is to say, and what may be done with it.

use super::domain_form::{settings, upload};
use super::dynamic::{dynamic, flag};
use super::prose::prose;
use super::status::{Tone, status, title};
use super::times::ago;
use crate::boot::caller;
use crate::paths;
use crate::server_fns::domains::{
    AddDomain, RemoveDomain, SetDomain, UploadCertificate, VerifyDomain,
};
use domain::access::Action;
use domain::custom_domain::in_use;
use domain::refusal::Refusal;
use domain::view::{DnsRecord, DomainView, ProjectView};
use leptos::form::ActionForm;
use leptos::prelude::*;

/// Everything that the page can ask for.
#[derive(Clone, Copy)]
pub struct Actions {
    pub add: ServerAction<AddDomain>,
    pub verify: ServerAction<VerifyDomain>,
    pub set: ServerAction<SetDomain>,
    pub upload: ServerAction<UploadCertificate>,
    pub remove: ServerAction<RemoveDomain>,
}

impl Actions {
    pub fn new() -> Self {
        Self {
            add: ServerAction::new(),
            verify: ServerAction::new(),
            set: ServerAction::new(),
            upload: ServerAction::new(),
            remove: ServerAction::new(),
        }
    }

    /// Grows when something was done.
    pub fn version(self) -> usize {
        self.add.version().get()
            + self.verify.version().get()
            + self.set.version().get()
            + self.upload.version().get()
            + self.remove.version().get()
    }
}

impl Default for Actions {
    fn default() -> Self {
        Self::new()
    }
}

pub fn barred() -> Option<Refusal> {
    caller().and_then(|c| c.may(Action::ManageDomains).err())
}

pub fn domain_entry(
    one: Memo<DomainView>,
    actions: Actions,
    places: Signal<Vec<ProjectView>>,
) -> AnyView {
    // A form that somebody fills in stays while only the state of things moves.
    let set = Memo::new(move |_| one.with(chosen));
    let form = move || {
        set.track();
        places.with(|places| one.with_untracked(|d| settings(actions.set, d, places)))
    };
    let id = one.with_untracked(|d| d.id.to_string());
    let shown = one.with_untracked(|d| d.shown.clone());
    view! {
        <article class="panel panel-body mb-3">
            <h3><code>{shown.clone()}</code></h3>
            {dynamic(move || one.with(facts))}
            {dynamic(move || one.with(|d| records(&d.records, d.verified_at.is_none())))}
            {check(actions.verify, &id, &shown)}
            {dynamic(form)}
            {upload(actions.upload, &id, &shown)}
            {dynamic(move || one.with(|d| removal(actions.remove, d)))}
        </article>
    }
    .into_any()
}

type Chosen = (Option<String>, &'static str, bool, u32);

fn chosen(d: &DomainView) -> Chosen {
    let place = d.place.as_ref().map(|p| p.environment.to_string());
    (place, d.certificate_source.word(), d.https_only, d.hsts_s)
}

fn facts(d: &DomainView) -> AnyView {
    let place = d.place.as_ref().map(|place| {
        let href = paths::project(&place.project);
        view! { <div><dt>"Leads to"</dt><dd><a class="link" href=href>{place.title()}</a></dd></div> }
    });
    let certificate = d.certificate.as_ref().map(|c| {
        let renewed = c.renew_at.map(|at| view! { ", is renewed "{ago(at)} });
        view! { <div><dt>"Certificate"</dt><dd>{format!("of {}, runs out ", c.issuer)}{ago(c.not_after)}{renewed}</dd></div> }
    });
    let looked = d
        .looked_at
        .map(|at| view! { <div><dt>"DNS looked at"</dt><dd>{ago(at)}</dd></div> });
    view! {
        <dl class="pairs">
            <div><dt>"Status"</dt><dd>{status(Tone::of_domain(d.status), title(d.status.word()))}</dd></div>
            {place}
            {certificate}
            {looked}
        </dl>
        {d.sentence.as_ref().map(|text| view! { <p class="muted mt-3">{prose(text)}</p> })}
    }
    .into_any()
}

fn records(all: &[DnsRecord], open: bool) -> AnyView {
    let row = |r: &DnsRecord| {
        view! { <tr><td>{r.kind.clone()}</td><td><code>{r.name.clone()}</code></td><td><code>{r.value.clone()}</code></td><td>{r.purpose.clone()}</td></tr> }
    };
    view! {
        <details class="more-fields mt-3" open=open>
            <summary>"Records in DNS"</summary>
            <div class="panel scroll-x" tabindex="0" role="region" aria-label="Records">
                <table class="table">
                    <thead><tr><th>"Kind"</th><th>"Name"</th><th>"Value"</th><th>"What for"</th></tr></thead>
                    <tbody>{all.iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        </details>
    }
    .into_any()
}

fn check(verify: ServerAction<VerifyDomain>, id: &str, name: &str) -> AnyView {
    let no = barred().is_some();
    let (id, label) = (id.to_owned(), format!("Check now: {name}"));
    view! {
        <ActionForm action=verify>
            <input type="hidden" name="id" value=id/>
            <button class="btn mt-3" disabled=flag(move || no || verify.pending().get()) aria-label=label>"Check now"</button>
        </ActionForm>
    }
    .into_any()
}

fn removal(remove: ServerAction<RemoveDomain>, d: &DomainView) -> AnyView {
    let used = d.place.as_ref().map(|p| in_use(&d.shown, &p.title()));
    let no = barred().or(used);
    let (closed, id) = (no.is_some(), d.id.to_string());
    let label = format!("Remove the domain {}", d.shown);
    view! {
        <details class="more-fields mt-3">
            <summary>"Remove"</summary>
            <ActionForm action=remove>
                <input type="hidden" name="id" value=id/>
                {no.map(|no| view! { <p class="why-not">{no.to_string()}</p> })}
                <div class="form-foot"><button class="btn btn-danger" disabled=flag(move || closed || remove.pending().get()) aria-label=label>"Remove the domain"</button></div>
            </ActionForm>
        </details>
    }
    .into_any()
}
