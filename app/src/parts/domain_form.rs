//! Forms of domains: a new one, where one leads, a certificate of one's own.

use super::domain_entry::barred;
use super::dynamic::flag;
use crate::server_fns::domains::{AddDomain, SetDomain, UploadCertificate};
use domain::custom_domain::CertificateSource;
use domain::view::{DomainView, ProjectView};
use leptos::form::ActionForm;
use leptos::prelude::*;

const DAY_S: u32 = 86_400;

pub fn new_domain(add: ServerAction<AddDomain>) -> AnyView {
    let no = barred();
    let closed = no.is_some();
    view! {
        <div class="form-card">
            <h2>"New domain"</h2>
            <ActionForm action=add>
                <div class="fields">
                    <div class="field">
                        <label for="domain-name">"Name"</label>
                        <input class="input" id="domain-name" name="name" required maxlength="253" placeholder="shop.example.com" autocomplete="off" autocapitalize="off" spellcheck="false" disabled=closed/>
                    </div>
                    <p class="hint"><code>"*.example.com"</code>" stands for everything right below it, and takes DNS-01 or a certificate of your own."</p>
                    {no.map(|no| view! { <p class="why-not" id="why-add">{no.sentence}</p> })}
                    <button class="btn btn-primary" disabled=flag(move || closed || add.pending().get()) aria-describedby=closed.then_some("why-add")>"Add the domain"</button>
                </div>
            </ActionForm>
        </div>
    }
    .into_any()
}

pub fn settings(set: ServerAction<SetDomain>, d: &DomainView, places: &[ProjectView]) -> AnyView {
    let no = barred();
    let (closed, id) = (no.is_some(), d.id.to_string());
    let field = |name: &str| format!("{name}-{id}");
    let (place, source, hsts) = (field("place"), field("source"), field("hsts"));
    let days = (d.hsts_s / DAY_S).to_string();
    let (open, https_only) = (d.verified_at.is_some() && d.place.is_none(), d.https_only);
    let (places, sources) = (environments(d, places), sources(d));
    let label = format!("Save {}", d.shown);
    view! {
        <details class="more-fields mt-3" open=open>
            <summary>"Where it leads"</summary>
            <ActionForm action=set>
                <div class="fields">
                    <input type="hidden" name="id" value=id.clone()/>
                    <div class="field">
                        <label for=place.clone()>"Environment"</label>
                        <select class="input" id=place name="environment" disabled=closed>{places}</select>
                    </div>
                    <div class="field">
                        <label for=source.clone()>"Certificate"</label>
                        <select class="input" id=source name="certificate" disabled=closed>{sources}</select>
                    </div>
                    <label class="check"><input type="checkbox" name="https_only" value="on" checked=https_only disabled=closed/>" Send requests without TLS to HTTPS"</label>
                    <div class="field">
                        <label for=hsts.clone()>"Days that browsers insist on TLS (HSTS)"</label>
                        <input class="input" id=hsts name="hsts_days" type="number" min="0" max="730" value=days disabled=closed/>
                    </div>
                    {no.map(|no| view! { <p class="why-not">{no.sentence}</p> })}
                    <div class="form-foot"><button class="btn" disabled=flag(move || closed || set.pending().get()) aria-label=label>"Save"</button></div>
                </div>
            </ActionForm>
        </details>
    }
    .into_any()
}

/// The one that it leads to is in the list even before the others are there.
fn environments(d: &DomainView, places: &[ProjectView]) -> AnyView {
    let own = d
        .place
        .as_ref()
        .map(|p| (p.environment.to_string(), p.title()));
    let of = |p: &ProjectView| {
        let name = p.name.clone();
        let one = move |e: &domain::view::EnvironmentView| {
            (e.id.to_string(), format!("{name} / {}", e.name))
        };
        p.environments.iter().map(one).collect::<Vec<_>>()
    };
    let mut all: Vec<_> = places.iter().flat_map(of).collect();
    if let Some(own) = own.clone().filter(|own| !all.contains(own)) {
        all.insert(0, own);
    }
    let chosen = own.map(|(id, _)| id);
    let option = |(id, title): (String, String)| {
        let is = chosen.as_ref() == Some(&id);
        view! { <option value=id selected=is>{title}</option> }
    };
    let options = all.into_iter().map(option).collect_view();
    view! { <option value="" selected=chosen.is_none()>"nowhere"</option>{options} }.into_any()
}

fn sources(d: &DomainView) -> AnyView {
    let title = |source| match source {
        CertificateSource::Acme => "issued and renewed by itself (ACME)",
        CertificateSource::Own => "your own, uploaded below",
        CertificateSource::None => "none: without TLS",
    };
    let option = |source: CertificateSource| {
        view! { <option value=source.word() selected=source == d.certificate_source>{title(source)}</option> }
    };
    CertificateSource::ALL
        .into_iter()
        .map(option)
        .collect_view()
        .into_any()
}

pub fn upload(action: ServerAction<UploadCertificate>, id: &str, name: &str) -> AnyView {
    let no = barred();
    let (closed, id) = (no.is_some(), id.to_owned());
    let (chain, key) = (format!("chain-{id}"), format!("key-{id}"));
    let label = format!("Upload a certificate for {name}");
    view! {
        <details class="more-fields mt-3">
            <summary>"A certificate of your own"</summary>
            <ActionForm action=action>
                <div class="fields">
                    <input type="hidden" name="id" value=id/>
                    <div class="field">
                        <label for=chain.clone()>"Certificate, then those in between (PEM)"</label>
                        <textarea class="input" id=chain name="chain" rows="3" required autocomplete="off" spellcheck="false" disabled=closed></textarea>
                    </div>
                    <div class="field">
                        <label for=key.clone()>"Private key (PEM), which is never shown again"</label>
                        <textarea class="input" id=key name="key" rows="3" required autocomplete="off" spellcheck="false" disabled=closed></textarea>
                    </div>
                    {no.map(|no| view! { <p class="why-not">{no.sentence}</p> })}
                    <div class="form-foot"><button class="btn" disabled=flag(move || closed || action.pending().get()) aria-label=label>"Upload"</button></div>
                </div>
            </ActionForm>
        </details>
    }
    .into_any()
}
