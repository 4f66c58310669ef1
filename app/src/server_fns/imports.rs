//! Projects from a `compose.yaml`. Its plan is read by the page itself, which the form is posted to.

use crate::draft::ImportDraft;
use crate::error::Fault;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use {crate::call, crate::paths, domain::api::ConfirmImport};

#[server(name = Import, prefix = "/fn", endpoint = "import")]
pub async fn import(#[server(default)] draft: ImportDraft, digest: String) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    let confirm = ConfirmImport {
        import: call::said(draft.compose())?,
        digest,
    };
    call::said(api.import(&caller, confirm).await)?;
    leptos_axum::redirect(paths::PROJECTS);
    Ok(())
}
