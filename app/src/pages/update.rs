//! *New version*: choose on the left, read the plan on the right, confirm what it says.

use super::{param, query};
use crate::draft::Choice;
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::plan_panel::{Confirmation, plan_panel, planned};
use crate::parts::update_head::update_head;
use crate::parts::version_form::version_form;
use crate::read::Read;
use crate::server_fns::updates::{ConfirmUpdate, update_options};
use domain::view::UpdateOptions;
use leptos::prelude::*;

#[component]
pub fn Update() -> impl IntoView {
    let id = param("id");
    let data = Read::new(move || id.get(), update_options);
    loaded(data, Skeleton::Lines(10), move |options| {
        page(id.get_untracked(), options)
    })
}

fn page(id: String, options: Signal<UpdateOptions>) -> AnyView {
    let asked = Asked::from_address();
    let choice = Memo::new(move |_| asked.choice());
    let confirm = ServerAction::<ConfirmUpdate>::new();
    let plan = planned(id.clone(), choice.into(), confirm);
    view! {
        {update_head(&options.get_untracked().environment)}
        <div class="two">
            {version_form(&id, options.get_untracked(), asked)}
            {plan_panel(plan, Confirmation { id, choice: choice.into(), action: confirm })}
        </div>
    }
    .into_any()
}

/// The choice, as the address holds it.
#[derive(Clone, Copy)]
pub struct Asked {
    pub tag: Memo<Option<String>>,
    pub kind: Memo<Option<String>>,
    pub revision: Memo<Option<String>>,
    pub reference: Memo<Option<String>>,
    pub upload: Memo<Option<String>>,
    /// Which tags to show.
    pub text: Memo<Option<String>>,
}

impl Asked {
    fn from_address() -> Asked {
        Asked {
            tag: query("tag"),
            kind: query("kind"),
            revision: query("revision"),
            reference: query("reference"),
            upload: query("upload"),
            text: query("text"),
        }
    }

    fn choice(self) -> Choice {
        let revision = self.revision.get();
        let tag = self.tag.get().filter(|_| revision.is_none());
        Choice {
            tag,
            kind: self.kind.get(),
            revision,
            reference: self.reference.get(),
            upload: self.upload.get(),
            ..Choice::default()
        }
    }
}
