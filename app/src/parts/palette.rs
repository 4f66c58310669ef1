//! Go to anything by typing: places, projects, and what can be done to them.

use super::dynamic::{self, dynamic};
use super::icon::{Icon, icon};
use crate::paths;
use crate::server_fns::projects::projects;
use domain::view::ProjectView;
use leptos::html;
use leptos::prelude::*;
use leptos::reactive::spawn_local;
use leptos::web_sys::KeyboardEvent;
use leptos_router::hooks::use_navigate;

/// More than this is not read.
const MOST: usize = 12;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    name: String,
    what: &'static str,
    path: String,
}

/// `opens` grows each time the dialog opens; what exists is read then.
#[component]
pub fn Palette(opens: RwSignal<u32>, dialog: NodeRef<html::Dialog>) -> impl IntoView {
    let (text, at, known) = (
        RwSignal::new(String::new()),
        RwSignal::new(0_usize),
        RwSignal::new(places()),
    );
    Effect::new(move |_| {
        if opens.get() > 0 {
            text.set(String::new());
            at.set(0);
            spawn_local(async move {
                if let Ok(list) = projects().await.and_then(|answer| answer.read()) {
                    known.set(
                        places()
                            .into_iter()
                            .chain(list.iter().flat_map(of_project))
                            .collect(),
                    );
                }
            });
        }
    });
    let found = Memo::new(move |_| known.with(|all| matching(all, &text.get())));
    let navigate = use_navigate();
    let go = StoredValue::new(move |path: &str| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
        navigate(path, Default::default());
    });
    let press = move |event: KeyboardEvent| {
        let n = found.with(Vec::len).max(1);
        match event.key().as_str() {
            "ArrowDown" => at.update(|i| *i = (*i + 1) % n),
            "ArrowUp" => at.update(|i| *i = (*i + n - 1) % n),
            "Enter" => {
                if let Some(chosen) = found.with(|f| f.get(at.get()).cloned()) {
                    go.with_value(|go| go(&chosen.path));
                }
            }
            _ => return,
        }
        event.prevent_default();
    };
    view! {
        <div class="palette-input">
            {icon(Icon::Search)}
            <input
                autofocus
                role="combobox"
                aria-label="Go to"
                aria-expanded="true"
                aria-controls="palette-list"
                aria-activedescendant=dynamic::text(move || format!("palette-{}", at.get()))
                placeholder="Go to a project, update, deploy…"
                autocomplete="off"
                prop:value=text
                on:input:target=move |e| { text.set(e.target().value()); at.set(0) }
                on:keydown=press
            />
            <kbd>"Esc"</kbd>
        </div>
        <div class="palette-list" id="palette-list" role="listbox" aria-label="Found">
            {dynamic(move || found.get().into_iter().enumerate().map(|(i, entry)| {
                let path = entry.path.clone();
                view! {
                    <button
                        type="button"
                        class="palette-item"
                        role="option"
                        id=format!("palette-{i}")
                        tabindex="-1"
                        aria-selected=move || (at.get() == i).to_string()
                        on:click=move |_| go.with_value(|go| go(&path))
                        on:pointermove=move |_| at.set(i)
                    >
                        {icon(Icon::ArrowRight)}<span class="clip">{entry.name}</span><span class="muted">{entry.what}</span>
                    </button>
                }
            }).collect_view())}
            {dynamic(move || found.with(Vec::is_empty).then(|| view! { <p class="palette-none">"Nothing is called like this."</p> }))}
        </div>
    }
}

fn entry(name: impl Into<String>, what: &'static str, path: impl Into<String>) -> Entry {
    Entry {
        name: name.into(),
        what,
        path: path.into(),
    }
}

fn places() -> Vec<Entry> {
    vec![
        entry("Overview", "Page", paths::OVERVIEW),
        entry("Projects", "Page", paths::PROJECTS),
        entry("Deployments", "Page", paths::DEPLOYMENTS),
        entry("Failed deployments", "Page", "/deployments?status=failed"),
        entry("Services", "Page", paths::SERVICES),
        entry("Runtimes", "Page", paths::RUNTIMES),
        entry("Activity", "Page", paths::EVENTS),
        entry("Settings", "Page", paths::SETTINGS),
        entry("Members", "Page", paths::MEMBERS),
        entry("API tokens", "Page", paths::TOKENS),
        entry("New project", "Deploy", paths::NEW_PROJECT),
        entry("Deploy a Git repository", "Deploy", "/projects/new/git"),
        entry("Deploy an image", "Deploy", "/projects/new/image"),
        entry("Deploy a file", "Deploy", "/projects/new/bundle"),
    ]
}

fn of_project(project: &ProjectView) -> Vec<Entry> {
    let own = entry(&project.name, "Project", paths::project(&project.id));
    let updates = project.environments.iter().flat_map(|e| {
        let place = format!("{} / {}", project.name, e.name);
        [
            entry(format!("Update {place}"), "Update", paths::update(&e.id)),
            entry(
                format!("Edit config of {place}"),
                "Update",
                paths::edit_config(&e.id),
            ),
        ]
    });
    std::iter::once(own).chain(updates).collect()
}

/// Every word that was typed stands in the name.
fn matching(all: &[Entry], text: &str) -> Vec<Entry> {
    let words: Vec<_> = text.split_whitespace().map(str::to_lowercase).collect();
    let fits = |e: &&Entry| words.iter().all(|w| e.name.to_lowercase().contains(w));
    all.iter().filter(fits).take(MOST).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_typed_word_counts() {
        let names = |text| {
            matching(&places(), text)
                .into_iter()
                .map(|e| e.name)
                .collect::<Vec<_>>()
        };
        assert_eq!(names("dep failed"), ["Failed deployments"]);
        assert_eq!(names("").len(), MOST);
        assert!(names("nothing like it").is_empty());
    }
}
