//! From a container image.

use crate::parts::new_form::new_form;
use crate::parts::page_head::page_head;
use crate::paths;
use leptos::prelude::*;

#[component]
pub fn NewImage() -> impl IntoView {
    let crumbs = vec![
        (paths::PROJECTS.into(), "Projects".into()),
        (paths::NEW_PROJECT.into(), "New project".into()),
    ];
    let own = view! {
        <div class="field">
            <label for="reference">"Image"</label>
            <input class="input" id="reference" name="new[reference]" required autocomplete="off" autocapitalize="off" spellcheck="false" placeholder="registry.example.com/team/app:1.4" aria-describedby="reference-hint"/>
            <p class="hint" id="reference-hint">"With its tag or digest. It has to answer HTTP on one port."</p>
        </div>
        <label class="check"><input type="checkbox" name="new[local]" value="true"/>"It is already on the runtime’s machine; don’t pull it"</label>
    };
    view! {
        {page_head(crumbs, "Deploy an image", ())}
        <div class="form-card">{new_form(own, String::new(), true)}</div>
    }
}
