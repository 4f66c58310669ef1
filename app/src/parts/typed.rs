//! A name to type before something goes for good, and the button that it opens.

use super::dynamic::flag;
use leptos::prelude::*;

/// The field is called `typed`; the button opens when what is typed is `name`.
pub fn typed(name: String, label: String, busy: Memo<bool>, back: String) -> AnyView {
    let text = RwSignal::new(String::new());
    // Without wasm the button is open, and the server compares.
    let interactive = RwSignal::new(false);
    Effect::new(move |_| interactive.set(true));
    let wrong = {
        let name = name.clone();
        move || interactive.get() && text.with(|t| t.trim() != name)
    };
    view! {
        <div class="field">
            <label for="typed">"Type "<code>{name}</code>" to confirm"</label>
            <input class="input" id="typed" name="typed" required autocomplete="off" autocapitalize="off" spellcheck="false" on:input:target=move |e| text.set(e.target().value())/>
        </div>
        <div class="form-foot">
            <button class="btn btn-danger" disabled=flag(move || wrong() || busy.get())>{label}</button>
            <a class="btn" href=back>"Keep it"</a>
        </div>
    }
    .into_any()
}
