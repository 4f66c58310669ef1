//! The filters of a list. They are a plain GET form; with wasm each change goes to its address.

use super::dynamic::{dynamic, flag};
use super::icon::{Icon, icon};
use super::status::title;
use crate::paths;
use domain::deployment::Phase;
use domain::dialect;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use std::time::Duration;

#[derive(Clone, Copy)]
pub struct Filters {
    pub status: Memo<Option<String>>,
    pub project: Memo<Option<String>>,
    pub text: Memo<Option<String>>,
}

impl Filters {
    pub fn any(self) -> bool {
        [self.status, self.project, self.text]
            .into_iter()
            .any(|f| f.get().is_some())
    }

    /// The same filters, from `cursor` on.
    pub fn address(self, cursor: Option<&str>) -> String {
        self.with(
            self.status.get().as_deref(),
            self.text.get().as_deref(),
            cursor,
        )
    }

    fn with(self, status: Option<&str>, text: Option<&str>, cursor: Option<&str>) -> String {
        let project = self.project.get_untracked();
        let pairs = [
            ("status", status),
            ("project", project.as_deref()),
            ("text", text),
            ("cursor", cursor),
        ];
        format!("{}{}", paths::DEPLOYMENTS, paths::query(&pairs))
    }
}

/// The words of the list, each once.
fn words() -> Vec<&'static str> {
    let mut words: Vec<_> = Phase::ALL.into_iter().map(dialect::pipeline).collect();
    words.dedup();
    words
}

pub fn filters(asked: Filters) -> AnyView {
    let navigate = use_navigate();
    let to = StoredValue::new(move |path: String| {
        navigate(
            &path,
            NavigateOptions {
                replace: true,
                scroll: false,
                ..Default::default()
            },
        )
    });
    let choose = move |word: String| {
        to.with_value(|to| to(asked.with(Some(&word), asked.text.get_untracked().as_deref(), None)))
    };
    let turn = StoredValue::new(0_u32);
    let search = move |text: String| {
        let mine = turn.get_value() + 1;
        turn.set_value(mine);
        let rest = move || {
            if turn.try_get_value() == Some(mine) {
                to.with_value(|to| {
                    to(asked.with(
                        asked.status.get_untracked().as_deref(),
                        Some(text.trim()),
                        None,
                    ))
                });
            }
        };
        set_timeout(rest, Duration::from_millis(250));
    };
    view! {
        <form method="get" action=paths::DEPLOYMENTS class="sticky-filters" role="search" aria-label="Filter deployments">
            <div class="filter-search">
                {icon(Icon::Search)}
                <input
                    class="input"
                    type="search"
                    name="text"
                    data-filter=""
                    aria-label="Search by version, message, author or project"
                    placeholder="Version, message, author, project"
                    aria-keyshortcuts="/"
                    value=asked.text.get_untracked()
                    on:input:target=move |event| search(event.target().value())
                />
            </div>
            <select class="input" name="status" aria-label="Status" on:change:target=move |event| choose(event.target().value())>
                <option value="" selected=flag(move || asked.status.get().is_none())>"Every status"</option>
                {words().into_iter().map(|word| view! {
                    <option value=word selected=flag(move || asked.status.get().as_deref() == Some(word))>{title(word)}</option>
                }).collect_view()}
            </select>
            {dynamic(move || asked.project.get().map(|id| view! {
                <input type="hidden" name="project" value=id/>
                <a class="chip" href=paths::DEPLOYMENTS aria-label="Show every project">"One project"{icon(Icon::X)}</a>
            }))}
            <noscript><button class="btn">"Filter"</button></noscript>
        </form>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn every_status_can_be_asked_for_once() {
        assert_eq!(
            words(),
            [
                "pending",
                "running",
                "deploying",
                "ready",
                "completed",
                "paused",
                "stopped",
                "failed",
                "cancelled"
            ]
        );
    }
}
