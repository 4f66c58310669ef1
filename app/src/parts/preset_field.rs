//! Which preset builds a repository, where the files alone would say another one.

use domain::config::Preset;
use leptos::prelude::*;

/// `name` is the form's; `chosen` is a word of `build.preset`.
pub fn preset_field(
    name: &'static str,
    chosen: &str,
    changed: impl Fn(String) + 'static,
) -> AnyView {
    let option = |preset: Preset| {
        let word = preset.word();
        view! { <option value=word selected=word == chosen>{preset.title()}</option> }
    };
    let options = Preset::ALL.into_iter().map(option).collect_view();
    view! {
        <div class="field">
            <label for="preset">"Built as"</label>
            <select class="input" id="preset" name=name aria-describedby="preset-hint" on:change:target=move |event| changed(event.target().value())>
                <option value="auto" selected=chosen == "auto">"What its files say"</option>
                {options}
            </select>
            <p class="hint" id="preset-hint">"Everything else about the build is in sealdock.yml, under build."</p>
        </div>
    }
    .into_any()
}
