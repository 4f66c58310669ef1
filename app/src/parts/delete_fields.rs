//! What disappears, then the name, then the button that says the noun.

use super::dynamic::flag;
use super::icon::{Icon, icon};
use domain::view::DeletePreview;
use leptos::prelude::*;

pub fn disappears(preview: &DeletePreview) -> AnyView {
    let urls = preview.urls.iter().map(|u| format!("the address {u}"));
    let lines = preview.lines.iter().cloned().chain(urls);
    let line = |line: String| view! { <li>{icon(Icon::Trash2)}<span>{line}</span></li> };
    view! {
        <p>"This disappears, for good:"</p>
        <ul class="delete-list">{lines.map(line).collect_view()}</ul>
    }
    .into_any()
}

/// What stands inside the form.
pub struct Fields {
    pub id: String,
    pub button: String,
    /// Where *Keep it* leads.
    pub back: String,
    pub pending: Signal<bool>,
    pub fault: AnyView,
}

impl Fields {
    /// `name` is to be typed; without wasm the server says when it is wrong.
    pub fn view(self, name: String) -> AnyView {
        let typed = RwSignal::new(String::new());
        let interactive = RwSignal::new(false);
        Effect::new(move |_| interactive.set(true));
        let pending = self.pending;
        let wrong = {
            let name = name.clone();
            move || interactive.get() && typed.with(|t| t.trim() != name)
        };
        view! {
            <div class="fields">
                <input type="hidden" name="id" value=self.id/>
                <div class="field">
                    <label for="typed">"Type "<code>{name}</code>" to confirm"</label>
                    <input class="input" id="typed" name="typed" required autocomplete="off" autocapitalize="off" spellcheck="false" on:input:target=move |e| typed.set(e.target().value())/>
                </div>
                {self.fault}
                <div class="form-foot">
                    <button class="btn btn-danger" disabled=flag(move || wrong() || pending.get())>{self.button}</button>
                    <a class="btn" href=self.back>"Keep it"</a>
                </div>
            </div>
        }
        .into_any()
    }
}
