//! The tags of a repository, newest first: what to update to.

use super::dynamic::flag;
use super::icon::{Icon, icon};
use super::times::ago;
use crate::pages::Asked;
use domain::source::Tag;
use leptos::prelude::*;

pub fn tag_list(
    tags: Vec<Tag>,
    live: Option<String>,
    asked: Asked,
    choose: impl Fn(&[(&str, Option<&str>)]) + Clone + 'static,
) -> AnyView {
    let text = RwSignal::new(asked.text.get_untracked().unwrap_or_default());
    let none = {
        let tags = tags.clone();
        move || text.with(|t| !tags.iter().any(|tag| matches(tag, t)))
    };
    let about = tags.iter().any(|tag| tag.release_json).then(about);
    let items = tags
        .into_iter()
        .map(|t| tag(t, live.as_deref(), text, asked, choose.clone()))
        .collect_view();
    view! {
        <fieldset>
            <legend>"Tag"</legend>
            <div class="filter-search mb-2">
                {icon(Icon::Search)}
                <input class="input" type="search" name="text" data-filter="" aria-label="Search tags" placeholder="Search tags, messages, authors" autocomplete="off" value=asked.text.get_untracked() on:input:target=move |e| text.set(e.target().value())/>
            </div>
            {about}
            <div class="tag-list">{items}<p class="tag-none" class:hidden=flag(move || !none())>"No tag contains this."</p></div>
        </fieldset>
    }
    .into_any()
}

/// A name in a list proves nothing, and says so.
fn about() -> AnyView {
    view! { <p class="hint mb-2">"Has release.json: the tag’s release at the Git host carries the file that "<code>"sealdock release"</code>" signs. Whether the signature holds is checked where the project names the key of its releases, and by "<code>"sealdock release check"</code>"."</p> }
        .into_any()
}

fn matches(tag: &Tag, text: &str) -> bool {
    let text = text.trim().to_lowercase();
    let fields = [
        &tag.name,
        &tag.commit.subject,
        &tag.commit.author,
        &tag.commit.sha,
    ];
    text.is_empty() || fields.into_iter().any(|f| f.to_lowercase().contains(&text))
}

fn tag(
    tag: Tag,
    live: Option<&str>,
    text: RwSignal<String>,
    asked: Asked,
    choose: impl Fn(&[(&str, Option<&str>)]) + 'static,
) -> AnyView {
    let is_live = live == Some(tag.name.as_str());
    let Tag {
        name,
        commit,
        pre_release,
        release_json,
    } = tag.clone();
    let (value, picked) = (name.clone(), name.clone());
    view! {
        <label class="tag" class:hidden=flag(move || !text.with(|t| matches(&tag, t)))>
            <input
                type="radio"
                name="tag"
                value=name.clone()
                checked=asked.tag.get_untracked().as_deref() == Some(&name)
                prop:checked=move || asked.tag.with(|t| t.as_deref() == Some(&picked))
                on:change=move |_| choose(&[("tag", Some(&value))])
            />
            <span class="tag-main">
                <span class="tag-name">
                    <span class="mono">{name.clone()}</span>
                    {is_live.then(|| view! { <span class="badge badge-live">"Live"</span> })}
                    {pre_release.then(|| view! { <span class="badge">"Pre-release"</span> })}
                    {release_json.then(|| view! { <span class="badge">"Has release.json"</span> })}
                </span>
                <span class="tag-sub clip" title=format!("{} · {}", commit.author, commit.subject)><code>{commit.short().to_owned()}</code>" "{commit.subject.clone()}</span>
            </span>
            {ago(commit.at)}
        </label>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::source::Commit;
    use domain::time::Time;

    #[test]
    fn tags_are_found_by_what_they_say() {
        let commit = Commit {
            sha: "3f2a91c0".into(),
            subject: "Round totals".into(),
            author: "Grace".into(),
            at: Time(0),
        };
        let tag = Tag {
            name: "v1.4.2".into(),
            commit,
            pre_release: false,
            release_json: false,
        };
        assert!(
            ["", "1.4", "round", "GRACE", "3f2a"]
                .iter()
                .all(|t| matches(&tag, t))
        );
        assert!(!matches(&tag, "v2"));
    }
}
